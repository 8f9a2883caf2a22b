"""Events about people in a server: who came, went, was renamed, promoted, timed out, kicked or banned, by
whom as far as Discord says. Pure.

Discord says that somebody was banned and, apart from that, in its audit log by whom; either alone is enough.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from guildhall.channels.discord.event import Event
from guildhall.channels.discord.people import gone, named, standing, user
from guildhall.channels.discord.reading import (
    Json,
    id_at,
    inner,
    items,
    line,
    made_at,
    maybe_id,
    moment,
    number,
    objects,
    word,
    words,
)
from guildhall.channels.links import extract
from guildhall.channels.port import Inbound, Kind, MemberChange, MemberState, SenderRef
from guildhall.channels.text import clean

KICK, PRUNE, BAN, UNBAN, MEMBER_CHANGED = 20, 21, 22, 23, 24
_SUBMITTED = "SUBMITTED"
_MOST_ANSWERS, _LONGEST_ANSWER = 20, 4000
_TIMEOUT = "communication_disabled_until"


def joined(e: Event) -> Inbound:
    """At the time Discord says they joined, so that joins told late are no rush."""
    who = _person(e)
    at = moment(e.d, "joined_at") or e.at
    if who.external_id == e.bot:
        return e.told(Kind.OTHER, e.server(), who, at)
    # `at` of the clock, not of the join: whoever comes back with a timeout that ended meanwhile is free.
    change = standing(who, e.d, e.rank, e.at, before=MemberState.LEFT)
    return e.told(Kind.JOIN, e.server(), who, at, members=(change,))


def left(e: Event) -> Inbound:
    """Discord does not say here whether they went by themselves; the audit log does."""
    who = _person(e)
    if who.external_id == e.bot:
        return e.told(Kind.OTHER, e.server(), who)
    return e.told(Kind.LEAVE, e.server(), who, members=(gone(who, MemberState.LEFT),))


def changed(e: Event) -> Inbound:
    who = _person(e)
    return e.told(Kind.MEMBER_UPDATE, e.server(), who, members=(standing(who, e.d, e.rank, e.at),))


def asked_in(e: Event) -> Inbound:
    """Somebody asks to be let in, with what they answered; later steps of the same request need nothing."""
    request = inner(e.d, "request")
    who = user(request.get("user")) or named(id_at(request, "user_id"))
    at = moment(request, "created_at") or e.at
    if word(e.d, "status") != _SUBMITTED:
        return e.told(Kind.OTHER, e.server(), who, at)
    about = "\n".join(_answers(request))
    asks = MemberChange(who, MemberState.LEFT, MemberState.LEFT, invite="join_request")
    return e.told(Kind.JOIN_REQUEST, e.server(), who, at, text=about, links=extract(about), members=(asks,))


def _answers(request: Json) -> Iterator[str]:
    """What they wrote or chose, question by question; agreeing to the rules says nothing."""
    for one in objects(request, "form_responses")[:_MOST_ANSWERS]:
        said = clean(word(one, "response"))[:_LONGEST_ANSWER]
        chosen = number(one, "response")
        choices = items(one, "choices")
        if not said and 0 <= chosen < len(choices) and type(choices[chosen]) is str:
            said = clean(choices[chosen])
        if said:
            yield f"{line(one, 'label')}: {said}".strip(": ")


def banned(e: Event) -> Inbound:
    who = _person(e)
    return e.told(Kind.MEMBER_UPDATE, e.server(), who, members=(gone(who, MemberState.BANNED),))


def unbanned(e: Event) -> Inbound:
    who = _person(e)
    change = gone(who, MemberState.LEFT, before=MemberState.BANNED)
    return e.told(Kind.MEMBER_UPDATE, e.server(), who, members=(change,))


def audited(e: Event) -> Inbound:
    """An entry of the audit log; those about people's standing say who did it."""
    by = named(maybe_id(e.d, "user_id"))
    at = made_at(maybe_id(e.d, "id")) or e.at
    whom = named(maybe_id(e.d, "target_id"))
    change = _done(e.d, whom, by.external_id, at) if whom.external_id else None
    if change is None or whom.external_id == e.bot:
        return e.told(Kind.OTHER, e.server(), by, at)
    kind = Kind.LEAVE if change.after is MemberState.LEFT and change.before is None else Kind.MEMBER_UPDATE
    return e.told(kind, e.server(), by, at, members=(change,))


def automoderated(e: Event) -> Inbound:
    """Discord's own rules stopped a message or its author. What was stopped never stood anywhere."""
    person = named(id_at(e.d, "user_id"))
    return e.told(
        Kind.OTHER, e.server(), person, None, maybe_id(e.d, "message_id"),
        text=words(e.d, "content"), thread_id=maybe_id(e.d, "channel_id"),
    )  # fmt: skip


def _person(e: Event) -> SenderRef:
    return user(inner(e.d, "user"), e.d, e.rank) or named(id_at(inner(e.d, "user"), "id"))


def _done(d: Json, whom: SenderRef, by: str, at: datetime) -> MemberChange | None:
    """What an entry says somebody is now; None when it says nothing of that."""
    action = number(d, "action_type")
    by = "" if by == whom.external_id else by
    if action == KICK:
        return gone(whom, MemberState.LEFT, by=by)
    if action == BAN:
        return gone(whom, MemberState.BANNED, by=by)
    if action == UNBAN:
        return gone(whom, MemberState.LEFT, before=MemberState.BANNED, by=by)
    if action == MEMBER_CHANGED:
        for one in objects(d, "changes"):
            if word(one, "key") == _TIMEOUT:
                until = moment(one, "new_value")
                if until is not None and until > at:
                    return MemberChange(whom, None, MemberState.RESTRICTED, until, by)
    return None


def reason_of(d: Json) -> str:
    """Why an entry of the audit log says it was done."""
    return line(d, "reason", 512)
