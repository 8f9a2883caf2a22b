"""Whoever is erased is named by no private talk, group list or mass send any more."""

from __future__ import annotations

from typing import Any

import pytest

from guildhall.channels.discord.models import DiscordBot, DiscordTalk
from guildhall.channels.models import Message, Space, SpaceMember
from guildhall.channels.wecom.mass_models import MassSend, MassSendTarget
from guildhall.channels.wecom.models import WecomCorp, WecomGroup, WecomGroupMember
from guildhall.core import clock
from guildhall.core.ids import new_id
from guildhall.people.actions import erase_member
from guildhall.people.models import Account, Member

pytestmark = pytest.mark.django_db


def a_talk(platform: str, external_id: str, user: str) -> tuple[Space, Account]:
    account = Account.objects.create(member=Member.objects.create(), platform=platform, external_id=user)
    talk = Space.objects.create(
        platform=platform, external_id=external_id, slug=f"ann-{user.lower()}", name="Ann", kind="private",
        settings={"title": "Ann"},
    )  # fmt: skip
    SpaceMember.objects.create(space=talk, account=account)
    now = clock.now()
    Message.objects.create(
        id=new_id(), space=talk, account=account, external_id="1", text="hello", sent_at=now, received_at=now
    )
    return talk, account


@pytest.mark.parametrize(
    ("platform", "external_id", "user"),
    [
        ("telegram", "77001/9001", "77001"),
        ("discord", "dm:88001/9001", "88001"),
        ("wecom", "kf:wkDesk/wmAnn", "wmAnn"),
        ("wechat_oa", "oAnn/wxApp", "oAnn"),
    ],
)
def test_a_private_talk_forgets_whose_it_was(platform: str, external_id: str, user: str) -> None:
    talk, account = a_talk(platform, external_id, user)
    erase_member(account.member_id, by="staff:1")
    talk.refresh_from_db()
    assert talk.archived_at is not None
    assert user not in f"{talk.external_id} {talk.slug} {talk.name} {talk.settings}"
    assert Message.objects.get().text == ""


def test_discord_is_not_asked_for_the_talk_again() -> None:
    _, account = a_talk("discord", "dm:88001/9001", "88001")
    bot = DiscordBot.objects.create(**_bot())
    DiscordTalk.objects.create(bot=bot, user="88001", channel="5")
    erase_member(account.member_id, by="staff:1")
    assert not DiscordTalk.objects.exists()


def test_customer_groups_and_mass_sends_count_them_without_a_name() -> None:
    corp = WecomCorp.objects.create(corpid="ww1", name="Corp", created_by="staff:1")
    space = Space.objects.create(platform="wecom", external_id="wr1", slug="wr1", name="SG 1", kind="group")
    group = WecomGroup.objects.create(space=space, corp=corp)
    _, account = a_talk("wecom", "kf:wkDesk/wmAnn", "wmAnn")
    WecomGroupMember.objects.create(group=group, userid="wmAnn", account=account, name="Ann")
    mass = MassSend.objects.create(corp=corp, created_by="staff:1")
    MassSendTarget.objects.create(mass=mass, target="wmAnn")
    erase_member(account.member_id, by="staff:1")
    assert WecomGroupMember.objects.get().userid.startswith("erased:")
    assert MassSendTarget.objects.get().target.startswith("erased:")


def _bot() -> dict[str, Any]:
    return {
        "application_id": 9001,
        "bot_id": 9001,
        "username": "guild",
        "name": "Guild",
        "created_by": "staff:1",
    }
