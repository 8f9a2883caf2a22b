"""What people do in the fake's chats and which bots hear of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import httpx
import pytest
from telegram import Bot, Update
from telegram.error import BadRequest, TelegramError

from guildhall.channels.testing.telegram import Bot as Known
from guildhall.channels.testing.telegram import FakeTelegram
from guildhall.channels.testing.telegram.entities import find, parse

ALL = ["message", "edited_message", "channel_post", "edited_channel_post", "my_chat_member", "chat_member",
       "chat_join_request", "callback_query", "poll", "poll_answer", "message_reaction",
       "message_reaction_count"]  # fmt: skip


@pytest.fixture
def tg() -> Iterator[FakeTelegram]:
    with FakeTelegram() as fake:
        fake.set_limits(bot=0, chat=0, group=0)
        yield fake
        assert not fake.failures


def run(tg: FakeTelegram, bot: Known, act: Callable[[Bot], Awaitable[Any]]) -> Any:
    async def go() -> Any:
        async with Bot(bot.token, base_url=f"{tg.url}/bot") as peer:
            return await act(peer)

    return asyncio.run(go())


def heard(tg: FakeTelegram, bot: Known) -> list[Update]:
    """New updates since the last call, as the peer reads them."""
    updates: list[Update] = list(run(tg, bot, lambda peer: peer.get_updates(allowed_updates=ALL)))
    if updates:
        httpx.get(f"{tg.url}/bot{bot.token}/getUpdates?offset={updates[-1].update_id + 1}")
    return updates


def texts(tg: FakeTelegram, bot: Known) -> list[str]:
    return [one.message.text for one in heard(tg, bot) if one.message and one.message.text]


@pytest.fixture
def bot(tg: FakeTelegram) -> Known:
    found = tg.add_bot(username="guild_bot")
    heard(tg, found)
    return found


@pytest.fixture
def owner(tg: FakeTelegram) -> int:
    return tg.add_user("Olga", "olga")


@pytest.fixture
def chat(tg: FakeTelegram, bot: Known, owner: int) -> int:
    found = tg.add_chat("supergroup", "Traders", owner=owner)
    tg.add_bot_to_chat(bot, found, owner, {"all": True})
    heard(tg, bot)
    return found


def test_with_privacy_mode_a_bot_hears_only_what_is_meant_for_it(tg: FakeTelegram, owner: int) -> None:
    shy = tg.add_bot(username="shy_bot", can_read_all_group_messages=False)
    group = tg.add_chat("supergroup", "G", owner=owner)
    tg.add_bot_to_chat(shy, group, owner)
    mine = run(tg, shy, lambda peer: peer.send_message(group, "ask me")).message_id
    heard(tg, shy)
    tg.say(group, owner, "not for bots")
    tg.say(group, owner, "/help")
    tg.say(group, owner, "/help@other_bot")
    tg.say(group, owner, "hey @shy_bot!")
    tg.say(group, owner, "an answer", reply_to=mine)
    assert texts(tg, shy) == ["/help", "hey @shy_bot!", "an answer"]
    tg.set_rights(shy, group, {"can_delete_messages": True})
    tg.say(group, owner, "everything now")
    assert texts(tg, shy) == ["everything now"]


def test_bots_do_not_hear_themselves_or_other_bots(
    tg: FakeTelegram, bot: Known, chat: int, owner: int
) -> None:
    other = tg.add_bot(username="other_bot")
    tg.add_bot_to_chat(other, chat, owner, {"all": True})
    heard(tg, bot)
    run(tg, other, lambda peer: peer.send_message(chat, "beep"))
    run(tg, bot, lambda peer: peer.send_message(chat, "boop"))
    assert texts(tg, bot) == []


def test_joining_by_a_named_link_is_told_with_the_link(tg: FakeTelegram, bot: Known, chat: int) -> None:
    link = run(tg, bot, lambda peer: peer.create_chat_invite_link(chat, name="spring ad", member_limit=1))
    one, two = tg.add_user("A"), tg.add_user("B")
    assert tg.join(chat, one, link.invite_link)
    assert not tg.join(chat, two, link.invite_link)
    joined, service = heard(tg, bot)
    assert joined.chat_member.invite_link.name == "spring ad"
    assert joined.chat_member.invite_link.invite_link == link.invite_link
    assert joined.chat_member.new_chat_member.status == "member"
    assert [user.id for user in service.message.new_chat_members] == [one]
    tg.leave(chat, one)
    left, gone = heard(tg, bot)
    assert (left.chat_member.old_chat_member.status, left.chat_member.new_chat_member.status) == (
        "member",
        "left",
    )
    assert gone.message.left_chat_member.id == one


def test_the_second_half_of_anothers_link_is_hidden(tg: FakeTelegram, bot: Known, chat: int) -> None:
    link = tg.invite(chat, name="owner's")
    tg.join(chat, tg.add_user("A"), link)
    shown = heard(tg, bot)[0].chat_member.invite_link
    assert shown.name == "owner's"
    assert shown.invite_link.endswith("...")


def test_a_request_to_join_is_heard_and_answered(tg: FakeTelegram, bot: Known, chat: int) -> None:
    link = run(
        tg, bot, lambda peer: peer.create_chat_invite_link(chat, name="door", creates_join_request=True)
    )
    good, evil = tg.add_user("Good", bio="I trade"), tg.add_user("Evil")
    assert not tg.join(chat, good, "door")
    tg.join_request(chat, evil, link.invite_link)
    first, second = heard(tg, bot)
    assert first.chat_join_request.bio == "I trade"
    assert second.chat_join_request.invite_link.name == "door"
    assert run(
        tg, bot, lambda peer: peer.send_message(first.chat_join_request.user_chat_id, "Are you human?")
    )
    assert run(tg, bot, lambda peer: peer.approve_chat_join_request(chat, good))
    assert run(tg, bot, lambda peer: peer.decline_chat_join_request(chat, evil))
    assert (tg.member(chat, good)["inside"], tg.member(chat, evil)["inside"]) == (True, False)
    assert heard(tg, bot)[0].chat_member.via_join_request
    with pytest.raises(BadRequest, match="(?i)hide_requester_missing"):
        run(tg, bot, lambda peer: peer.approve_chat_join_request(chat, evil))


def test_a_bot_hears_of_its_own_rights_and_removal(tg: FakeTelegram, bot: Known, chat: int) -> None:
    tg.set_rights(bot, chat, {"can_delete_messages": True})
    changed = heard(tg, bot)[0].my_chat_member
    assert (changed.old_chat_member.can_restrict_members, changed.new_chat_member.can_restrict_members) == (
        True,
        False,
    )
    tg.remove_bot(bot, chat)
    assert heard(tg, bot)[-1].my_chat_member.new_chat_member.status == "kicked"


def test_blocking_and_starting_again_are_told(tg: FakeTelegram, bot: Known) -> None:
    user = tg.add_user("U")
    tg.start(user, bot, "ref42")
    assert texts(tg, bot) == ["/start ref42"]
    tg.block(user, bot)
    assert heard(tg, bot)[0].my_chat_member.new_chat_member.status == "kicked"
    assert tg.say(user, user, "nobody hears") == 0
    tg.start(user, bot)
    back, start = heard(tg, bot)
    assert back.my_chat_member.new_chat_member.status == "member"
    assert start.message.entities[0].type == "bot_command"


def test_ids_are_counted_per_chat_in_supergroups_and_per_bot_in_small_ones(
    tg: FakeTelegram, bot: Known, chat: int, owner: int
) -> None:
    other = tg.add_bot(username="other_bot")
    one, two = (tg.add_chat("group", name, owner=owner) for name in ("One", "Two"))
    tg.add_bot_to_chat(bot, one, owner)
    tg.add_bot_to_chat(bot, two, owner)
    tg.add_bot_to_chat(other, two, owner)
    heard(tg, bot)
    start = tg.say(one, owner, "x")
    assert tg.say(two, owner, "y") == start + 1
    assert tg.say(one, owner, "z") == start + 2
    assert [one["message_id"] for one in tg.messages(two, other)][-1] < start
    assert tg.say(chat, owner, "s") == tg.say(chat, owner, "s") - 1


def test_migration_is_said_on_both_sides(tg: FakeTelegram, bot: Known, owner: int) -> None:
    group = tg.add_chat("group", "Small", owner=owner)
    tg.add_bot_to_chat(bot, group, owner, {"all": True})
    heard(tg, bot)
    new = tg.migrate(group)
    old_side, new_side = heard(tg, bot)
    assert (old_side.message.chat.id, old_side.message.migrate_to_chat_id) == (group, new)
    assert (new_side.message.chat.id, new_side.message.migrate_from_chat_id) == (new, group)
    assert tg.say(new, owner, "here")
    assert run(tg, bot, lambda peer: peer.get_chat(new)).type == "supergroup"


def test_a_channel_post_appears_in_its_discussion_group(
    tg: FakeTelegram, bot: Known, chat: int, owner: int
) -> None:
    channel = tg.add_chat("channel", "News", "guild_news", owner=owner)
    tg.add_bot_to_chat(bot, channel, owner, {"all": True})
    tg.discuss(channel, chat)
    heard(tg, bot)
    tg.say(channel, owner, "listing tomorrow")
    post, copy = heard(tg, bot)
    assert post.channel_post.sender_chat.id == channel
    assert copy.message.is_automatic_forward
    assert copy.message.forward_origin.chat.id == channel
    assert run(tg, bot, lambda peer: peer.get_chat(channel)).linked_chat_id == chat
    stranger = tg.add_user("Stranger")
    assert tg.say(chat, stranger, "a comment", reply_to=copy.message.message_id)
    assert heard(tg, bot)[0].message.reply_to_message.sender_chat.id == channel


def test_anonymous_administrators_and_channels_speak_as_such(
    tg: FakeTelegram, bot: Known, chat: int, owner: int
) -> None:
    channel = tg.add_chat("channel", "Loud", owner=owner)
    tg.say(chat, owner, "the house says", anonymous=True)
    tg.say(chat, None, "an advert", sender_chat=channel)
    house, advert = (one.message for one in heard(tg, bot))
    assert (house.sender_chat.id, house.from_user.username) == (chat, "GroupAnonymousBot")
    assert (advert.sender_chat.id, advert.from_user.username) == (channel, "Channel_Bot")
    assert run(tg, bot, lambda peer: peer.ban_chat_sender_chat(chat, channel))


def test_topics_have_their_own_thread(tg: FakeTelegram, bot: Known, owner: int) -> None:
    forum = tg.add_chat("supergroup", "Forum", is_forum=True, owner=owner)
    tg.add_bot_to_chat(bot, forum, owner, {"all": True})
    heard(tg, bot)

    async def act(peer: Bot) -> Any:
        topic = await peer.create_forum_topic(forum, "Fees")
        await peer.send_message(forum, "ask here", message_thread_id=topic.message_thread_id)
        return topic.message_thread_id

    thread = run(tg, bot, act)
    tg.say(forum, owner, "how much?", thread=thread)
    made, asked = (one.message for one in heard(tg, bot))
    assert made.forum_topic_created.name == "Fees"
    assert (asked.message_thread_id, asked.is_topic_message) == (thread, True)
    assert asked.reply_to_message.forum_topic_created
    assert run(tg, bot, lambda peer: peer.close_forum_topic(forum, thread))
    with pytest.raises(BadRequest, match="(?i)topic_closed"):
        run(tg, bot, lambda peer: peer.send_message(forum, "x", message_thread_id=thread))
    with pytest.raises(BadRequest, match="Message thread not found"):
        run(tg, bot, lambda peer: peer.send_message(forum, "x", message_thread_id=999))


def test_reactions_edits_and_votes_are_told(tg: FakeTelegram, bot: Known, chat: int, owner: int) -> None:
    message = tg.say(chat, owner, "x")
    tg.edit(chat, message, "y https://a.example")
    tg.react(chat, owner, message, "👍")
    tg.react(chat, owner, message, None)
    poll = run(tg, bot, lambda peer: peer.send_poll(chat, "?", ["a", "b"], is_anonymous=False)).poll.id
    tg.vote(owner, poll, [1])
    _, edited, first, second, answer, state = heard(tg, bot)
    assert edited.edited_message.entities[0].type == "url"
    assert first.message_reaction.new_reaction[0].emoji == "👍"
    assert second.message_reaction.old_reaction[0].emoji == "👍"
    assert answer.poll_answer.option_ids == (1,)
    assert state.poll.options[1].voter_count == 1


def test_pins_slow_mode_and_description_are_read_back(tg: FakeTelegram, bot: Known, owner: int) -> None:
    slow = tg.add_chat("supergroup", "Slow", owner=owner, slow_mode_delay=30, description="be kind")
    tg.add_bot_to_chat(bot, slow, owner, {"all": True})
    message = tg.say(slow, owner, "rules")
    heard(tg, bot)
    assert run(tg, bot, lambda peer: peer.pin_chat_message(slow, message))
    assert heard(tg, bot)[0].message.pinned_message.message_id == message
    found = run(tg, bot, lambda peer: peer.get_chat(slow))
    assert (
        found.slow_mode_delay.seconds if hasattr(found.slow_mode_delay, "seconds") else found.slow_mode_delay
    ) == 30
    assert found.pinned_message.text == "rules"
    assert found.description == "be kind"
    with pytest.raises(TelegramError, match="not modified"):
        run(tg, bot, lambda peer: peer.set_chat_description(slow, "be kind"))


def test_a_stranger_must_join_before_speaking(tg: FakeTelegram, chat: int) -> None:
    with pytest.raises(ValueError, match="has never been in chat"):
        tg.say(chat, tg.add_user("S"), "x")


@pytest.mark.parametrize(
    "text, marks",
    [
        ("go to binance.com, now", ["url:binance.com"]),
        ("https://a.example/x?y=1&z=(2)!", ["url:https://a.example/x?y=1&z=(2"]),
        ("😀 /ban@guild_bot 5", ["bot_command:/ban@guild_bot"]),
        ("mail me@example.org or @me_too", ["email:me@example.org", "mention:@me_too"]),
        ("#手续费 $BTC and $btc #1", ["hashtag:#手续费", "cashtag:$BTC"]),
        ("1/2 and a@b and 3.14", []),
        ("看这里https://a.example/路径。", ["url:https://a.example/路径"]),
    ],
)
def test_entities_are_found_with_utf16_offsets(text: str, marks: list[str]) -> None:
    raw = text.encode("utf-16-le")
    found = [
        f"{one['type']}:" + raw[2 * one["offset"] : 2 * (one["offset"] + one["length"])].decode("utf-16-le")
        for one in find(text)
    ]
    assert found == marks


def test_markdown_and_html_mark_the_same() -> None:
    html = parse("<b>a</b> <i>b</i> <code>c_d</code> <tg-spoiler>e</tg-spoiler> &lt;", "HTML")
    markdown = parse(r"*a* _b_ `c_d` ||e|| <", "MarkdownV2")
    assert html == markdown
    assert [one["type"] for one in html[1]] == ["bold", "italic", "code", "spoiler"]
