"""The pages of campaigns and raids: who sees and decides, what a decision does, what Today and a case say
of them.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction

from guildhall.channels.models import Message, Space
from guildhall.console import remembered
from guildhall.core import clock
from guildhall.guard import actions, freshness
from guildhall.guard.actions.arriving import Came
from guildhall.guard.actions.tracing import Linked, link
from guildhall.guard.models import Campaign, Raid, RaidNewcomer, RaidStep, Surge
from guildhall.guard.tests.rows import DOUBTFUL, a_space, an_account, case_of, post
from guildhall.people.roles import Role
from guildhall.people.testing import client_for
from guildhall.ui import navigation

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    remembered.forget()
    navigation.forget_badges()
    freshness.forget()
    actions.install_shipped(by="system:test")


@pytest.fixture
def space() -> Space:
    return a_space("perps-en")


@pytest.fixture
def campaign(space: Space) -> Campaign:
    now = clock.now()
    messages = [post(space, an_account(f"Member {n}"), DOUBTFUL) for n in range(4)]
    one = Campaign.objects.create(first_seen=now, last_seen=now, found_at=now, sample=messages[0])
    link(Linked(one.id, message.id, str(message.account_id), space.id, now) for message in messages)
    return one


@pytest.fixture
def raid(space: Space) -> Raid:
    now = clock.now()
    crowd = [an_account(f"raider{n}") for n in range(30)]
    with transaction.atomic():
        actions.note_arrivals(
            [
                Came(
                    space.id, space.platform, one.id, one.external_id, one.display_name, one.display_name, now
                )
                for one in crowd
            ]
        )
    return Raid.objects.get()


def test_a_campaign_stands_in_its_list_on_today_and_beside_the_case_of_its_message(
    campaign: Campaign,
) -> None:
    moderator = client_for(Role.MODERATOR)
    where = f"/campaigns/{campaign.id}/"
    assert where in moderator.get("/campaigns/").content.decode()
    assert where in moderator.get("/").content.decode()
    case = case_of(Message.objects.earliest("id"))
    beside = moderator.get(f"/review/{case.id}/").content.decode()
    assert where in beside
    assert "4 messages like this" in beside


def test_a_moderator_confirms_and_takes_it_back(campaign: Campaign) -> None:
    moderator = client_for(Role.MODERATOR)
    page = moderator.post(f"/campaigns/{campaign.id}/confirm/", {"measure": "restrict"}, follow=True)
    campaign.refresh_from_db()
    assert (campaign.state, campaign.measure, campaign.sweeping) == ("confirmed", "restrict", "")
    assert "Undo and bring all back" in page.content.decode()
    assert not Message.objects.filter(direction="in", visible=True).exists()
    moderator.post(f"/campaigns/{campaign.id}/undo/")
    campaign.refresh_from_db()
    assert campaign.state == "suspected"


def test_a_cleared_campaign_leaves_the_list_and_can_be_found_by_its_state(campaign: Campaign) -> None:
    moderator = client_for(Role.MODERATOR)
    moderator.post(f"/campaigns/{campaign.id}/clear/")
    assert campaign.id not in moderator.get("/campaigns/").content.decode()
    assert campaign.id in moderator.get("/campaigns/?state=cleared").content.decode()


def test_whoever_may_only_read_cases_decides_nothing(campaign: Campaign, raid: Raid) -> None:
    reader = client_for(Role.SUPPORT_AGENT)
    assert "Confirm and remove all" not in reader.get(f"/campaigns/{campaign.id}/").content.decode()
    assert "End it now" not in reader.get(f"/raids/{raid.id}/").content.decode()
    for path in (f"/campaigns/{campaign.id}/confirm/", f"/raids/{raid.id}/end/", "/raids/declare/"):
        assert reader.post(path).status_code == 403
    assert client_for(Role.CONTENT_EDITOR).get("/campaigns/").status_code == 403


def test_the_page_of_a_raid_says_why_who_and_what_was_done(raid: Raid) -> None:
    page = client_for(Role.MODERATOR).get(f"/raids/{raid.id}/").content.decode()
    assert "30 people came at once" in page
    assert "raider#" in page
    assert "chart" in page
    assert "Newcomers read only" in page
    assert raid.id in client_for(Role.MODERATOR).get("/").content.decode()


def test_steps_are_undone_and_taken_and_people_let_go_from_the_page(raid: Raid) -> None:
    moderator = client_for(Role.MODERATOR)
    step = RaidStep.objects.get(kind="newcomers")
    one = RaidNewcomer.objects.filter(held=True).earliest("id")
    moderator.post(f"/raids/{raid.id}/release/", {"account": one.account_id})
    assert RaidNewcomer.objects.get(pk=one.pk).released_at is not None
    moderator.post(f"/raids/{raid.id}/steps/{step.id}/undo/")
    assert RaidStep.objects.get(kind="newcomers").state == "undone"
    moderator.post(f"/raids/{raid.id}/step/", {"kind": "lock"})
    assert RaidStep.objects.get(kind="lock").state == "manual"
    moderator.post(f"/raids/{raid.id}/extend/", {"minutes": "30"})
    moderator.post(f"/raids/{raid.id}/end/")
    assert Raid.objects.get().state == "over"


def test_a_raid_is_declared_by_a_person_and_nonsense_is_refused(space: Space) -> None:
    moderator = client_for(Role.MODERATOR)
    moderator.post("/raids/declare/", {"space": space.id, "reason": "they call each other in another group"})
    raid = Raid.objects.get()
    assert (raid.state, raid.note) == ("on", "they call each other in another group")
    assert moderator.post("/raids/declare/", {"space": "nowhere"}).status_code == 404
    moderator.post(f"/raids/{raid.id}/extend/", {"minutes": "many"})
    assert Raid.objects.get().until is None
    assert moderator.get("/raids/nothing/").status_code == 404
    assert moderator.get("/campaigns/nothing/").status_code == 404


def test_a_flood_of_one_account_is_decided_on_the_page(space: Space) -> None:
    surge = Surge.objects.create(
        space=space, account=an_account("Clicker"), rule="FLOOD-4", count=40, seconds=60, at=clock.now()
    )
    moderator = client_for(Role.MODERATOR)
    assert "40 reactions within 60 seconds" in moderator.get("/raids/").content.decode()
    moderator.post(f"/raids/surges/{surge.id}/undo/")
    surge.refresh_from_db()
    assert surge.state == "undone"


@pytest.mark.parametrize("path", ["/campaigns/", "/raids/"])
def test_the_pages_speak_chinese_and_say_when_there_is_nothing(path: str) -> None:
    page = client_for(Role.MODERATOR).get(path, headers={"accept-language": "zh-hans"})
    assert page.status_code == 200


def test_a_long_raid_is_drawn_by_ten_minutes(raid: Raid) -> None:
    Raid.objects.update(since=clock.now() - timedelta(hours=9))
    page = client_for(Role.MODERATOR).get(f"/raids/{raid.id}/").content.decode()
    assert "in ten minutes" in page
