"""Reads stored messages back into what the judge takes, for trying a policy on the past.

The sender's past is as it was then (messages counted up to each one); what cannot be known afterwards at a
bearable price is left out: strikes are those of today, and a sender's recent messages are those inside the
same chunk.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, QuerySet

from guildhall.channels.models import Message, Space, SpaceMember
from guildhall.channels.text import all_words
from guildhall.core.ids import first_id_at
from guildhall.guard import lists, measured, models_in_force, outside, pictures
from guildhall.guard.history_behaviour import PastConduct
from guildhall.guard.models import Case
from guildhall.guard.shadow import Stored
from guildhall.guard.types import Context, Link, Place, SenderHistory, Subject

_RECENT = timedelta(minutes=10)
_MARGIN = timedelta(minutes=5)
_ADMIN_STATES = ("admin", "owner")


def received(since: datetime, until: datetime, spaces: Collection[str] | None = None) -> QuerySet[Message]:
    """Messages that came in during the time, in these spaces (None: in all), talks with our bots left out.

    An id is made when a message comes in or later, so ids bound the search where times have no index.
    """
    rows = Message.objects.filter(
        id__gte=first_id_at(since - _MARGIN),
        received_at__gte=since,
        received_at__lt=until,
        direction=Message.Direction.IN,
    ).exclude(space__kind="private")
    return rows if spaces is None else rows.filter(space_id__in=list(spaces))


def chunk(
    since: datetime, until: datetime, after_id: str, size: int, spaces: Collection[str] | None = None
) -> list[Stored]:
    """The next `size` received messages of the time, in order of arrival, ready to be judged again."""
    rows = received(since, until, spaces).select_related("account", "space").filter(id__gt=after_id)
    return stored(list(rows.order_by("id")[:size]))


def stored(rows: Sequence[Message]) -> list[Stored]:
    """These messages, in order of arrival, ready to be judged again. Their accounts and spaces must be
    loaded.
    """
    if not rows:
        return []
    members = _members(rows)
    counts = _counted_before(rows)
    conduct = PastConduct(rows)
    truths = truths_of(row.id for row in rows)
    shown = pictures.of_messages([row.id for row in rows], rows[-1].received_at)
    shared, scorer, kinds = lists.current(), models_in_force.current(), measured.current()
    named = outside.named((row.account_id for row in rows if row.account_id), shared)
    recent: dict[tuple[str, str], list[tuple[datetime, str]]] = defaultdict(list)
    out = []
    for row in rows:
        key = (row.space_id, row.account_id or "")
        member = members.get(key)
        past = recent[key]
        sender = SenderHistory(
            first_seen=member.first_message_at if member else None,
            joined_at=member.joined_at if member else None,
            messages_seen=counts[key],
            strikes=member.strikes if member else 0,
            last_strike_at=member.last_strike_at if member else None,
            recent=tuple(item for item in past if item[0] > row.received_at - _RECENT),
            listed_by=named.get(row.account_id or "", ()),
        )
        context = Context(
            row.received_at,
            sender,
            lists=shared,
            scorer=scorer,
            measured=kinds.at(row.space_id, row.space.language),
        )
        subject = pictures.beside(subject_of(row), shown.get(row.id, ()))
        if member is not None and member.state in _ADMIN_STATES:
            subject = replace(subject, sender_is_staff=True)
        subject, context = conduct.beside(row, subject, context)
        out.append(
            Stored(
                row.id,
                subject,
                context,
                truths.get(row.id, ""),
                place_of(row.space),
                row.space_id,
                row.account_id or "",
                is_gone=not (row.text or row.links or row.media),
            )
        )
        counts[key] += 1
        past.append((row.received_at, row.text_hash))
    return out


def subject_of(message: Message) -> Subject:
    """A stored message as the judge sees it. Its account and space must be loaded."""
    account = message.account
    quote = message.extra.get("quote") or {}
    return Subject(
        text=all_words(
            message.text,
            [str(media.get("text", "")) for media in message.media],
            str(quote.get("text", "")) if quote.get("external_space") else "",
        ),
        links=tuple(_link(link) for link in message.links),
        sender_name=account.display_name if account else "",
        sender_username=account.username if account else "",
        sender_is_staff=bool(account and account.is_staff) or _speaks_for_the_space(message),
        sender_is_bot=bool(account and account.is_bot),
        sender_is_channel=bool(message.extra.get("on_behalf_of")),
        is_via_bot=bool(message.extra.get("via_bot")),
        is_edit=message.version > 1,
        is_forward=bool(message.forwarded_from),
        is_reply=bool(message.reply_to),
        media=tuple(str(media.get("kind", "")) for media in message.media),
        space_language=message.space.language,
        sent_at=message.sent_at,
    )


def place_of(space: Space) -> Place:
    """A space as a policy's overrides see it."""
    return Place(space.slug, space.platform, space.language, space.tier)


def _speaks_for_the_space(message: Message) -> bool:
    """What a channel says itself, and what the platform says by itself, is nobody's to moderate."""
    return message.space.kind == "channel" or bool(message.extra.get("automatic"))


def truths_of(message_ids: Iterable[str]) -> dict[str, str]:
    """What people decided of messages: bad or fine, by message id; the latest decision counts."""
    rows = (
        Case.objects.filter(message_id__in=list(message_ids))
        .exclude(truth="")
        .order_by("decided_at")
        .values_list("message_id", "truth")
    )
    return dict(rows)


def _link(stored: Mapping[str, Any]) -> Link:
    return Link(
        str(stored.get("url", "")),
        str(stored.get("text", "")),
        str(stored.get("kind", "url")),
        int(stored.get("start", -1)),
        int(stored.get("end", -1)),
    )


def _members(rows: Sequence[Message]) -> dict[tuple[str, str], SpaceMember]:
    accounts = {row.account_id for row in rows if row.account_id}
    spaces = {row.space_id for row in rows}
    found = SpaceMember.objects.filter(account_id__in=accounts, space_id__in=spaces)
    return {(member.space_id, member.account_id): member for member in found}


def _counted_before(rows: Sequence[Message]) -> dict[tuple[str, str], int]:
    """Messages each sender had in the space before this chunk."""
    accounts = {row.account_id for row in rows if row.account_id}
    counted = (
        Message.objects.filter(account_id__in=accounts, id__lt=rows[0].id)
        .values_list("space_id", "account_id")
        .annotate(n=Count("id"))
    )
    out: dict[tuple[str, str], int] = defaultdict(int)
    for space_id, account_id, count in counted:
        out[space_id, account_id] = count
    return out
