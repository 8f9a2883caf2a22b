"""The pages about partners: taken on, a deal that somebody else approves, accounts bound, settled, explained."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from guildhall.console.tests.house_doors import confirmed, said
from guildhall.core.models import Proposal
from guildhall.exchange import accounts
from guildhall.partners import actions
from guildhall.partners.models import Binding, DealVersion, Partner, Run
from guildhall.partners.tests import houses
from guildhall.partners.tests.conftest import facts_place, house
from guildhall.people.roles import Role
from guildhall.people.testing import client_for

__all__ = ["facts_place", "house"]
pytestmark = pytest.mark.django_db


def url(name: str, *args: object, **query: str) -> str:
    address = reverse(f"console:{name}", args=args)
    return f"{address}?{'&'.join(f'{key}={value}' for key, value in query.items())}" if query else address


def typed(**changed: object) -> dict[str, object]:
    return {
        "valid_from": "2026-09-01T00:00", "tier_basis": "current_month", "tier_1_volume": "0",
        "tier_1_rate": "40", "tier_2_volume": "1,000,000", "tier_2_rate": "50", "kickback": "10",
        "override_funded": "house", "note": "As agreed.", **changed,
    }  # fmt: skip


def opened(client: Client, name: str, *args: object, **query: str) -> str:
    page = client.get(url(name, *args, **query))
    assert page.status_code == 200, page.status_code
    return page.content.decode()


def test_a_partner_is_taken_on_and_their_deal_waits_for_somebody_else() -> None:
    manager = client_for(Role.MANAGER)
    page = manager.post(url("partner-new"), {"name": "Lin Trades", "handle": "lin", "note": ""}, follow=True)
    assert "Now write the deal." in said(page)
    lin = Partner.objects.get()
    page = manager.post(url("deal-new", lin.pk), typed(), follow=True)
    html = page.content.decode()
    assert "From volume 1,000,000" in html
    assert "50 % of the fee" in html
    version = DealVersion.objects.get()
    assert version.terms["tiers"][1] == {"min_volume": 10**14, "rate_ppm": 500_000}
    page = manager.post(url("deal-act", lin.pk, 1, "propose"), follow=True)
    assert "waits for somebody else" in said(page)
    proposal = Proposal.objects.get()
    decide = {"content_hash": proposal.content_hash}
    assert "Somebody else must decide" in page.content.decode()
    owner = confirmed(Role.OWNER)
    html = owner.get(url("approval", proposal.pk)).content.decode()
    assert "Lin Trades" in html
    assert "40 % of the fee" in html
    owner.post(url("approval-approve", proposal.pk), decide)
    version.refresh_from_db()
    assert version.state == DealVersion.State.IN_FORCE
    assert "40–50 % · 10 % back" in opened(manager, "partners")


def test_an_edit_of_what_waits_voids_the_approval_and_a_stale_edit_is_refused() -> None:
    lin = actions.create_partner("Lin", "lin", by=houses.BY)
    manager = client_for(Role.MANAGER)
    manager.post(url("deal-new", lin.pk), typed())
    manager.post(url("deal-act", lin.pk, 1, "propose"))
    before = Proposal.objects.get().content_hash
    html = opened(manager, "deal-edit", lin.pk, 1)
    assert "voids what was approved" in html
    manager.post(url("deal-edit", lin.pk, 1), typed(kickback="20", read="0"))
    assert Proposal.objects.get().content_hash != before
    page = manager.post(url("deal-edit", lin.pk, 1), typed(kickback="30", read="0"))
    assert page.status_code == 422
    assert "Somebody changed it after you read it" in page.content.decode()


def test_what_changes_against_the_deal_in_force_is_told_term_by_term() -> None:
    lin = houses.partner()
    manager = client_for(Role.MANAGER)
    form = manager.get(url("deal-new", lin.pk)).context["form"]
    assert form["tier_1_rate"].value() == "40"
    manager.post(url("deal-new", lin.pk), typed(valid_from="2026-12-01", tier_2_volume="", tier_2_rate=""))
    html = opened(manager, "deal", lin.pk, 2)
    assert "against version 1" in html
    assert "No commission on" in html
    assert "internal" in html


def test_the_same_terms_are_edited_as_json_and_back_without_losing_what_was_typed() -> None:
    lin = actions.create_partner("Lin", "lin", by=houses.BY)
    manager = client_for(Role.MANAGER)
    page = manager.post(url("deal-new", lin.pk), typed(switch="1"))
    source = page.context["form"]["source"].value()
    assert '"rate_ppm": 500000' in source
    page = manager.post(url("deal-new", lin.pk), {"as": "json", "source": source, "note": "n", "switch": "1"})
    assert page.context["form"]["tier_2_rate"].value() == "50"
    assert page.context["form"]["note"].value() == "n"
    page = manager.post(url("deal-new", lin.pk), {"as": "json", "source": '{"kickback_ppm": 5}', "note": ""})
    assert page.status_code == 422
    assert not DealVersion.objects.exists()


def test_an_error_of_the_terms_stands_at_its_field_and_what_was_typed_stays() -> None:
    lin = houses.partner()
    kim = houses.partner("kim", override={"parent": lin.pk, "ppm": 100_000, "funded_by": "house"})
    page = client_for(Role.MANAGER).post(
        url("deal-new", lin.pk), typed(override_parent=kim.pk, override_rate="5", note="kept")
    )
    assert page.status_code == 422
    assert page.context["form"].errors["override_parent"]
    assert "kept" in page.content.decode()


def test_who_may_only_look_finds_no_way_to_change_anything() -> None:
    lin = houses.partner()
    analyst = client_for(Role.ANALYST)
    html = opened(analyst, "partner", lin.pk)
    assert "New version of the deal" not in html
    for name, args in (
        ("deal-new", (lin.pk,)),
        ("partner-new", ()),
        ("binding-new", ()),
        ("what-if-new", ()),
    ):
        assert analyst.get(url(name, *args)).status_code == 403, name
    assert analyst.post(url("settlement-start")).status_code == 403


def test_an_account_is_bound_by_hand_once_and_the_one_in_the_way_is_shown(house: Path) -> None:
    lin, kim = houses.partner(), houses.partner("kim")
    manager = client_for(Role.MANAGER)
    sent = {"partner": lin.pk, "venue": "OKX", "uid": "8675309", "valid_from": "2026-09-05", "reason": "T-12"}
    page = manager.post(url("binding-new"), sent, follow=True)
    assert "Bound." in said(page)
    assert "8675309" in page.content.decode()
    one = Binding.objects.get()
    assert one.account != "8675309", "facts and bindings know the pseudonym only"
    assert one.valid_from == datetime(2026, 9, 5, tzinfo=UTC)
    page = manager.post(url("binding-new"), {**sent, "partner": kim.pk})
    assert page.status_code == 422
    assert "Lin brought this account" in page.content.decode()
    assert "8675309" in opened(manager, "bindings", q="8675309")
    page = manager.post(url("binding-rebind", one.pk), {"partner": kim.pk, "reason": "asked"}, follow=True)
    assert Binding.objects.count() == 1
    page = manager.post(url("binding-end", one.pk), {"reason": "closed"}, follow=True)
    assert "bound to nobody from now on" in said(page)


def test_binding_back_in_time_is_not_for_whoever_lives_on_partners_alone(house: Path) -> None:
    sent = {"partner": houses.partner().pk, "venue": "okx", "uid": "8675309", "reason": "T-12"}
    page = client_for(Role.PARTNER_MANAGER).post(url("binding-new"), {**sent, "valid_from": "2026-09-05"})
    assert page.status_code == 422
    assert "somebody who may approve deals" in page.content.decode()
    assert not Binding.objects.exists()
    client_for(Role.PARTNER_MANAGER).post(url("binding-new"), {**sent, "valid_from": ""})
    assert Binding.objects.count() == 1


def test_a_uid_is_shown_and_found_only_by_those_who_may_know_people(house: Path) -> None:
    lin = houses.partner()
    account = accounts.remember("okx", ["8675309"])["8675309"]
    actions.bind(lin.pk, "okx", account, by=houses.BY, valid_from=houses.OCTOBER)
    analyst = client_for(Role.ANALYST)
    html = opened(analyst, "bindings")
    assert "8675309" not in html
    assert account[:10] in html
    assert account[:10] not in opened(analyst, "bindings", q="8675309")
    assert account[:10] in opened(analyst, "bindings", q=account)


def test_codes_and_own_accounts_are_added_and_taken_away() -> None:
    lin = houses.partner()
    manager = client_for(Role.MANAGER)
    manager.post(url("partner-code-add", lin.pk), {"venue": "okx", "code": "LIN20"})
    manager.post(url("partner-own-add", lin.pk), {"venue": "okx", "uid": "42"})
    html = opened(manager, "partner", lin.pk)
    assert "LIN20" in html
    code, own = lin.codes.get(), lin.own_accounts.get()
    assert own.account != "42"
    manager.post(url("partner-code-remove", lin.pk, code.pk))
    manager.post(url("partner-own-remove", lin.pk, own.pk))
    assert not lin.codes.exists()
    assert not lin.own_accounts.exists()


def _traded(house: Path) -> tuple[Partner, Run]:
    lin = houses.partner()
    actions.bind(lin.pk, "okx", "amber", by=houses.BY, valid_from=houses.OCTOBER)
    houses.ship([houses.trade(number) for number in range(3)])
    return lin, houses.settle()


def test_a_settlement_is_started_told_and_its_changes_stand_by_partner(house: Path) -> None:
    lin = houses.partner()
    actions.bind(lin.pk, "okx", "amber", by=houses.BY, valid_from=houses.OCTOBER)
    houses.ship([houses.trade(number) for number in range(3)])
    manager = client_for(Role.MANAGER)
    page = manager.post(url("settlement-start"), follow=True)
    assert "has begun" in said(page)
    assert "run-live" in page.content.decode()
    houses.drain()
    run = Run.objects.get()
    live = manager.get(url("settlement-live", run.pk))
    assert live["HX-Refresh"] == "true"
    html = opened(manager, "settlement", run.pk)
    assert "1.08" in html, "3 trades of 1 USDT: 40 % less a tenth"
    assert "Lin" in html
    lines = b"".join(manager.get(url("settlement-csv", run.pk)).streaming_content).decode()
    assert "108000000" in lines
    assert "Day by day in USDT" in opened(manager, "partner", lin.pk)
    again = houses.settle(everything=True)
    assert "It changed nothing" in opened(manager, "settlement", again.pk)


def test_a_late_batch_and_a_reversal_stand_as_differences_to_what_was(house: Path) -> None:
    _lin, _first = _traded(house)
    houses.ship([houses.trade(7)], batch="late")
    late = houses.settle()
    manager = client_for(Role.MANAGER)
    html = opened(manager, "settlement", late.pk)
    assert "1.08" in html
    assert "1.44" in html
    houses.ship([houses.trade(7, revision=1, state="reversed")], batch="reversal")
    reversal = houses.settle()
    html = opened(manager, "settlement", reversal.pk)
    assert "−0.36" in html
    assert reversal.posted_changed + reversal.posted_reversed > 0


def test_only_one_settlement_at_a_time_and_a_month_must_be_chosen(house: Path) -> None:
    manager = client_for(Role.MANAGER)
    manager.post(url("settlement-start"))
    page = manager.post(url("settlement-start"), {"what": "everything"}, follow=True)
    assert "under way" in said(page)
    page = manager.post(url("settlement-start"), {"what": "months"}, follow=True)
    assert "at least one month" in said(page)
    run = Run.objects.get()
    page = manager.post(url("settlement-act", run.pk, "stop"), follow=True)
    assert "Stopped." in said(page)
    page = manager.post(url("settlement-act", run.pk, "retry"), follow=True)
    assert "It goes on." in said(page)


def test_today_names_a_settlement_that_failed() -> None:
    why = {"en": "The disk is full.", "zh": "磁盘已满。"}
    Run.objects.create(state=Run.State.FAILED, started_by=houses.BY, error=why)
    html = client_for(Role.MANAGER).get(reverse("console:today")).content.decode()
    assert "The settlement failed" in html
    assert "The disk is full." in html


@pytest.mark.parametrize("name", ["partners", "bindings", "what-ifs", "settlements", "why"])
def test_an_empty_page_says_what_to_do_next(name: str) -> None:
    assert 'class="empty"' in opened(client_for(Role.MANAGER), name)


def test_a_page_of_nobody_is_not_found(house: Path) -> None:
    manager: Any = client_for(Role.MANAGER)
    for name, args in (
        ("partner", ("nobody",)), ("binding", ("nobody",)), ("settlement", ("nobody",)), ("what-if", ("nobody",)),
        ("deal", ("nobody", 1)), ("partner-day", ("nobody", "2026-10-05")),
    ):  # fmt: skip
        assert manager.get(url(name, *args)).status_code == 404, name


def test_an_account_under_review_is_told_and_only_an_approver_ends_it(house: Path) -> None:
    lin = houses.partner()
    one = actions.bind(lin.pk, "okx", "amber", by=houses.BY, valid_from=houses.OCTOBER)
    editor = client_for(Role.PARTNER_MANAGER)
    page = editor.post(url("account-hold", one.pk), {"reason": "two accounts, one device"}, follow=True)
    assert "two accounts, one device" in page.content.decode()
    assert "End the review" not in page.content.decode()
    assert editor.post(url("account-release", one.pk), {"reason": "fine"}).status_code == 403
    manager = client_for(Role.MANAGER)
    assert "1 account is under review" in manager.get(reverse("console:today")).content.decode()
    assert "amber" in opened(manager, "bindings", state="review")
    page = manager.post(url("account-release", one.pk), {"reason": "a family"}, follow=True)
    assert "The review has ended" in said(page)
    assert "a family" in page.content.decode()
    assert "amber" not in opened(manager, "bindings", state="review")
