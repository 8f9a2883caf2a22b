"""What people see of the demo: a line on every page, a page that says what it is, one button that removes it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from guildhall.channels.models import Space
from guildhall.core import clock
from guildhall.demo import actions, building, queries
from guildhall.demo.models import World
from guildhall.effects.testing import drain
from guildhall.guard import freshness
from guildhall.guard.actions import install_shipped
from guildhall.people.models import Staff
from guildhall.people.testing import client_for

pytestmark = pytest.mark.django_db
ABOUT, REMOVE, LINE = "/demo/", "/demo/remove", "/demo/line"


@pytest.fixture(autouse=True)
def fresh(db: None) -> None:
    install_shipped(by="system:test")
    freshness.forget()
    queries.forget()


def text(client: Client, path: str) -> str:
    return client.get(path).content.decode()


def test_while_it_is_built_every_page_says_how_far_it_is() -> None:
    owner = client_for("owner")
    actions.begin()
    World.objects.update(done=144)
    queries.forget()
    page = text(owner, reverse("console:today"))
    assert "The demo world is being built: 42 %" in page
    assert LINE in page
    assert "42 %" in text(owner, LINE)


def test_the_line_stands_on_every_page_and_only_who_may_remove_it_is_offered_to() -> None:
    actions.furnish()
    owner, moderator = client_for("owner"), client_for("moderator")
    for page in ("console:today", "console:messages", "console:spaces", "console:members", "console:review"):
        assert "Demo data" in text(owner, reverse(page))
        assert ABOUT in text(owner, reverse(page))
    shown = text(moderator, reverse("console:today"))
    assert "Demo data" in shown
    assert ABOUT not in shown
    assert moderator.get(ABOUT).status_code == 403
    assert moderator.post(REMOVE).status_code == 403
    assert Space.objects.count() == 2


def test_a_house_without_a_demo_shows_no_line() -> None:
    page = text(client_for("owner"), reverse("console:today"))
    assert "Demo data" not in page


def test_one_click_removes_it_and_the_page_says_so() -> None:
    with clock.freeze(datetime(2026, 3, 18, 9, 41, tzinfo=UTC)):
        client_for("owner")
        actions.begin(length=timedelta(hours=12))
    building.build()
    owner = client_for("owner")
    page = text(owner, ABOUT)
    assert "traders&#x27; lounge" in page
    assert "made-up colleagues will be deleted for good" in page
    answer = owner.post(REMOVE)
    assert answer.status_code == 303
    assert "The demo is being removed" in text(owner, ABOUT)
    drain()
    queries.forget()
    assert "There is no demo in this house" in text(owner, ABOUT)
    assert "Demo data</b>" not in text(owner, reverse("console:today"))
    assert not Space.objects.exists()


def test_the_staff_of_the_demo_carry_its_mark_and_are_offered_no_way_in() -> None:
    actions.begin(length=timedelta(hours=1))
    owner = client_for("owner")
    building.build()
    made_up = Staff.objects.get(email="jonas@demo.invalid")
    assert "jonas@demo.invalid" in text(owner, reverse("console:staff"))
    page = text(owner, reverse("console:staff-member", args=[made_up.pk]))
    assert "Made up for the demo" in page
    assert "Let in again" not in page
    assert owner.post(reverse("console:staff-reactivate", args=[made_up.pk])).status_code in (302, 303)
    made_up.refresh_from_db()
    assert not made_up.is_active


def test_the_public_chat_says_that_it_is_a_demo_in_the_readers_language(client: Client) -> None:
    actions.furnish()
    assert "This is a demo" in text(client, "/chat/demo-en/?lang=en")
    assert "这里是演示" in text(client, "/chat/demo-zh/?lang=zh-hans")
