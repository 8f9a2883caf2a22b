"""The pace of Telegram: no window ever holds more than its limit, and nothing is given away."""

from __future__ import annotations

import heapq
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import defaultdict
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildhall.channels.telegram import pace as pacing
from guildhall.channels.telegram.pace import BOT, CHAT, GRACE, GROUP, LATE, LONGEST_WAIT, SECOND, Limit, Pace
from guildhall.core.errors import Temporary


class Clock:
    """A clock of whole microseconds that moves when it is told to."""

    def __init__(self) -> None:
        self.t = 1_000 * SECOND

    def __call__(self) -> int:
        return self.t


class World:
    """Threads that send, answers that come or do not, and what arrives at Telegram when."""

    def __init__(self, folder: Path, seed: int, latency: tuple[int, int], lost: float = 0.0) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.clock = Clock()
        self.pace = Pace(folder / "pace.sqlite3", now=self.clock, boot=lambda: "one")
        self.random, self.latency, self.lost = Random(seed), latency, lost
        self.arrivals: dict[str, list[int]] = defaultdict(list)
        self._events: list[tuple[int, int, object]] = []
        self._count = 0

    def run(self, threads: list[list[tuple[int, str]]], until_s: float = 10_000) -> None:
        """Each thread sends its (bot, chat) list one after the other."""
        for jobs in threads:
            self._at(self.clock.t + self.random.randrange(50_000), list(jobs))
        end = self.clock.t + int(until_s * SECOND)
        while self._events and self._events[0][0] <= end:
            self.clock.t, _, jobs = heapq.heappop(self._events)
            self._step(jobs)

    def _at(self, when: int, jobs: object) -> None:
        self._count += 1
        heapq.heappush(self._events, (when, self._count, jobs))

    def _step(self, jobs: object) -> None:
        if callable(jobs):
            jobs()
            return
        assert isinstance(jobs, list)
        if not jobs:
            return
        bot, chat = jobs[0]
        try:
            slot = self.pace.reserve(bot, chat)
        except Temporary as error:
            self._at(self.clock.t + int((error.retry_after or 0) * SECOND) + 1, jobs)
            return
        latency = self.random.randint(*self.latency)
        # A thread may leave late, up to what a slot allows; the message arrives on the way to the answer.
        left = slot.start + (self.random.randrange(LATE) if self.random.random() < 0.1 else 0)
        arrived = left + self.random.randint(0, latency)
        for key in (f"bot {bot}", f"chat {bot}/{chat}", *([f"group {bot}/{chat}"] if chat[0] == "-" else [])):
            self.arrivals[key].append(arrived)
        if self.random.random() < self.lost:
            self._at(left + 10 * SECOND, jobs[1:])  # the answer never comes
        else:
            self._at(left + latency, lambda: (self.pace.answered(slot), self._at(self.clock.t, jobs[1:])))

    def check(self) -> None:
        for key, times in self.arrivals.items():
            limit = {"bot": BOT, "chat": CHAT, "group": GROUP}[key.split()[0]]
            assert worst(times, limit) <= limit.most, key


def worst(times: list[int], limit: Limit) -> int:
    """The most that any half-open window of the limit's span holds."""
    times = sorted(times)
    first = most = 0
    for last, at in enumerate(times):
        while at - times[first] >= limit.span:
            first += 1
        most = max(most, last - first + 1)
    return most


@given(
    seed=st.integers(0, 10_000),
    threads=st.integers(1, 40),
    chats=st.integers(1, 40),
    latency=st.sampled_from([(100, 1_000), (5_000, 20_000), (1_000, 500_000)]),
    lost=st.sampled_from([0.0, 0.05, 0.5]),
)
def test_no_window_holds_more_than_its_limit(
    tmp_path: Path, seed: int, threads: int, chats: int, latency: tuple[int, int], lost: float
) -> None:
    world = World(tmp_path / f"{seed}-{threads}-{chats}-{latency[1]}-{lost}", seed, latency, lost)
    pick = world.random
    world.run(
        [
            [(pick.randint(1, 2), pick.choice(["", "-"]) + str(pick.randint(1, chats))) for _ in range(12)]
            for _ in range(threads)
        ],
        until_s=240,
    )
    world.check()
    world.pace.close()


@pytest.mark.parametrize("latency", [(5_000, 20_000), (2_000, 5_000)])
def test_a_broadcast_goes_at_nearly_the_permitted_rate(tmp_path: Path, latency: tuple[int, int]) -> None:
    world = World(tmp_path, 1, latency)
    world.run([[(1, str(1000 * thread + n)) for n in range(400)] for thread in range(16)], until_s=60)
    world.check()
    times = sorted(world.arrivals["bot 1"])
    rate = (len(times) - BOT.most) / ((times[-1] - times[0]) / SECOND)
    assert rate >= 0.95 * 30, rate


def test_a_busy_chat_or_group_does_not_hold_up_the_others(tmp_path: Path) -> None:
    clock = Clock()
    pace = Pace(tmp_path / "p", now=clock)
    assert pace.reserve(1, "5").start == clock.t
    assert pace.reserve(1, "5").start > clock.t
    with pytest.raises(Temporary) as caught:
        pace.reserve(1, "5")
    assert 3 < (caught.value.retry_after or 0) < 5
    assert pace.reserve(1, "6").start == clock.t
    assert pace.reserve(2, "5").start == clock.t, "another bot has limits of its own"


def test_the_twenty_first_message_of_a_group_waits_for_the_minute_to_end(tmp_path: Path) -> None:
    clock = Clock()
    pace = Pace(tmp_path / "p", now=clock)
    for _ in range(20):
        slot = pace.reserve(1, "-100")
        clock.t = slot.start + 1_000
        pace.answered(slot)
    with pytest.raises(Temporary) as caught:
        pace.reserve(1, "-100")
    assert 38 < (caught.value.retry_after or 0) < 42


def test_a_refusal_holds_the_chat_and_three_chats_in_a_row_hold_the_bot(tmp_path: Path) -> None:
    clock = Clock()
    pace = Pace(tmp_path / "p", now=clock)
    slot = pace.reserve(1, "5")
    pace.refused(1, "5", 3, slot)
    with pytest.raises(Temporary) as caught:
        pace.reserve(1, "5")
    assert caught.value.retry_after == 3
    with pytest.raises(Temporary):
        pace.allow(1, "5")
    assert pace.allow(1, "6") == 0
    pace.answered(pace.reserve(1, "9"))
    for chat in ("6", "7"):
        pace.refused(1, chat, 3, pace.reserve(1, chat))
    assert pace.allow(1, "10") == 0, "an answer came between the first refusal and these"
    pace.refused(1, "8", 4, pace.reserve(1, "8"))
    with pytest.raises(Temporary):
        pace.reserve(1, "10")
    assert pace.reserve(2, "10").start == clock.t
    clock.t += 4 * SECOND
    assert pace.reserve(1, "10").start == clock.t


def test_a_refused_message_counts_as_one_that_was_sent(tmp_path: Path) -> None:
    clock = Clock()
    pace = Pace(tmp_path / "p", now=clock)
    pace.refused(1, "5", 0, pace.reserve(1, "5"))
    assert pace.reserve(1, "5").start == clock.t + SECOND + 1


def test_what_never_left_gives_its_slot_back(tmp_path: Path) -> None:
    clock = Clock()
    pace = Pace(tmp_path / "p", now=clock)
    for _ in range(100):
        slot = pace.reserve(1, "5")
        assert slot.start == clock.t
        pace.unsent(slot)


def test_a_killed_process_blocks_nobody_for_long(tmp_path: Path) -> None:
    clock = Clock()
    dead = Pace(tmp_path / "p", now=clock)
    for _ in range(BOT.most):
        dead.reserve(1, str(_))
    dead.close()  # it never told what became of them
    alive = Pace(tmp_path / "p", now=clock)
    assert alive.reserve(1, "x").start - clock.t <= GRACE + SECOND + 1 <= LONGEST_WAIT


def test_a_restart_of_the_machine_neither_forgets_nor_locks(tmp_path: Path) -> None:
    clock, wall = Clock(), [5_000_000 * SECOND]
    pace = Pace(tmp_path / "p", now=clock, wall=lambda: wall[0], boot=lambda: "one")
    for _ in range(20):
        slot = pace.reserve(1, "-7")
        wall[0] += slot.start - clock.t
        clock.t = slot.start
        pace.answered(slot)
    pace.refused(1, "5", 100)
    pace.close()
    wall[0] += 30 * SECOND
    clock.t = 9 * SECOND
    pace = Pace(tmp_path / "p", now=clock, wall=lambda: wall[0], boot=lambda: "two")
    with pytest.raises(Temporary) as caught:
        pace.reserve(1, "-7")
    assert 9 < (caught.value.retry_after or 0) < 12
    with pytest.raises(Temporary) as caught:
        pace.allow(1, "5")
    assert 69 < (caught.value.retry_after or 0) < 71
    pace.close()
    clock.t = 5 * SECOND  # a third start, and the wall clock is years off
    pace = Pace(tmp_path / "p", now=clock, wall=lambda: 0, boot=lambda: "three")
    assert pace.reserve(1, "-7").start == clock.t


def test_a_torn_file_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "p"
    path.write_bytes(b"not a database, not at all" * 500)
    pace = Pace(path)
    with pytest.raises(Temporary):
        pace.reserve(1, "5")
    pace.reserve(1, "5")


_PROCESS = """
import sys, time
from pathlib import Path
from guildhall.channels.telegram.pace import Pace, now_us
from guildhall.core.errors import Temporary
pace, end, n = Pace(Path(sys.argv[1])), time.monotonic() + float(sys.argv[3]), 0
while time.monotonic() < end:
    n += 1
    try:
        slot = pace.reserve(1, f"{sys.argv[2]}{n}")
    except Temporary as error:
        time.sleep(error.retry_after)
        continue
    time.sleep(max(0, slot.start - now_us()) / 1e6)
    print(now_us(), flush=True)
    pace.answered(slot)
"""


def test_processes_share_one_pace_even_when_one_is_killed(tmp_path: Path) -> None:
    def begin(name: str, seconds: float) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", _PROCESS, str(tmp_path / "p"), name, str(seconds)],
            stdout=subprocess.PIPE,
            text=True,
        )

    running = [begin("1", 3.5), begin("2", 3.5), begin("3", 30)]
    time.sleep(2)
    os.kill(running[2].pid, signal.SIGKILL)
    times = [int(line) for one in running for line in one.communicate(timeout=20)[0].split()]
    assert worst(times, BOT) <= BOT.most
    assert len(times) > 60


def test_threads_share_one_pace(tmp_path: Path) -> None:
    pace, times, lock = Pace(tmp_path / "p"), [], threading.Lock()

    def work(name: str) -> None:
        for n in range(10):
            slot = pace.reserve(1, f"{name}{n}")
            time.sleep(max(0, slot.start - pacing.now_us()) / SECOND)
            with lock:
                times.append(pacing.now_us())
            pace.answered(slot)

    team = [threading.Thread(target=work, args=(f"{n}-",)) for n in range(1, 7)]
    for one in team:
        one.start()
    for one in team:
        one.join(20)
    assert len(times) == 60
    assert worst(times, BOT) <= BOT.most


def test_the_file_stays_small(tmp_path: Path) -> None:
    clock = Clock()
    pace = Pace(tmp_path / "p", now=clock)
    for n in range(4000):
        slot = pace.reserve(1, str(n))
        clock.t = slot.start + 10_000
        pace.answered(slot)
    (rows,) = sqlite3.connect(tmp_path / "p").execute("SELECT count(*) FROM send").fetchone()
    assert rows < 2000
