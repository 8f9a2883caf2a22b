"""What Telegram tells of chats by the way: what our bot is there, forum or not, names, blocked talks.

Called in the transaction that records what came in; asks nobody itself, but has the engine look at a chat
that is new here or where our bot became something else: Telegram does not tell by itself who leads it. What a
space is on every platform is kept by `channels.actions.finding`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from guildhall.channels.models import Space
from guildhall.channels.port import Inbound, Kind
from guildhall.channels.telegram import chats, rights
from guildhall.channels.telegram.models import TelegramChat
from guildhall.effects import actions as effects
from guildhall.effects.types import NewEffect

KICKED, MEMBER = "kicked", "member"
LOOK = "telegram.look"
"""The effect that asks Telegram about one chat: what it is, what our bot may do there, who leads it."""
_SOON = 50


def follow(heard: Sequence[tuple[Inbound, Space]]) -> None:
    """Keep what is new in these. Inside the caller's transaction."""
    rows = _rows({space.pk: space for _, space in heard})
    for inbound, space in heard:
        row = rows[space.pk]
        if inbound.kind is Kind.BOT_MEMBERSHIP:
            rows[space.pk] = _standing(inbound, space, row)
            continue
        chat = _chat_in(inbound.raw)
        if chat is not None:
            _traits(row, chat)
        if space.kind == "private" and row.status == KICKED and inbound.kind is Kind.MESSAGE:
            row.status = MEMBER  # whoever writes to the bot does not block it
            row.save(update_fields=["status"])


def _rows(spaces: Mapping[str, Space]) -> dict[str, TelegramChat]:
    found = {pk: space.telegram for pk, space in spaces.items() if _is_at_hand(space)}
    found |= TelegramChat.objects.in_bulk([pk for pk in spaces if pk not in found])
    missing = [TelegramChat(space=space) for pk, space in spaces.items() if pk not in found]
    if missing:
        TelegramChat.objects.bulk_create(missing, ignore_conflicts=True)
        _have_looked_at([spaces[row.space_id] for row in missing])
        found |= {row.space_id: row for row in missing}
    return found


def _have_looked_at(spaces: Sequence[Space]) -> None:
    effects.enqueue_many(
        NewEffect(LOOK, {"space": space.pk}, priority=_SOON) for space in spaces if space.kind != "private"
    )


def _is_at_hand(space: Space) -> bool:
    """Whether the row was read together with the space."""
    return type(space).telegram.is_cached(space) and hasattr(space, "telegram")


def _standing(inbound: Inbound, space: Space, row: TelegramChat) -> TelegramChat:
    told = inbound.raw.get("my_chat_member") or inbound.raw.get("chat_member")
    if not isinstance(told, dict) or not isinstance(told.get("new_chat_member"), dict):
        return row
    if inbound.receiver and space.receiver and inbound.receiver != space.receiver:
        return row  # another bot of ours came or went; the one that serves the space is still there
    member: dict[str, Any] = told["new_chat_member"]
    if isinstance(told.get("chat"), dict):
        _traits(row, told["chat"])
    status = str(member.get("status", ""))
    chats.keep_standing(space, status, chats.rights_in(member))
    if status in rights.INSIDE and row.checked_at is not None:
        _have_looked_at([space])
    return TelegramChat.objects.get(pk=space.pk)


def _chat_in(update: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The chat an update is about, wherever it stands in it."""
    for name, body in update.items():
        if name == "update_id" or not isinstance(body, dict):
            continue
        chat = body.get("chat")
        if chat is None and isinstance(body.get("message"), dict):
            chat = body["message"].get("chat")
        return chat if isinstance(chat, dict) else None
    return None


def _traits(row: TelegramChat, chat: Mapping[str, Any]) -> None:
    username = str(chat.get("username") or "")[:64]
    is_forum = bool(chat.get("is_forum"))
    if (row.username, row.is_forum) != (username, is_forum):
        row.username, row.is_forum = username, is_forum
        row.save(update_fields=["username", "is_forum"])
