"""Pending → payable → paid, holds, and days that are closed."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from guildhall.core.errors import BadInput, Conflict, NotFound
from guildhall.ledger import actions, proof, queries
from guildhall.ledger.models import Day, Posting
from guildhall.ledger.tests.conftest import DAY

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("usdt")]
OWNER = "partner:7"


def stages(asset: str = "USDT") -> tuple[int, ...]:
    return tuple(
        queries.balance(f"{OWNER}:{stage}", asset) for stage in ("pending", "payable", "held", "paid")
    )


def test_what_has_matured_becomes_payable_once_and_the_rest_waits(draft):
    actions.post_many(
        [
            draft("a", 700, matures_on=date(2026, 10, 4)),
            draft("b", 10, matures_on=date(2026, 10, 5)),
            draft("c", 5, matures_on=date(2026, 10, 6)),
            draft("d", 1),
        ]
    )
    assert actions.mature(date(2026, 10, 5)).new == 2  # the partner's and the member's
    assert stages() == (6, 710, 0, 0)
    assert actions.mature(date(2026, 10, 5)) == actions.Posted(0, 0)
    assert actions.mature(date(2026, 10, 7)).new == 2
    assert stages() == (1, 715, 0, 0)


def test_a_reversal_before_maturity_leaves_nothing_and_after_it_takes_back(draft):
    due = date(2026, 10, 5)
    actions.post_many([draft("a", 700, matures_on=due), draft("b", 20, matures_on=due)])
    actions.reverse("a", new_key="a:r", reason="late", by="staff:1")
    actions.mature(due)
    assert stages() == (0, 20, 0, 0)
    actions.reverse("b", new_key="b:r", reason="late", by="staff:1")
    assert stages() == (-20, 20, 0, 0)
    actions.mature(due)
    assert stages() == (0, 0, 0, 0)


def test_a_hold_on_everything_keeps_also_what_matures_later_and_lets_nothing_be_paid(draft):
    actions.post_many([draft("a", 700, matures_on=DAY)])
    actions.mature(DAY)
    held = actions.hold(OWNER, reason="ring of accounts", by="staff:2", evidence={"case": 3})
    assert stages() == (0, 0, 700, 0)
    actions.post_many([draft("b", 20, matures_on=DAY)])
    actions.mature(DAY)
    assert stages() == (0, 0, 720, 0)
    with pytest.raises(Conflict, match="held"):
        actions.pay(OWNER, "USDT", 1, key="p0", by="staff:1")
    second = actions.hold(OWNER, reason="and another", by="staff:2")
    actions.release(held.id, reason="honest after all", by="staff:3")
    assert stages() == (0, 0, 720, 0)
    actions.release(second.id, reason="honest after all", by="staff:3")
    assert stages() == (0, 720, 0, 0)
    with pytest.raises(Conflict):
        actions.release(held.id, reason="twice", by="staff:3")
    with pytest.raises(NotFound):
        actions.release("nothing", reason="", by="staff:3")


def test_a_hold_on_an_amount_leaves_the_rest_payable(draft):
    actions.post_many([draft("a", 700, matures_on=DAY)])
    actions.mature(DAY)
    with pytest.raises(BadInput):
        actions.hold(OWNER, reason="too much", by="staff:2", asset="USDT", units=701)
    with pytest.raises(BadInput):
        actions.hold(OWNER, reason="", by="staff:2")
    held = actions.hold(OWNER, reason="disputed", by="staff:2", asset="USDT", units=300)
    assert actions.held_by(held) == {"USDT": 300}
    assert actions.pay(OWNER, "USDT", 400, key="p1", by="staff:1") == actions.Posted(1, 0)
    assert stages() == (0, 0, 300, 400)
    with pytest.raises(BadInput):
        actions.pay(OWNER, "USDT", 1, key="p2", by="staff:1")
    actions.release(held.id, reason="settled", by="staff:3")
    assert stages() == (0, 300, 0, 400)


def test_a_payment_asked_for_again_on_another_day_is_booked_once(draft, usdt):
    actions.post_many([draft("a", 700, matures_on=DAY)])
    actions.mature(DAY)
    actions.pay(OWNER, "USDT", 700, key="p1", by="staff:1")
    usdt.advance(timedelta(days=1))
    assert actions.pay(OWNER, "USDT", 700, key="p1", by="staff:1") == actions.Posted(0, 1)
    with pytest.raises(Conflict):
        actions.pay(OWNER, "USDT", 699, key="p1", by="staff:1")
    actions.reverse("p1", new_key="p1:failed", reason="the transfer came back", by="staff:1")
    assert stages() == (0, 700, 0, 0)


def test_what_is_heard_of_after_the_close_is_booked_on_the_open_day_under_its_own_date(draft):
    actions.post_many([draft("a")])
    assert actions.close_day(date(2026, 10, 4)) == 2
    assert actions.close_day(date(2026, 10, 4)) == 0
    with pytest.raises(Conflict):
        actions.close_day(date(2026, 10, 5))
    actions.post_many([draft("late")])
    actions.reverse("a", new_key="a:r", reason="corrected", by="staff:1")
    late, mirror = Posting.objects.filter(key__in=["late", "a:r"]).order_by("id")
    assert (late.effective_on, late.booked_on) == (DAY, date(2026, 10, 5))
    assert (mirror.effective_on, mirror.booked_on) == (DAY, date(2026, 10, 5))
    assert [(d.day, d.postings, d.late) for d in Day.objects.order_by("day")] == [
        (DAY, 1, 0),
        (date(2026, 10, 4), 0, 0),
    ]
    assert {s.code: s.units for s in queries.balances(on=DAY)}["partner:7:pending"] == 700
    assert proof.verify().breaks == []


def test_another_room_cannot_post_in_the_ledgers_own_kinds(draft):
    with pytest.raises(BadInput):
        actions.post_many([draft(kind="maturity")])
