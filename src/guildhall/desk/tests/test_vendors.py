"""Vendors: whose queue a ticket goes to, what a month comes to, and that it is paid once."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildhall.core import approvals, clock
from guildhall.core.errors import BadInput, Conflict, NotAllowed
from guildhall.desk.actions import vendors
from guildhall.desk.models import BilledTicket, Clock, Ticket, VendorInvoice
from guildhall.desk.testing import outsourced
from guildhall.desk.vendors import invoicing, queue_for, routing, scorecard
from guildhall.desk.vendors.routing import Match, Question, Route
from guildhall.desk.vendors.terms import Terms, reckon, total
from guildhall.people.models import Staff
from guildhall.people.roles import Role
from guildhall.people.testing import make_staff
from guildhall.work.models import Shift

OCTOBER = date(2026, 10, 1)
AGREED = {
    "currency": "USD", "scale": 2, "zone": "Asia/Shanghai", "hour": 1250, "ticket": 45,
    "by_category": {"kyc": 80}, "cap_bp": 1500,
    "credits": [
        {"metric": "first_response", "steps": [[9500, 500], [9000, 1000]]},
        {"metric": "resolution", "steps": [[9000, 1000]]},
    ],
}  # fmt: skip


def test_the_first_route_that_fits_decides_and_a_language_fits_its_regions() -> None:
    routes = [
        Route("a", Match(languages=frozenset({"zh"}), categories=frozenset({"kyc"}))),
        Route("b", Match(tiers=frozenset({"vip"}))),
        Route("c", Match(languages=frozenset({"zh"}))),
    ]
    for question, wanted in (
        (Question("zh-hans", "kyc"), "a"), (Question("zh-hans", "deposit"), "c"), (Question("en", "kyc"), ""),
        (Question("en", tier="vip"), "b"), (Question("zh", "kyc", "vip"), "a"),
    ):  # fmt: skip
        assert routing.choose(question, routes) == wanted


def test_an_invoice_is_exact_to_the_minor_unit() -> None:
    terms = Terms.from_json(AGREED)
    lines = reckon(
        terms,
        {("hours", "7"): 8 * 3600 + 1, ("hours", "8"): 3599, ("on_call", "7"): 3600},
        {"": 3, "kyc": 2},
        {"first_response": (94, 100), "resolution": (1, 2)},
    )
    found = [(line.kind, line.what, line.amount) for line in lines]
    assert found == [
        ("hours", "7", 10_000), ("hours", "8", 1_250), ("tickets", "", 135), ("tickets", "kyc", 160),
        ("credit", "first_response", -577), ("credit", "resolution", -1_154),
    ]  # fmt: skip
    assert total(lines) == 9_814


def test_credits_stop_at_the_cap_and_a_minimum_is_paid_before_them() -> None:
    terms = Terms.from_json({**AGREED, "cap_bp": 700, "minimum": 100_000})
    lines = reckon(terms, {}, {}, {"first_response": (0, 10), "resolution": (0, 10)})
    assert [(line.kind, line.amount) for line in lines] == [
        ("minimum", 100_000),
        ("credit", -7_000),
        ("credit", 0),
    ]
    assert total(lines) == 93_000


@given(
    st.dictionaries(st.tuples(st.just("hours"), st.sampled_from("1234")), st.integers(0, 10**7)),
    st.dictionaries(st.sampled_from(["", "kyc", "deposit"]), st.integers(0, 10**6)),
    st.tuples(st.integers(0, 100), st.integers(0, 100)).map(lambda pair: (min(pair), max(pair))),
)
def test_what_is_owed_is_whole_and_never_below_zero(
    seconds: dict[tuple[str, str], int], tickets: dict[str, int], kept: tuple[int, int]
) -> None:
    lines = reckon(Terms.from_json(AGREED), seconds, tickets, {"first_response": kept})
    assert all(type(line.amount) is int for line in lines)
    assert total(lines) >= 0


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("hour", 12.5), ("hour", -1), ("currency", "dollar"), ("zone", "Moon/Base"), ("cap_bp", 10_001),
        ("credits", [{"metric": "joy", "steps": [[9000, 1]]}]),
        ("credits", [{"metric": "resolution", "steps": []}]),
        ("credits", [{"metric": "resolution", "steps": [[9000]]}]),
    ],
)  # fmt: skip
def test_terms_that_cannot_be_are_refused(field: str, value: object) -> None:
    with pytest.raises(BadInput):
        Terms.from_json({**AGREED, field: value})
    assert Terms.from_json(Terms.from_json(AGREED).to_json()) == Terms.from_json(AGREED)


def test_a_month_lasts_from_midnight_to_midnight_where_the_terms_say() -> None:
    start, end = invoicing.bounds(date(2026, 3, 1), "Europe/London")
    assert (end - start).total_seconds() == 31 * 86_400 - 3600
    assert invoicing.bounds(date(2026, 12, 1), "Asia/Shanghai")[1] == datetime(2026, 12, 31, 16, tzinfo=UTC)
    assert invoicing.month_before(date(2026, 1, 1)) == date(2025, 12, 1)


# --- with people ----------------------------------------------------------------------------------------------------


def at(day: int, hour: int = 4) -> datetime:
    return datetime(2026, 10, day, hour, tzinfo=UTC)


def a_shift(staff: Staff, one: outsourced.Outsourced, start: datetime, hours: int) -> None:
    Shift.objects.create(
        team=one.vendor.team, staff=staff, kind="shift", starts_at=start, ends_at=start + timedelta(hours=hours),
        zone="UTC", made_by="system:test",
    )  # fmt: skip


def october(owner: Staff) -> outsourced.Outsourced:
    """Acme's October: sixteen hours, of which two overlap, and two solved tickets with three promises."""
    acme = outsourced.set_up("Acme", owner, received_at=at(5))
    vendors.set_terms(acme.vendor.pk, AGREED, owner)
    acme.vendor.refresh_from_db()
    a_shift(acme.agent, acme, at(5), 8)
    a_shift(acme.agent, acme, at(5, 10), 8)
    outsourced.answered(acme.ticket, acme.agent, at(5, 5), rating=5)
    kyc = outsourced.answered(outsourced.a_ticket(acme.vendor, category="kyc"), acme.agent, at(6, 5))
    Clock.objects.all().delete()
    for ticket, breached in ((acme.ticket, None), (kyc, at(6, 4))):
        Clock.objects.create(
            ticket=ticket, metric="first_response", instance=9, started_at=at(5), state="met", as_of=at(6, 5),
            target_seconds=600, met_at=at(6, 5), breached_at=breached,
        )  # fmt: skip
    return acme


@pytest.mark.django_db
def test_a_month_is_reckoned_from_shifts_tickets_and_promises_and_frozen_by_four_eyes() -> None:
    owner, manager = make_staff(Role.OWNER), make_staff(Role.MANAGER)
    acme = october(owner)
    with clock.freeze(datetime(2026, 11, 2, tzinfo=UTC)):
        invoice = vendors.reckon_month(acme.vendor.pk, OCTOBER, owner)
        assert invoice.content["seconds"] == [["hours", str(acme.agent.pk), 14 * 3600]]
        assert invoice.content["promises"]["first_response"] == [1, 2]
        assert invoice.content["by_category"] == {"": 1, "kyc": 1}
        earned = 14 * 1250 + 45 + 80
        assert invoice.total_minor == earned - round(earned * 1000 / 10_000)
        proposal = vendors.propose_month(invoice.pk, owner)
        with pytest.raises(Conflict):
            vendors.reckon_month(acme.vendor.pk, OCTOBER, owner)
        with pytest.raises(NotAllowed):
            approvals.approve(proposal.pk, owner.actor, proposal.content_hash)
        approvals.approve(proposal.pk, manager.actor, proposal.content_hash)
    invoice.refresh_from_db()
    assert (invoice.state, invoice.frozen_by) == ("frozen", manager.actor)
    assert BilledTicket.objects.count() == 2


@pytest.mark.django_db
def test_a_month_that_changed_after_it_was_read_is_not_frozen_and_no_ticket_is_paid_twice() -> None:
    owner, manager = make_staff(Role.OWNER), make_staff(Role.MANAGER)
    acme = october(owner)
    with clock.freeze(datetime(2026, 11, 2, tzinfo=UTC)):
        invoice = vendors.reckon_month(acme.vendor.pk, OCTOBER, owner)
        proposal = vendors.propose_month(invoice.pk, owner)
        a_shift(acme.agent, acme, at(20), 4)
        with pytest.raises(Conflict):
            approvals.approve(proposal.pk, manager.actor, proposal.content_hash)
        assert not BilledTicket.objects.exists()
        vendors.take_back(invoice.pk, owner)
        invoice = vendors.reckon_month(acme.vendor.pk, OCTOBER, owner)
        again = vendors.propose_month(invoice.pk, owner)
        approvals.approve(again.pk, manager.actor, again.content_hash)
    Ticket.objects.filter(pk=acme.ticket.pk).update(solved_at=datetime(2026, 11, 3, tzinfo=UTC))
    with clock.freeze(datetime(2026, 12, 2, tzinfo=UTC)):
        november = vendors.reckon_month(acme.vendor.pk, date(2026, 11, 1), owner)
        assert november.content["by_category"] == {}
        assert VendorInvoice.objects.get(month=OCTOBER).state == "frozen"


@pytest.mark.django_db
def test_the_scorecard_counts_one_vendor_only() -> None:
    owner = make_staff(Role.OWNER)
    acme = october(owner)
    best = outsourced.set_up("Best", owner)
    found = scorecard.of(acme.vendor, OCTOBER)
    assert (found.solved, found.rated, found.rating, found.seconds) == (2, 1, 500, 14 * 3600)
    assert (found.share("first_response"), found.share("resolution")) == (5_000, None)
    nothing = scorecard.of(best.vendor, OCTOBER)
    assert (nothing.solved, nothing.open_now, nothing.seconds, nothing.kept_bp) == (0, 1, 0, None)


@pytest.mark.django_db
def test_a_ticket_goes_to_the_queue_of_the_routes_of_vendors_that_work_for_us() -> None:
    owner = make_staff(Role.OWNER)
    acme = outsourced.set_up("Acme", owner)
    ticket = outsourced.a_ticket(None, language="zh-hans", category="kyc")
    assert queue_for(ticket) is None
    route = vendors.save_route(acme.vendor.pk, {"languages": ["zh"]}, owner)
    assert queue_for(ticket) == acme.vendor
    vendors.switch_vendor(acme.vendor.pk, False, owner)
    assert queue_for(ticket) is None
    with pytest.raises(BadInput):
        vendors.save_route(acme.vendor.pk, {}, owner)
    vendors.remove_route(acme.vendor.pk, route.pk, owner)


@pytest.mark.django_db
def test_what_comes_in_goes_to_the_queue_by_itself() -> None:
    owner = make_staff(Role.OWNER)
    acme = outsourced.set_up("Acme", owner)
    vendors.save_route(acme.vendor.pk, {"languages": ["zh"], "ways": ["group"]}, owner)
    assert outsourced.a_ticket(None, language="zh-hant").vendor == acme.vendor
    assert outsourced.a_ticket(None, language="en").vendor is None
    stored = Ticket.objects.get(pk=outsourced.a_ticket(None, language="zh").pk)
    assert stored.vendor_id == acme.vendor.pk
