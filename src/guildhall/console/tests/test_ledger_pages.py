"""The pages of the ledger: what they show, who may close, hold and release, and that both languages read well."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from django.test import Client
from django.urls import reverse

from guildhall.console.tests.house_doors import said
from guildhall.core import clock
from guildhall.ledger import actions, chain
from guildhall.ledger.actions import Draft
from guildhall.ledger.models import Account, Day, Hold, Posting
from guildhall.people.roles import Role
from guildhall.people.testing import client_for

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 10, 5, 12, tzinfo=UTC)
DAY = date(2026, 10, 3)


@pytest.fixture
def ledger():
    """Two commissions of partner 7, one of them payable and reversed later, in a closed day."""
    with clock.freeze(NOW):
        actions.open_asset("USDT", 8)
        actions.post_many([of_partner("a", 150_000_000_000), of_partner("b", 500)])
        actions.mature(DAY)
        actions.close_day(DAY, by="staff:1")
        actions.reverse("b", new_key="b:r", reason="trade corrected", by="staff:1")
        chain.seal_all()
        yield


def of_partner(key: str, units: int) -> Draft:
    legs = (("house:commission:okx", -units), ("partner:7:pending", units))
    return Draft(
        key, "commission", "USDT", legs, DAY, "deal:7:v3", "partner:7", {"trades": 12}, matures_on=DAY
    )


@pytest.fixture
def admin(ledger) -> Client:
    return client_for(Role.OWNER)


def page(client: Client, name: str, *args: object, **params: str) -> str:
    response = client.get(reverse(f"console:{name}", args=args), params)
    assert response.status_code == 200
    return response.content.decode()


def account(code: str) -> int:
    return Account.objects.get(code=code).pk


def test_the_ledger_opens_with_what_is_owed_and_every_account(admin):
    shown = page(admin, "ledger")
    assert "partner:7:payable" in shown
    assert "1,500" in shown
    only = page(admin, "ledger", code="house:", sign="minus")
    assert "house:commission:okx" in only
    assert "partner:7:payable</a>" not in only
    assert (
        page(admin, "ledger", stage="pending", asset="USDT", sort="-balance").count("partner:7:pending") >= 1
    )


def test_a_statement_runs_down_from_the_balance(admin):
    shown = page(admin, "ledger-account", account("partner:7:pending"))
    assert shown.count('class="lead"') >= 4
    assert "−0.000005" in shown  # the reversal came after everything had matured
    filtered = page(admin, "ledger-account", account("partner:7:pending"), kind="commission")
    assert "commission" in filtered


def test_a_posting_shows_legs_terms_and_its_mirror(admin):
    original, mirror = Posting.objects.get(key="b"), Posting.objects.get(key="b:r")
    assert reverse("console:ledger-posting", args=[mirror.pk]) in page(admin, "ledger-posting", original.pk)
    shown = page(admin, "ledger-posting", mirror.pk)
    assert "trade corrected" in shown
    assert "deal:7:v3" in shown
    assert reverse("console:ledger-posting", args=[original.pk]) in shown
    assert "b:r" in page(admin, "ledger-postings", only="mirror")
    assert "b:r" in page(admin, "ledger-postings", only="late", booked_on="2026-10-04")
    found = admin.get(reverse("console:ledger-find"), {"key": "b"})
    assert found.headers["Location"] == reverse("console:ledger-posting", args=[original.pk])
    assert admin.get(reverse("console:ledger-find"), {"key": "nothing"}).status_code == 404


def test_days_are_closed_from_the_page(admin):
    assert "2026-10-04" in page(admin, "ledger-days")
    response = admin.post(reverse("console:ledger-days-close"), follow=True)
    assert "2026-10-04" in page(admin, "ledger-days")
    assert said(response)
    assert Day.objects.count() == 2


def test_money_is_held_with_a_reason_and_released(admin):
    shown = page(admin, "ledger-account", account("partner:7:payable"))
    assert reverse("console:ledger-hold-place") in shown
    admin.post(reverse("console:ledger-hold-place"), {"owner": "partner:7", "reason": ""})
    assert not Hold.objects.exists()
    admin.post(reverse("console:ledger-hold-place"), {"owner": "partner:9", "reason": "typo"})
    assert not Hold.objects.exists()
    admin.post(reverse("console:ledger-hold-place"), {"owner": "partner:7", "reason": "a ring of accounts"})
    assert "a ring of accounts" in page(admin, "ledger-holds")
    assert "a ring of accounts" in page(admin, "ledger-account", account("partner:7:held"))
    hold = Hold.objects.get()
    admin.post(reverse("console:ledger-hold-release", args=[hold.pk]), {"reason": "honest"})
    assert "a ring of accounts" not in page(admin, "ledger-holds")
    assert "honest" in page(admin, "ledger-holds", state="all")


def test_the_proof_is_asked_for_once(admin):
    for _ in range(2):
        assert admin.post(reverse("console:ledger-verify")).status_code == 303
    assert "progress" in page(admin, "ledger")


def test_whoever_only_reads_closes_and_holds_nothing(ledger):
    client = client_for(Role.ANALYST)
    assert "ledger-holds" not in page(client, "ledger-days")
    for name in ("ledger-days-close", "ledger-hold-place"):
        assert (
            client.post(reverse(f"console:{name}"), {"owner": "partner:7", "reason": "x"}).status_code == 403
        )
    assert client_for(Role.MODERATOR).get(reverse("console:ledger")).status_code == 403


def test_an_empty_ledger_says_how_it_begins():
    client = client_for(Role.OWNER)
    for name in ("ledger", "ledger-postings", "ledger-days", "ledger-holds"):
        page(client, name)
