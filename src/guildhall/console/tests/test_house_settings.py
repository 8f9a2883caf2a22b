"""Settings: what is in force, tokens and webhooks shown once, secrets never, domains and names, quarantine."""

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from guildhall.channels import actions as channels
from guildhall.channels.actions.quarantine import Unread
from guildhall.channels.models import Quarantine
from guildhall.console import house_quarantine
from guildhall.console.house_settings import effective
from guildhall.console.tests.house_doors import confirmed, said
from guildhall.core import clock, keyring, secrets
from guildhall.core.settings import SETTINGS
from guildhall.core.text import Text
from guildhall.effects.models import WebhookEndpoint
from guildhall.guard.models import DomainEntry, ProtectedName
from guildhall.people.models import ApiToken
from guildhall.people.roles import Role
from guildhall.people.testing import client_for

pytestmark = pytest.mark.django_db


def url(name, *args):
    return reverse(f"console:{name}", args=args)


def test_every_setting_is_shown_and_no_secret():
    rows = {
        row.name: row
        for row in effective({"GUILDHALL_METRICS_TOKEN": "hunter2hunter2", "GUILDHALL_PORT": "8000"})
    }
    assert set(rows) == {setting.name for setting in SETTINGS}
    assert str(rows["GUILDHALL_METRICS_TOKEN"].value) == "set, not shown"
    assert str(rows["GUILDHALL_SECRET_KEYS"].value) == "not set"
    assert rows["GUILDHALL_PORT"].is_set
    page = client_for(Role.OWNER).get(url("settings")).content.decode()
    assert "GUILDHALL_DATA_DIR" in page
    assert "hunter2" not in page


def test_tabs_are_those_one_may_open():
    page = client_for(Role.COMPLIANCE_OFFICER).get(url("settings")).content.decode()
    assert url("compliance") in page
    assert url("quarantine") not in page
    assert url("tokens") not in page
    assert client_for(Role.MODERATOR).get(url("settings")).status_code == 403


def test_a_token_is_shown_once_works_and_is_revoked():
    client = confirmed(Role.OWNER)
    response = client.post(url("token-new"), {"name": "BI", "scopes": ["cases:read"], "days": "30"})
    text = response.context["secret"]
    assert "no-store" in response["Cache-Control"]
    assert text in response.content.decode()
    assert text not in client.get(url("tokens")).content.decode()
    program = Client(headers={"Authorization": f"Bearer {text}"})
    assert program.get("/api/v1/cases").status_code == 200
    row = ApiToken.objects.get()
    assert row.expires_at is not None
    client.post(url("token-revoke", row.pk))
    assert program.get("/api/v1/cases").status_code == 401
    assert client.post(url("token-revoke", "01ARZ3NDEKTSV4RRFFQ69G5FAV"), follow=True).status_code == 200


def test_a_token_form_sent_twice_makes_one_token():
    client = confirmed(Role.OWNER)
    form = {"name": "BI", "scopes": ["cases:read"], "days": "0"}
    client.post(url("token-new"), form)
    assert client.post(url("token-new"), form).status_code == 422
    assert ApiToken.objects.count() == 1


@pytest.mark.parametrize(
    "bad", [{"name": ""}, {"scopes": []}, {"scopes": ["everything"]}, {"days": "9999"}, {"name": "x" * 121}]
)
def test_a_wrong_token_form_makes_none(bad):
    form = {"name": "BI", "scopes": ["cases:read"], "days": "30", **bad}
    assert confirmed(Role.OWNER).post(url("token-new"), form).status_code == 422
    assert not ApiToken.objects.exists()


def test_a_webhook_is_subscribed_paused_and_resumed():
    client = confirmed(Role.OWNER)
    form = {"url": "https://ops.example.org/hook", "events": "case.* member.restricted", "note": ""}
    response = client.post(url("webhook-new"), form)
    endpoint = WebhookEndpoint.objects.get()
    assert endpoint.events == ["case.*", "member.restricted"]
    assert response.context["secret"] == secrets.get(endpoint.secret_name)
    assert response.context["secret"] not in client.get(url("webhooks")).content.decode()
    assert client.post(url("webhook-new"), form).status_code == 422
    client.post(url("webhook-switch", endpoint.pk), {"enabled": "no"})
    assert not WebhookEndpoint.objects.get().enabled
    client.post(url("webhook-switch", endpoint.pk), {"enabled": "yes"})
    assert WebhookEndpoint.objects.get().enabled


def test_a_webhook_is_removed_with_its_signing_secret():
    client = confirmed(Role.OWNER)
    client.post(url("webhook-new"), {"url": "https://ops.example.org/hook", "events": "case.*", "note": ""})
    endpoint = WebhookEndpoint.objects.get()
    assert client.post(url("webhook-remove", endpoint.pk)).status_code == 303
    assert not WebhookEndpoint.objects.exists()
    assert endpoint.secret_name not in secrets.names()
    again = client.post(url("webhook-remove", endpoint.pk), follow=True)
    assert "There is no such endpoint." in again.content.decode()


@pytest.mark.parametrize(
    "bad",
    [
        {"url": "ftp://x"},
        {"url": "javascript:alert(1)"},
        {"url": "https://user:pass@x.org"},
        {"events": ""},
        {"url": ""},
    ],
)
def test_a_wrong_address_is_not_subscribed(bad):
    form = {"url": "https://ops.example.org/hook", "events": "case.*", "note": "", **bad}
    assert confirmed(Role.OWNER).post(url("webhook-new"), form).status_code == 422
    assert not WebhookEndpoint.objects.exists()


def test_secrets_are_listed_by_name_and_encrypted_anew():
    secrets.put("telegram:bot", "123:very-secret")
    client = confirmed(Role.OWNER)
    before = keyring.ring().newest.id
    page = client.get(url("keys")).content.decode()
    assert "telegram:bot" in page
    assert "very-secret" not in page
    assert said(client.post(url("keys-rotate"), follow=True)) == "Every secret was encrypted anew."
    assert keyring.ring().newest.id != before
    assert secrets.get("telegram:bot") == "123:very-secret"
    assert confirmed(Role.MANAGER).post(url("keys-rotate")).status_code == 403


def test_domains_are_listed_one_or_many_and_taken_off():
    client = client_for(Role.MANAGER)
    client.post(url("domains-add"), {"domains": "https://Binance-Claim.app/x", "kind": "block", "source": ""})
    assert DomainEntry.objects.get().domain == "binance-claim.app"
    many = client.post(
        url("domains-add"),
        {"domains": "okx.com\nnot a domain\nbybit.com", "kind": "allow", "source": "list"},
        follow=True,
    )
    assert "2 domains listed." in said(many)
    assert "2: not a domain" in said(many)
    found = client.get(url("lists") + "?q=OKX&kind=allow").context["table"].rows
    assert [row["entry"].domain for row in found] == ["okx.com"]
    client.post(url("domain-remove"), {"domain": "okx.com"})
    assert not DomainEntry.objects.filter(domain="okx.com").exists()
    assert "on no list" in said(client.post(url("domain-remove"), {"domain": "okx.com"}, follow=True))
    assert client.post(url("domains-add"), {"domains": "nonsense", "kind": "block"}).status_code == 422
    assert client.post(url("domains-add"), {"domains": "a.com", "kind": "burn"}).status_code == 422


def test_names_are_protected_and_given_free():
    client = client_for(Role.MANAGER)
    client.post(url("name-add"), {"name": "Our Exchange", "kind": "brand", "domains": "ours.example.com"})
    name = ProtectedName.objects.get()
    assert name.domains == ["ours.example.com"]
    client.post(url("name-remove", name.pk))
    assert not ProtectedName.objects.exists()
    for bad in ({"name": "x"}, {"kind": "king"}, {"domains": "not/a/domain!"}):
        form = {"name": "Our Exchange", "kind": "brand", "domains": "", **bad}
        assert client.post(url("name-add"), form).status_code == 422


def test_a_moderator_reads_lists_and_changes_none():
    client = client_for(Role.MODERATOR)
    assert client.get(url("lists")).status_code == 200
    assert client.post(url("domains-add"), {"domains": "a.com", "kind": "block"}).status_code == 403
    forger = client_for(Role.MANAGER, enforce_csrf_checks=True)
    assert forger.post(url("domains-add"), {"domains": "a.com", "kind": "block"}).status_code == 403
    assert not DomainEntry.objects.exists()


@pytest.fixture
def unread():
    with transaction.atomic():
        raw = b'{"update_id": 1, <script>alert(1)</script> \xff\xfe\x00'
        channels.quarantine_many(
            [Unread("webchat", raw, Text("It is not JSON.", "不是合法的 JSON。"), clock.now())]
        )
    return Quarantine.objects.get()


def test_quarantined_input_is_shown_raw_and_harmless(unread):
    client = client_for(Role.OWNER)
    assert "It is not JSON." in client.get(url("quarantine")).content.decode()
    page = client.get(url("quarantined", unread.pk)).content.decode()
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page
    assert "\\xff\\xfe" in page
    assert "U+0000" in page


def test_quarantined_input_is_discarded_or_sent_through_again_once(unread, monkeypatch):
    came = []
    monkeypatch.setattr(
        house_quarantine, "_through_again", lambda platform, raw: came.append((platform, raw))
    )
    client = client_for(Role.MANAGER)
    client.post(url("quarantine-release", unread.pk))
    assert came == [("webchat", bytes(unread.raw))]
    again = client.post(url("quarantine-discard", unread.pk), follow=True)
    assert "already" in said(again)
    assert Quarantine.objects.get().state == "released"
    assert client.get(url("quarantined", "01ARZ3NDEKTSV4RRFFQ69G5FAV")).status_code == 404


def test_quarantine_is_for_those_who_run_the_house(unread):
    assert client_for(Role.MODERATOR).get(url("quarantine")).status_code == 403
    assert client_for(Role.COMPLIANCE_OFFICER).post(url("quarantine-discard", unread.pk)).status_code == 403
    assert (
        client_for(Role.OWNER, enforce_csrf_checks=True)
        .post(url("quarantine-discard", unread.pk))
        .status_code
        == 403
    )
    assert Quarantine.objects.get().state == "new"
