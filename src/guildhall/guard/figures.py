"""The figures as pages and API read them: how right the guard was, what it missed, how fast it was, by space,
rule, model or policy.

Reads the day's counts only (`actions.counting` and `actions.figures` keep them), never messages or cases, so
a quarter of a year costs the same at a million messages as at a thousand.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Sum

from guildhall.guard import delays, estimates
from guildhall.guard.estimates import LEAST_ANSWERED, Estimate, Sums
from guildhall.guard.models import GuardDay, RuleDay

ALLOWED, FLAGGED, PUNISHED = (stratum.value for stratum in GuardDay.Stratum)
DIMENSIONS: Mapping[str, str] = {"space": "space_id", "policy": "policy", "model": "model"}
_MOST_ROWS = 50_000
_SUMS = ("seen", "answered", "weight", "weight_squared", "weight_bad")
_COUNTS = ("bad", "fine", "drawn", "appeals", "granted", "refused")


@dataclass(frozen=True, slots=True)
class Strata:
    """Counts of one group of messages: sums by stratum, decisions by stratum, appeals, delays."""

    sums: Mapping[str, Sums]
    bad: Mapping[str, int]
    fine: Mapping[str, int]
    drawn: Mapping[str, int]
    appeals: int
    granted: int
    refused: int
    delays: Mapping[str, int]

    @property
    def seen(self) -> int:
        return sum(part.seen for part in self.sums.values())

    def of(self, stratum: str) -> Sums:
        """The sums of a stratum, empty when nothing was in it."""
        return self.sums.get(stratum, Sums())

    @property
    def precision(self) -> Estimate | None:
        """Of what the guard punished by itself, the share that was bad; None with too few checked."""
        punished = self.of(PUNISHED)
        return estimates.precision(punished) if punished.answered >= self.least(PUNISHED) else None

    @property
    def recall(self) -> Estimate | None:
        """Of all bad messages, the share the guard punished or put before a person; None with too few
        checked.
        """
        if self.missing(ALLOWED):
            return None
        return estimates.recall([self.of(PUNISHED), self.of(FLAGGED)], [self.of(ALLOWED)])

    @property
    def decided_right(self) -> Estimate | None:
        """Of everything people decided about what was punished, the share they upheld. Not a sample: what
        is appealed or looks wrong is decided first.
        """
        bad, fine = self.bad.get(PUNISHED, 0), self.fine.get(PUNISHED, 0)
        if not bad + fine:
            return None
        share = bad / (bad + fine)
        return Estimate(share, *estimates.wilson(share, bad + fine), bad + fine)

    @property
    def appeals_granted(self) -> Estimate | None:
        """Of the appeals decided, the share that was granted."""
        decided = self.granted + self.refused
        if not decided:
            return None
        share = self.granted / decided
        return Estimate(share, *estimates.wilson(share, decided), decided)

    def least(self, stratum: str) -> int:
        """How many checked messages of a stratum an estimate needs: all of them where there are few."""
        return min(LEAST_ANSWERED, self.of(stratum).seen) or 1

    def missing(self, stratum: str) -> int:
        """How many more samples of a stratum must be decided before there is an estimate."""
        part = self.of(stratum)
        return max(0, self.least(stratum) - part.answered) if part.seen else 0

    def delay(self, share: float) -> float | None:
        """Seconds from received to removed that `share` of the removals did not exceed."""
        return delays.quantile(self.delays, share)


def overall(since: date, until: date, *, space: str = "") -> Strata:
    """Everything from `since` to `until` (both UTC days, inclusive)."""
    return next(iter(grouped(since, until, "", space=space).values()), _strata([]))


def grouped(
    since: date, until: date, by: str, *, space: str = "", with_delays: bool = True
) -> dict[str, Strata]:
    """The same by space, policy version, model or day (`by`: a key of `DIMENSIONS`, `day`, or '')."""
    rows = GuardDay.objects.filter(day__gte=since, day__lte=until)
    if space:
        rows = rows.filter(space_id=space)
    key = "day" if by == "day" else DIMENSIONS.get(by, "")
    keys = [key] if key else []
    summed = (
        rows.order_by()
        .values(*keys, "stratum")
        .annotate(**{f"{name}_": Sum(name) for name in (*_SUMS, *_COUNTS)})
    )
    waits: dict[str, list[dict[str, int]]] = defaultdict(list)
    if with_delays:
        slow = rows.filter(stratum=PUNISHED).exclude(delays={}).values_list(*keys, "delays")
        for *group, counts in slow[:_MOST_ROWS]:
            waits[_name(group)].append(counts)
    parts: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in summed:
        parts[_name([row[name] for name in keys])].append(row)
    return {name: _strata(found, waits.get(name, [])) for name, found in sorted(parts.items())}


def by_rule(since: date, until: date) -> dict[str, Strata]:
    """Precision and counts by rule; recall has no meaning for one rule and is None there."""
    parts: dict[str, list[dict[str, Any]]] = defaultdict(list)
    rows = RuleDay.objects.filter(day__gte=since, day__lte=until).order_by().values("rule", "stratum")
    names = ("answered", "weight", "weight_squared", "weight_bad", "bad", "fine")
    for row in rows.annotate(seen_=Sum("cases"), **{f"{name}_": Sum(name) for name in names}):
        parts[row["rule"]].append(dict(row))
    return {rule: _strata(found) for rule, found in sorted(parts.items())}


def _name(group: Iterable[Any]) -> str:
    return next((str(one) for one in group), "")


def _strata(rows: Iterable[Mapping[str, Any]], waits: Iterable[Mapping[str, int]] = ()) -> Strata:
    by_stratum = {row["stratum"]: row for row in rows}

    def count(name: str) -> dict[str, int]:
        return {stratum: int(row.get(f"{name}_") or 0) for stratum, row in by_stratum.items()}

    return Strata(
        sums={
            stratum: Sums(*(row.get(f"{name}_") or 0 for name in _SUMS))
            for stratum, row in by_stratum.items()
        },
        bad=count("bad"),
        fine=count("fine"),
        drawn=count("drawn"),
        appeals=sum(count("appeals").values()),
        granted=sum(count("granted").values()),
        refused=sum(count("refused").values()),
        delays=delays.together(waits),
    )
