"""What the fake lets a bot do to members and chats, called by python-telegram-bot."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

import httpx
import pytest
from telegram import Bot, ChatPermissions
from telegram.error import ChatMigrated, Forbidden, InvalidToken, TelegramError

from guildhall.channels.testing.telegram import FakeTelegram
from guildhall.channels.tests.telegram_scene import Scene


@pytest.fixture
def tg() -> Iterator[FakeTelegram]:
    with FakeTelegram() as fake:
        fake.set_limits(bot=0, chat=0, group=0)
        yield fake
        assert not fake.failures


@pytest.fixture
def scene(tg: FakeTelegram) -> Scene:
    return Scene(tg)


# -- members -----------------------------------------------------------------------------------------


def test_a_restriction_silences_and_runs_out_by_itself(scene: Scene) -> None:
    until = int(time.time()) + 120
    none = ChatPermissions.no_permissions()
    assert scene.run(lambda bot: bot.restrict_chat_member(scene.chat, scene.user, none, until_date=until))
    assert scene.tg.say(scene.chat, scene.user, "muted") == 0
    assert scene.tg.member(scene.chat, scene.user)["until"] == until
    scene.tg.advance(121)
    assert scene.tg.member(scene.chat, scene.user)["status"] == "member"
    assert scene.tg.say(scene.chat, scene.user, "free again")


@pytest.mark.parametrize("seconds", [10, 367 * 86400])
def test_times_too_short_or_too_long_mean_for_ever(scene: Scene, seconds: int) -> None:
    until = int(time.time()) + seconds
    assert scene.run(lambda bot: bot.ban_chat_member(scene.chat, scene.user, until_date=until))
    member = scene.run(lambda bot: bot.get_chat_member(scene.chat, scene.user))
    assert member.status == "kicked"
    assert scene.tg.member(scene.chat, scene.user)["until"] == 0


def test_a_banned_member_cannot_come_back_until_unbanned(scene: Scene) -> None:
    assert scene.run(lambda bot: bot.ban_chat_member(scene.chat, scene.user))
    assert not scene.tg.join(scene.chat, scene.user)
    assert scene.run(lambda bot: bot.unban_chat_member(scene.chat, scene.user, only_if_banned=True))
    assert scene.tg.join(scene.chat, scene.user)


def test_a_ban_leaves_the_messages_of_the_banned_where_they_are(scene: Scene) -> None:
    message = scene.tg.say(scene.chat, scene.user, "stays")
    assert scene.run(lambda bot: bot.ban_chat_member(scene.chat, scene.user, revoke_messages=True))
    assert message in [one["message_id"] for one in scene.tg.messages(scene.chat)]


def test_owners_administrators_and_the_bot_itself_are_out_of_reach(scene: Scene) -> None:
    admin = scene.tg.add_user("Ada")
    scene.tg.join(scene.chat, admin)
    scene.tg.promote(scene.chat, admin)
    none = ChatPermissions.no_permissions()
    for user, said in (
        (scene.owner, "Can't remove chat owner"),
        (admin, "User is an administrator of the chat"),
        (scene.bot.id, "Can't restrict self"),
        (123, "Invalid user_id specified"),
    ):
        assert scene.refusal(lambda bot, user=user: bot.ban_chat_member(scene.chat, user)).message == said
    assert (
        "administrator"
        in scene.refusal(lambda bot: bot.restrict_chat_member(scene.chat, admin, none)).message
    )


def test_without_the_right_nobody_is_restricted(tg: FakeTelegram) -> None:
    scene = Scene(tg, can_delete_messages=True)
    error = scene.refusal(lambda bot: bot.ban_chat_member(scene.chat, scene.user))
    assert error.message == "Not enough rights to restrict/unrestrict chat member"


def test_a_basic_group_knows_no_restriction_and_needs_an_administrator(tg: FakeTelegram) -> None:
    scene = Scene(tg)
    group = tg.add_chat("group", "Small", owner=scene.owner)
    tg.add_bot_to_chat(scene.bot, group, scene.owner)
    tg.join(group, scene.user)
    none = ChatPermissions.no_permissions()
    error = scene.refusal(lambda bot: bot.restrict_chat_member(group, scene.user, none))
    assert error.message == "Method is available only for supergroups"
    assert scene.refusal(lambda bot: bot.ban_chat_member(group, scene.user)).message == "Chat_admin_required"


def test_administrators_are_listed_with_their_rights_and_promoting_needs_the_right(scene: Scene) -> None:
    found = scene.run(lambda bot: bot.get_chat_administrators(scene.chat))
    assert [(one.status, one.user.id) for one in found] == [
        ("creator", scene.owner), ("administrator", scene.bot.id)]  # fmt: skip
    assert found[1].can_delete_messages
    assert not found[1].can_promote_members
    error = scene.refusal(lambda bot: bot.promote_chat_member(scene.chat, scene.user, can_pin_messages=True))
    assert error.message == "Not enough rights"
    scene.tg.set_rights(scene.bot, scene.chat, {"all": True, "can_promote_members": True})
    assert scene.run(lambda bot: bot.promote_chat_member(scene.chat, scene.user, can_pin_messages=True))
    assert scene.run(lambda bot: bot.set_chat_administrator_custom_title(scene.chat, scene.user, "Helper"))
    assert scene.tg.member(scene.chat, scene.user)["title"] == "Helper"


# -- who is there ------------------------------------------------------------------------------------


def test_a_bot_that_was_removed_blocked_or_never_met_is_told_so(scene: Scene) -> None:
    def send(to: int | str) -> TelegramError:
        return scene.refusal(lambda bot: bot.send_message(to, "x"))

    scene.tg.start(scene.user, scene.bot)
    scene.tg.block(scene.user, scene.bot)
    assert send(scene.user).message == "Forbidden: bot was blocked by the user"
    assert send(scene.owner).message == "Forbidden: bot can't initiate conversation with a user"
    assert isinstance(send(scene.owner), Forbidden)
    assert send(-1001).message == "Chat not found"
    lost = scene.tg.add_user("Lost")
    scene.tg.start(lost, scene.bot)
    scene.tg.deactivate(lost)
    assert send(lost).message == "Forbidden: user is deactivated"
    assert send("@nowhere").message == "Chat not found"
    scene.tg.remove_bot(scene.bot, scene.chat)
    assert send(scene.chat).message == "Forbidden: bot was kicked from the supergroup chat"


def test_a_revoked_or_unknown_token_is_unauthorized(scene: Scene) -> None:
    new = scene.tg.revoke(scene.bot)
    old = new.replace(new[-3:], "xyz")
    assert httpx.get(f"{scene.tg.url}/bot{old}/getMe").json() == {
        "ok": False, "error_code": 401, "description": "Unauthorized"}  # fmt: skip
    with pytest.raises(InvalidToken):
        asyncio.run(Bot(old, base_url=f"{scene.tg.url}/bot").initialize())
    assert scene.run(lambda bot: bot.get_me()).username == "guild_bot"


def test_after_migration_the_old_group_names_the_new(scene: Scene) -> None:
    group = scene.tg.add_chat("group", "Small", owner=scene.owner)
    scene.tg.add_bot_to_chat(scene.bot, group, scene.owner, {"all": True})
    new = scene.tg.migrate(group)
    error = scene.refusal(lambda bot: bot.send_message(group, "x"))
    assert isinstance(error, ChatMigrated)
    assert error.new_chat_id == new
    assert scene.run(lambda bot: bot.send_message(new, "x")).chat.id == new


def test_in_a_channel_only_administrators_speak(scene: Scene) -> None:
    channel = scene.tg.add_chat("channel", "News", "guild_news", owner=scene.owner)
    said = "Need administrator rights in the channel chat"
    assert scene.refusal(lambda bot: bot.send_message("@guild_news", "x")).message == said
    scene.tg.add_bot_to_chat(scene.bot, channel, scene.owner, {"can_post_messages": True})
    sent = scene.run(lambda bot: bot.send_message("@guild_news", "x"))
    assert sent.sender_chat.id == channel
    assert sent.from_user is None
