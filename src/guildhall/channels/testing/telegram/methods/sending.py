"""Methods that make messages: text, media, places, dice, albums, copies and forwards."""

from __future__ import annotations

from typing import Any

from guildhall.channels.testing.telegram.entities import merged, parse, units
from guildhall.channels.testing.telegram.methods.registry import method
from guildhall.channels.testing.telegram.refusals import bad
from guildhall.channels.testing.telegram.rights import need_inside, need_speech
from guildhall.channels.testing.telegram.state import Bot, Chat, Json, Message
from guildhall.channels.testing.telegram.world import World

TEXT, CAPTION = 4096, 1024
BUTTON_KINDS = (
    "url", "callback_data", "web_app", "login_url", "copy_text", "pay", "callback_game",
    "switch_inline_query", "switch_inline_query_current_chat", "switch_inline_query_chosen_chat",
)  # fmt: skip
SIZES = {"photo": (800, 600), "video": (1280, 720), "animation": (320, 240)}


def marked_text(p: Json, key: str, limit: int, *, marks: str, mode: str = "parse_mode") -> Json:
    """The text with its entities under the names messages use, checked after parsing."""
    text, found = parse(p.get(key) or "", None if p.get(marks) else p.get(mode))
    found = p.get(marks) or found
    if key == "text" and not text.strip():
        raise bad("message text is empty" if not p.get(key) else "text must be non-empty")
    if len(text) > limit:
        raise bad("message is too long" if key == "text" else "message caption is too long")
    total = units(text)
    for one in found:
        if one["offset"] < 0 or one["offset"] + one["length"] > total:
            raise bad(f"entity beginning at UTF-16 offset {one['offset']} ends after the end of the text")
    if not text:
        return {}
    entities = merged(text, found)
    name = "entities" if key == "text" else "caption_entities"
    return {key: text, **({name: entities} if entities else {})}


def keyboard(p: Json, chat: Chat) -> Json:
    """The inline keyboard that stays with a message; other markups leave no trace."""
    markup = p.get("reply_markup")
    if not markup or "inline_keyboard" not in markup:
        return {}
    for row in markup["inline_keyboard"]:
        for button in row:
            if sum(kind in button for kind in BUTTON_KINDS) != 1:
                raise bad("Text buttons are unallowed in the inline keyboard")
            if not button["text"].strip():
                raise bad("inline keyboard button text must be non-empty")
            address = button.get("url")
            if address is not None and not address.lower().startswith(
                ("http://", "https://", "tg://", "t.me")
            ):
                raise bad(f"inline keyboard button URL '{address}' is invalid: Unsupported URL protocol")
            if "web_app" in button and chat.kind != "private":
                raise bad("BUTTON_TYPE_INVALID")
    rows = [row for row in markup["inline_keyboard"] if row]
    return {"reply_markup": {"inline_keyboard": rows}} if rows else {}


def reply_of(world: World, bot: Bot, chat: Chat, p: Json) -> tuple[Message | None, Json]:
    """The message replied to and the quote, if any."""
    wanted = p.get("reply_parameters")
    if not wanted:
        return None, {}
    source = chat
    if wanted.get("chat_id") not in (None, chat.id, f"@{chat.username}"):
        source = world.chat_for(bot, wanted["chat_id"])
    found = source.find(wanted["message_id"], bot.id)
    if found is None:
        if wanted.get("allow_sending_without_reply"):
            return None, {}
        raise bad("message to be replied not found")
    more: Json = {}
    if quote := wanted.get("quote"):
        text, marks = parse(quote, wanted.get("quote_parse_mode"))
        whole = found.content.get("text") or found.content.get("caption") or ""
        if text not in whole:
            raise bad("QUOTE_TEXT_INVALID")
        position = units(whole[: whole.index(text)])
        more["quote"] = {"text": text, "position": position, "is_manual": True}
        if marks:
            more["quote"]["entities"] = marks
    if source is not chat:
        more["external_reply"] = {"origin": origin(world, found), "chat": world.chat_json(source),
                                  "message_id": wanted["message_id"]}  # fmt: skip
        return None, more
    return found, more


def thread_of(chat: Chat, p: Json) -> int:
    thread = p.get("message_thread_id")
    if not thread:
        return 0
    if not chat.is_forum or (thread not in chat.topics and thread != 1):
        raise bad("message thread not found")
    topic = chat.topics.get(thread)
    if topic is not None and topic.closed:
        raise bad("TOPIC_CLOSED")
    return int(thread)


def prepared(world: World, bot: Bot, p: Json, what: str) -> tuple[Chat, Message | None, int, Json]:
    """The checks every sending has in common: chat, right to speak, topic, reply, keyboard."""
    chat = world.chat_for(bot, p["chat_id"])
    need_speech(chat, world.me(bot, chat), what)
    thread = thread_of(chat, p)
    reply, more = reply_of(world, bot, chat, p)
    if reply is not None and not thread and chat.is_forum:
        thread = reply.thread
    more.update(keyboard(p, chat))
    if p.get("protect_content"):
        more["has_protected_content"] = True
    return chat, reply, thread, more


def say(world: World, bot: Bot, ready: tuple[Chat, Message | None, int, Json], content: Json) -> Json:
    chat, reply, thread, more = ready
    in_channel = chat.kind == "channel"
    message = world.post(
        chat, {**content, **more}, sender=0 if in_channel else bot.id, reply_to=reply, thread=thread,
        sender_chat=chat.id if in_channel else 0, by_bot=bot.id,
    )  # fmt: skip
    return world.show(message, bot.id)


@method("sendMessage", sends=True)
def send_message(world: World, bot: Bot, p: Json) -> Any:
    ready = prepared(world, bot, p, "text")
    return say(world, bot, ready, marked_text(p, "text", TEXT, marks="entities"))


def file_json(world: World, kind: str, given: str) -> Json:
    """A file of the kind as messages show it; a known file_id is used again."""
    if given in world.files:
        known = world.files[given]
    elif given.startswith(("attach://", "http://", "https://")):
        known = new_file(world, kind, b"")
    else:
        raise bad("wrong file identifier/HTTP URL specified")
    file: Json = {key: known[key] for key in ("file_id", "file_unique_id", "file_size")}
    if kind in SIZES:
        width, height = SIZES[kind]
        file.update(width=width, height=height)
    if kind in ("video", "animation", "audio", "voice", "video_note"):
        file["duration"] = 1
    if kind == "video_note":
        file["length"] = 240
    if kind in ("document", "audio", "video", "animation"):
        file["file_name"] = known.get("file_name", f"{kind}.bin")
    if kind == "sticker":
        file.update(type="regular", width=512, height=512, is_animated=False, is_video=False)
    return file


def new_file(world: World, kind: str, content: bytes, name: str = "") -> Json:
    number = world.count("id")
    file: Json = {"file_id": f"file-{kind}-{number}", "file_unique_id": f"u{number}",
                  "file_size": len(content) or 1024, "kind": kind, "bytes": content}  # fmt: skip
    if name:
        file["file_name"] = name
    world.files[file["file_id"]] = file
    return file


def media_content(world: World, kind: str, given: str, p: Json) -> Json:
    file = file_json(world, kind, given)
    content: Json = {kind: [file] if kind == "photo" else file}
    if kind == "animation":
        content["document"] = {
            key: file[key] for key in ("file_id", "file_unique_id", "file_size", "file_name")
        }
    if kind not in ("sticker", "video_note"):
        content.update(marked_text(p, "caption", CAPTION, marks="caption_entities"))
    if p.get("has_spoiler"):
        content["has_media_spoiler"] = True
    return content


@method("sendPhoto", "sendVideo", "sendDocument", "sendAudio", "sendAnimation", "sendVoice", "sendSticker",
        "sendVideoNote", sends=True)  # fmt: skip
def send_media(world: World, bot: Bot, p: Json) -> Any:
    kinds = ("photo", "video", "document", "audio", "animation", "voice", "sticker", "video_note")
    kind = next(kind for kind in kinds if kind in p)
    ready = prepared(world, bot, p, kind)
    return say(world, bot, ready, media_content(world, kind, p[kind], p))


@method("sendMediaGroup", sends=True)
def send_album(world: World, bot: Bot, p: Json) -> Any:
    ready = prepared(world, bot, p, p["media"][0]["type"])
    group = str(world.count("id") + 13_000_000_000_000_000)
    contents = [media_content(world, one["type"], one["media"], one) for one in p["media"]]
    return [say(world, bot, ready, {**content, "media_group_id": group}) for content in contents]


@method("sendLocation", sends=True)
def send_location(world: World, bot: Bot, p: Json) -> Any:
    place = {key: p[key] for key in ("latitude", "longitude", "live_period", "heading") if key in p}
    return say(world, bot, prepared(world, bot, p, "location"), {"location": place})


@method("sendVenue", sends=True)
def send_venue(world: World, bot: Bot, p: Json) -> Any:
    place = {key: p[key] for key in ("latitude", "longitude")}
    venue = {"location": place, "title": p["title"], "address": p["address"]}
    return say(world, bot, prepared(world, bot, p, "venue"), {"venue": venue, "location": place})


@method("sendContact", sends=True)
def send_contact(world: World, bot: Bot, p: Json) -> Any:
    contact = {key: p[key] for key in ("phone_number", "first_name", "last_name", "vcard") if key in p}
    return say(world, bot, prepared(world, bot, p, "contact"), {"contact": contact})


@method("sendDice", sends=True)
def send_dice(world: World, bot: Bot, p: Json) -> Any:
    dice = {"emoji": p.get("emoji", "🎲"), "value": world.dice.randint(1, 5)}
    return say(world, bot, prepared(world, bot, p, "dice"), {"dice": dice})


@method("sendChatAction")
def send_chat_action(world: World, bot: Bot, p: Json) -> Any:
    chat = world.chat_for(bot, p["chat_id"])
    need_speech(chat, world.me(bot, chat), "text")
    if p["action"] not in ("typing", "upload_photo", "record_video", "upload_video", "record_voice",
                           "upload_voice", "upload_document", "choose_sticker", "find_location",
                           "record_video_note", "upload_video_note"):  # fmt: skip
        raise bad("wrong parameter action in request")
    return True


# -- copies and forwards -----------------------------------------------------------------------------


def origin(world: World, message: Message) -> Json:
    """Where a forwarded message came from."""
    if "forward_origin" in message.content:
        found: Json = message.content["forward_origin"]
        return found
    if message.chat.kind == "channel":
        return {"type": "channel", "date": message.date, "chat": world.chat_json(message.chat),
                "message_id": message.id_for(0)}  # fmt: skip
    if message.sender_chat:
        return {"type": "chat", "date": message.date,
                "sender_chat": world.chat_json(world.chats[message.sender_chat])}  # fmt: skip
    return {"type": "user", "date": message.date, "sender_user": world.users[message.sender]}


def _source(world: World, bot: Bot, p: Json, message_id: int, verb: str) -> Message:
    source = world.chat_for(bot, p["from_chat_id"])
    need_inside(source, world.me(bot, source))
    found = world.message_for(bot, source, message_id, f"message to {verb} not found")
    if found.service or found.content.get("has_protected_content"):
        raise bad(f"message can't be {'copied' if verb == 'copy' else 'forwarded'}")
    return found


def _bare(content: Json) -> Json:
    left_out = ("reply_markup", "has_protected_content", "media_group_id", "quote", "external_reply")
    return {key: value for key, value in content.items() if key not in left_out}


@method("forwardMessage", sends=True)
def forward_message(world: World, bot: Bot, p: Json) -> Any:
    found = _source(world, bot, p, p["message_id"], "forward")
    content = {"forward_origin": origin(world, found), **_bare(found.content)}
    return say(world, bot, prepared(world, bot, p, "text"), content)


@method("copyMessage", sends=True)
def copy_message(world: World, bot: Bot, p: Json) -> Any:
    found = _source(world, bot, p, p["message_id"], "copy")
    content = {key: value for key, value in _bare(found.content).items() if key != "forward_origin"}
    if "caption" in p:
        content.update(marked_text(p, "caption", CAPTION, marks="caption_entities"))
    return {"message_id": say(world, bot, prepared(world, bot, p, "text"), content)["message_id"]}


@method("forwardMessages", "copyMessages", sends=True)
def pass_on_several(world: World, bot: Bot, p: Json) -> Any:
    """Those that cannot be found are left out, as in Telegram."""
    ids = p["message_ids"]
    if ids != sorted(set(ids)):
        raise bad("message identifiers must be in a strictly increasing order")
    copies = "remove_caption" in p
    play = copy_message if copies else forward_message
    made = []
    source = world.chat_for(bot, p["from_chat_id"])
    for number in ids:
        if source.find(number, bot.id) is not None:
            made.append({"message_id": play(world, bot, {**p, "message_id": number})["message_id"]})
    if not made:
        raise bad(f"there are no messages to {'copy' if copies else 'forward'}")
    return made
