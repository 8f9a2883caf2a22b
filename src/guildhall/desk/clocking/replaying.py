"""From a ticket's stored timeline to the clocks it has: the events in their order, under the policy versions
that held when they happened.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from guildhall.channels import sql
from guildhall.core import reading
from guildhall.desk.clocks.policy import Policy
from guildhall.desk.clocks.timeline import Event, Timeline
from guildhall.desk.models import PolicyVersion, TimelineEvent

POLICY = "policy"
"""The type of timeline events that say which policy version counts from then on; its value, '' for none."""
NO_POLICY = json.dumps({"calendars": {}, "targets": [], "pause": {}})


@dataclass(frozen=True, slots=True)
class Terms:
    """One policy version as clocks need it. `warn`: shares of a target in per cent, smallest first; `chain`:
    the id of the chain of what is done then, '' for none.
    """

    version: int | None
    policy: Policy
    warn: tuple[int, ...] = ()
    chain: str = ""


class Versions:
    """The policy versions that a batch of tickets needs, each read once."""

    def __init__(self, ids: Iterable[int] = ()) -> None:
        self._known: dict[int | None, Terms] = {None: Terms(None, _parsed(NO_POLICY))}
        self.read(ids)

    def read(self, ids: Iterable[int]) -> None:
        """Fetch those that are not known yet."""
        missing = set(ids) - self._known.keys()
        if missing:
            found = PolicyVersion.objects.filter(pk__in=missing).values_list("pk", "content")
            for version, content in found:
                self.learn(version, content)

    def learn(self, version: int, content: dict[str, Any]) -> None:
        """Take in one version; what is known already stays."""
        if version in self._known:
            return
        self._known[version] = Terms(
            version,
            _parsed(json.dumps(content, sort_keys=True)),
            tuple(sorted(content.get("warn") or ())),
            str(content.get("chain") or ""),
        )

    def of(self, version: int | None) -> Terms:
        """Its terms; those of no policy where it is not known any more."""
        return self._known.get(version) or self._known[None]


def version_of(value: str) -> int | None:
    """The version a timeline event names."""
    return int(value) if value.isdigit() else None


def stored(ticket_ids: Sequence[str]) -> dict[str, list[Event]]:
    """The timelines of these tickets, oldest event first."""
    found: dict[str, list[Event]] = defaultdict(list)
    if not ticket_ids:
        return found
    condition = f"{sql.any_of('ticket_id')} ORDER BY id"
    columns = ("ticket", "at", "type", "value")
    for ticket, at, kind, value in reading.rows(TimelineEvent, columns, condition, [sql.many(ticket_ids)]):
        found[ticket].append(Event(ticket, at, kind, value))
    return found


def replay(events: Sequence[Event], versions: Versions) -> tuple[Timeline, Terms]:
    """The clocks' timeline after these events, and the terms that count at their end."""
    terms = versions.of(None)
    timeline: Timeline | None = None
    for event in events:
        if event.type == POLICY:
            terms = versions.of(version_of(event.value))
            if timeline is None:
                timeline = Timeline(terms.policy)
            else:
                timeline.change_policy(terms.policy, event.at)
            continue
        if timeline is None:
            timeline = Timeline(terms.policy)
        timeline.apply(event)
    return timeline or Timeline(terms.policy), terms


def whole(at: datetime) -> datetime:
    """The second a moment falls into."""
    return at.replace(microsecond=0)


@lru_cache(maxsize=64)
def _parsed(content: str) -> Policy:
    """Parsing lays out calendars: done once for each content, which never changes once it was in force."""
    return Policy.from_json(json.loads(content))
