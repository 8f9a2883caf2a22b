"""Where too few are on duty: what is needed by team, language and hour against who is there. Pure.

What is needed stands on wall clocks, who is there in instants; both meet as instants, date by date, so that a
day on which one of two cities has changed its clocks already shows its hole.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from guildhall.work.duty.wall import instant

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A need as a rule: at least `least` people of `team` who speak `language` ('' any), on weekdays (Monday
    0) between minutes of the wall clock of `zone`; `closes` over 1440 is over midnight.
    """

    key: str
    team: int
    kind: str
    language: str
    weekdays: tuple[int, ...]
    opens: int
    closes: int
    zone: str
    least: int


@dataclass(frozen=True, slots=True)
class Present:
    """Somebody on duty in [starts_at, ends_at)."""

    staff: int
    team: int
    kind: str
    languages: tuple[str, ...]
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Gap:
    """A time in which fewer than `least` are there: `have` of them."""

    key: str
    team: int
    kind: str
    language: str
    starts_at: datetime
    ends_at: datetime
    have: int
    least: int

    @property
    def seconds(self) -> int:
        return int((self.ends_at - self.starts_at).total_seconds())


def windows(need: Wanted, start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    """The times within [start, end) in which a need holds, put together where they touch or meet."""
    day, last = start.astimezone(UTC).date() - 3 * _DAY, end.astimezone(UTC).date() + 2 * _DAY
    out: list[tuple[datetime, datetime]] = []
    while day <= last:
        if day.weekday() in need.weekdays:
            opens = max(start, instant(day, need.opens, need.zone))
            closes = min(end, instant(day, need.closes, need.zone))
            if opens < closes:
                if out and opens <= out[-1][1]:
                    out[-1] = (out[-1][0], max(out[-1][1], closes))
                else:
                    out.append((opens, closes))
        day += _DAY
    return out


def gaps(needs: Iterable[Wanted], there: Sequence[Present], start: datetime, end: datetime) -> list[Gap]:
    """Where too few are there within [start, end), by beginning. One person counts once, whatever their
    shifts.
    """
    out: list[Gap] = []
    for need in needs:
        some = [
            one
            for one in there
            if one.team == need.team
            and one.kind == need.kind
            and (not need.language or need.language in one.languages)
        ]
        for opens, closes in windows(need, start, end):
            out += _short(need, some, opens, closes)
    return sorted(out, key=lambda gap: (gap.starts_at, gap.team, gap.language, gap.key))


def _short(need: Wanted, some: Sequence[Present], opens: datetime, closes: datetime) -> list[Gap]:
    near = [one for one in some if one.starts_at < closes and one.ends_at > opens]
    cuts = sorted(
        {opens, closes} | {at for one in near for at in (one.starts_at, one.ends_at) if opens < at < closes}
    )
    out: list[Gap] = []
    for begins, ends in zip(cuts, cuts[1:], strict=False):
        have = len({one.staff for one in near if one.starts_at <= begins and ends <= one.ends_at})
        if have >= need.least:
            continue
        if out and out[-1].ends_at == begins and out[-1].have == have:
            out[-1] = replace(out[-1], ends_at=ends)
        else:
            gap = Gap(need.key, need.team, need.kind, need.language, begins, ends, have, need.least)
            out.append(gap)
    return out
