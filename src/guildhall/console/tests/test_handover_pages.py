"""Handovers and agents: what the writer, the receiver and a vendor see, and what each form does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.urls import reverse

from guildhall.core import clock
from guildhall.desk.actions import shift_change
from guildhall.desk.models import AgentProfile, AssignmentRules, Handover
from guildhall.desk.tests import floor
from guildhall.people.roles import Role
from guildhall.people.testing import give_authenticator, sign_in

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 13, 40, tzinfo=UTC)
END = NOW + timedelta(minutes=20)


def url(name, *args):
    return reverse(f"console:{name}", args=args)


@pytest.fixture(autouse=True)
def afternoon():
    with clock.freeze(NOW) as now:
        yield now


@pytest.fixture
def day():
    ada, bo = floor.agent("Ada", "en"), floor.agent("Bo", "en", "zh")
    floor.shift(ada, NOW - timedelta(hours=7), END)
    floor.shift(bo, END, END + timedelta(hours=8))
    return ada, bo


def client_of(staff):
    if not Authenticator.objects.filter(user=staff).exists():
        give_authenticator(staff)
    return sign_in(Client(), staff)


def filled(note, **more):
    """The form as the page shows it, with changes."""
    data = {
        "severity": note.severity,
        "summary": note.summary,
        "to_staff": "",
        "revision": note.revision,
        "actions-TOTAL_FORMS": note.actions.count() + 2,
        "actions-INITIAL_FORMS": note.actions.count(),
        "watches-TOTAL_FORMS": len(note.watches) + 2,
        "watches-INITIAL_FORMS": len(note.watches),
        "deed": "give",
    }
    for n, one in enumerate(note.actions.order_by("due_at", "id")):
        data |= {
            f"actions-{n}-text": one.text,
            f"actions-{n}-due_at": one.due_at.strftime("%Y-%m-%dT%H:%M"),
            f"actions-{n}-ticket": one.ticket_id or "",
            f"actions-{n}-owner": "",
        }
    for n, one in enumerate(note.watches):
        data |= {f"watches-{n}-when": one["if"], f"watches-{n}-then": one["then"]}
    for line in note.lines.all():
        data |= {f"line-{line.ticket_id}-severity": line.severity, f"line-{line.ticket_id}-word": ""}
    return data | more


def test_a_shift_is_handed_over_with_a_reading_back(day, afternoon):
    ada, bo = day
    ticket = floor.ticket(NOW, ada, priority="urgent", subject="Where is my withdrawal?")
    shift_change.open_notes(NOW)
    note = Handover.objects.get()
    writer = client_of(ada)
    assert "Write your handover" in writer.get(url("today")).content.decode()
    page = writer.get(url("handover", note.pk)).content.decode()
    assert "Where is my withdrawal?" in page
    answer = writer.post(url("handover", note.pk), filled(note))
    assert answer.status_code == 422
    assert "say that there is nothing" in answer.content.decode(), "part 4 is missing"
    note.refresh_from_db()
    assert f'name="revision" value="{note.revision}"' in answer.content.decode(), "what was typed is kept"
    answer = writer.post(
        url("handover", note.pk),
        filled(note, to_staff=bo.pk, nothing_to_watch="on", **{f"line-{ticket.pk}-word": "promised"}),
    )
    assert answer.status_code == 303
    note.refresh_from_db()
    assert note.state == "given"
    listed = writer.get(url("handovers")).content.decode()
    assert listed.partition("<tbody")[2].count("<tr>") == 1, "each handover is a row of its own"

    afternoon.advance(20 * 60)
    reader = client_of(bo)
    page = reader.get(url("handover", note.pk)).content.decode()
    assert "promised" in page
    action = f"action:{note.actions.get().pk}"
    refused = reader.post(url("handover", note.pk), {"readback": "ok"})
    assert refused.status_code == 422
    assert "Tick what you take over" in refused.content.decode()
    said = "I answer the withdrawal first, then the rest."
    assert reader.post(url("handover", note.pk), {"readback": said, "ticked": action}).status_code == 303
    note.refresh_from_db()
    assert (note.state, note.accepted_by, note.readback) == ("accepted", bo, said)
    assert floor.owners([ticket]) == ["Bo"]
    assert "Answer #" in reader.get(url("handovers")).content.decode()
    reader.post(url("handover-action", note.actions.get().pk), {"done": "1"})
    assert note.actions.get().done_at == afternoon.at


def test_nobody_takes_over_from_themselves_or_while_off_duty(day):
    ada, bo = day
    floor.ticket(NOW, ada)
    client_of(ada).post(url("handover-new"))
    note = Handover.objects.get()
    shift_change._give_by_house(note)
    assert (
        "take over"
        not in client_of(ada).get(url("handover", note.pk)).content.decode().lower().split("form")[0]
    )
    client_of(ada).post(url("handover", note.pk), {"readback": "I have everything now, thanks"})
    page = client_of(bo).get(url("handover", note.pk)).content.decode()
    assert "You are not on duty" in page
    note.refresh_from_db()
    assert note.state == "given"


def test_a_given_note_can_be_written_on_and_two_windows_do_not_overwrite_each_other(day):
    ada, _bo = day
    floor.ticket(NOW, ada)
    writer = client_of(ada)
    writer.post(url("handover-new"))
    note = Handover.objects.get()
    whole = {"nothing_to_do": "on", "nothing_to_watch": "on"}
    assert writer.post(url("handover", note.pk), filled(note, **whole)).status_code == 303
    writer.post(url("handover-take-back", note.pk))
    note.refresh_from_db()
    assert note.state == "draft"
    stale = filled(note, summary="Something quite different", deed="save") | {"revision": note.revision - 1}
    answer = writer.post(url("handover", note.pk), stale)
    assert "It was changed meanwhile" in answer.content.decode()


def test_a_vendors_agent_sees_only_its_vendors_handovers_with_persons_masked(day):
    ada, _bo = day
    vala = floor.agent("Vala", "en", role=Role.VENDOR_AGENT)
    vera = floor.agent("Vera", "en", role=Role.VENDOR_AGENT)
    otto = floor.agent("Otto", "en", role=Role.VENDOR_AGENT)
    acme = floor.vendor("Acme", vala, vera)
    floor.vendor("Beta", otto)
    for one in (vala, vera, otto):
        floor.shift(one, NOW - timedelta(hours=7), END)
    floor.ticket(NOW, ada)
    floor.ticket(NOW, vala, vendor=acme, subject="My mail is li@example.org")
    shift_change.open_notes(NOW)
    theirs, ours = Handover.objects.get(vendor=acme), Handover.objects.get(vendor=None)
    page = client_of(vera).get(url("handover", theirs.pk)).content.decode()
    assert "li@example.org" not in page
    assert client_of(vera).get(url("handover", ours.pk)).status_code == 404
    assert client_of(otto).get(url("handover", theirs.pk)).status_code == 404
    agents = client_of(otto).get(url("agents")).content.decode()
    assert "Otto" in agents
    assert "Vera" not in agents
    assert "Ada" not in agents


def test_agents_and_rules_are_changed_by_who_manages_the_desk(day):
    ada, bo = day
    boss = floor.agent("Mia", role=Role.MANAGER)
    manager = client_of(boss)
    page = manager.get(url("agents")).content.decode()
    assert "Ada" in page
    saved = manager.post(
        url("agent", ada.pk), {"takes": "on", "most_open": 3, "languages": ["en", "zh"], "tiers": "vip，gold"}
    )
    assert saved.status_code == 303
    profile = AgentProfile.objects.get(staff=ada)
    assert (profile.languages, profile.tiers, profile.most_open) == (["en", "zh"], ["gold", "vip"], 3)
    rules = {"patience_s": 60, "write_before_min": 45, "accept_within_min": 10}
    assert manager.post(url("assignment-rules"), rules).status_code == 303
    assert AssignmentRules.objects.get().patience_s == 60
    tried = manager.get(url("assignment-rules") + "?language=zh&category=&tier=vip").content.decode()
    assert "Ada" in tried
    assert "named for tier vip" in tried
    assert client_of(bo).get(url("agent", ada.pk)).status_code == 403


def test_the_switch_is_turned_in_one_press_and_says_until_when(day):
    ada, bo = day
    mine = client_of(ada)
    assert "taking tickets" in mine.get(url("presence")).content.decode()
    page = mine.post(url("presence"), {"state": "away"}, headers={"HX-Request": "true"}).content.decode()
    assert "on a break" in page
    off = client_of(bo)
    assert "not on duty" in off.get(url("presence")).content.decode()
    assert (
        "here until"
        in off.post(url("presence"), {"stay": "2"}, headers={"HX-Request": "true"}).content.decode()
    )
    assert client_of(bo).post(url("presence-of", ada.pk), {"state": "off"}).status_code == 303
    assert AgentProfile.objects.get(staff=ada).state == "away", "Bo neither plans duty nor leads"
