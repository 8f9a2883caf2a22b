"""Who spoke and where, in Discord's words: users, members, webhooks; servers and private talks; what somebody
is in a server.

Pure. A server is one space whatever channel something happened in; a private talk is named by both sides,
because each of our bots has its own. Discord does not say who leads a server: the gateway, which knows the
roles, puts a `rank` beside what it heard.
"""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

from guildhall.channels.discord.reading import Json, inner, line, maybe_id, moment, word
from guildhall.channels.port import MemberChange, MemberState, SenderRef, SpaceRef
from guildhall.channels.text import one_line

SERVER, PRIVATE = "server", "private"
NOWHERE = SpaceRef("")
NOBODY = SenderRef("")
OWNER, ADMIN, HELPER = "owner", "admin", "helper"
"""Ranks: the owner; who may mute, kick or ban; who may only take messages away."""
_CACHED = 8192
_LONGEST = 512
"""Of a name as received, before it is made a line: what is kept in memory stays small."""


@lru_cache(_CACHED)
def server(guild: str, title: str = "") -> SpaceRef:
    """A server as a space."""
    return SpaceRef(guild, one_line(title, 255), SERVER)


@lru_cache(_CACHED)
def talk(person: str, bot: str, title: str = "") -> SpaceRef:
    """The private talk of a person with one of our bots."""
    return SpaceRef(f"dm:{person}/{bot}", one_line(title, 255), PRIVATE)


def user(
    raw: object, member: Json | None = None, rank: str = "", *, is_bot: bool = False
) -> SenderRef | None:
    """A user, under the name members see, or None for what is none."""
    if type(raw) is not dict:
        return None
    found = maybe_id(raw, "id")
    if not found:
        return None
    nick = word(member, "nick") if member else ""
    return _user(
        found,
        word(raw, "username")[:_LONGEST],
        word(raw, "discriminator")[:4],
        (nick or word(raw, "global_name"))[:_LONGEST],
        is_bot or raw.get("bot") is True,
        word(raw, "locale")[:10],
        rank,
    )


@lru_cache(_CACHED)
def _user(
    found: str, username: str, discriminator: str, shown: str, is_bot: bool, language: str, rank: str
) -> SenderRef:
    name = one_line(username, 180)
    if discriminator.strip("0") and name:
        name = f"{name}#{discriminator}"
    return SenderRef(
        found,
        name,
        one_line(shown, 255) or one_line(username, 255),
        is_bot,
        one_line(language, 10),
        is_admin=bool(rank),
    )


def named(person: str) -> SenderRef:
    """Somebody of whom only the id is told; what is known of their names stays."""
    return SenderRef(person) if person else NOBODY


def standing(
    who: SenderRef,
    member: Json,
    rank: str,
    at: datetime,
    *,
    before: MemberState | None = None,
    by: str = "",
    invite: str = "",
) -> MemberChange:
    """What a member object says somebody is at a time."""
    until = moment(member, "communication_disabled_until")
    if rank == OWNER:
        after = MemberState.OWNER
    elif until is not None and until > at:
        after = MemberState.RESTRICTED
    else:
        after = MemberState.ADMIN if rank else MemberState.MEMBER
    return MemberChange(
        who,
        before,
        after,
        until if after is MemberState.RESTRICTED else None,
        by,
        invite,
        rank != HELPER,
    )


def gone(
    who: SenderRef, after: MemberState, *, before: MemberState | None = None, by: str = ""
) -> MemberChange:
    """Somebody who is not there any more, or not again."""
    return MemberChange(who, before, after, by=by)


def invoker(of: Json, rank: str = "") -> SenderRef | None:
    """Who used an interaction: a member in a server, a user in a private talk; with their language."""
    member = inner(of, "member")
    raw = inner(member, "user") or inner(of, "user")
    if not raw:
        return None
    language = line(of, "locale", 10)
    return user({**raw, "locale": language} if language else raw, member, rank)
