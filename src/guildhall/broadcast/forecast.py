"""What a sending would do, before it does anything: how many places, which words, what is held and why, how
long it takes.

Nothing is written. The same rulings are made again when it goes: what compliance or a platform says by then
counts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from guildhall.broadcast.audience import Target
from guildhall.broadcast.content import Content
from guildhall.broadcast.ruling import Key, Ruling, act_for, key_of, refs_for, refusal, rule_all
from guildhall.broadcast.timing import Schedule, begins, due_for
from guildhall.channels import registry
from guildhall.channels.port import needs_a_person
from guildhall.compliance.acts import Act
from guildhall.compliance.gate import Gate
from guildhall.core.text import Text
from guildhall.effects import bucket, buckets


@dataclass(frozen=True, slots=True)
class Held:
    """Places that get nothing, and why; `names` are the first few of them."""

    by: str
    why: Text
    number: int
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of place: how many of it are sent to, and what they get."""

    ruling: Ruling
    sent: int
    held: int


@dataclass(frozen=True, slots=True)
class Hour:
    """When the places of one zone are due; `is_past`: their hour is over, they are sent to at once."""

    zone: str
    due_at: datetime
    number: int
    is_past: bool


@dataclass(frozen=True, slots=True)
class Forecast:
    """`going`: places that would be sent to. `takes`: how long the slowest way out needs at its permitted
    rate, None when nothing limits it. `begins_at` None: its time is over.
    """

    places: int
    going: int
    by_platform: tuple[tuple[str, int], ...]
    by_region: tuple[tuple[str, int], ...]
    by_language: tuple[tuple[str, int], ...]
    kinds: tuple[Kind, ...]
    held: tuple[Held, ...]
    begins_at: datetime | None
    hours: tuple[Hour, ...]
    takes: timedelta | None
    slowest: str
    by_hand: int = 0
    """Of those that are sent to: places that get it only when a person confirms or pastes it."""

    @property
    def kept_back(self) -> int:
        return self.places - self.going


def forecast(
    content: Content,
    act: Act,
    schedule: Schedule,
    targets: Sequence[Target],
    now: datetime,
    *,
    look: bool = True,
) -> Forecast:
    """What sending that to these places now, or when the schedule says, would do. `look`: every platform is
    asked about every place too, which costs a moment each.
    """
    rulings = rule_all(content, act, targets, Gate(now))
    going: list[Target] = []
    kept: dict[tuple[str, str, str], list[str]] = {}
    counted: Counter[tuple[Key, bool]] = Counter()
    lines: Counter[str] = Counter()
    by_hand = 0
    for target in targets:
        ruling = rulings[key_of(target)]
        why, by = ruling.why, ruling.held
        if not by:
            adapter = registry.get(target.platform)
            why = refusal(target, ruling, adapter) if look else None
            by = "platform" if why else ""
            if not by:
                lines.update(adapter.buckets(act_for(target, ruling), refs_for(target)))
        counted[ruling.key, bool(by)] += 1
        if by and why:
            kept.setdefault((by, why.en, why.zh), []).append(place_name(target))
        else:
            going.append(target)
            by_hand += needs_a_person(
                registry.get(target.platform), act_for(target, ruling), refs_for(target)
            )
    start = begins(schedule, now)
    takes, slowest = _longest(lines)
    return Forecast(
        places=len(targets),
        going=len(going),
        by_platform=_counts(one.platform for one in going),
        by_region=_counts(one.region for one in going),
        by_language=_counts(rulings[key_of(one)].said_in for one in going),
        kinds=tuple(
            Kind(one, counted[key, False], counted[key, True]) for key, one in sorted(rulings.items())
        ),
        held=tuple(
            Held(by, Text(en, zh), len(names), tuple(names[:5]))
            for (by, en, zh), names in sorted(kept.items(), key=lambda item: -len(item[1]))
        ),
        begins_at=start,
        hours=_hours(schedule, start, going, now),
        takes=takes,
        slowest=slowest,
        by_hand=by_hand,
    )


def place_name(target: Target) -> str:
    """How a place is called: its space, and the topic in it."""
    return f"{target.name} #{target.thread_name}" if target.thread_name else target.name


def _counts(values: Iterable[str]) -> tuple[tuple[str, int], ...]:
    return tuple(Counter(values).most_common())


def _longest(lines: Counter[str]) -> tuple[timedelta | None, str]:
    """How long the slowest bucket needs for what must pass it, beginning full."""
    longest, slowest = 0.0, ""
    for name, number in lines.items():
        shape = buckets.shape_of(name)
        if shape is None:
            continue
        behind = max(0, number - shape.burst // bucket.TOKEN)
        seconds = behind * bucket.TOKEN / shape.rate / 1_000_000
        if seconds > longest:
            longest, slowest = seconds, name
    return (timedelta(seconds=longest), slowest) if lines else (None, "")


def _hours(
    schedule: Schedule, start: datetime | None, going: Sequence[Target], now: datetime
) -> tuple[Hour, ...]:
    if start is None or not schedule.each_zone:
        return ()
    zones = Counter(one.zone or schedule.zone for one in going)
    found = [
        Hour(zone, due, number, due < now)
        for zone, number in zones.items()
        for due in [due_for(schedule, start, zone)]
    ]
    return tuple(sorted(found, key=lambda one: (one.due_at, one.zone)))
