"""Events about messages: written, edited, taken away, reacted to, voted on. Pure.

Discord tells each reaction as it is given or taken back, never all of one person's; polls the same.
"""

from __future__ import annotations

from guildhall.channels.discord.content import place, read_message
from guildhall.channels.discord.event import Event
from guildhall.channels.discord.people import NOBODY, NOWHERE, named, user
from guildhall.channels.discord.reading import bad, id_at, ids, inner, line, maybe_id, number
from guildhall.channels.port import Inbound, Kind, PollState


def written(e: Event) -> Inbound:
    return read_message(e.d, e.bot, e.at, e.delivery, e.rank, e.whole, edited=False)


def edited(e: Event) -> Inbound:
    return read_message(e.d, e.bot, e.at, e.delivery, e.rank, e.whole, edited=True)


def deleted(e: Event) -> Inbound:
    """In a private talk Discord does not say whose: nothing is known then but that it happened."""
    space = place(e.d, "", e.bot)
    kind = Kind.OTHER if space is None else Kind.DELETE
    thread = maybe_id(e.d, "channel_id")
    return e.told(kind, space or NOWHERE, NOBODY, None, id_at(e.d, "id"), thread_id=thread)


def deleted_together(e: Event) -> Inbound:
    gone = tuple(ids(e.d, "ids"))
    if not gone:
        raise bad("ids")
    space = place(e.d, "", e.bot)
    kind = Kind.OTHER if space is None else Kind.DELETE
    thread = maybe_id(e.d, "channel_id")
    return e.told(kind, space or NOWHERE, NOBODY, None, gone[0], thread_id=thread, message_ids=gone)


def reacted(e: Event) -> Inbound:
    return _reaction(e, 1)


def unreacted(e: Event) -> Inbound:
    return _reaction(e, -1)


def reactions_cleared(e: Event) -> Inbound:
    """Somebody took all reactions off a message, or all of one emoji."""
    space = place(e.d, "", e.bot)
    which = (_emoji(e),) if "emoji" in e.d else ()
    kind = Kind.OTHER if space is None else Kind.REACTION
    return e.told(kind, space or NOWHERE, NOBODY, None, id_at(e.d, "message_id"), reactions=which, change=-1)


def voted(e: Event) -> Inbound:
    return _vote(e, 1)


def unvoted(e: Event) -> Inbound:
    return _vote(e, -1)


def _reaction(e: Event, change: int) -> Inbound:
    person = id_at(e.d, "user_id")
    member = inner(e.d, "member")
    who = user(member.get("user"), member, e.rank) or named(person)
    space = place(e.d, person, e.bot)
    kind = Kind.OTHER if space is None or person == e.bot else Kind.REACTION
    return e.told(
        kind, space or NOWHERE, who, None, id_at(e.d, "message_id"),
        reactions=(_emoji(e),), change=change, thread_id=maybe_id(e.d, "channel_id"),
    )  # fmt: skip


def _emoji(e: Event) -> str:
    """The emoji itself, or name and id of a server's own."""
    emoji = inner(e.d, "emoji")
    name, found = line(emoji, "name", 64), maybe_id(emoji, "id")
    return f"{name}:{found}" if found else name or "?"


def _vote(e: Event, change: int) -> Inbound:
    person = id_at(e.d, "user_id")
    poll = id_at(e.d, "message_id")
    answer = number(e.d, "answer_id")
    state = PollState(poll, "", chosen=(answer - 1,) if answer > 0 else ())
    space = place(e.d, person, e.bot) or NOWHERE
    return e.told(Kind.POLL, space, named(person), None, poll, poll=state, change=change)
