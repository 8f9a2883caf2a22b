"""A colleague takes an alert with the button under the bot's message; nobody else can."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from guildhall.core.text import Text
from guildhall.intake.commands.tests.chat import a_platform, a_private_talk, press, said_by_us, somebody, take
from guildhall.paging.actions import raise_page, resolve
from guildhall.paging.models import Page, Pager
from guildhall.people.actions import Known
from guildhall.people.models import Account, RoleGrant, Staff

pytestmark = pytest.mark.django_db
TITLE = Text("The disk is full", "磁盘已满")


@pytest.fixture(autouse=True)
def _platform(db: None) -> Iterator[None]:
    with a_platform():
        yield


def a_colleague(account: Known, name: str = "mo") -> Staff:
    staff = Staff.objects.create(email=f"{name}@example.org", name=name)
    RoleGrant.objects.create(staff=staff, role="moderator", granted_by="system:test")
    Account.objects.filter(pk=account.id).update(staff=staff, is_staff=True)
    return staff


def test_the_button_takes_the_alert_and_proves_the_pager() -> None:
    mo = somebody("Mo")
    talk, staff = a_private_talk(mo), a_colleague(mo)
    pager = Pager.objects.create(staff=staff, means="telegram", address=talk.pk, created_by=staff.actor)
    page = raise_page("trouble", TITLE, by="system:test")
    take(press(talk, mo, f"page:{page.pk}"))
    page.refresh_from_db()
    pager.refresh_from_db()
    assert (page.state, page.acknowledged_by) == ("acknowledged", staff.actor)
    assert pager.verified_at is not None
    assert any("You are on it" in said for said in said_by_us())


def test_nobody_else_takes_it_whoever_pressed() -> None:
    ann = somebody("Ann")
    page = raise_page("trouble", TITLE, by="system:test")
    take(press(a_private_talk(ann), ann, f"page:{page.pk}"))
    assert Page.objects.get().state == "open"


def test_a_late_press_says_who_was_first_or_that_it_is_over() -> None:
    mo, lu = somebody("Mo"), somebody("Lu")
    talk, other = a_private_talk(mo), a_private_talk(lu)
    a_colleague(mo)
    a_colleague(lu, "lu")
    page = raise_page("trouble", TITLE, by="system:test")
    take(press(talk, mo, f"page:{page.pk}"))
    take(press(other, lu, f"page:{page.pk}"))
    resolve(page.pk, "system:test")
    take(press(other, lu, f"page:{page.pk}"), press(other, lu, "page:nothing"))
    told = " ".join(said_by_us())
    assert "Somebody is on it already." in told
    assert "It is over already." in told
