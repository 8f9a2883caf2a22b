"""Methods that change what is there: edits, deletions, pins, reactions, answers to buttons."""

from __future__ import annotations

from typing import Any

from guildhall.channels.testing.telegram.methods.registry import method
from guildhall.channels.testing.telegram.methods.sending import (
    CAPTION,
    TEXT,
    keyboard,
    marked_text,
    media_content,
)
from guildhall.channels.testing.telegram.refusals import bad
from guildhall.channels.testing.telegram.rights import need_inside, need_right
from guildhall.channels.testing.telegram.state import Bot, Chat, Json, Message
from guildhall.channels.testing.telegram.world import World

TWO_DAYS = 48 * 3600
CALLBACK_LIVES = 300
SAME = (
    "message is not modified: specified new message content and reply markup are exactly the same as a "
    "current content and reply markup of the message"
)
GONE_CALLBACK = "query is too old and response timeout expired or query ID is invalid"


def _editable(world: World, bot: Bot, p: Json) -> Message:
    if "chat_id" not in p or "message_id" not in p:
        raise bad("message identifier is not specified")
    chat = world.chat_for(bot, p["chat_id"])
    me = world.me(bot, chat)
    need_inside(chat, me)
    message = world.message_for(bot, chat, p["message_id"], "message to edit not found")
    if message.by_bot != bot.id and not (chat.kind == "channel" and me.may("can_edit_messages")):
        raise bad("message can't be edited")
    if message.service or "forward_origin" in message.content:
        raise bad("message can't be edited")
    return message


def _edited(world: World, bot: Bot, message: Message, content: Json) -> Json:
    if content == message.content:
        raise bad(SAME)
    world.edit(message, content)
    return world.show(message, bot.id)


def _without(content: Json, *names: str) -> Json:
    return {key: value for key, value in content.items() if key not in names}


@method("editMessageText")
def edit_text(world: World, bot: Bot, p: Json) -> Any:
    message = _editable(world, bot, p)
    if "text" not in message.content:
        raise bad("there is no text in the message to edit")
    content = {
        **_without(message.content, "text", "entities", "reply_markup"),
        **marked_text(p, "text", TEXT, marks="entities"),
        **keyboard(p, message.chat),
    }
    return _edited(world, bot, message, content)


@method("editMessageCaption")
def edit_caption(world: World, bot: Bot, p: Json) -> Any:
    message = _editable(world, bot, p)
    if not any(
        kind in message.content for kind in ("photo", "video", "document", "animation", "audio", "voice")
    ):
        raise bad("there is no caption in the message to edit")
    content = {
        **_without(message.content, "caption", "caption_entities", "reply_markup"),
        **marked_text(p, "caption", CAPTION, marks="caption_entities"),
        **keyboard(p, message.chat),
    }
    return _edited(world, bot, message, content)


@method("editMessageMedia")
def edit_media(world: World, bot: Bot, p: Json) -> Any:
    message = _editable(world, bot, p)
    media = p["media"]
    kinds = ("photo", "video", "document", "animation", "audio", "voice", "text", "entities", "caption",
             "caption_entities", "reply_markup")  # fmt: skip
    content = {
        **_without(message.content, *kinds),
        **media_content(world, media["type"], media["media"], media),
        **keyboard(p, message.chat),
    }
    return _edited(world, bot, message, content)


@method("editMessageReplyMarkup")
def edit_markup(world: World, bot: Bot, p: Json) -> Any:
    message = _editable(world, bot, p)
    content = {**_without(message.content, "reply_markup"), **keyboard(p, message.chat)}
    return _edited(world, bot, message, content)


# -- deletion ----------------------------------------------------------------------------------------


def _delete(world: World, bot: Bot, chat: Chat, message: Message) -> None:
    me = world.me(bot, chat)
    own = message.by_bot == bot.id or (message.service and message.sender == bot.id)
    old = world.now() - message.date > TWO_DAYS
    if old:
        raise bad("message can't be deleted for everyone")
    if message.service and any(name.endswith(("chat_created", "topic_created")) for name in message.content):
        raise bad("message can't be deleted")
    if chat.kind == "private":
        if "dice" in message.content and world.now() - message.date < TWO_DAYS / 2:
            raise bad("message can't be deleted for everyone")
    elif chat.kind == "channel":
        if not me.may("can_delete_messages") and not (own and me.may("can_post_messages")):
            raise bad("message can't be deleted")
    elif not own and not me.may("can_delete_messages"):
        raise bad("message can't be deleted")
    world.erase(message, bot.id)


@method("deleteMessage")
def delete_message(world: World, bot: Bot, p: Json) -> Any:
    chat = world.chat_for(bot, p["chat_id"])
    need_inside(chat, world.me(bot, chat))
    _delete(world, bot, chat, world.message_for(bot, chat, p["message_id"], "message to delete not found"))
    return True


@method("deleteMessages")
def delete_messages(world: World, bot: Bot, p: Json) -> Any:
    """Those that cannot be found are skipped; one that may not be deleted stops the call."""
    chat = world.chat_for(bot, p["chat_id"])
    need_inside(chat, world.me(bot, chat))
    found = [message for number in p["message_ids"] if (message := chat.find(number, bot.id)) is not None]
    for message in found:
        _delete(world, bot, chat, message)
    return True


# -- pins --------------------------------------------------------------------------------------------


def _pinning(world: World, bot: Bot, p: Json) -> Chat:
    chat = world.chat_for(bot, p["chat_id"])
    me = world.me(bot, chat)
    need_inside(chat, me)
    if chat.kind == "channel":
        need_right(chat, me, "can_edit_messages", "not enough rights to manage pinned messages in the chat")
    elif chat.kind != "private" and not (
        not me.leads and me.present and chat.permissions.get("can_pin_messages")
    ):
        need_right(chat, me, "can_pin_messages", "not enough rights to manage pinned messages in the chat")
    return chat


@method("pinChatMessage")
def pin(world: World, bot: Bot, p: Json) -> Any:
    chat = _pinning(world, bot, p)
    message = world.message_for(bot, chat, p["message_id"], "message to pin not found")
    if message.service:
        raise bad("CHAT_NOT_MODIFIED")
    if message not in chat.pins:
        chat.pins.append(message)
        in_channel = chat.kind == "channel"
        world.post(chat, {}, sender=0 if in_channel else bot.id, sender_chat=chat.id if in_channel else 0,
                   service=True, pinned=message, thread=message.thread)  # fmt: skip
    return True


@method("unpinChatMessage")
def unpin(world: World, bot: Bot, p: Json) -> Any:
    chat = _pinning(world, bot, p)
    if "message_id" in p:
        message = world.message_for(bot, chat, p["message_id"], "message to unpin not found")
        if message in chat.pins:
            chat.pins.remove(message)
    elif chat.pins:
        chat.pins.pop()
    else:
        raise bad("message to unpin not found")
    return True


@method("unpinAllChatMessages")
def unpin_all(world: World, bot: Bot, p: Json) -> Any:
    _pinning(world, bot, p).pins.clear()
    return True


# -- reactions and buttons ---------------------------------------------------------------------------


@method("setMessageReaction")
def react(world: World, bot: Bot, p: Json) -> Any:
    chat = world.chat_for(bot, p["chat_id"])
    need_inside(chat, world.me(bot, chat))
    message = world.message_for(bot, chat, p["message_id"], "message to react not found")
    given = p.get("reaction") or []
    if message.service or len(given) > 1:
        raise bad("REACTION_INVALID" if not message.service else "MESSAGE_NOT_MODIFIED")
    message.reactions[bot.id] = given
    return True


@method("deleteMessageReaction")
def delete_reaction(world: World, bot: Bot, p: Json) -> Any:
    chat = world.chat_for(bot, p["chat_id"])
    need_right(chat, world.me(bot, chat), "can_delete_messages", "not enough rights to delete reactions")
    message = world.message_for(bot, chat, p["message_id"], "message not found")
    message.reactions.pop(p.get("user_id") or p.get("actor_chat_id") or 0, None)
    return True


@method("deleteAllMessageReactions")
def delete_all_reactions(world: World, bot: Bot, p: Json) -> Any:
    chat = world.chat_for(bot, p["chat_id"])
    need_right(chat, world.me(bot, chat), "can_delete_messages", "not enough rights to delete reactions")
    for message in chat.messages.values():
        message.reactions.pop(p.get("user_id") or p.get("actor_chat_id") or 0, None)
    return True


@method("answerCallbackQuery")
def answer_callback(world: World, bot: Bot, p: Json) -> Any:
    found = world.callbacks.get(p["callback_query_id"])
    if (
        found is None
        or found["bot"] != bot.id
        or found["answered"]
        or world.now() - found["at"] > CALLBACK_LIVES
    ):
        raise bad(GONE_CALLBACK)
    found["answered"] = True
    found["answer"] = {key: p[key] for key in ("text", "show_alert", "url") if key in p}
    return True
