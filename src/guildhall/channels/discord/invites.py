"""Invites of a server as known last: taken from what Discord lists or tells, and from those we made.

Which of them somebody came by is found out where joins come in, by comparing `uses`; here they are kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from guildhall.channels.discord.models import DiscordInvite
from guildhall.channels.models import Space
from guildhall.core import clock

State = DiscordInvite.State


def keep(space: Space, invites: Iterable[Mapping[str, Any]]) -> dict[str, DiscordInvite]:
    """Keep invites as Discord tells them (REST or INVITE_CREATE); returns them by code. Inside the caller's
    transaction. What we call one, and who of us made it, stays.
    """
    out = {}
    for told in invites:
        code = told.get("code") if isinstance(told, Mapping) else None
        if not isinstance(code, str) or not 0 < len(code) <= 100:
            continue
        row = DiscordInvite.objects.filter(space=space, code=code).first() or DiscordInvite(
            space=space, code=code, created_at=_moment(told.get("created_at")) or clock.now()
        )
        channel, inviter = told.get("channel"), told.get("inviter")
        row.channel = _id(channel) or _plain(told.get("channel_id")) or row.channel
        row.inviter = _id(inviter) or row.inviter
        row.uses = _count(told.get("uses"), row.uses)
        row.max_uses = _count(told.get("max_uses"), row.max_uses)
        row.temporary = told.get("temporary") is True
        row.expires_at = _moment(told.get("expires_at")) or _after(row.created_at, told.get("max_age"))
        row.state, row.ended_at = State.OPEN, None
        row.save()
        out[code] = row
    return out


def end(space: Space, code: str, state: DiscordInvite.State) -> None:
    """An invite works no longer."""
    DiscordInvite.objects.filter(space=space, code=code, state=State.OPEN).update(
        state=state, ended_at=clock.now()
    )


def why_gone(row: DiscordInvite, now: datetime) -> DiscordInvite.State:
    """What most likely became of an invite that Discord lists no longer."""
    if row.expires_at is not None and row.expires_at <= now:
        return State.EXPIRED
    return State.USED if row.max_uses and row.uses + 1 >= row.max_uses else State.REVOKED


def code_of(link: str) -> str:
    """The code of an invite, given the code or any form of its link."""
    return link.strip().rstrip("/").rpartition("/")[2].partition("?")[0]


def _id(told: Any) -> str:
    return _plain(told.get("id")) if isinstance(told, Mapping) else ""


def _plain(told: Any) -> str:
    return told[:40] if isinstance(told, str) else ""


def _count(told: Any, otherwise: int) -> int:
    return told if type(told) is int and 0 <= told < 2**31 else otherwise


def _moment(told: Any) -> datetime | None:
    if not isinstance(told, str):
        return None
    try:
        at = datetime.fromisoformat(told)
    except ValueError:
        return None
    return at if at.tzinfo is not None else None


def _after(begun: datetime, seconds: Any) -> datetime | None:
    return begun + timedelta(seconds=seconds) if type(seconds) is int and 0 < seconds < 10**8 else None
