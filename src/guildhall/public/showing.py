"""What the templates of the chat are given: the messages, what only this visitor sees, and the box."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from django.utils import translation

from guildhall.channels import queries
from guildhall.channels.port import MemberState
from guildhall.core import clock
from guildhall.public import asking, live
from guildhall.public.room import Room

DEFAULT_LIMIT = 4000


@dataclass(frozen=True, slots=True)
class Row:
    """A message with the addresses of what its author can do about it."""

    one: live.Shown | live.Removed
    room: Room

    @property
    def edit_url(self) -> str:
        return self.room.url("edit", self.one.id)

    @property
    def delete_url(self) -> str:
        return self.room.url("delete", self.one.id)

    @property
    def appeal_url(self) -> str:
        return self.room.url("appeal", self.one.id)


def page_context(room: Room) -> dict[str, Any]:
    """Everything the whole page needs."""
    return {**log_context(room), **composer_context(room), "welcome": room.space.settings.get("welcome", "")}


def log_context(room: Room) -> dict[str, Any]:
    """The messages, what only this visitor sees, and the mark of both."""
    shown = live.snapshot(room.space)
    me = room.account_id
    own = live.own(room.space, room.account_id) if room.account_id else live.Own()
    mine = me[-6:] if me and (own.mark or any(one.account_id == me for one in shown.rows)) else ""
    mark = f"{shown.etag}.{own.mark}.{mine}.{translation.get_language()}"
    return {
        "rows": [Row(one, room) for one in shown.rows],
        "removed": [Row(one, room) for one in own.removed],
        "notices": own.notices,
        "me": me,
        "have": mark,
        "shared": not mine,
        "entered": room.visitor is not None,
    }


def drawn(room: Room, context: dict[str, Any]) -> str:
    """The list as a page shows it. All who have nothing of their own in it are shown the same, drawn once."""
    key = f"{room.space.id}{room.tail}|{context['have']}"
    if not context["shared"]:
        return room.drawn("public/parts/log.html", context)
    return live.drawn_once(key, lambda: room.drawn("public/parts/log.html", context))


def composer_context(room: Room) -> dict[str, Any]:
    """Who writes, whether they may, and a nonce for the next message."""
    state, until = MemberState.LEFT, None
    if room.account_id:
        state, until = queries.standing(room.space.id, room.account_id, clock.now())
    return {
        "entered": room.visitor is not None,
        "barred": state.value if state in (MemberState.RESTRICTED, MemberState.BANNED) else "",
        "until": until,
        "nonce": secrets.token_urlsafe(12),
        "ask_url": room.url("ask") if not room.embedded and asking.is_open(room.space) else "",
        "limit": room.space.settings.get("text_limit", DEFAULT_LIMIT),
    }
