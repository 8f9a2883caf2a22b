"""What a moderator does from the pages: warn, mute, ban, take it back, report a message, write the rules."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from guildhall.channels.models import Message, Space, SpaceMember
from guildhall.console import remembered
from guildhall.console.tests.house_doors import confirmed, said
from guildhall.core import clock
from guildhall.effects.testing import drain
from guildhall.guard.models import Case, HandMeasure
from guildhall.guard.tests.rows import FINE, a_message, a_space, an_account
from guildhall.people.models import Account, Staff
from guildhall.people.roles import Role
from guildhall.people.testing import client_for
from guildhall.ui import navigation

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    remembered.forget()
    navigation.forget_badges()


@pytest.fixture
def space() -> Space:
    return a_space("perps-en")


@pytest.fixture
def mallory(space: Space) -> Account:
    account = an_account("Mallory")
    SpaceMember.objects.create(space=space, account=account)
    return account


def act(client: Client, account: Account, measure: str, hours: str = "", where: str = "") -> object:
    where = where or str(SpaceMember.objects.get(account=account).pk)
    return client.post(
        f"/members/{account.member_id}/standing/",
        {"measure": measure, "where": where, "hours": hours, "reason": "shilling"},
        follow=True,
    )


def test_a_warning_counts_and_the_page_shows_who_why_and_undo(space: Space, mallory: Account) -> None:
    client = client_for(Role.MODERATOR)
    assert "Warned." in said(act(client, mallory, "warn"))
    drain()
    page = client.get(f"/members/{mallory.member_id}/").content.decode()
    measure = HandMeasure.objects.get()
    assert "shilling" in page
    assert f"/measures/{measure.pk}/undo/" in page
    assert "shilling" in Message.objects.get(direction="out", account=mallory).text
    undone = client.post(f"/members/{mallory.member_id}/measures/{measure.pk}/undo/", follow=True)
    assert "taken back" in undone.content.decode()
    assert SpaceMember.objects.get(account=mallory).strikes == 0


def test_a_mute_for_three_hours_lasts_three_hours(space: Space, mallory: Account) -> None:
    with clock.freeze(clock.now()):
        act(client_for(Role.MODERATOR), mallory, "restrict", "3")
        assert HandMeasure.objects.get().until == clock.now() + timedelta(hours=3)
    drain()
    assert SpaceMember.objects.get(account=mallory).state == "restricted"


def test_a_colleague_is_not_measured(space: Space, mallory: Account) -> None:
    Account.objects.filter(pk=mallory.pk).update(is_staff=True)
    response = client_for(Role.MODERATOR).post(
        f"/members/{mallory.member_id}/standing/",
        {"measure": "ban", "where": str(SpaceMember.objects.get().pk), "hours": "", "reason": "x"},
    )
    assert response.status_code == 422
    assert "belongs to the house" in response.content.decode()
    assert not HandMeasure.objects.exists()


def test_a_measure_of_somebody_else_cannot_be_undone_through_this_member(
    space: Space, mallory: Account
) -> None:
    client = client_for(Role.MODERATOR)
    act(client, mallory, "warn")
    other = an_account("Ann")
    path = f"/members/{other.member_id}/measures/{HandMeasure.objects.get().pk}/undo/"
    assert client.post(path).status_code == 404


def test_support_may_neither_measure_nor_undo(space: Space, mallory: Account) -> None:
    support = client_for(Role.SUPPORT_AGENT)
    assert support.post(f"/members/{mallory.member_id}/standing/", {}).status_code == 403
    assert support.post(f"/members/{mallory.member_id}/measures/x/undo/").status_code == 403
    assert support.post(f"/members/{mallory.member_id}/whose/", {}).status_code == 403


def test_a_manager_says_whose_account_it_is_but_not_that_of_an_owner(mallory: Account) -> None:
    moderator = Staff.objects.create(email="mo@example.org", name="Mo")
    owner = Staff.objects.create(email="boss@example.org", name="Boss")
    owner.grants.create(role="owner", granted_by="system:test")
    manager = confirmed(Role.MANAGER)
    path = f"/members/{mallory.member_id}/whose/"
    manager.post(path, {"account": mallory.pk, "colleague": str(moderator.pk)})
    mallory.refresh_from_db()
    assert (mallory.staff_id, mallory.is_staff) == (moderator.pk, True)
    refused = manager.post(path, {"account": mallory.pk, "colleague": str(owner.pk)})
    assert refused.status_code == 422
    manager.post(path, {"account": mallory.pk, "colleague": ""})
    mallory.refresh_from_db()
    assert (mallory.staff_id, mallory.is_staff) == (None, False)


def test_a_message_is_reported_and_its_sender_warned_from_its_page(space: Space, mallory: Account) -> None:
    message = a_message(space, mallory, FINE)
    client = client_for(Role.MODERATOR)
    page = client.get(f"/messages/{message.pk}/").content.decode()
    assert "Warn the sender" in page
    client.post(f"/messages/{message.pk}/report/", {"reason": "look"})
    assert Case.objects.get(kind="report").statement == "look"
    client.post(f"/messages/{message.pk}/warn/", {"reason": "calm down"})
    assert HandMeasure.objects.get().message_id == message.pk


def test_rules_and_where_reports_go_are_set_on_the_page_of_the_space(space: Space) -> None:
    admins = a_space("admins")
    client = client_for(Role.MANAGER)
    assert "House rules" in client.get("/spaces/perps-en/").content.decode()
    client.post(
        "/spaces/perps-en/words/", {"rules_en": "Be kind.", "rules_zh": "友善。", "reports_to": admins.pk}
    )
    space.refresh_from_db()
    assert space.settings["rules_zh"] == "友善。"
    assert space.settings["reports_to"] == admins.pk
    page = client.get("/spaces/perps-en/").content.decode()
    assert "Be kind." in page
    assert "House rules" not in page


def test_reports_cannot_be_told_where_they_come_from_and_a_moderator_changes_no_rules(space: Space) -> None:
    client = client_for(Role.MANAGER)
    client.post("/spaces/perps-en/words/", {"rules_en": "", "rules_zh": "", "reports_to": space.pk})
    space.refresh_from_db()
    assert not space.settings.get("reports_to")
    assert client_for(Role.MODERATOR).post("/spaces/perps-en/words/", {}).status_code == 403
