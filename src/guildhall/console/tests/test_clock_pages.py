"""The pages of clocks: what of a ticket's time counted, and what is done when it runs out."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from guildhall.core import clock
from guildhall.desk import clocking
from guildhall.desk.actions import tickets
from guildhall.desk.actions.chains import save_chain
from guildhall.desk.clocks.timeline import Event
from guildhall.desk.models import EscalationChain, Ticket
from guildhall.desk.testing import promising
from guildhall.people.roles import Role
from guildhall.people.testing import make_staff

pytestmark = pytest.mark.django_db
FRIDAY = datetime(2026, 11, 13, 16, 30, tzinfo=UTC)
WEEK = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}


def signed_in(client: Client, role: Role) -> Client:
    client.force_login(make_staff(role))
    return client


def answered_on_monday() -> Ticket:
    promising.promise(
        {
            "calendars": {"Office": {"tz": "UTC", "weekly": WEEK, "holidays": []}},
            "targets": [
                {"metric": "first_response", "priority": "*", "seconds": 3600, "calendar": "Office"},
                {"metric": "resolution", "priority": "*", "seconds": 86400, "calendar": "Office"},
            ],
            "pause": {"resolution": ["pending"]},
            "warn": [],
            "chain": "",
        }
    )
    with clock.freeze(FRIDAY) as now:
        ticket = tickets.open_many([tickets.Draft("api", text="Hello?")], by="token:1", at=now.at)[0]
        now.at = datetime(2026, 11, 16, 9, 30, 1, tzinfo=UTC)
        with transaction.atomic():
            events = [Event(ticket.pk, now.at, "agent_reply"), Event(ticket.pk, now.at, "status", "pending")]
            clocking.note([(ticket, events)], at=now.at)
    return ticket


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("met late", "1:00:01", "outside the hours of “Office”", "on hold: waiting for the member")),
        ("zh-hans", ("超时达成", "1:00:01", "不在“Office”的工作时间内", "暂停计时：")),
    ],
)
def test_a_colleague_reads_what_counted_and_what_did_not(
    client: Client, language: str, words: tuple[str, ...]
) -> None:
    ticket = answered_on_monday()
    client.cookies["guildhall_language"] = language
    page = signed_in(client, Role.SUPPORT_AGENT).get(reverse("console:ticket-clocks", args=[ticket.pk]))
    body = page.content.decode()
    for one in words:
        assert one in body
    assert "style=" not in body.split("<main")[1]


def test_a_vendors_agent_reads_only_the_clocks_of_its_queue(client: Client) -> None:
    ticket = answered_on_monday()
    page = signed_in(client, Role.VENDOR_AGENT).get(reverse("console:ticket-clocks", args=[ticket.pk]))
    assert page.status_code in (403, 404)


def test_a_chain_is_written_shown_changed_put_away_and_restored(client: Client) -> None:
    signed_in(client, Role.MANAGER)
    said = {"name": "Nights", "do_0": "notify", "whom_0": "assignee", "since_0": "warning"}
    said |= {"do_1": "page", "after_1": "15", "since_1": "breach", "severity_1": "critical"}
    assert client.post(reverse("console:chain-new"), said).status_code == 303
    chain = EscalationChain.objects.get()
    assert [(one["do"], one["after_s"]) for one in chain.steps] == [("notify", 0), ("page", 900)]
    shown = client.get(reverse("console:chains")).content.decode()
    assert "15 minutes after it is overdue" in shown
    assert client.get(reverse("console:chain", args=[chain.pk])).status_code == 200
    stale = client.post(reverse("console:chain", args=[chain.pk]), said | {"revision": "0"})
    assert stale.status_code == 422
    client.post(reverse("console:chain-archive", args=[chain.pk]))
    assert EscalationChain.objects.get().archived_at is not None
    client.post(reverse("console:chain-restore", args=[chain.pk]))
    assert EscalationChain.objects.get().archived_at is None


def test_a_chain_without_a_step_says_what_is_missing(client: Client) -> None:
    answer = signed_in(client, Role.MANAGER).post(reverse("console:chain-new"), {"name": "Nothing"})
    assert answer.status_code == 422


def test_agents_do_not_write_chains(client: Client) -> None:
    chain = save_chain("Night", [{"do": "page"}], "system:test")
    signed_in(client, Role.SUPPORT_AGENT)
    assert client.get(reverse("console:chains")).status_code == 403
    assert client.post(reverse("console:chain-archive", args=[chain.pk])).status_code == 403
