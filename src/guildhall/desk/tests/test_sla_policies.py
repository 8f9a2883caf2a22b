"""Which promises hold for which ticket, and what becomes of running clocks when they change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from guildhall.core import clock
from guildhall.core.errors import BadInput, Conflict, NotFound
from guildhall.core.text import Text
from guildhall.desk import clocking, policies
from guildhall.desk.actions import policies as sla
from guildhall.desk.actions import tickets
from guildhall.desk.models import PolicyVersion, SlaPolicy, Ticket, TimelineEvent
from guildhall.desk.policy_preview import preview
from guildhall.desk.shipped_policy import content
from guildhall.effects import testing
from guildhall.guard import freshness

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 24, 12, 0, 0, tzinfo=UTC)
BY = "staff:1"


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    freshness.forget()


def promise(seconds: int, **more: Any) -> dict[str, Any]:
    target = {"metric": "resolution", "priority": "*", "seconds": seconds, "calendar": "always"}
    return {"calendars": {}, "targets": [target], "pause": {"resolution": ["pending"]}, **more}


def in_force(name: str, seconds: int, **match: list[str]) -> PolicyVersion:
    draft = sla.create(Text(name, name), match, promise(seconds), by=BY)
    return sla.put_in_force(draft.pk, by=BY)


def opened(**said: Any) -> Ticket:
    return tickets.open_many(
        [tickets.Draft("api", text="Where is it?", **said)], by="token:1", at=clock.now()
    )[0]


def due(ticket: Ticket) -> datetime | None:
    return next(one.due_at for one in clocking.of(ticket) if one.metric == "resolution")


def test_the_first_policy_that_fits_holds_for_a_ticket() -> None:
    general = in_force("General", 7200)
    vip = in_force("VIP", 600, tiers=["vip"], languages=["zh"])
    assert policies.version_for(Ticket(tier="vip", language="zh-hans")) == vip
    assert policies.version_for(Ticket(tier="vip", language="en")) == general
    assert policies.version_for(Ticket(language="zh-hans")) == general
    sla.move(vip.policy_id, up=False, by=BY)
    assert policies.version_for(Ticket(tier="vip", language="zh-hans")) == general


def test_a_ticket_that_nothing_fits_has_no_promise() -> None:
    in_force("Mail", 600, ways=["email"])
    assert policies.version_for(Ticket(way="api")) is None
    with clock.freeze(NOON):
        assert due(opened()) is None


def test_a_policy_put_away_holds_no_more_until_it_is_taken_back() -> None:
    one = in_force("General", 600)
    sla.archive(one.policy_id, by=BY)
    assert policies.version_for(Ticket()) is None
    sla.archive(one.policy_id, by=BY, back=True)
    assert policies.version_for(Ticket()) == one


def test_a_new_version_holds_from_then_on_for_open_tickets_and_keeps_what_elapsed() -> None:
    with clock.freeze(NOON) as now:
        first = in_force("General", 7200)
        ticket = opened()
        assert due(ticket) == NOON + timedelta(hours=2)
        now.advance(1800)
        draft = sla.save_draft(first.policy_id, promise(3600), by=BY)
        assert due(ticket) == NOON + timedelta(hours=2)
        second = sla.put_in_force(draft.pk, by=BY)
        testing.drain()
        assert due(ticket) == NOON + timedelta(hours=1)
        ticket.refresh_from_db()
        assert ticket.policy_version == second.pk
        told = TimelineEvent.objects.filter(ticket=ticket, type="policy").order_by("id")
        assert [one.value for one in told] == [str(first.pk), str(second.pk)]
        first.refresh_from_db()
        assert (first.state, first.superseded_at) == ("superseded", clock.now())


def test_letting_a_policy_hold_for_other_tickets_counts_at_once() -> None:
    with clock.freeze(NOON):
        in_force("General", 7200)
        mail = in_force("Mail", 600, ways=["email"])
        ticket = opened()
        assert due(ticket) == NOON + timedelta(hours=2)
        sla.change(mail.policy_id, name=Text("Programs", "程序"), match={"ways": ["api"]}, by=BY)
        testing.drain()
        assert due(ticket) == NOON + timedelta(minutes=10)


def test_what_is_in_force_is_never_changed() -> None:
    one = in_force("General", 600)
    with pytest.raises(Conflict):
        sla.save_draft(one.policy_id, promise(60), by=BY, number=one.pk)
    with pytest.raises(Conflict):
        sla.discard(one.pk, by=BY)
    with pytest.raises(NotFound):
        sla.put_in_force(99_999, by=BY)


def test_two_people_do_not_overwrite_each_others_draft() -> None:
    draft = sla.create(Text("A", "甲"), {}, promise(60), by=BY)
    sla.save_draft(draft.policy_id, promise(90), by=BY, number=draft.pk, read=0)
    with pytest.raises(Conflict):
        sla.save_draft(draft.policy_id, promise(120), by="staff:2", number=draft.pk, read=0)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"warn": [0]}, "warn"),
        ({"warn": [True]}, "warn"),
        ({"warn": "75"}, "warn"),
        ({"chain": 5}, "chain"),
        ({"targets": [{}]}, "targets[0].metric"),
    ],
)
def test_content_that_cannot_be_counted_by_is_refused_with_its_field(wrong: Any, field: str) -> None:
    with pytest.raises(BadInput) as refused:
        policies.checked({**promise(60), **wrong})
    assert refused.value.field == field


def test_a_match_that_names_no_field_of_a_ticket_is_refused() -> None:
    with pytest.raises(BadInput):
        sla.create(Text("A", "甲"), {"colours": ["red"]}, promise(60), by=BY)


def test_a_new_house_begins_with_promises_and_keeps_those_it_has() -> None:
    assert sla.install_shipped("system:test")
    assert not sla.install_shipped("system:test")
    version = policies.version_for(Ticket())
    assert version is not None
    assert version.content == policies.checked(content())
    assert SlaPolicy.objects.count() == 1


def test_what_a_version_would_change_is_shown_before_it_is_in_force() -> None:
    with clock.freeze(NOON) as now:
        first = in_force("General", 7200)
        early, late = opened(), None
        now.advance(1200)
        late = opened()
        now.advance(600)
        draft = sla.save_draft(first.policy_id, promise(1500), by=BY)
        seen = preview(draft, clock.now())
        assert (seen.tickets, seen.governed, seen.broken, seen.sooner, seen.later) == (2, 2, 1, 1, 0)
        assert [(one.ticket.pk, one.is_broken) for one in seen.examples] == [
            (early.pk, True),
            (late.pk, False),
        ]
        assert due(early) == NOON + timedelta(hours=2)
        easier = preview(sla.save_draft(first.policy_id, promise(90_000), by=BY), clock.now())
        assert (easier.later, easier.broken) == (2, 0)
