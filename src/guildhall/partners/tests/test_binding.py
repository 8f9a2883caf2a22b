"""Who brought whom: the first bind wins, nobody brings themselves, no circles, rebinding takes silence."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from guildhall.core import approvals, clock
from guildhall.core.errors import Conflict
from guildhall.exchange.models import VenueAccount
from guildhall.partners import actions, binding, queries
from guildhall.partners.actions import NewBinding
from guildhall.partners.binding import Activity, Bound
from guildhall.partners.models import Binding, Partner
from guildhall.partners.tests.houses import BY, NOON, OCTOBER, OTHER, partner, ship, ship_deposits, trade
from guildhall.people import registry
from guildhall.people.models import Member

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("house")]
LONG_AGO = NOON - timedelta(days=400)


def refused(code: str, *args: object, **said: object) -> None:
    with pytest.raises(Conflict) as error:
        actions.bind(*args, by=BY, **said)  # type: ignore[arg-type]
    assert error.value.code == code


def test_the_first_bind_wins_and_the_same_one_again_changes_nothing() -> None:
    lin, wu = partner(), partner("wu")
    first = actions.bind(lin.pk, "okx", "amber", by=BY, valid_from=OCTOBER)
    assert actions.bind(lin.pk, "okx", "amber", by=BY) == first
    refused("bound_already", wu.pk, "okx", "amber")
    refused("bound_already", wu.pk, "okx", "amber", valid_from=OCTOBER - timedelta(days=9))
    assert actions.bind(wu.pk, "bybit", "amber", by=BY).partner == wu


def test_a_list_is_bound_as_far_as_it_can_be_and_the_rest_is_told() -> None:
    lin, wu = partner(), partner("wu")
    actions.bind(wu.pk, "okx", "taken", by=BY)
    rows = [NewBinding(lin.pk, "okx", account, OCTOBER) for account in ("a", "taken", "a", "b")]
    report = actions.bind_many(rows, by="system:exchange")
    assert (report.bound, report.same) == (2, 1)
    assert [(one.row, one.code) for one in report.refused] == [(2, "bound_already")]


def test_nobody_brings_their_own_account_said_or_known_through_the_member() -> None:
    lin = partner()
    actions.own_account(lin.pk, "okx", "mine", by=BY)
    refused("self_referral", lin.pk, "okx", "mine")
    member = Member.objects.create(display_name="Lin")
    actions.change_partner(lin.pk, by=BY, member_id=member.pk)
    VenueAccount.objects.create(venue="okx", uid="7", pseudonym="also-mine", member=member)
    refused("self_referral", lin.pk, "okx", "also-mine")


def test_two_partners_cannot_bring_each_other() -> None:
    lin, wu, mo = partner(), partner("wu"), partner("mo")
    for one, account in ((lin, "of-lin"), (wu, "of-wu"), (mo, "of-mo")):
        actions.own_account(one.pk, "okx", account, by=BY)
    actions.bind(lin.pk, "okx", "of-wu", by=BY)
    actions.bind(wu.pk, "okx", "of-mo", by=BY)
    refused("cycle", wu.pk, "okx", "of-lin")
    refused("cycle", mo.pk, "okx", "of-lin")


def test_an_account_found_to_be_the_partners_own_later_is_shown() -> None:
    lin = partner()
    one = actions.bind(lin.pk, "okx", "amber", by=BY)
    assert not queries.self_referrals().exists()
    actions.own_account(lin.pk, "okx", "amber", by=BY)
    assert list(queries.self_referrals()) == [one]
    assert queries.needing_somebody().self_referrals == 1
    with clock.freeze(NOON + timedelta(hours=1)):
        ended = actions.end_binding(one.pk, by=BY, reason="own account")
    assert ended.valid_to is not None
    refused("needs_rebind", partner("wu").pk, "okx", "amber", valid_from=NOON + timedelta(days=1))


def test_a_partner_who_ended_takes_no_new_accounts() -> None:
    lin = partner()
    actions.change_partner(lin.pk, by=BY, state=Partner.State.ENDED)
    refused("partner_closed", lin.pk, "okx", "amber")


def test_a_silent_account_goes_to_another_partner_when_somebody_else_approves() -> None:
    lin, wu = partner(), partner("wu")
    actions.bind(lin.pk, "okx", "amber", by=BY, valid_from=LONG_AGO)
    ship([trade(1, executed_at=NOON - timedelta(days=181))])
    proposal = actions.propose_rebind(wu.pk, "okx", "amber", by=BY, reason="asked for it")
    assert proposal.payload["last_trade"] == (NOON - timedelta(days=181)).isoformat()
    approvals.approve(proposal.pk, OTHER, proposal.content_hash)
    old, new = Binding.objects.order_by("valid_from")
    assert (old.valid_to, new.valid_from, new.partner) == (NOON, NOON, wu)
    assert new.evidence["how"] == "rebind"
    assert new.evidence["last_trade"] == proposal.payload["last_trade"]


def test_a_trade_or_a_deposit_within_180_days_forbids_it() -> None:
    lin, wu = partner(), partner("wu")
    actions.bind(lin.pk, "okx", "amber", by=BY, valid_from=LONG_AGO)
    ship([trade(1, executed_at=NOON - timedelta(days=300))])
    ship_deposits(
        [
            {
                "venue": "okx", "deposit_id": "d1", "revision": 0, "account": "amber", "state": "live",
                "at": NOON - timedelta(days=179), "asset": "USDT", "amount": 1, "value": 1, "received_at": NOON,
            }
        ]
    )  # fmt: skip
    with pytest.raises(Conflict) as error:
        actions.propose_rebind(wu.pk, "okx", "amber", by=BY, reason="asked for it")
    assert error.value.code == "not_idle"


def test_an_approval_that_comes_days_later_asks_to_look_again() -> None:
    lin, wu = partner(), partner("wu")
    actions.bind(lin.pk, "okx", "amber", by=BY, valid_from=LONG_AGO)
    proposal = actions.propose_rebind(wu.pk, "okx", "amber", by=BY, reason="asked for it")
    with clock.freeze(NOON + timedelta(days=4)), pytest.raises(Conflict) as error:
        approvals.approve(proposal.pk, OTHER, proposal.content_hash)
    assert error.value.code == "checked_long_ago"
    assert Binding.objects.get().partner == lin


def test_exactly_180_idle_days_are_enough() -> None:
    at = datetime(2026, 11, 24, tzinfo=UTC)
    before = [Bound("b", "lin", at - timedelta(days=400), None)]
    idle = binding.refuse_rebind("wu", at, before, Activity(at - timedelta(days=180), None))
    busy = binding.refuse_rebind(
        "wu", at, before, Activity(None, at - timedelta(days=180) + timedelta(seconds=1))
    )
    assert (idle.refused, busy.code) == (None, "not_idle")


def test_an_erased_member_leads_to_no_partner_and_a_merged_one_to_the_other() -> None:
    lin = partner()
    gone, kept = Member.objects.create(), Member.objects.create()
    actions.change_partner(lin.pk, by=BY, member_id=gone.pk)
    for merge in registry.mergers.values():
        if "partners" in merge.__module__:
            merge(kept.pk, gone.pk)
    lin.refresh_from_db()
    assert lin.member == kept
    for erase in registry.erasers.values():
        if "partners" in erase.__module__:
            erase(kept.pk)
    lin.refresh_from_db()
    assert lin.member is None
