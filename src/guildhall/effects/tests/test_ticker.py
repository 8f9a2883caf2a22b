"""Schedules and the ticker: every tick queued once, missed ones collapsed, one bad duty stopping no
other.
"""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import OperationalError, transaction

from guildhall.core import clock, troubles
from guildhall.core.text import Text
from guildhall.effects import actions, claim, jobs, performers, queries, schedules, settle, ticker
from guildhall.effects.actions import NewEffect
from guildhall.effects.models import Effect, Leader, ScheduleState
from guildhall.effects.testing import drain
from guildhall.effects.ticker import Ticker

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def time():
    with clock.freeze(NOON) as held:
        yield held


@pytest.fixture(autouse=True)
def only_ours(monkeypatch):
    monkeypatch.setattr(schedules, "_schedules", {})
    monkeypatch.setattr(ticker, "_duties", {})
    yield
    for trouble in troubles.current():
        troubles.clear(trouble.kind)


def hourly(name="t.hourly", tz="UTC"):
    schedules.schedule(name, "0 * * * *", "t.job", {"n": 1}, tz, describe=Text("Hourly", "每小时"))


def queued():
    return list(Effect.objects.order_by("id").values_list("unique_key", flat=True))


def tick_for(one, time, seconds):
    for _ in range(seconds):
        one.tick()
        time.advance(1)


def test_a_schedule_ticks_when_its_time_comes_and_not_for_the_past(time):
    hourly()
    one = Ticker()
    tick_for(one, time, 3)
    assert queued() == []
    time.advance(3600 - 3)
    tick_for(one, time, 5)
    assert queued() == ["t.hourly@2026-11-23T13:00Z"]
    assert (Effect.objects.get().kind, Effect.objects.get().payload, Effect.objects.get().cause) == (
        "t.job", {"n": 1}, "schedule:t.hourly",
    )  # fmt: skip


def test_missed_ticks_collapse_into_the_latest_after_a_restart(time):
    hourly()
    Ticker().tick()
    time.advance(timedelta(hours=30, minutes=20))
    Ticker().tick()
    assert queued() == ["t.hourly@2026-11-24T18:00Z"]


def test_two_tickers_by_mistake_queue_every_tick_once(time):
    hourly()
    one, two = Ticker("ticker-1"), Ticker("ticker-2")
    for _ in range(4):
        one.tick()
        two.tick()
        time.advance(1800)
    assert queued() == ["t.hourly@2026-11-23T13:00Z"]
    assert (one.leading, two.leading) == (True, False) or (one.leading, two.leading) == (False, True)


def test_another_takes_over_when_the_leader_is_gone(time):
    seen = []
    ticker.on_tick("t.duty", seen.append)
    one, two = Ticker("ticker-1"), Ticker("ticker-2")
    one.tick()
    two.tick()
    assert (one.leading, two.leading, len(seen)) == (True, False, 1)
    for _ in range(12):
        time.advance(1)
        two.tick()
    assert two.leading
    one.tick()
    assert not one.leading
    assert Leader.objects.count() == 1


def test_a_leader_that_stops_lets_another_lead_at_once(time, monkeypatch):
    monkeypatch.setattr("guildhall.effects.ticker.connection.close", lambda: None)
    one, two = Ticker("ticker-1"), Ticker("ticker-2")
    one.tick()
    one.on_signal(15, None)
    one.run()
    two.tick()
    assert two.leading


def test_a_failing_duty_is_told_and_stops_no_other(time):
    seen, broken = [], [True]

    def fail(now):
        if broken:
            raise ValueError("no")

    ticker.on_tick("t.bad", fail)
    ticker.on_tick("t.good", seen.append)
    one = Ticker()
    tick_for(one, time, 3)
    assert len(seen) == 3
    assert [(t.kind, "t.bad" in t.detail) for t in troubles.current()] == [(ticker.FAILED, True)]
    broken.clear()
    one.tick()
    assert troubles.current() == []


def test_duties_keep_their_own_pace(time):
    seen = []
    ticker.on_tick("t.five", seen.append, every_s=5)
    tick_for(Ticker(), time, 21)
    assert seen == [NOON + timedelta(seconds=s) for s in (0, 5, 10, 15, 20)]


def test_an_urgent_duty_waits_for_no_other():
    seen = threading.Event()
    ticker.on_tick("t.urgent", lambda _: seen.set(), urgent=True)
    one = Ticker()
    one.leading, one._beside = True, threading.Thread(target=one._run_urgent)
    one._beside.start()
    assert seen.wait(10)  # although no tick was ever taken
    one.stop()
    one._beside.join()


def test_an_urgent_duty_has_its_turn_in_a_single_tick_too(time):
    seen = []
    ticker.on_tick("t.urgent", lambda _: seen.append("urgent"), urgent=True)
    Ticker().tick()
    assert seen == ["urgent"]


def test_a_database_that_is_gone_is_told_and_the_ticker_goes_on_after_it(time, monkeypatch):
    one, seen = Ticker(), []
    ticker.on_tick("t.duty", seen.append)
    one.tick()

    def gone(self):
        raise OperationalError("could not connect to server")

    with monkeypatch.context() as patch:
        patch.setattr("guildhall.effects.ticker.connection.close", lambda: None)
        patch.setattr("guildhall.effects.leadership.Leadership.lead", gone)
        time.advance(20)
        one.tick()
        assert [t.kind for t in troubles.current()] == [troubles.DATABASE_GONE]
        assert len(seen) == 1
    time.advance(1)
    one.tick()
    assert troubles.current() == []
    assert len(seen) == 2


def test_leases_are_reaped_but_not_right_after_a_pause_in_which_nobody_could_renew_them(time, perform_with):
    perform_with("t.x")
    with transaction.atomic():
        actions.enqueue(NewEffect("t.x"))
    one = Ticker()
    tick_for(one, time, 15)
    leases = claim.claim("w", 1)
    time.advance(60)
    tick_for(one, time, 3)
    assert Effect.objects.get().state == "leased"
    claim.extend(leases)
    tick_for(one, time, 10)
    assert Effect.objects.get().state == "leased"
    tick_for(one, time, 10)
    assert Effect.objects.get().state == "queued"
    assert settle.reap() == 0


def test_a_schedule_that_cannot_be_read_or_takes_anothers_name_is_refused():
    hourly()
    hourly()
    with pytest.raises(ValueError):
        schedules.schedule("t.hourly", "5 * * * *", "t.job", describe=Text("", ""))
    with pytest.raises(ValueError):
        schedules.schedule("t.odd", "61 * * * *", "t.job", describe=Text("", ""))
    with pytest.raises(ValueError):
        schedules.schedule("t.odd", "0 * * * *", "t.job", tz="Mars/Olympus", describe=Text("", ""))


def test_the_pages_see_when_a_schedule_ticks_next(time):
    hourly(tz="Asia/Shanghai")
    Ticker().tick()
    (one,) = queries.upcoming()
    assert (one.name, one.last_at, one.next_at) == ("t.hourly", NOON, NOON + timedelta(hours=1))
    assert ScheduleState.objects.get().zone == "Asia/Shanghai"


def test_finished_effects_are_removed_when_they_are_old_and_others_never(time, perform_with):
    perform_with("t.x", lambda e: 1 / 0 if e.payload else None)
    with transaction.atomic():
        actions.enqueue_many([NewEffect("t.x") for _ in range(1200)] + [NewEffect("t.x", {"bad": 1})])
        actions.enqueue(NewEffect("t.later", due_at=NOON + timedelta(days=90)))
    drain(2000, raise_unforeseen=False)
    time.advance(timedelta(days=29))
    with transaction.atomic():
        actions.enqueue(NewEffect(jobs.PRUNE))
    drain(raise_unforeseen=False)
    assert Effect.objects.filter(kind="t.x", state="done").count() == 1200
    time.advance(timedelta(days=2))
    with transaction.atomic():
        actions.enqueue(NewEffect(jobs.PRUNE))
    drain(raise_unforeseen=False)
    assert Effect.objects.filter(kind="t.x", state="done").count() == 0
    assert set(Effect.objects.exclude(kind=jobs.PRUNE).values_list("state", flat=True)) == {"queued"}
    assert performers.find(jobs.PRUNE).describe.zh
