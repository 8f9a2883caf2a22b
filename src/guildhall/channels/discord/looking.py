"""Questions about a server that change nothing: what its moderators did by its audit log, its AutoMod rules,
onboarding, welcome screen and invites, as Discord tells them now.

Each blocks on the network and raises Temporary or Refused; never inside a transaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from guildhall.channels.discord import client
from guildhall.channels.discord.bots import serving
from guildhall.channels.discord.changes import made_at
from guildhall.channels.models import Space
from guildhall.channels.text import clean

KICK, PRUNE, BAN, UNBAN, MEMBER, ROLES, DELETED, BULK_DELETED = 20, 21, 22, 23, 24, 25, 72, 73
_GUILD = "/guilds/{guild_id}"
_PAGE = 100


@dataclass(frozen=True, slots=True)
class Deed:
    """An entry of a server's audit log: `kind` as Discord numbers it, `by` and `about` Discord's ids (''
    where it names nobody), `changes` {what: (before, after)}.
    """

    id: str
    kind: int
    at: datetime
    by: str
    about: str
    reason: str
    changes: Mapping[str, tuple[Any, Any]]


def deeds(space: Space, *, after: str = "", kind: int = 0, by: str = "", most: int = _PAGE) -> list[Deed]:
    """What was done in a server, oldest first; `after` is the id of an entry already known. At most `most`,
    the newest of them when no `after` is given.
    """
    out: list[Deed] = []
    seen = after
    while len(out) < most:
        query: dict[str, str | int] = {"limit": min(_PAGE, most - len(out))}
        if seen:
            query["after"] = seen
        if kind:
            query["action_type"] = kind
        if by:
            query["user_id"] = by
        told = _ask(space, f"{_GUILD}/audit-logs", query) or {}
        found = [_deed(one) for one in told.get("audit_log_entries") or ()]
        out += sorted(found, key=lambda one: int(one.id))
        if not after or len(found) < query["limit"]:  # type: ignore[operator]
            break
        seen = out[-1].id
    return out


def rules(space: Space) -> list[dict[str, Any]]:
    """The AutoMod rules of a server."""
    return list(_ask(space, f"{_GUILD}/auto-moderation/rules") or [])


def onboarding(space: Space) -> dict[str, Any]:
    return dict(_ask(space, f"{_GUILD}/onboarding") or {})


def welcome_screen(space: Space) -> dict[str, Any]:
    return dict(_ask(space, f"{_GUILD}/welcome-screen") or {})


def invites(space: Space) -> list[dict[str, Any]]:
    """The invites of a server with how often each was used."""
    return list(_ask(space, f"{_GUILD}/invites") or [])


def _ask(space: Space, path: str, query: Mapping[str, str | int] | None = None) -> Any:
    return client.call(serving(space), "GET", path, query=query, guild_id=space.external_id)


def _deed(one: Mapping[str, Any]) -> Deed:
    changed = {
        str(change["key"]): (change.get("old_value"), change.get("new_value"))
        for change in one.get("changes") or ()
        if isinstance(change, Mapping) and "key" in change
    }
    number = str(one["id"])
    return Deed(
        number,
        int(one.get("action_type") or 0),
        made_at(number),
        str(one.get("user_id") or ""),
        str(one.get("target_id") or ""),
        clean(str(one.get("reason") or ""))[:512],
        changed,
    )
