"""What a gate can do on Discord, and what it says when a permission is missing."""

from __future__ import annotations

import pytest

from guildhall.channels.discord import permissions, rights
from guildhall.channels.models import DiscordBot, DiscordServer, DiscordTalk, Space
from guildhall.core import clock
from guildhall.guard.actions.gates import means
from guildhall.guard.models import GateAttempt
from guildhall.people.models import Account, Member

pytestmark = pytest.mark.django_db
Way = GateAttempt.Way


@pytest.fixture
def space() -> Space:
    return Space.objects.create(
        platform="discord", external_id="900", slug="server", name="Server", kind="server", receiver="7"
    )


@pytest.fixture
def account() -> Account:
    return Account.objects.create(
        member=Member.objects.create(), platform="discord", external_id="55", display_name="Ann"
    )


def test_people_who_join_a_server_can_be_asked_when_the_bot_may_hold_them(space: Space) -> None:
    row = DiscordServer.objects.create(space=space, status="inside", permissions=rights.PERMISSIONS)
    assert means.can(space, Way.JOINED)
    row.permissions &= ~permissions.MODERATE_MEMBERS
    row.save()
    (lack,) = means.lacks(space, [Way.JOINED])
    assert "Time out members" in lack.reason.en
    assert lack.step.zh
    assert means.can(space, Way.REQUEST)


def test_somebody_is_asked_in_the_private_talk_they_have_unless_they_closed_it(
    space: Space, account: Account
) -> None:
    assert means.open_talks(space, [account]) == {}
    made = means.make_talks(space, [account])
    talk = Space.objects.get(external_id="dm:55/7")
    assert made == {account.pk: talk.pk}
    assert means.open_talks(space, [account]) == made
    bot = DiscordBot.objects.create(bot_id=7, application_id=7, username="w", name="w", created_by="x")
    DiscordTalk.objects.create(bot=bot, user="55", channel="1", closed_at=clock.now())
    assert means.open_talks(space, [account]) == {}
