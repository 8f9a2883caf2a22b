"""Builds updates as Telegram sends them: small parts to be put together, and samples of every kind.

`message("hello", reply_markup=...)` is a whole update; `body_of(update)` is what the adapter is given.
"""

from __future__ import annotations

from typing import Any

import orjson

from guildhall.channels.port import Inbound
from guildhall.channels.telegram.updates import parse

Json = dict[str, Any]
BOT = 7_000_000_001
AT = 1_795_435_200
"""2026-11-23 12:00 UTC."""
SUPERGROUP: Json = {"id": -1001500000001, "type": "supergroup", "title": "Exchange EN", "username": "exch_en"}
FORUM: Json = {"id": -1001500000002, "type": "supergroup", "title": "交易所中文社区", "is_forum": True}
GROUP: Json = {"id": -4100000003, "type": "group", "title": "VIP"}
CHANNEL: Json = {"id": -1001500000004, "type": "channel", "title": "Announcements", "username": "exch_news"}
OTHER_CHANNEL: Json = {
    "id": -1001500000009,
    "type": "channel",
    "title": "Moon Signals",
    "username": "moonsig",
}


def person(number: int = 501, first_name: str = "Mei", **more: Any) -> Json:
    return {"id": number, "is_bot": False, "first_name": first_name, **more}


MEI = person(501, "Mei", last_name="Lin", username="meilin", language_code="zh-hans")
BOB = person(502, "Bob", language_code="en")
ADMIN = person(503, "Ada", username="ada_admin")
US: Json = {"id": BOT, "is_bot": True, "first_name": "Guild", "username": "guild_bot"}
ANONYMOUS_ADMIN: Json = {
    "id": 1087968824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot",
}  # fmt: skip
CHANNEL_BOT: Json = {"id": 136817688, "is_bot": True, "first_name": "Channel", "username": "Channel_Bot"}
TELEGRAM: Json = {"id": 777000, "is_bot": False, "first_name": "Telegram"}


def update(kind: str, body: Json, *, number: int = 900_000_001) -> Json:
    return {"update_id": number, kind: body}


def said(text: str | None = None, **more: Any) -> Json:
    """A message object, of Mei in the supergroup unless `more` says otherwise; None leaves a field out."""
    fields = {"message_id": 42, "from": MEI, "chat": SUPERGROUP, "date": AT, "text": text, **more}
    return {name: value for name, value in fields.items() if value is not None}


def message(text: str | None = None, *, number: int = 900_000_001, **more: Any) -> Json:
    """An update with a message."""
    return update("message", said(text, **more), number=number)


def edited(text: str | None = None, *, number: int = 900_000_002, **more: Any) -> Json:
    return update("edited_message", said(text, **{"edit_date": AT + 60, **more}), number=number)


def post(text: str | None = None, *, kind: str = "channel_post", **more: Any) -> Json:
    """An update with a post of the channel itself."""
    fields = {"from": None, "sender_chat": CHANNEL, "chat": CHANNEL, **more}
    return update(kind, said(text, **fields))


def private(text: str | None = None, who: Json = MEI, **more: Any) -> Json:
    chat = {key: who[key] for key in ("id", "first_name", "last_name", "username") if key in who}
    return message(text, **{"from": who, "chat": {**chat, "type": "private"}, **more})


def member_changed(
    old: Json, new: Json, *, who: Json = BOB, by: Json | None = None, kind: str = "chat_member", **more: Any
) -> Json:
    """`old` and `new` are ChatMember objects without their user."""
    body = {
        "chat": SUPERGROUP, "from": by or who, "date": AT,
        "old_chat_member": {"user": who, **old}, "new_chat_member": {"user": who, **new}, **more,
    }  # fmt: skip
    return update(kind, body)


LEFT: Json = {"status": "left"}
MEMBER: Json = {"status": "member"}
OWNER: Json = {"status": "creator", "is_anonymous": False}
_ADMIN_RIGHTS = (
    "can_be_edited", "is_anonymous", "can_manage_chat", "can_delete_messages", "can_manage_video_chats",
    "can_restrict_members", "can_promote_members", "can_change_info", "can_invite_users", "can_post_stories",
    "can_edit_stories", "can_delete_stories",
)  # fmt: skip
_MEMBER_RIGHTS = (
    "can_send_messages", "can_send_audios", "can_send_documents", "can_send_photos", "can_send_videos",
    "can_send_video_notes", "can_send_voice_notes", "can_send_polls", "can_send_other_messages",
    "can_add_web_page_previews", "can_react_to_messages", "can_edit_tag", "can_change_info",
    "can_invite_users", "can_pin_messages", "can_manage_topics",
)  # fmt: skip


def administrator(**rights: bool) -> Json:
    return {"status": "administrator", **dict.fromkeys(_ADMIN_RIGHTS, False), **rights}


def restricted(*, is_member: bool = True, until: int = 0, **rights: bool) -> Json:
    return {
        "status": "restricted", "is_member": is_member, **dict.fromkeys(_MEMBER_RIGHTS, False), **rights,
        "until_date": until,
    }  # fmt: skip


def banned(until: int = 0) -> Json:
    return {"status": "kicked", "until_date": until}


def invite(link: str = "https://t.me/+AbCdEfGh", **more: Any) -> Json:
    return {
        "invite_link": link, "creator": ADMIN, "creates_join_request": False, "is_primary": False,
        "is_revoked": False, **more,
    }  # fmt: skip


def photo(side: int = 800, unique: str = "AQAD1") -> list[Json]:
    return [
        {"file_id": f"F{unique}s", "file_unique_id": f"{unique}s", "width": 90, "height": 90, "file_size": 1200},
        {
            "file_id": f"F{unique}", "file_unique_id": unique, "width": side, "height": side,
            "file_size": 90_000,
        },
    ]  # fmt: skip


def file(unique: str = "AgAD7", **more: Any) -> Json:
    return {"file_id": f"F{unique}", "file_unique_id": unique, **more}


def poll(question: str = "Fees too high?", *, closed: bool = False, **more: Any) -> Json:
    options = [
        {"persistent_id": "a", "text": "Yes", "voter_count": 3},
        {"persistent_id": "b", "text": "No", "voter_count": 0},
    ]
    return {
        "id": "5300000000000000001", "question": question, "options": options, "total_voter_count": 3,
        "is_closed": closed, "is_anonymous": False, "type": "regular", "allows_multiple_answers": False,
        "allows_revoting": True, "members_only": False, **more,
    }  # fmt: skip


def entity(kind: str, offset: int, length: int, **more: Any) -> Json:
    return {"type": kind, "offset": offset, "length": length, **more}


def buttons(*row: Json) -> Json:
    return {"inline_keyboard": [list(row)]}


def body_of(given: Json, bot: int = BOT) -> bytes:
    """The bytes an adapter of platform `telegram` is given."""
    return orjson.dumps({"bot": bot, "update": given})


def heard(given: Json, bot: int = BOT) -> Inbound:
    return parse(body_of(given, bot))
