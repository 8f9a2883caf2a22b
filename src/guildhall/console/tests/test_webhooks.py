"""Webhooks in the console: who is told, how it does, and sending again what failed."""

import re

import pytest
from django.db import transaction
from django.urls import reverse

from guildhall.console import today_webhooks
from guildhall.console.tests.test_house_settings import confirmed
from guildhall.core import clock
from guildhall.effects import webhook_events, webhooks
from guildhall.effects.models import Effect, WebhookDelivery, WebhookEndpoint
from guildhall.people.models import Staff
from guildhall.people.roles import Role
from guildhall.people.testing import client_for, make_staff

pytestmark = pytest.mark.django_db


def url(name, *args):
    return reverse(f"console:{name}", args=args)


@pytest.fixture
def endpoint():
    return webhooks.add_endpoint("https://ops.example.org/hook", ["*"], "staff:1")[0]


@pytest.fixture
def delivery(endpoint):
    with transaction.atomic():
        webhooks.announce("ticket.opened", {"ticket": "01A"})
    return WebhookDelivery.objects.get()


def test_whole_families_and_single_events_can_be_chosen():
    client = confirmed(Role.OWNER)
    form = {"url": "https://a.example.org/", "families": ["ticket.*"], "events": "case.opened", "note": ""}
    client.post(url("webhook-new"), form)
    endpoint = WebhookEndpoint.objects.get()
    assert endpoint.events == ["ticket.*", "case.opened"]
    client.post(url("webhook-events", endpoint.pk), {"families": [], "events": "page.raised", "note": "ops"})
    endpoint.refresh_from_db()
    assert (endpoint.events, endpoint.note) == (["page.raised"], "ops")
    refused = client.post(url("webhook-events", endpoint.pk), {"events": "", "note": ""})
    assert refused.status_code == 422


def test_the_log_shows_every_delivery_with_its_answer_and_leads_to_its_tries(delivery):
    WebhookDelivery.objects.update(
        state="failed",
        attempts=2,
        tries=[
            {"at": clock.now().isoformat(), "status": 503, "ms": 41, "said": "The endpoint answered 503."}
        ],
    )
    client = client_for(Role.MANAGER)
    page = client.get(url("webhook", delivery.endpoint_id)).content.decode()
    assert "503" in page
    assert "ticket.opened" in page
    assert "503" not in client.get(url("webhook", delivery.endpoint_id) + "?state=delivered").content.decode()
    one = client.get(url("webhook-delivery", delivery.endpoint_id, delivery.pk)).content.decode()
    assert "The endpoint answered 503." in one
    assert "01A" in one


def test_a_manager_sends_again_and_tries_out_and_an_analyst_may_not(delivery):
    WebhookDelivery.objects.update(state="failed")
    client = client_for(Role.MANAGER)
    client.post(url("webhook-resend", delivery.endpoint_id, delivery.pk))
    delivery.refresh_from_db()
    assert (delivery.state, delivery.round) == ("waiting", 2)
    WebhookDelivery.objects.update(state="failed")
    said = client.post(url("webhook-resend-failed", delivery.endpoint_id), follow=True).content.decode()
    assert "1 delivery is sent again." in said
    client.post(url("webhook-test", delivery.endpoint_id))
    assert WebhookDelivery.objects.filter(event=webhook_events.TEST).exists()
    assert Effect.objects.filter(kind=webhooks.KIND).count() == 4
    for role in (Role.SUPPORT_AGENT, Role.VENDOR_AGENT, Role.ANALYST):
        other = client_for(role)
        for name, args in (
            ("webhooks", ()), ("webhook", (delivery.endpoint_id,)),
            ("webhook-delivery", (delivery.endpoint_id, delivery.pk)),
        ):  # fmt: skip
            assert other.get(url(name, *args)).status_code == 403


def test_a_new_secret_is_shown_once(endpoint):
    client = confirmed(Role.OWNER)
    shown = client.post(url("webhook-secret", endpoint.pk))
    assert shown.status_code == 200
    assert shown.context["secret"] not in client.get(url("webhook", endpoint.pk)).content.decode()


def test_today_names_an_endpoint_that_was_given_up(endpoint):
    reader = make_staff(Role.OWNER)
    assert list(today_webhooks.endpoints(reader)) == []
    WebhookEndpoint.objects.update(enabled=False, disabled_at=clock.now())
    (line,) = today_webhooks.endpoints(reader)
    assert (line.colour, line.href) == ("red", url("webhook", endpoint.pk))
    page = client_for(Role.OWNER).get(url("webhook", endpoint.pk)).content.decode()
    assert re.search(r"Given up|given up", page)


def test_the_list_names_what_is_announced_in_both_languages(endpoint):
    client = client_for(Role.OWNER)
    assert "A question came in" in client.get(url("webhooks")).content.decode()
    Staff.objects.update(language="zh-hans")
    assert "新工单" in client.get(url("webhooks")).content.decode()
