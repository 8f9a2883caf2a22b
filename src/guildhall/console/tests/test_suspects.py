"""The page of suspected impersonators: who sees whom, what a decision does, what it does twice."""

from __future__ import annotations

import pytest
from django.db import transaction

from guildhall.channels.models import Space, SpaceMember
from guildhall.console import remembered
from guildhall.console.tests.house_doors import said
from guildhall.core import clock
from guildhall.guard import freshness
from guildhall.guard.actions import Occasion, protect_name
from guildhall.guard.actions.people import Seen, look_at_people
from guildhall.guard.models import HandMeasure, Suspect
from guildhall.guard.tests.rows import a_space, an_account
from guildhall.people.models import Account
from guildhall.people.roles import Role
from guildhall.people.testing import client_for
from guildhall.ui import navigation

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    remembered.forget()
    navigation.forget_badges()
    freshness.forget()


@pytest.fixture
def space() -> Space:
    return a_space("perps-en")


@pytest.fixture
def mallory(space: Space) -> Account:
    protect_name("Olga Petrova", "staff", "system:test")
    account = an_account("Оlga Реtrоva")
    SpaceMember.objects.create(space=space, account=account)
    seen = Seen(
        space.id, space.platform, "", account.id, account.external_id, account.display_name, "", Occasion.JOIN
    )
    with transaction.atomic():
        assert look_at_people([seen], at=clock.now()) == 1
    return account


def test_the_page_says_whom_somebody_imitates_and_the_menu_counts_them(mallory: Account) -> None:
    page = client_for(Role.MODERATOR).get("/suspects/").content.decode()
    assert "imitates the staff name" in page
    assert "Olga Petrova" in page
    assert "Suspected impersonators" in page


def test_the_page_speaks_chinese(mallory: Account) -> None:
    page = client_for(Role.MODERATOR).get("/suspects/", headers={"accept-language": "zh-hans"})
    assert page.status_code == 200


def test_whoever_may_not_see_names_sees_the_rule_without_them(mallory: Account) -> None:
    page = client_for(Role.ANALYST).get("/suspects/").content.decode()
    assert "Olga Petrova" not in page
    assert "Реtrоva" not in page


def test_confirming_bans_them_and_a_second_colleague_is_told(mallory: Account) -> None:
    found = Suspect.objects.get()
    assert "Banned from 1 space." in said(
        client_for(Role.MODERATOR).post(f"/suspects/{found.pk}/confirm/", follow=True)
    )
    assert HandMeasure.objects.get(account=mallory).kind == "ban"
    late = said(client_for(Role.MANAGER).post(f"/suspects/{found.pk}/clear/", follow=True))
    assert "decided this already" in late


def test_clearing_leaves_them_alone(mallory: Account) -> None:
    found = Suspect.objects.get()
    client_for(Role.MODERATOR).post(f"/suspects/{found.pk}/clear/")
    found.refresh_from_db()
    assert found.state == "fine"
    assert not HandMeasure.objects.exists()


def test_an_analyst_cannot_decide(mallory: Account) -> None:
    found = Suspect.objects.get()
    assert client_for(Role.ANALYST).post(f"/suspects/{found.pk}/confirm/").status_code == 403
    assert Suspect.objects.get().state == "open"
