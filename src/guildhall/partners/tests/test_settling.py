"""What a settlement posts, and that nothing is ever posted twice, whatever comes late, changes or breaks."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from guildhall.core import clock
from guildhall.core.errors import Conflict, Permanent
from guildhall.ledger import actions as ledger
from guildhall.ledger import queries as balances
from guildhall.ledger.models import Posting
from guildhall.partners import actions
from guildhall.partners.actions import posting, runs
from guildhall.partners.models import Change, Posted, Run
from guildhall.partners.tests.houses import (
    BY,
    COIN,
    OCTOBER,
    in_force,
    partner,
    settle,
    ship,
    ship_days,
    trade,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("house")]


def pending(one: Any) -> int:
    return balances.balance(f"partner:{one.pk}:pending", "USDT")


def lin_with_trades(*rows: Any, **terms: Any) -> Any:
    one = partner(**terms)
    actions.bind(one.pk, "okx", "amber", by=BY, valid_from=OCTOBER)
    ship(rows or [trade(1), trade(2)])
    return one


def test_two_trades_become_commission_and_kickback_of_their_day() -> None:
    lin = lin_with_trades()
    run = settle()
    assert run.state == Run.State.FINISHED, run.error
    assert run.months == ["2026-10"]
    assert pending(lin) == 2 * COIN * 36 // 100
    assert balances.balance(f"invitees:{lin.pk}:pending", "USDT") == 2 * COIN * 4 // 100
    assert balances.balance("house:commission:okx", "USDT") == -2 * COIN * 36 // 100
    assert {one.effective_on for one in Posting.objects.all()} == {date(2026, 10, 5)}
    assert {one.pin for one in Posting.objects.all()} == {f"deal:{lin.pk}:v1"}
    assert run.reasons == {"paid": 2}


def test_a_second_settlement_posts_nothing() -> None:
    lin_with_trades()
    settle()
    before = Posting.objects.count()
    again = settle(everything=True)
    assert (again.posted_new, again.posted_changed, again.posted_reversed, again.posted_same) == (0, 0, 0, 2)
    assert Posting.objects.count() == before
    assert settle().months == []


def test_a_late_trade_is_posted_as_the_difference_under_its_own_day_into_the_open_one() -> None:
    lin = lin_with_trades()
    settle()
    ledger.close_day(date(2026, 11, 23))
    ship([trade(3, fee=5 * COIN)], "late")
    run = settle()
    assert (run.posted_new, run.posted_changed) == (0, 2)
    assert pending(lin) == 7 * COIN * 36 // 100
    late = Posting.objects.filter(booked_on=date(2026, 11, 24))
    assert {one.effective_on for one in late} == {date(2026, 10, 5)}
    assert late.filter(reverses__isnull=False).count() == 2
    assert {(one.before, one.after) for one in Change.objects.filter(run=run)} == {
        (2 * COIN * 36 // 100, 7 * COIN * 36 // 100),
        (2 * COIN * 4 // 100, 7 * COIN * 4 // 100),
    }


def test_a_correction_counts_instead_of_the_row_and_a_reversal_instead_of_both() -> None:
    lin = lin_with_trades(trade(1))
    settle()
    ship([trade(1, revision=1, fee=3 * COIN)], "corrected")
    settle()
    assert pending(lin) == 3 * COIN * 36 // 100
    ship([trade(1, revision=2, fee=3 * COIN, state="reversed")], "reversed")
    run = settle()
    assert pending(lin) == 0
    assert run.posted_reversed == 2
    assert set(Posted.objects.values_list("units", flat=True)) == {0}


def test_a_correction_that_moves_a_trade_to_another_month_settles_both() -> None:
    lin = lin_with_trades(trade(1))
    settle()
    ship([trade(1, revision=1, executed_at=datetime(2026, 11, 2, tzinfo=UTC))], "moved")
    run = settle()
    assert run.months == ["2026-10", "2026-11"]
    assert pending(lin) == COIN * 36 // 100
    assert {one.day for one in Posted.objects.exclude(units=0)} == {date(2026, 11, 2)}


def test_a_row_given_twice_changes_nothing() -> None:
    lin_with_trades(trade(1))
    settle()
    ship([trade(1)], "again")
    assert settle().months == []


def test_a_reversal_keeps_the_deal_it_was_reckoned_by() -> None:
    lin = lin_with_trades(trade(1))
    settle()
    in_force(lin.pk, valid_from="2026-10-02T00:00:00Z", tiers=[{"min_volume": 0, "rate_ppm": 500_000}])
    settle()
    assert pending(lin) == COIN * 45 // 100
    mirrors = Posting.objects.filter(reverses__isnull=False)
    assert {one.pin for one in mirrors} == {f"deal:{lin.pk}:v1"}
    assert {one.pin for one in Posting.objects.filter(kind="commission", reverses=None)} == {
        f"deal:{lin.pk}:v1",
        f"deal:{lin.pk}:v2",
    }


def test_a_new_binding_settles_the_months_it_reaches_into_and_no_other() -> None:
    lin = lin_with_trades(
        trade(1), trade(2, "basil", executed_at=datetime(2026, 11, 3, tzinfo=UTC)), trade(3, "basil")
    )
    settle()
    actions.bind(lin.pk, "okx", "basil", by=BY, valid_from=datetime(2026, 11, 1, tzinfo=UTC))
    assert settle().months == ["2026-11"]
    assert pending(lin) == 2 * COIN * 36 // 100


def test_the_month_after_is_settled_again_because_its_tier_depends_on_the_month_before() -> None:
    tiers = [{"min_volume": 0, "rate_ppm": 100_000}, {"min_volume": 3_000 * COIN, "rate_ppm": 200_000}]
    november = datetime(2026, 11, 3, tzinfo=UTC)
    lin = lin_with_trades(
        trade(1), trade(2, executed_at=november), tier_basis="previous_month", tiers=tiers, kickback_ppm=0
    )
    settle()
    assert pending(lin) == COIN // 10 * 2
    ship([trade(3, volume=5_000 * COIN)], "late")
    run = settle()
    assert run.months == ["2026-10", "2026-11"]
    assert pending(lin) == COIN // 10 * 2 + COIN // 10 * 2


def test_an_override_is_credited_to_the_parent_under_the_childs_deal() -> None:
    parent = actions.create_partner("Wu", "wu", by=BY)
    lin = lin_with_trades(trade(1), override={"parent": parent.pk, "ppm": 100_000, "funded_by": "partner"})
    settle()
    assert (pending(lin), pending(parent)) == (COIN * 32 // 100, COIN * 4 // 100)
    assert Posting.objects.get(kind="override").pin == f"deal:{lin.pk}:v1"


def test_a_day_that_a_venue_only_sums_up_counts_as_one_trade() -> None:
    lin = lin_with_trades(trade(1))
    row = {**trade(1), "day": date(2026, 10, 7), "source": "rebates", "trades": None, "fee": 10 * COIN}
    ship_days([row])
    run = settle()
    assert run.reasons == {"paid": 2}
    assert pending(lin) == 11 * COIN * 36 // 100


def test_payable_after_the_days_the_deal_holds_it() -> None:
    lin = lin_with_trades(trade(1), hold_days=60)
    settle()
    ledger.mature(date(2026, 12, 3))
    assert balances.balance(f"partner:{lin.pk}:payable", "USDT") == 0
    ledger.mature(date(2026, 12, 4))
    assert balances.balance(f"partner:{lin.pk}:payable", "USDT") == COIN * 36 // 100


class Killed(BaseException):
    """As if the process had died: nothing in the house catches it."""


@pytest.mark.parametrize("place", ["pin", "note", "compute", "ship", "post first", "post second", "finish"])
def test_killed_anywhere_the_next_attempt_ends_with_the_same_money(
    place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lin = lin_with_trades(trade(1), trade(2, executed_at=datetime(2026, 10, 6, tzinfo=UTC)))
    run = actions.start_run(by=BY)
    with monkeypatch.context() as patched:
        patched.setattr(posting, "_CHUNK", 2)
        _kill(place, patched)
        with pytest.raises(Killed):
            runs.perform(run.pk)
    if place.startswith("post"):
        ship([trade(9)], "while it was dead")
    runs.perform(run.pk)
    run.refresh_from_db()
    assert run.state == Run.State.FINISHED
    trades = 3 if place.startswith("post") else 2
    assert pending(lin) == trades * COIN * 36 // 100
    standing = {one.ledger_key: one.units for one in Posted.objects.exclude(units=0)}
    reversed_ones = Posting.objects.filter(reverses__isnull=False).values_list("reverses__key", flat=True)
    assert set(Posting.objects.filter(reverses=None).values_list("key", flat=True)) - set(
        reversed_ones
    ) == set(standing)
    again = settle(everything=True)
    assert (again.posted_new, again.posted_changed, again.posted_reversed) == (0, 0, 0)


def _kill(place: str, patched: pytest.MonkeyPatch) -> None:
    def die(*args: Any, **kwargs: Any) -> None:
        raise Killed

    if place.startswith("post"):
        left = [0 if place == "post first" else 1]
        real = posting.postings.post_many

        def some(*args: Any, **kwargs: Any) -> Any:
            if not left[0]:
                raise Killed
            left[0] -= 1
            return real(*args, **kwargs)

        patched.setattr(posting.postings, "post_many", some)
        return
    patched.setattr(*{
        "pin": (runs.pinning, "pin"),
        "note": (runs, "_note"),
        "compute": (runs, "compute"),
        "ship": (runs.shipping, "ship"),
        "finish": (runs, "_finish"),
    }[place], die)  # fmt: skip


def test_an_attempt_that_was_overtaken_posts_nothing_more(monkeypatch: pytest.MonkeyPatch) -> None:
    lin_with_trades(trade(1))
    run = actions.start_run(by=BY)
    real = runs.compute

    def slow(*args: Any, **kwargs: Any) -> Any:
        Run.objects.filter(pk=run.pk).update(attempt=7)
        return real(*args, **kwargs)

    monkeypatch.setattr(runs, "compute", slow)
    assert runs.perform(run.pk) == {}
    assert not Posting.objects.exists()


def test_stopped_it_posts_nothing_and_taken_up_again_everything() -> None:
    lin = lin_with_trades(trade(1))
    run = actions.start_run(by=BY)
    actions.stop_run(run.pk, by=BY)
    assert runs.perform(run.pk) == {}
    assert pending(lin) == 0
    actions.retry_run(run.pk, by=BY)
    runs.perform(run.pk)
    assert pending(lin) == COIN * 36 // 100


def test_two_settlements_are_never_under_way_at_once() -> None:
    actions.start_run(by=BY)
    with pytest.raises(Conflict):
        actions.start_run(by=BY)


def test_lost_facts_take_back_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    lin = lin_with_trades(trade(1), trade(2))
    settle()
    monkeypatch.setattr(runs.pinning.InForce, "survey", lambda self: {})
    run = actions.start_run(by=BY, everything=True)
    with pytest.raises(Permanent):
        runs.perform(run.pk)
    run.refresh_from_db()
    assert run.state == Run.State.FAILED
    assert "2026-10" in run.error["en"]
    assert pending(lin) == 2 * COIN * 36 // 100


def test_the_clock_settles_only_when_something_changed() -> None:
    lin_with_trades(trade(1))
    first = runs.settle_changed()
    assert first
    runs.perform(first)
    assert runs.settle_changed() == ""
    with clock.freeze(clock.now() + timedelta(hours=1)):
        ship([trade(2)], "more")
        assert runs.settle_changed()
