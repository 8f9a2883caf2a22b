"""One worker process: threads perform effects, and one clerk alone writes what became of them.

The clerk's cycle is a group commit: it notes whatever has finished, begins ONCE effects that a thread is
about to perform, and claims more. A worker that is told to stop finishes what is in hand and gives back
what it had not begun; one that loses its database waits, keeps its outcomes, and goes on when the database
is back.
"""

from __future__ import annotations

import os
import queue
import signal
import threading
import time
from collections import deque
from collections.abc import Sequence
from datetime import datetime
from types import FrameType

from django.db import Error as DatabaseError
from django.db import connection

from guildhall.core import beats, clock, ids, troubles
from guildhall.core.log import get_logger
from guildhall.core.settings import settings
from guildhall.effects import claim, doorbell, settle, wakeup
from guildhall.effects.claim import Lease
from guildhall.effects.lifecycle import Event
from guildhall.effects.performing import perform
from guildhall.effects.settle import Outcome, Settled
from guildhall.effects.types import Mode

_logger = get_logger(__name__)
HEARTBEAT_S = 4.0
STOP_WITHIN_S = 20.0
FIRST_NAP_S, LONGEST_NAP_S = 0.02, 0.5
TROUBLE_NAP_S, LONGEST_TROUBLE_NAP_S = 0.2, 2.0
# How much work to hold: what the threads do in this time, so that a slow kind does not starve other workers.
HOLD_S = 0.25
MOST_HELD = 128
# A pause in which threads finish a few more, so that one commit serves many.
GATHER_S = 0.002
# After so many lone tries a record that the database refuses is given up, if the effect can be settled
# without.
REFUSED_OFTEN = 4


class Worker:
    """The threads of one worker, and the clerk that writes for them. `run` blocks until `stop`."""

    def __init__(self, name: str, threads: int) -> None:
        self.name = name
        self.owner = f"{name}/{os.getpid()}/{ids.new_id()}"
        self._threads = threads
        self._inbox: queue.SimpleQueue[Lease | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._outcomes: deque[Outcome] = deque()
        self._asking: deque[tuple[Lease, threading.Event]] = deque()
        self._held: dict[int, Lease] = {}
        self._begun: set[int] = set()
        self._busy_s = 0.05
        self._batch = MOST_HELD
        self._next_at: datetime | None = None
        self._troubles: set[str] = set()
        self._wake = threading.Event()
        self._stop = False
        self._over = threading.Event()
        self.finished = 0

    def stop(self) -> None:
        """Ask the worker to finish what is in hand and return; from any thread."""
        self._stop = True
        self._wake.set()

    def on_signal(self, number: int, frame: FrameType | None) -> None:
        """Ask the same from a signal handler, which may touch no lock; the second signal ends the
        process.
        """
        if self._stop:
            os._exit(128 + number)
        self._stop = True

    def run(self) -> None:
        """Work until told to stop. The calling thread is the clerk."""
        wakeup.listen(self._wake)
        team = [
            threading.Thread(target=self._perform_all, name=f"{self.name}-{n}", daemon=True)
            for n in range(self._threads)
        ]
        heart = threading.Thread(target=self._beat_all, name=f"{self.name}-heart", daemon=True)
        bell = threading.Thread(
            target=doorbell.hear, args=(self._wake, self._over), name=f"{self.name}-bell", daemon=True
        )
        for thread in (*team, heart, bell):
            thread.start()
        _logger.info("worker.started", worker=self.name, threads=self._threads)
        try:
            self._serve()
            self._wind_up()
        finally:
            self._over.set()
            for _ in team:
                self._inbox.put(None)
            wakeup.unlisten(self._wake)
            heart.join(HEARTBEAT_S)
            connection.close()
            _logger.info("worker.stopped", worker=self.name, finished=self.finished)

    # The clerk

    def _serve(self) -> None:
        nap, trouble_nap = FIRST_NAP_S, TROUBLE_NAP_S
        while not self._stop:
            self._wake.clear()
            try:
                progress = self._note() | self._claim_more()
            except DatabaseError as error:
                self._in_trouble(error)
                self._wake.wait(trouble_nap)
                trouble_nap = min(trouble_nap * 2, LONGEST_TROUBLE_NAP_S)
                continue
            if self._troubles:
                self._out_of_trouble()
            trouble_nap = TROUBLE_NAP_S
            nap = FIRST_NAP_S if progress else min(nap * 1.5, LONGEST_NAP_S)
            if not self._outcomes and not self._asking:
                self._wake.wait(self._until_next(nap))
            if not self._inbox.empty() and not self._asking:
                time.sleep(GATHER_S)

    def _until_next(self, nap: float) -> float:
        """How long to wait for a wake-up: not past the moment something falls due."""
        if self._next_at is None or self._held:
            return nap
        return max(0.001, min(nap, (self._next_at - clock.now()).total_seconds()))

    def _note(self) -> bool:
        """Write outcomes and begin what asks to begin, in one transaction; whether there was anything."""
        with self._lock:
            outcomes = [self._outcomes.popleft() for _ in range(min(len(self._outcomes), self._batch))]
            asking = [self._asking.popleft() for _ in range(len(self._asking))]
        if not outcomes and not asking:
            return False
        room = 0 if self._stop else max(1, self._wanted() - self._inbox.qsize())
        begin = [lease for lease, _ in asking]
        try:
            settled = self._settle(outcomes, begin, room)
        except DatabaseError:
            self._put_back(outcomes, asking)
            raise
        self._batch = min(MOST_HELD, self._batch * 2)
        self._forget(outcomes)
        self._answer(asking, {lease.id for lease in settled.begun})
        self._hand_out(settled.next)
        return True

    def _settle(self, outcomes: list[Outcome], begin: list[Lease], room: int) -> Settled:
        """Settle a batch. An outcome whose record is refused again and again, while the rest of it is not,
        goes without.
        """
        try:
            return settle.settle(self.owner, outcomes, begin=begin, next_limit=room)
        except DatabaseError:
            if len(outcomes) != 1 or outcomes[0].refused < REFUSED_OFTEN:
                raise
            connection.close_if_unusable_or_obsolete()
            lone = Outcome(
                outcomes[0].lease, Event.UNRECORDED, error="done, but the database refused its record"
            )
            return settle.settle(self.owner, [lone], begin=begin, next_limit=room)

    def _put_back(self, outcomes: list[Outcome], asking: list[tuple[Lease, threading.Event]]) -> None:
        """Keep what could not be written. The next tries go one by one, so that one bad record stops no
        other.
        """
        with self._lock:
            self._asking.extendleft(reversed(asking))
            if len(outcomes) == 1:
                outcomes[0].refused += 1
                self._outcomes.extend(outcomes)
            else:
                self._outcomes.extendleft(reversed(outcomes))
        self._batch = 1

    def _answer(self, asking: Sequence[tuple[Lease, threading.Event]], begun: set[int]) -> None:
        with self._lock:
            self._begun |= begun
            for lease, _ in asking:
                if lease.id not in begun:
                    self._held.pop(lease.id, None)
        for _, told in asking:
            told.set()

    def _claim_more(self) -> bool:
        """Claim when fewer effects are at hand than the threads need; whether anything came."""
        wanted = self._wanted() - self._inbox.qsize()
        if wanted < max(1, self._wanted() // 2):
            return False
        seen = claim.glance()
        self._next_at = seen.next_at
        if not seen.ready:
            return False
        leases = claim.claim(self.owner, wanted)
        self._hand_out(leases)
        return bool(leases)

    def _wanted(self) -> int:
        """How many effects to hold, by how long they have taken lately."""
        return max(self._threads, min(MOST_HELD, int(self._threads * HOLD_S / max(self._busy_s, 0.0005))))

    def _hand_out(self, leases: Sequence[Lease]) -> None:
        with self._lock:
            self._held.update((lease.id, lease) for lease in leases)
        for lease in leases:
            self._inbox.put(lease)

    def _forget(self, outcomes: Sequence[Outcome]) -> None:
        with self._lock:
            for outcome in outcomes:
                self._begun.discard(outcome.lease.id)
                if self._held.get(outcome.lease.id) is outcome.lease:
                    del self._held[outcome.lease.id]
        self.finished += len(outcomes)

    def _in_trouble(self, error: Exception) -> None:
        _logger.error("worker.database_trouble", worker=self.name, error_=settle.explain(error))
        connection.close()
        self._troubles.add(troubles.report_error(error))

    def _out_of_trouble(self) -> None:
        _logger.info("worker.database_back", worker=self.name)
        while self._troubles:
            troubles.clear(self._troubles.pop())

    def _wind_up(self) -> None:
        """Finish what threads have in hand, give back the rest; at most STOP_WITHIN_S."""
        deadline = time.monotonic() + STOP_WITHIN_S
        nap = FIRST_NAP_S
        self._give_back()
        while self._held and time.monotonic() < deadline:
            self._wake.clear()
            try:
                self._note()
                self._give_back()
                nap = FIRST_NAP_S
            except DatabaseError as error:
                self._in_trouble(error)
                nap = min(nap * 2, LONGEST_TROUBLE_NAP_S)
            if self._held and not self._outcomes and not self._asking:
                self._wake.wait(nap)
        if self._held:
            _logger.warning("worker.left_in_hand", worker=self.name, count=len(self._held))

    def _give_back(self) -> None:
        """What no thread has taken yet goes back to the queue; so do ONCE effects that only asked to
        begin.
        """
        with self._lock:
            asking = [self._asking.popleft() for _ in range(len(self._asking))]
        given = [lease for lease, _ in asking]
        for _, told in asking:
            told.set()
        while True:
            try:
                lease = self._inbox.get_nowait()
            except queue.Empty:
                break
            if lease is not None:
                given.append(lease)
        with self._lock:
            self._outcomes.extend(Outcome(lease, Event.GIVEN_BACK) for lease in given)

    # The performing threads

    def _perform_all(self) -> None:
        try:
            while (lease := self._inbox.get()) is not None:
                started = time.perf_counter()
                if lease.mode is Mode.ONCE and not self._may_begin(lease):
                    continue
                outcome = self._perform(lease)
                spent = time.perf_counter() - started
                with self._lock:
                    self._busy_s += (spent - self._busy_s) * 0.1
                    self._outcomes.append(outcome)
                self._wake.set()
        finally:
            connection.close()

    def _perform(self, lease: Lease) -> Outcome:
        connection.close_if_unusable_or_obsolete()
        try:
            outcome, error = perform(lease)
        except BaseException as raised:  # noqa: BLE001 - a SystemExit of some library must not end this thread
            return Outcome(lease, Event.UNFORESEEN, error=settle.explain(raised))
        if isinstance(error, DatabaseError):
            connection.close()
        return outcome

    def _may_begin(self, lease: Lease) -> bool:
        """Ask the clerk to mark a ONCE effect as running and wait until that is committed."""
        told = threading.Event()
        with self._lock:
            self._asking.append((lease, told))
        self._wake.set()
        while not told.wait(1.0):
            if self._over.is_set():
                return False
        with self._lock:
            return lease.id in self._begun

    # The heart

    def _beat_all(self) -> None:
        """Keep the leases and say that this process lives, every few seconds, until the worker is over."""
        try:
            while not self._over.wait(HEARTBEAT_S):
                with self._lock:
                    held = list(self._held.values())
                try:
                    if held:
                        claim.extend(held)
                    beats.beat(self.name, {"in_hand": len(held), "finished": self.finished})
                except DatabaseError as error:
                    _logger.warning("worker.heartbeat_failed", worker=self.name, error_=settle.explain(error))
                    connection.close()
        finally:
            self._take_leave()
            connection.close()

    def _take_leave(self) -> None:
        try:
            beats.stop(self.name)
        except DatabaseError as error:
            _logger.warning("worker.leave_not_noted", worker=self.name, error_=settle.explain(error))


def run_worker(name: str = "worker", threads: int | None = None) -> None:
    """Run a worker in this process until SIGTERM or SIGINT; the second signal ends it at once. Blocks."""
    worker = Worker(name, threads or settings.worker_threads)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, worker.on_signal)
    worker.run()
