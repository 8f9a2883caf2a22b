"""From columns of tickets to figures: counts, times, shares. Pure.

A percentile is the smallest value that so many per cent of all do not exceed (nearest rank). A share stands
with the two numbers it is made of, so that nobody takes one of three for certain.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from guildhall.desk.figures.columns import Columns

GOOD = 4
"""A rating from here on is a good one."""
METRICS = ("first", "next", "resolution")


@dataclass(frozen=True, slots=True)
class Share:
    """`part` of `whole`."""

    part: int = 0
    whole: int = 0

    @property
    def percent(self) -> float | None:
        """In per cent; none of nothing."""
        return 100 * self.part / self.whole if self.whole else None


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds until a clock was met: as its calendar counted them, and as they passed."""

    count: int = 0
    median: int | None = None
    p90: int | None = None
    passed_median: int | None = None
    passed_p90: int | None = None


@dataclass(frozen=True, slots=True)
class Summary:
    """The figures of some tickets.

    kept: promises kept of those decided, by metric. at_once: solved with one answer at most and never
    reopened, of those solved. reopened: those reopened of those that were solved at least once.
    """

    opened: int = 0
    solved: int = 0
    times: dict[str, Times] = field(default_factory=dict)
    kept: dict[str, Share] = field(default_factory=dict)
    good: Share = Share()
    rating: float | None = None
    at_once: Share = Share()
    reopened: Share = Share()


def overall(columns: Columns) -> Summary:
    """The figures of all of them."""
    return groups(columns, lambda _row: "").get("", Summary())


def by_word(columns: Columns, name: str) -> dict[str, Summary]:
    """The figures of the tickets of each word of a column."""
    column = columns.words[name]
    return groups(columns, column.__getitem__)


def groups(columns: Columns, key: Callable[[int], Any]) -> dict[Any, Summary]:
    """The figures of tickets by what `key` says of their row."""
    rows: dict[Any, list[int]] = defaultdict(list)
    keys = [key(row) for row in range(len(columns))]
    for row, one in enumerate(keys):
        rows[one].append(row)
    nexts: dict[Any, list[int]] = defaultdict(list)
    for number, row in enumerate(columns.nexts["row"]):
        nexts[keys[row]].append(number)
    return {one: _summary(columns, mine, nexts.get(one, [])) for one, mine in rows.items()}


def percentile(ordered: list[int], percent: int) -> int | None:
    """Of ordered values, by nearest rank; none of nothing."""
    if not ordered:
        return None
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


def _summary(columns: Columns, rows: list[int], nexts: list[int]) -> Summary:
    numbers = columns.numbers
    solved = _picked(numbers["closed"], rows)
    reopened = [row for row in rows if numbers["reopened"][row]]
    ratings = _picked(numbers["rating"], rows)
    at_once = _picked(numbers["at_once"], rows)
    ever = len(solved) + sum(1 for row in reopened if numbers["closed"][row] is None)
    columns_of = {
        "first": (numbers["first_counted"], numbers["first_passed"], numbers["first_kept"], rows),
        "next": (columns.nexts["counted"], columns.nexts["passed"], columns.nexts["kept"], nexts),
        "resolution": (
            numbers["resolution_counted"], numbers["resolution_passed"], numbers["resolution_kept"], rows,
        ),
    }  # fmt: skip
    return Summary(
        opened=len(rows),
        solved=len(solved),
        times={
            name: _times(counted, passed, mine) for name, (counted, passed, _k, mine) in columns_of.items()
        },
        kept={name: _share(_picked(kept, mine)) for name, (_c, _p, kept, mine) in columns_of.items()},
        good=Share(sum(1 for one in ratings if one >= GOOD), len(ratings)),
        rating=sum(ratings) / len(ratings) if ratings else None,
        at_once=_share(at_once),
        reopened=Share(len(reopened), ever),
    )


def _times(counted: list[Any], passed: list[Any], rows: list[int]) -> Times:
    first, second = sorted(_picked(counted, rows)), sorted(_picked(passed, rows))
    return Times(
        len(second),
        percentile(first, 50),
        percentile(first, 90),
        percentile(second, 50),
        percentile(second, 90),
    )


def _share(found: list[Any]) -> Share:
    return Share(sum(1 for one in found if one), len(found))


def _picked(column: list[Any], rows: Iterable[int]) -> list[Any]:
    return [column[row] for row in rows if column[row] is not None]
