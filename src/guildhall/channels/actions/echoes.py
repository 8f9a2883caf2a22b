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
class ReactedStep:
    """One step of a reaction, where a platform tells no more: `reactions` were added (`change` > 0) or taken
    back. `account_id` None: from everybody; no `reactions` then: all of them.
    """

    space_id: str
    external_id: str
    account_id: str | None
    reactions: Sequence[str]
    at: datetime
    change: int


@dataclass(frozen=True, slots=True)
class Polled:
    """A poll as it stands at a time; `message_id` is ours, or '' when only the tally was told."""

    platform: str
    poll: PollState
    at: datetime
    message_id: str = ""
    change: int = 0
    """+1 or -1 for each of `poll.chosen`, where a platform tells votes one by one."""


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


def step_reactions(rows: Iterable[ReactedStep]) -> None:
    """Add reactions to what stands or take them back, in the order given; who has none left has no row."""
    given = list(rows)
    messages = stored_ids({(row.space_id, row.external_id) for row in given})
    concerned = {message for row in given if (message := messages.get((row.space_id, row.external_id)))}
    if not concerned:
        return
    standing = Reaction.objects.select_for_update().filter(message_id__in=concerned, account__isnull=False)
    before: dict[tuple[str, str], Reaction] = {
        (row.message_id, str(row.account_id)): row for row in standing.order_by("id")
    }
    now: dict[tuple[str, str], tuple[list[str], datetime]] = {
        key: (list(row.reactions), row.at) for key, row in before.items()
    }
    touched: set[tuple[str, str]] = set()
    for row in given:
        message = messages.get((row.space_id, row.external_id))
        if message is None:
            continue
        if row.account_id is not None:
            keys = [(message, row.account_id)]
        else:
            keys = [key for key in now if key[0] == message]
        for key in keys:
            held, _at = now.get(key, ([], row.at))
            kept = [one for one in held if one not in row.reactions] if row.reactions else []
            now[key] = (kept + list(row.reactions) if row.change > 0 else kept), row.at
            touched.add(key)
    gone = [before[key].pk for key in touched if key in before]
    if gone:
        Reaction.objects.filter(pk__in=gone).delete()
    bulk.insert(
        Reaction,
        ("message", "account", "reactions", "at"),
        [(*key, orjson.dumps(now[key][0]).decode(), now[key][1]) for key in sorted(touched) if now[key][0]],
        ignore_conflicts=True,
    )


def record_polls(rows: Iterable[Polled]) -> None:
    """Keep each poll as it stands; a poll we heard of by its tally only gets its message later."""
    for row in rows:
        if row.change:
            _count_vote(row)
            continue
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
        elif row.poll.is_closed:
            found.is_closed = True
        found.save()


def _count_vote(row: Polled) -> None:
    """One vote given or taken back, of a poll that is known."""
    found = Poll.objects.select_for_update().filter(platform=row.platform, external_id=row.poll.id).first()
    if found is None:
        return
    for place in row.poll.chosen:
        if 0 <= place < len(found.options):
            text, votes = found.options[place]
            found.options[place] = [text, max(0, votes + row.change)]
    found.at = max(found.at, row.at)
    found.save(update_fields=["options", "at"])


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
