"""The one-second ticker: schedules, the reaper of expired leases, and what other rooms want done every few
seconds.

Any number of tickers may run; the one that holds the lease ticks. A duty that fails is told and tried again
at its next turn, and never stops the others. After the database was away, leases get time to be renewed
before any is reaped.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import FrameType

from django.db import Error as DatabaseError
from django.db import connection

from guildhall.core import beats, clock, ids, troubles
from guildhall.core.log import get_logger
from guildhall.core.text import Text
from guildhall.effects import settle
from guildhall.effects.leadership import Leadership
from guildhall.effects.schedules import Diary

_logger = get_logger(__name__)
TICK_S = 1.0
BEAT_S = 4.0
HEAL_S = 60.0
# Longer than a worker's heartbeat: after a pause every living worker has renewed its leases once.
GRACE = timedelta(seconds=12)
PAUSE = timedelta(seconds=5)
FAILED = "ticker_duty_failed"
troubles.describe(
    FAILED,
    Text("Something that is done every few seconds fails.", "某项定时执行的操作失败。"),
)
Duty = Callable[[datetime], object]


@dataclass(frozen=True, slots=True)
class _OnTick:
    name: str
    run: Duty
    every_s: float
    urgent: bool = False


_duties: dict[str, _OnTick] = {}


def on_tick(name: str, fn: Duty, every_s: float = 1, *, urgent: bool = False) -> None:
    """Have the leading ticker call `fn(now)` every `every_s` seconds; short work only, the rest through
    effects.

    urgent: it has a thread of its own and waits for no other duty; it must be harmless when another process
    does it at the same time. Registering a name again replaces it.
    """
    _duties[name] = _OnTick(name, fn, every_s, urgent)


def forget(name: str) -> None:
    """Take a duty out again; for tests."""
    _duties.pop(name, None)


class Ticker:
    """The state of one ticker process. `tick` does one second's work; `run` repeats it until `stop`."""

    def __init__(self, name: str = "ticker") -> None:
        self.name = name
        self.leading = False
        self._leadership = Leadership("ticker", f"{name}/{os.getpid()}/{ids.new_id()}")
        self._diary = Diary()
        self._stop = False
        self._books = threading.Lock()
        self._beside: threading.Thread | None = None
        self._next: dict[str, datetime] = {}
        # By duty, the troubles it is in.
        self._failing: dict[str, set[str]] = {}
        self._last_tick: datetime | None = None
        self._reap_from: datetime | None = None

    def stop(self) -> None:
        """Ask the ticker to return after this tick; from any thread."""
        self._stop = True

    def on_signal(self, number: int, frame: FrameType | None) -> None:
        """Ask the same from a signal handler."""
        self._stop = True

    def run(self) -> None:
        """Tick every second until told to stop. Blocks."""
        _logger.info("ticker.started", ticker=self.name)
        self._beside = threading.Thread(target=self._run_urgent, name="urgent", daemon=True)
        self._beside.start()
        try:
            while not self._stop:
                self.tick()
                time.sleep(TICK_S - time.time() % TICK_S)
            self._attempt("resign", lambda _: self._leadership.resign(), clock.now())
            self._attempt("leave", lambda _: beats.stop(self.name), clock.now())
        finally:
            self._stop = True
            self._beside.join(TICK_S * 2)
            connection.close()
            _logger.info("ticker.stopped", ticker=self.name)

    def _run_urgent(self) -> None:
        """What waits for no other duty, every second while this ticker leads."""
        try:
            while not self._stop:
                if self.leading:
                    self._urgent()
                time.sleep(TICK_S - time.time() % TICK_S)
        finally:
            connection.close()

    def tick(self) -> None:
        """One second's work. Never raises: what fails is told and tried again."""
        now = clock.now()
        if not self._attempt("lead", lambda _: self._take_lead(), now):
            self.leading = False
        if self._due("beat", BEAT_S, now):
            self._attempt("beat", self._beat, now)
        if self.leading:
            self._watch_for_pause(now)
            if self._reap_from is None or now >= self._reap_from:
                self._attempt("reap", lambda _: settle.reap(), now)
            self._attempt("schedules", self._diary.queue_due, now)
            if self._due("heal", HEAL_S, now):
                self._attempt("heal", lambda _: settle.heal(), now)
            if self._beside is None:
                self._urgent()
            for duty in [one for one in _duties.values() if not one.urgent]:
                if self._due(f"duty {duty.name}", duty.every_s, now):
                    self._attempt(duty.name, duty.run, now)
        self._last_tick = now

    def _urgent(self) -> None:
        """One turn of the urgent duties that are due."""
        for duty in [one for one in _duties.values() if one.urgent]:
            now = clock.now()
            if self._due(f"duty {duty.name}", duty.every_s, now):
                self._attempt(duty.name, duty.run, now)

    def _take_lead(self) -> None:
        led, self.leading = self.leading, self._leadership.lead()
        if self.leading and not led:
            self._diary.forget()
            self._last_tick = None
            _logger.info("ticker.leads", ticker=self.name)

    def _watch_for_pause(self, now: datetime) -> None:
        """Nobody could renew a lease while the database or this machine stood still: do not punish for
        it.
        """
        if self._last_tick is None or now - self._last_tick > PAUSE or "lead" in self._failing:
            self._reap_from = now + GRACE

    def _due(self, what: str, every_s: float, now: datetime) -> bool:
        """Whether a turn has come. Turns are counted from the first, so they do not drift."""
        at = self._next.get(what)
        if at is not None and now < at:
            return False
        every = timedelta(seconds=every_s)
        start = now if at is None or now - at > every else at
        self._next[what] = start + every
        return True

    def _attempt(self, name: str, run: Duty, now: datetime) -> bool:
        try:
            run(now)
        except Exception as error:  # noqa: BLE001 - told in full below; the other duties go on
            with self._books:
                self._failed(name, error)
            return False
        with self._books:
            for kind in self._failing.pop(name, ()):
                if not any(kind in kinds for kinds in self._failing.values()):
                    troubles.clear(kind)
        return True

    def _failed(self, name: str, error: Exception) -> None:
        if name not in self._failing:
            _logger.exception("ticker.failed", duty=name)
        if isinstance(error, DatabaseError):
            kind = troubles.report_error(error)
            connection.close()
        else:
            kind = FAILED
            troubles.report(kind, f"{name}: {settle.explain(error)}")
        self._failing.setdefault(name, set()).add(kind)

    def _beat(self, now: datetime) -> None:
        beats.beat(self.name, {"leading": self.leading})


def run_ticker(name: str = "ticker") -> None:
    """Run a ticker in this process until SIGTERM or SIGINT. Blocks."""
    ticker = Ticker(name)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, ticker.on_signal)
    ticker.run()
