"""Requests leave for Discord within its limits, whatever it says and however slow it answers."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from guildhall.channels.discord.pace import (
    GLOBAL_MOST,
    INVALID_STOP,
    SECOND,
    Pace,
    Route,
    Slot,
)
from guildhall.core.errors import Temporary


class Server:
    """A bucket as Discord keeps one: a window opens with the first request that arrives."""

    def __init__(self, most: int, span: float, name: str = "b") -> None:
        self.most, self.span, self.name = most, int(span * SECOND), name
        self.left, self.reset, self.violations = most, 0, 0

    def take(self, now: int) -> tuple[int, dict[str, str]]:
        if now >= self.reset:
            self.left, self.reset = self.most, now + self.span
        status = 200
        if self.left <= 0:
            self.violations, status = self.violations + 1, 429
        self.left = max(0, self.left - 1)
        return status, {
            "x-ratelimit-bucket": self.name,
            "x-ratelimit-limit": str(self.most),
            "x-ratelimit-remaining": str(self.left),
            "x-ratelimit-reset-after": f"{(self.reset - now) / SECOND:.3f}",
        }


class Clock:
    def __init__(self) -> None:
        self.now = 1_000 * SECOND

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def pace(tmp_path: Path, clock: Clock) -> Pace:
    return Pace(tmp_path / "pace.sqlite3", now=clock)


def run(pace: Pace, clock: Clock, server: Server, seconds: float, *, major: str = "c", latency: float = 0.05,
        jitter: float = 0.04, seed: int = 1, at_once: int = 4) -> int:  # fmt: skip
    """Several threads send as fast as they are let, over a network that takes longer one way than another;
    returns how many arrived.
    """
    rng = random.Random(seed)
    flying: list[tuple[int, str, Slot, tuple[int, dict[str, str]]]] = []
    end, arrived = clock.now + int(seconds * SECOND), 0
    route = Route("7", "POST /channels/{channel_id}/messages", f"channel_id={major}")

    def way() -> int:
        return int(max(0.001, latency + rng.uniform(-jitter, jitter)) * SECOND)

    while clock.now < end:
        flying.sort(key=lambda one: one[0])
        while flying and flying[0][0] <= clock.now:
            at, what, slot, told = flying.pop(0)
            if what == "arrives":
                told = server.take(at)
                arrived += told[0] == 200
                flying.append((at + way(), "answers", slot, told))
                flying.sort(key=lambda one: one[0])
            else:
                pace.answered(slot, told[0], told[1], 1.0)
        step = 10_000
        if len(flying) < at_once:
            try:
                got = pace.reserve(route)
            except Temporary:
                got = step
            if isinstance(got, Slot):
                flying.append((clock.now + way(), "arrives", got, (0, {})))
                step = 500
        clock.now += step
    return arrived


@pytest.mark.parametrize("seed", range(6))
def test_a_bucket_is_never_overrun_and_nearly_always_full(pace: Pace, clock: Clock, seed: int) -> None:
    server = Server(5, 5.0)
    arrived = run(pace, clock, server, 120, seed=seed)
    assert server.violations == 0
    assert arrived >= 0.93 * 5 * 120 / 5


def test_a_network_that_wavers_by_a_second_overruns_nothing(pace: Pace, clock: Clock) -> None:
    server = Server(5, 5.0)
    run(pace, clock, server, 200, latency=0.6, jitter=0.55)
    assert server.violations == 0


def test_channels_do_not_wait_for_each_other(pace: Pace, clock: Clock) -> None:
    server = Server(5, 5.0)
    run(pace, clock, server, 1)
    other = pace.reserve(Route("7", "POST /channels/{channel_id}/messages", "channel_id=other"))
    assert isinstance(other, Slot)


def test_fifty_a_second_of_a_bot_in_all_routes_together(pace: Pace, clock: Clock) -> None:
    sent: list[int] = []
    end = clock.now + 10 * SECOND
    number = 0
    while clock.now < end:
        number += 1
        try:
            got = pace.reserve(Route("7", "POST /x", f"channel_id={number}"))
        except Temporary:
            got = 10_000
        if isinstance(got, Slot):
            sent.append(clock.now)
            clock.now += 1_000
            pace.answered(got, 200, {})
        else:
            clock.now += got
    assert len(sent) >= 0.95 * 10 * GLOBAL_MOST
    for at, first in enumerate(sent[:-GLOBAL_MOST]):
        assert sent[at + GLOBAL_MOST] - first > SECOND


def test_answers_to_presses_do_not_wait_for_the_fifty(pace: Pace, clock: Clock) -> None:
    for number in range(GLOBAL_MOST):
        assert isinstance(pace.reserve(Route("7", "POST /x", f"channel_id={number}")), Slot)
    with pytest.raises(Temporary):
        pace.reserve(Route("7", "POST /x", "channel_id=z"))
    assert isinstance(pace.reserve(Route("7", "POST /answer", "i", is_global=False)), Slot)


def test_a_pause_discord_asks_for_is_kept_by_all(pace: Pace, clock: Clock) -> None:
    route = Route("7", "POST /x", "channel_id=1")
    slot = pace.reserve(route)
    assert isinstance(slot, Slot)
    pace.answered(slot, 429, {"x-ratelimit-scope": "global"}, 5.0)
    with pytest.raises(Temporary) as caught:
        pace.reserve(Route("7", "GET /y"))
    assert 4.9 < (caught.value.retry_after or 0) < 5.1
    assert isinstance(pace.reserve(Route("8", "GET /y")), Slot)
    clock.now += int(5.1 * SECOND)
    assert isinstance(pace.reserve(Route("7", "GET /y")), Slot)


def test_nothing_leaves_any_more_before_discord_would_shut_us_out(pace: Pace, clock: Clock) -> None:
    for number in range(INVALID_STOP):
        route = Route(f"b{number % 300}", "GET /x", f"channel_id={number}")
        slot = pace.reserve(route)
        assert isinstance(slot, Slot)
        pace.answered(slot, 403, {})
        clock.now += 10_000
    assert pace.refused_lately() == INVALID_STOP
    with pytest.raises(Temporary):
        pace.reserve(Route("z", "GET /x"))
    clock.now += 600 * SECOND
    assert isinstance(pace.reserve(Route("z", "GET /x")), Slot)


def test_a_shared_limit_of_others_counts_for_nothing(pace: Pace) -> None:
    slot = pace.reserve(Route("7", "GET /x"))
    assert isinstance(slot, Slot)
    pace.answered(slot, 429, {"x-ratelimit-scope": "shared"}, 0.1)
    assert pace.refused_lately() == 0


def test_two_processes_share_what_is_known(tmp_path: Path, clock: Clock) -> None:
    one, other = Pace(tmp_path / "p", now=clock), Pace(tmp_path / "p", now=clock)
    route = Route("7", "POST /x", "channel_id=1")
    slot = one.reserve(route)
    assert isinstance(slot, Slot)
    told = {
        "x-ratelimit-bucket": "b", "x-ratelimit-limit": "2", "x-ratelimit-remaining": "1",
        "x-ratelimit-reset-after": "1.000",
    }  # fmt: skip
    one.answered(slot, 200, told)
    assert isinstance(other.reserve(route), Slot)
    assert isinstance(one.reserve(route), int)


def test_a_killed_process_blocks_nothing_for_long(pace: Pace, clock: Clock) -> None:
    route = Route("7", "POST /x", "channel_id=1")
    assert isinstance(pace.reserve(route), Slot)
    assert isinstance(pace.reserve(route), int)
    clock.now += 31 * SECOND
    assert isinstance(pace.reserve(route), Slot)


def test_a_torn_file_is_begun_anew(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "pace.sqlite3"
    path.write_bytes(b"no database at all" * 100)
    pace = Pace(path, now=clock)
    with pytest.raises(Temporary):
        pace.reserve(Route("7", "GET /x"))
    assert isinstance(pace.reserve(Route("7", "GET /x")), Slot)
