"""The fake Bot API, called by python-telegram-bot as an independent peer: what it accepts and refuses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from telegram import (
    Bot,
    BotCommand,
    ChatPermissions,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaPhoto,
    ReactionTypeEmoji,
    ReplyParameters,
)
from telegram.error import BadRequest, RetryAfter

from guildhall.channels.testing.telegram import FakeTelegram, schema
from guildhall.channels.testing.telegram.entities import find
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


def keyboard(data: str = "x") -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup([[InlineKeyboardButton("Go", callback_data=data)]])


# -- sending -----------------------------------------------------------------------------------------


def test_a_message_is_kept_with_its_entities_keyboard_and_reply(scene: Scene) -> None:
    first = scene.tg.say(scene.chat, scene.user, "hello 😀 https://example.org/x. /help@guild_bot @lilei")

    async def act(bot: Bot) -> Any:
        return await bot.send_message(
            scene.chat, "<b>hi</b> <a href='https://a.example/'>there</a> 😀 @olga",
            parse_mode="HTML", reply_markup=keyboard(), reply_parameters=ReplyParameters(first, quote="hello"),
        )  # fmt: skip

    sent = scene.run(act)
    assert sent.text == "hi there 😀 @olga"
    assert [(one.type, one.offset, one.length) for one in sent.entities] == [
        ("bold", 0, 2), ("text_link", 3, 5), ("mention", 12, 5)]  # fmt: skip
    assert sent.reply_to_message.message_id == first
    assert [(one.type, one.offset) for one in sent.reply_to_message.entities] == [
        ("url", 9), ("bot_command", 32), ("mention", 48)]  # fmt: skip
    assert sent.quote.text == "hello"
    assert sent.reply_markup.inline_keyboard[0][0].callback_data == "x"
    assert scene.tg.messages(scene.chat)[-1]["text"] == "hi there 😀 @olga"
    assert scene.tg.violations() == []


@pytest.mark.parametrize(
    "text, mode, said",
    [
        (" ", None, "Message text is empty"),
        ("x" * 4097, None, "Message is too long"),
        ("<b>x", "HTML", "Can't parse entities"),
        ("<x>y</x>", "HTML", "Can't parse entities"),
        ("a.b", "MarkdownV2", "Can't parse entities: character '.' is reserved"),
    ],
)
def test_texts_telegram_refuses_are_refused(scene: Scene, text: str, mode: str | None, said: str) -> None:
    error = scene.refusal(lambda bot: bot.send_message(scene.chat, text, parse_mode=mode))
    assert isinstance(error, BadRequest)
    assert error.message.lower().startswith(said.lower()) or "empty" in error.message


def test_4096_characters_after_parsing_are_enough(scene: Scene) -> None:
    sent = scene.run(lambda bot: bot.send_message(scene.chat, f"<b>{'x' * 4096}</b>", parse_mode="HTML"))
    assert len(sent.text) == 4096


def test_button_data_is_64_bytes_and_not_one_more(scene: Scene) -> None:
    assert scene.run(lambda bot: bot.send_message(scene.chat, "x", reply_markup=keyboard("é" * 32)))
    error = scene.refusal(
        lambda bot: bot.send_message(scene.chat, "x", reply_markup=keyboard("é" * 32 + "x"))
    )
    assert error.message == "Button_data_invalid"
    assert scene.tg.violations()[0]["parameter"] == "reply_markup"


def test_media_albums_copies_and_forwards_arrive(scene: Scene) -> None:
    async def act(bot: Bot) -> Any:
        photo = await bot.send_photo(
            scene.chat, b"\x89PNG not really", caption="a *chart*", parse_mode="MarkdownV2"
        )
        again = await bot.send_photo(scene.chat, photo.photo[-1].file_id)
        file = await bot.get_file(photo.photo[-1].file_id)
        content = await file.download_as_bytearray()
        album = await bot.send_media_group(
            scene.chat, [InputMediaPhoto("https://a.example/1.png"), InputMediaPhoto(b"two", caption="c")])  # fmt: skip
        forwarded = await bot.forward_message(scene.chat, scene.chat, photo.message_id)
        copied = await bot.copy_message(scene.chat, scene.chat, photo.message_id, caption="new")
        return photo, again, bytes(content), album, forwarded, copied

    photo, again, content, album, forwarded, copied = scene.run(act)
    assert (photo.caption, photo.caption_entities[0].type) == ("a chart", "bold")
    assert again.photo[-1].file_id == photo.photo[-1].file_id
    assert content == b"\x89PNG not really"
    assert len({one.media_group_id for one in album}) == 1
    assert forwarded.forward_origin.sender_user.id == scene.bot.id
    assert scene.tg.messages(scene.chat)[-1]["caption"] == "new"
    assert copied.message_id == forwarded.message_id + 1


def test_an_edit_changes_the_message_and_the_same_again_is_refused(scene: Scene) -> None:
    async def act(bot: Bot) -> Any:
        sent = await bot.send_message(scene.chat, "one", reply_markup=keyboard())
        edited = await bot.edit_message_text("two", scene.chat, sent.message_id)
        assert edited.edit_date
        assert edited.reply_markup is None
        await bot.edit_message_text("two", scene.chat, sent.message_id)

    assert scene.refusal(act).message.startswith("Message is not modified: specified new message content")


def test_a_button_is_answered_once_and_in_time(scene: Scene) -> None:
    async def act(bot: Bot) -> Any:
        return (await bot.send_message(scene.chat, "x", reply_markup=keyboard("buy"))).message_id

    message = scene.run(act)
    pressed = scene.tg.press(scene.user, scene.chat, message, "Go")
    assert scene.run(lambda bot: bot.answer_callback_query(pressed, "done", show_alert=True))
    assert scene.tg.callback(pressed)["answer"] == {"text": "done", "show_alert": True}
    late = scene.tg.press(scene.user, scene.chat, message, "buy")
    scene.tg.advance(3600)
    assert "query is too old" in scene.refusal(lambda bot: bot.answer_callback_query(late)).message.lower()


# -- deleting ----------------------------------------------------------------------------------------


def test_messages_are_deleted_for_48_hours_and_only_once(scene: Scene) -> None:
    young = scene.tg.say(scene.chat, scene.user, "young")
    old = scene.tg.say(scene.chat, scene.user, "old")
    assert scene.run(lambda bot: bot.delete_message(scene.chat, young))
    assert (
        scene.refusal(lambda bot: bot.delete_message(scene.chat, young)).message
        == "Message to delete not found"
    )
    scene.tg.advance(48 * 3600 + 1)
    assert "can't be deleted" in scene.refusal(lambda bot: bot.delete_message(scene.chat, old)).message
    assert [one["text"] for one in scene.tg.messages(scene.chat) if "text" in one] == ["old"]


def test_deleting_several_skips_what_is_gone_and_takes_at_most_100(scene: Scene) -> None:
    ids = [scene.tg.say(scene.chat, scene.user, str(number)) for number in range(3)]
    assert scene.run(lambda bot: bot.delete_messages(scene.chat, [*ids, 9999]))
    assert not [one for one in scene.tg.messages(scene.chat) if "text" in one]
    error = scene.refusal(lambda bot: bot.delete_messages(scene.chat, list(range(1, 102))))
    assert "too many message identifiers" in error.message.lower()


def test_without_the_right_nothing_of_others_is_deleted(tg: FakeTelegram) -> None:
    scene = Scene(tg, can_restrict_members=True)
    message = tg.say(scene.chat, scene.user, "x")
    assert (
        scene.refusal(lambda bot: bot.delete_message(scene.chat, message)).message
        == "Message can't be deleted"
    )


# -- the shape of calls ------------------------------------------------------------------------------


def test_calls_come_as_query_form_json_or_parts_alike(scene: Scene) -> None:
    address = f"{scene.tg.url}/bot{scene.bot.token}/sendMessage"
    body = {"chat_id": scene.chat, "text": "a&b=c 你好"}
    answers = [
        httpx.get(address, params=body),
        httpx.post(address, data=body),
        httpx.post(address, json=body),
        httpx.post(address, data=body, files={"unused": ("a.txt", b"x")}),
        httpx.post(address.replace("sendMessage", "SENDmessage"), json=body),
    ]
    assert [one.json()["result"]["text"] for one in answers] == [body["text"]] * 5
    assert [one["rule"] for one in scene.tg.violations()] == ["unknown"]


@pytest.mark.parametrize(
    "method, body, said",
    [
        ("sendMessage", {"text": "x"}, "Bad Request: chat_id is empty"),
        ("sendMessage", {"chat_id": -5}, "Bad Request: message text is empty"),
        ("sendMessage", {"chat_id": -5, "text": "x", "reply_markup": "{"},
         "Bad Request: can't parse reply keyboard markup JSON object"),
        ("sendMessage", {"chat_id": -5, "text": "x", "reply_markup": "[1]"},
         "Bad Request: object expected as reply markup"),
        ("setMyCommands", {"commands": '[{"command":"Help"}]'}, "Bad Request: can't parse commands list JSON"),
        ("createChatInviteLink", {"chat_id": -5, "member_limit": 100000}, "Bad Request: wrong parameter"),
        ("banChatMember", {"chat_id": -5, "user_id": "x"}, 'Bad Request: can\'t parse "user_id"'),
    ],
)  # fmt: skip
def test_a_body_against_the_schema_is_refused_and_noted(
    scene: Scene, method: str, body: dict[str, Any], said: str
) -> None:
    answer = httpx.post(f"{scene.tg.url}/bot{scene.bot.token}/{method}", data=body).json()
    assert answer["error_code"] == 400
    assert answer["description"].startswith(said)
    assert [one["limit"] for one in scene.tg.violations()] == ["schema"]


def test_unknown_methods_are_not_found_and_unplayed_ones_say_so(scene: Scene) -> None:
    base = f"{scene.tg.url}/bot{scene.bot.token}"
    assert httpx.get(f"{base}/sendLove").json()["error_code"] == 404
    assert httpx.get(f"{base}/getMyStarBalance").json()["error_code"] == 501


def test_commands_and_descriptions_are_kept_by_scope_and_language(scene: Scene) -> None:
    async def act(bot: Bot) -> Any:
        await bot.set_my_commands([BotCommand("help", "Help")])
        await bot.set_my_commands([BotCommand("help", "帮助")], language_code="zh")
        await bot.set_my_description("Guards the house")
        return (await bot.get_my_commands(language_code="zh"))[0].description, await bot.get_my_description()

    said, about = scene.run(act)
    assert (said, about.description) == ("帮助", "Guards the house")
    assert "invalid" in scene.refusal(lambda bot: bot.set_my_commands([("Help", "x")])).message.lower()


def test_everything_the_fake_says_fits_the_published_schema(scene: Scene) -> None:
    """Updates and answers of a lively hour, each checked against the types of the Bot API."""
    tg = scene.tg
    asked = [name for name in schema._written()["types"]["Update"] if name != "update_id"]
    httpx.post(f"{tg.url}/bot{scene.bot.token}/getUpdates", json={"allowed_updates": asked})
    channel = tg.add_chat("channel", "News", owner=scene.owner)
    tg.add_bot_to_chat(scene.bot, channel, scene.owner, {"all": True})
    tg.discuss(channel, scene.chat)
    tg.say(channel, scene.owner, "news")
    link = tg.invite(scene.chat, name="ad")
    newcomer, asker = tg.add_user("Neo", bio="hi"), tg.add_user("Ask")
    tg.join(scene.chat, newcomer, link)
    tg.join_request(scene.chat, asker, link)
    first = tg.say(scene.chat, scene.user, "x")
    tg.edit(scene.chat, first, "y")
    tg.react(scene.chat, scene.user, first, "👍")
    post = tg.messages(channel)[-1]["message_id"]
    tg.react(channel, scene.user, post, "🔥")
    tg.start(scene.user, scene.bot, "payload")
    tg.block(scene.user, scene.bot)

    async def act(bot: Bot) -> Any:
        await bot.pin_chat_message(scene.chat, first)
        poll = await bot.send_poll(scene.chat, "Up or down?", ["Up", "Down"], is_anonymous=False)
        sent = await bot.send_message(scene.chat, "x", reply_markup=keyboard())
        tg.press(scene.user, scene.chat, sent.message_id, "Go")
        tg.vote(scene.user, poll.poll.id, [1])
        assert (await bot.stop_poll(scene.chat, poll.message_id)).options[1].voter_count == 1
        await bot.set_message_reaction(scene.chat, first, ReactionTypeEmoji("👍"))
        await bot.approve_chat_join_request(scene.chat, asker)
        await bot.restrict_chat_member(scene.chat, newcomer, ChatPermissions(can_send_messages=False))
        await bot.ban_chat_member(scene.chat, newcomer)
        link = await bot.create_chat_invite_link(scene.chat, name="x", member_limit=1)
        await bot.revoke_chat_invite_link(scene.chat, link.invite_link)
        await bot.get_chat(scene.chat)
        await bot.get_chat_member(scene.chat, newcomer)
        await bot.send_dice(scene.chat)
        await bot.send_location(scene.chat, 1.5, 2.5)
        await bot.send_contact(scene.chat, "+1", "A")
        await bot.get_webhook_info()

    scene.run(act)
    assert tg.violations() == []
    updates = httpx.post(f"{tg.url}/bot{scene.bot.token}/getUpdates", json={}).json()["result"]
    kinds = {key for one in updates for key in one} - {"update_id"}
    assert kinds >= {"message", "edited_message", "channel_post", "my_chat_member", "chat_member", "callback_query",
                     "chat_join_request", "message_reaction", "message_reaction_count", "poll", "poll_answer"}  # fmt: skip
    for update in updates:
        assert schema.wrong_in("Update", update) == [], update
    for call in tg.calls:
        if call.ok and not isinstance(call.answer, int | bytes):
            returned = schema._written()["methods"][call.method][0]
            answers = call.answer if returned.endswith("[]") else [call.answer]
            for one in answers if returned not in ("B", "S", "I") else []:
                assert schema.wrong_in(returned.removesuffix("[]").split("|")[0], one) == [], call


def test_too_fast_is_429_with_the_time_to_wait_and_a_violation() -> None:
    with FakeTelegram() as tg:
        scene = Scene(tg)

        async def act(bot: Bot) -> Any:
            await bot.send_message(scene.chat, "one")
            await bot.send_message(scene.chat, "two")

        error = scene.refusal(act)
        assert isinstance(error, RetryAfter)
        assert [one["limit"] for one in tg.violations()] == ["chat"]
        assert [one.text for one in tg.sent] == ["one"]


def test_the_end_of_a_sentence_is_no_address() -> None:
    text = "Please do not. If so, see a.example/x."
    assert [(one["type"], text[one["offset"] :][: one["length"]]) for one in find(text)] == [
        ("url", "a.example/x")
    ]
