"""Events about servers, channels and threads. Pure.

Every channel, thread and forum post is a topic of its server. A server is told whole when a session begins,
so that what is missed while no session lasts is made good by itself.
"""

from __future__ import annotations

from guildhall.channels.discord.event import Event
from guildhall.channels.discord.people import ADMIN, NOBODY, NOWHERE, named, server, user
from guildhall.channels.discord.reading import id_at, inner, line, maybe_id, moment
from guildhall.channels.port import Inbound, Kind, MemberChange, MemberState, TopicState


def needs_nothing(e: Event) -> Inbound:
    guild = maybe_id(e.d, "guild_id")
    who = user(e.d.get("user")) or named(maybe_id(e.d, "user_id"))
    return e.told(Kind.OTHER, server(guild) if guild else NOWHERE, who, moment(e.d, "timestamp"))


def server_seen(e: Event) -> Inbound:
    """We are in a server: added just now, or told again at the start of a session."""
    if e.d.get("unavailable") is True:
        return _away(e)
    us = named(e.bot)
    after = MemberState.ADMIN if e.rank == ADMIN else MemberState.MEMBER
    change = MemberChange(us, None, after)
    return e.told(Kind.BOT_MEMBERSHIP, server(id_at(e.d, "id"), line(e.d, "name")), us, members=(change,))


def server_changed(e: Event) -> Inbound:
    return e.told(Kind.SPACE_UPDATE, server(id_at(e.d, "id"), line(e.d, "name")), NOBODY)


def server_gone(e: Event) -> Inbound:
    """We are out of a server, unless Discord only has an outage there."""
    if e.d.get("unavailable") is True:
        return _away(e)
    us = named(e.bot)
    change = MemberChange(us, None, MemberState.LEFT)
    return e.told(Kind.BOT_MEMBERSHIP, server(id_at(e.d, "id")), us, members=(change,))


def settings_changed(e: Event) -> Inbound:
    """Roles, rules, what threads there are: our rows of the server follow."""
    return e.told(Kind.SPACE_UPDATE, e.server(), NOBODY)


def channel_seen(e: Event) -> Inbound:
    guild = maybe_id(e.d, "guild_id")
    if not guild:
        return e.told(Kind.OTHER, NOWHERE, NOBODY)
    closed: bool | None = None
    if "thread_metadata" in e.d:
        metadata = inner(e.d, "thread_metadata")
        closed = metadata.get("archived") is True or metadata.get("locked") is True
    topic = TopicState(id_at(e.d, "id"), line(e.d, "name"), closed)
    return e.told(Kind.SPACE_UPDATE, server(guild), NOBODY, topic=topic, thread_id=topic.id)


def channel_gone(e: Event) -> Inbound:
    guild = maybe_id(e.d, "guild_id")
    if not guild:
        return e.told(Kind.OTHER, NOWHERE, NOBODY)
    topic = TopicState(id_at(e.d, "id"), line(e.d, "name"), is_closed=True)
    return e.told(Kind.SPACE_UPDATE, server(guild), NOBODY, topic=topic, thread_id=topic.id)


def _away(e: Event) -> Inbound:
    return e.told(Kind.OTHER, server(id_at(e.d, "id")), NOBODY)
