"""What people do to messages without writing: reactions, votes in polls; and the topics messages stand in.

Batches inside the caller's transaction. Each row says how something stands now; what is older than that is
passed over, and a reaction to a message we never saw is not kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson

from guildhall.channels.actions.recording import stored_ids
from guildhall.channels.models import Poll, Reaction, Topic
from guildhall.channels.port import PollState
from guildhall.core import bulk

_LONGEST_NAME = 255


@dataclass(frozen=True, slots=True)
class Reacted:
    """How somebody reacts to a message now, by its platform id. `account_id` None: `reactions` are counts,
    [reaction, number].
    """

    space_id: str
    external_id: str
    account_id: str | None
    reactions: Sequence[object]
    at: datetime


@dataclass(frozen=True, slots=True)
class Polled:
    """A poll as it stands at a time; `message_id` is ours, or '' when only the tally was told."""

    platform: str
    poll: PollState
    at: datetime
    message_id: str = ""


@dataclass(frozen=True, slots=True)
class TopicSeen:
    """A topic as told: an empty name or None keeps what is known."""

    space_id: str
    external_id: str
    name: str = ""
    is_closed: bool | None = None


def record_reactions(rows: Iterable[Reacted]) -> None:
    """Keep the latest reactions of each account to each known message; an empty list: taken back."""
    given = list(rows)
    messages = stored_ids({(row.space_id, row.external_id) for row in given})
    latest: dict[tuple[str, str | None], Reacted] = {}
    for row in given:
        message = messages.get((row.space_id, row.external_id))
        if message is not None and (
            (message, row.account_id) not in latest or row.at >= latest[message, row.account_id].at
        ):
            latest[message, row.account_id] = row
    if not latest:
        return
    standing = (
        Reaction.objects.select_for_update().filter(message_id__in={m for m, _ in latest}).order_by("id")
    )
    before = {(row.message_id, row.account_id): row for row in standing}
    fresh = {key: row for key, row in latest.items() if key not in before or row.at >= before[key].at}
    replaced = [before[key].pk for key in fresh if key in before]
    if replaced:
        Reaction.objects.filter(pk__in=replaced).delete()
    bulk.insert(
        Reaction,
        ("message", "account", "reactions", "at"),
        [
            (message, account, orjson.dumps(list(row.reactions)).decode(), row.at)
            for (message, account), row in fresh.items()
        ],
        ignore_conflicts=True,
    )


def record_polls(rows: Iterable[Polled]) -> None:
    """Keep each poll as it stands; a poll we heard of by its tally only gets its message later."""
    for row in rows:
        options = [list(option) for option in row.poll.options]
        found = (
            Poll.objects.select_for_update().filter(platform=row.platform, external_id=row.poll.id).first()
        )
        if found is None:
            bulk.insert(
                Poll,
                ("platform", "external_id", "message", "question", "options", "is_closed", "at"),
                [
                    (
                        row.platform, row.poll.id, row.message_id or None, row.poll.question,
                        orjson.dumps(options).decode(), row.poll.is_closed, row.at,
                    )
                ],
                ignore_conflicts=True,
            )  # fmt: skip
            continue
        if row.message_id and not found.message_id:
            found.message_id = row.message_id
        if row.at >= found.at and options:
            found.question, found.options = row.poll.question or found.question, options
            found.is_closed, found.at = found.is_closed or row.poll.is_closed, row.at
        found.save()


def record_topics(rows: Iterable[TopicSeen]) -> None:
    """Keep the topics of a space by name and whether they are closed."""
    for row in rows:
        Topic.objects.get_or_create(space_id=row.space_id, external_id=row.external_id)
        said: dict[str, object] = {}
        if row.name:
            said["name"] = row.name[:_LONGEST_NAME]
        if row.is_closed is not None:
            said["is_closed"] = row.is_closed
        if said:
            Topic.objects.filter(space_id=row.space_id, external_id=row.external_id).update(**said)
