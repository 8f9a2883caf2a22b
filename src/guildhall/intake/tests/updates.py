"""Updates as Telegram sends them, for the tests of this room."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

import orjson

from guildhall.channels.telegram.models import TelegramBot
from guildhall.core import clock
from guildhall.intake.pipeline import Outcome, Raw, ingest

BOT = 777001
OTHER_BOT = 777002
GROUP = -1001234567
SCAM = "Support team here: send your seed phrase to verify your wallet at https://wallet-verify9.top/unlock"
_numbers: Iterator[int] = count(1000)
AT = 1_795_000_000


def a_bot(bot_id: int = BOT, **more: Any) -> TelegramBot:
    given = {"username": f"guild{bot_id}_bot", "name": "Guild", "created_by": "staff:1", **more}
    return TelegramBot.objects.create(bot_id=bot_id, **given)


def person(user: int = 11, **more: Any) -> dict[str, Any]:
    return {"id": user, "is_bot": False, "first_name": f"User {user}", "username": f"user{user}", **more}


def chat(chat_id: int = GROUP, kind: str = "supergroup", **more: Any) -> dict[str, Any]:
    return {"id": chat_id, "type": kind, "title": "Perps EN", **more}


def message(text: str = "hello", *, number: int = 0, at: int = AT, **more: Any) -> dict[str, Any]:
    said = {"message_id": number or next(_numbers), "date": at, "chat": chat(), "from": person()}
    if text:
        said["text"] = text
    return {**said, **more}


def member(user: int, before: str, after: str, *, at: int = AT, **more: Any) -> dict[str, Any]:
    """The body of a `chat_member` update."""
    full = {"restricted": {"is_member": True, "until_date": 0}, "kicked": {"until_date": 0}}
    said = [{"status": s, "user": person(user), **full.get(s, {})} for s in (before, after)]
    return {
        "chat": chat(), "from": person(99), "date": at, "old_chat_member": said[0], "new_chat_member": said[1],
        **more,
    }  # fmt: skip


def raw(kind: str, body: dict[str, Any], *, update_id: int = 0, bot: int = BOT) -> Raw:
    update = {"update_id": update_id or next(_numbers), kind: body}
    return Raw("telegram", orjson.dumps({"bot": bot, "update": update}), clock.now())


def take(*raws: Raw) -> list[Outcome]:
    return ingest(list(raws))
