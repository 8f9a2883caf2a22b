"""The gate page of a space: set, looked at, tried, and decided on; only by those who may."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from guildhall.channels.models import Space
from guildhall.channels.telegram.models import TelegramChat
from guildhall.core import clock
from guildhall.guard import freshness, gates_in_force
from guildhall.guard.actions import gates
from guildhall.guard.gates import challenges
from guildhall.guard.gates.settings import Kind
from guildhall.guard.models import Gate, GateAttempt
from guildhall.people.models import Account, Member
from guildhall.people.testing import make_staff, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh() -> None:
    freshness.forget()


@pytest.fixture
def space() -> Space:
    found = Space.objects.create(
        platform="telegram",
        external_id="-100200",
        slug="perps",
        name="Perps",
        kind="supergroup",
        receiver="7",
    )
    TelegramChat.objects.create(
        space=found, status="administrator",
        rights={"can_restrict_members": True, "can_delete_messages": True, "can_invite_users": True},
    )  # fmt: skip
    return found


def address(space: Space, name: str = "space-gate", *more: str) -> str:
    return reverse(f"console:{name}", args=[space.slug, *more])


def as_(role: str, client: Client) -> Client:
    sign_in(client, make_staff(role))
    return client


SAID = {
    "is_on": "on", "asks_joined": "on", "challenge": "sum", "tries": "3", "minutes": "5", "attempts_a_day": "3",
    "on_failure": "kick", "on_expiry": "mute", "ban_hours": "24", "person_hours": "24", "trial_messages": "5",
    "trial_hours": "0", "no_links": "on", "breach": "remove", "spare_names": "@vip\n\n4711",
}  # fmt: skip


def waits(space: Space, **more: object) -> GateAttempt:
    now = clock.now()
    account = Account.objects.create(
        member=Member.objects.create(display_name="Eve"), platform="telegram", external_id="55",
        display_name="Eve",
    )  # fmt: skip
    return GateAttempt.objects.create(
        space=space, account=account, way="joined", kind="button", seed="s", tries=3, language="en", held=True,
        came_at=now, started_at=now, deadline=now + timedelta(minutes=5), **more,
    )  # fmt: skip


def test_a_gate_is_set_and_asks_from_then_on(client: Client, space: Space) -> None:
    as_("manager", client)
    page = client.get(address(space)).content.decode()
    assert "The gate is off" in page
    assert all(f'name="{name}"' in page for name in SAID)
    answer = client.post(address(space, "space-gate-save"), SAID)
    assert answer.status_code == 303
    freshness.forget()
    gate = gates_in_force.open_gate(space.pk)
    assert gate is not None
    assert gate.settings.challenge is Kind.SUM
    assert gate.settings.spare_names == ("@vip", "4711")
    assert not gate.settings.asks_requests


def test_what_cannot_be_is_said_at_its_field(client: Client, space: Space) -> None:
    as_("manager", client)
    answer = client.post(address(space, "space-gate-save"), {**SAID, "minutes": "100000"})
    assert answer.status_code == 422
    assert "1440" in answer.content.decode()
    assert not Gate.objects.exists()


def test_the_preview_shows_both_languages_and_the_answer_can_be_tried(client: Client, space: Space) -> None:
    as_("manager", client)
    shown = client.get(
        address(space, "space-gate-preview"), {**SAID, "seed": "abc", "rules": "on"}
    ).content.decode()
    assert "plus" in shown
    assert "加" in shown
    assert "House rules" in shown
    right = challenges.make(Kind.SUM, "abc").right
    for choice, word in ((right, "let through"), ((right + 1) % 4, "another question")):
        asked = {"kind": "sum", "seed": "abc", "choice": str(choice)}
        assert word in client.get(address(space, "space-gate-try"), asked).content.decode()


def test_who_waits_is_let_in_or_turned_away_by_those_who_may(client: Client, space: Space) -> None:
    gates.set_gate(space.pk, gates_in_force.Settings(), is_on=True, by="staff:1")
    attempt = waits(space)
    as_("moderator", client)
    page = client.get(address(space)).content.decode()
    assert "Let in" in page
    client.post(address(space, "space-gate-decide", "let-in"), {"attempt": attempt.pk})
    attempt.refresh_from_db()
    assert attempt.state == "let_in"
    client.post(address(space, "space-gate-decide", "turn-away"), {"attempt": attempt.pk})
    attempt.refresh_from_db()
    assert attempt.state == "let_in"


def test_who_may_only_look_changes_nothing(client: Client, space: Space) -> None:
    attempt = waits(space)
    as_("analyst", client)
    assert client.post(address(space, "space-gate-save"), SAID).status_code == 403
    answer = client.post(address(space, "space-gate-decide", "let-in"), {"attempt": attempt.pk})
    assert answer.status_code == 403


def test_a_missing_right_is_said_with_the_step_and_on_today(client: Client, space: Space) -> None:
    TelegramChat.objects.update(rights={"can_delete_messages": True, "can_invite_users": True})
    gates.set_gate(space.pk, gates_in_force.Settings(), is_on=True, by="staff:1")
    as_("manager", client)
    assert "Ban users" in client.get(address(space)).content.decode()
    assert "cannot work" in client.get(reverse("console:today-live")).content.decode()


def test_people_who_wait_for_a_person_stand_on_today_and_on_the_page_of_the_space(
    client: Client, space: Space
) -> None:
    waits(space, stage="person", why="asked")
    as_("moderator", client)
    assert "waits for a person" in client.get(reverse("console:today-live")).content.decode()
    page = client.get(reverse("console:space", args=[space.slug])).content.decode()
    assert address(space) in page


def test_a_private_talk_has_no_gate(client: Client) -> None:
    talk = Space.objects.create(
        platform="telegram", external_id="5/7", slug="talk", name="Ann", kind="private", receiver="7"
    )
    as_("manager", client)
    assert client.get(address(talk)).status_code == 404
