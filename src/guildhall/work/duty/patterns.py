"""Patterns: what repeats, and the shifts that come of it. Pure.

One shape serves all: a cycle of days with slots on some of them, walked by each person with an offset of
their own. Every week: a cycle of 7. Four on, two off: a cycle of 6 with slots on the first four days. In
turns of a week among three: a cycle of 21 with slots in the first week, and offsets 0, 7, 14.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from guildhall.core.errors import BadInput
from guildhall.core.text import Text
from guildhall.work.duty.wall import DAY_MINUTES, instant, zone_of

LONGEST_CYCLE, LONGEST_SLOT_DAYS, MOST_SLOTS, MOST_PEOPLE = 400, 14, 60, 200


@dataclass(frozen=True, slots=True)
class Slot:
    """A time on one day of the cycle: minutes of the wall clock after that day's midnight, `start` < `end`;
    over midnight `end` is more than 1440.
    """

    day: int
    start: int
    end: int

    def to_json(self) -> dict[str, int]:
        return {"day": self.day, "start": self.start, "end": self.end}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Slot:
        return cls(int(data["day"]), int(data["start"]), int(data["end"]))


@dataclass(frozen=True, slots=True)
class Line:
    """One person's way through the cycle: their day 0 is `offset` days after the anchor."""

    staff: int
    offset: int = 0

    def to_json(self) -> dict[str, int]:
        return {"staff": self.staff, "offset": self.offset}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Line:
        return cls(int(data["staff"]), int(data.get("offset", 0)))


@dataclass(frozen=True, slots=True)
class Repeat:
    """What a pattern repeats, in `zone`, from the local date `anchor` to the local date `until` (both
    included).
    """

    zone: str
    anchor: date
    cycle: int
    slots: tuple[Slot, ...]
    people: tuple[Line, ...]
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Planned:
    """One shift of a pattern, as instants in UTC. `key` names it within its pattern and outlives a change of
    its times.
    """

    key: str
    staff: int
    starts_at: datetime
    ends_at: datetime


def weekly(days: Sequence[int], start: int, end: int) -> tuple[int, tuple[Slot, ...]]:
    """(cycle, slots) of the same hours on these weekdays; the anchor is a Monday."""
    return 7, tuple(Slot(day, start, end) for day in sorted(set(days)))


def on_off(on: int, off: int, start: int, end: int) -> tuple[int, tuple[Slot, ...]]:
    """(cycle, slots) of `on` days of work and `off` days without."""
    return on + off, tuple(Slot(day, start, end) for day in range(on))


def in_turns(
    people: Sequence[int], days: int, start: int, end: int
) -> tuple[int, tuple[Slot, ...], list[Line]]:
    """(cycle, slots, lines) of turns of `days` days, one person after the other, every day from `start` to
    `end`; equal minutes are the whole turn in one piece, such as on call from Monday 09:00 to Monday 09:00.
    """
    if start == end:
        slots: tuple[Slot, ...] = (Slot(0, start, start + days * DAY_MINUTES),)
    else:
        slots = tuple(Slot(day, start, end) for day in range(days))
    return len(people) * days, slots, [Line(staff, i * days) for i, staff in enumerate(people)]


def check(repeat: Repeat) -> None:
    """Raises BadInput naming the field that makes no sense."""
    zone_of(repeat.zone)
    if not 1 <= repeat.cycle <= LONGEST_CYCLE:
        raise _bad("cycle", f"A cycle has 1 to {LONGEST_CYCLE} days.", f"周期须为 1 至 {LONGEST_CYCLE} 天。")
    if not 1 <= len(repeat.slots) <= MOST_SLOTS:
        raise _bad("slots", f"A pattern has 1 to {MOST_SLOTS} slots.", f"须有 1 至 {MOST_SLOTS} 个时段。")
    for slot in repeat.slots:
        if not 0 <= slot.day < repeat.cycle:
            raise _bad("slots", "A slot lies outside of the cycle.", "时段超出周期范围。")
        if not (0 <= slot.start < DAY_MINUTES and slot.start < slot.end):
            raise _bad("slots", "A slot ends after it starts.", "时段的结束须晚于开始。")
        if slot.end - slot.start > LONGEST_SLOT_DAYS * DAY_MINUTES:
            raise _bad(
                "slots",
                f"A slot lasts {LONGEST_SLOT_DAYS} days at most.",
                f"单个时段最长 {LONGEST_SLOT_DAYS} 天。",
            )
    if not 1 <= len(repeat.people) <= MOST_PEOPLE:
        raise _bad("people", f"Name 1 to {MOST_PEOPLE} people.", f"请选择 1 至 {MOST_PEOPLE} 人。")
    if len({line.staff for line in repeat.people}) != len(repeat.people):
        raise _bad("people", "Somebody is named twice.", "有人被重复选择。")
    if repeat.until is not None and repeat.until < repeat.anchor:
        raise _bad("until", "It ends after it begins.", "结束日期须晚于开始日期。")
    _check_own_overlap(repeat)


def expand(repeat: Repeat, start: datetime, end: datetime) -> list[Planned]:
    """The shifts that overlap [start, end), in order of their beginning. A slot that a change of clocks
    leaves without length (a date left out) is no shift.
    """
    found: list[Planned] = []
    reach = max((slot.end for slot in repeat.slots), default=0) // DAY_MINUTES + 2
    first = start.astimezone(UTC).date() - timedelta(days=reach)
    last = end.astimezone(UTC).date() + timedelta(days=2)
    for line in repeat.people:
        for day, nth, slot in _days(repeat, line, first, last):
            begins, ends = instant(day, slot.start, repeat.zone), instant(day, slot.end, repeat.zone)
            if begins < ends and begins < end and ends > start:
                found.append(Planned(f"{line.staff}:{day.isoformat()}:{nth}", line.staff, begins, ends))
    return sorted(found, key=lambda one: (one.starts_at, one.ends_at, one.staff))


def _days(repeat: Repeat, line: Line, first: date, last: date) -> Iterator[tuple[date, int, Slot]]:
    """The local dates between two on which a person has slots, and the how manieth of that day each is;
    nobody has any before the anchor.
    """
    by_day: dict[int, list[Slot]] = {}
    for slot in sorted(repeat.slots, key=lambda one: (one.day, one.start)):
        by_day.setdefault(slot.day, []).append(slot)
    day = max(first, repeat.anchor)
    last = last if repeat.until is None else min(last, repeat.until)
    while day <= last:
        slots = by_day.get(((day - repeat.anchor).days - line.offset) % repeat.cycle, [])
        for nth, slot in enumerate(slots):
            yield day, nth, slot
        day += timedelta(days=1)


def _check_own_overlap(repeat: Repeat) -> None:
    """Slots of one cycle must not run into each other, nor into the next cycle's."""
    length = repeat.cycle * DAY_MINUTES
    runs = sorted((s.day * DAY_MINUTES + s.start, s.day * DAY_MINUTES + s.end) for s in repeat.slots)
    following = [*runs[1:], (runs[0][0] + length, runs[0][1] + length)]
    if any(ends > begins for (_, ends), (begins, _) in zip(runs, following, strict=True)):
        raise _bad("slots", "Slots of this pattern overlap.", "该规律中的时段互相重叠。")


def _bad(field: str, en: str, zh: str) -> BadInput:
    return BadInput(Text(en, zh), field=field)
