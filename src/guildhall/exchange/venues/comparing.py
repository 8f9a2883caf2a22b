"""What an answer adds to what was known of one account: merged readings, and by how much each total grew.
Pure.

Known totals are JSON as `Invitee` keeps them: {asset: {"day": ISO date of the look, window: {measure:
1e-8}}}.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date
from functools import partial
from typing import Any

from guildhall.exchange.venues.differences import Difference, Row, Trust, Windows, between
from guildhall.exchange.venues.readings import LIMIT, Account, Day, Gone, Moved, Reading, Totals

MEASURES = ("volume", "fee", "deposits", "withdrawals")
Known = dict[str, dict[str, Any]]
Ours = Callable[[str, str], Mapping[date, int]]
"""(asset, measure) → what we booked, by day."""


@dataclass(slots=True)
class Heard:
    """All that a pull says of one account. `days`: {asset: {day: {item: Day}}}."""

    account: Account
    totals: list[Totals] = field(default_factory=list)
    days: dict[str, dict[date, dict[str, Day]]] = field(default_factory=dict)
    moved: dict[str, Moved] = field(default_factory=dict)
    is_gone: bool = False


def gather(readings: Iterable[Reading]) -> dict[str, Heard]:
    """Readings by UID. Of the same account told twice, what is told later holds where it says anything."""
    found: dict[str, Heard] = {}
    for one in readings:
        heard = found.setdefault(one.uid, Heard(Account(one.uid)))
        match one:
            case Account():
                heard.account = _over(heard.account, one)
            case Totals():
                heard.totals.append(one)
            case Day():
                heard.days.setdefault(one.asset, {}).setdefault(one.day, {})[one.item] = one
            case Moved():
                heard.moved[one.id] = one
            case Gone():
                heard.is_gone = True
    return found


def day_rows(parts: Mapping[date, Mapping[str, Day]]) -> dict[date, Row]:
    """The parts of each day added up. Raises OverflowError past 64 bits."""
    rows = {}
    for day, items in parts.items():
        given = list(items.values())
        sums = [sum(getattr(one, name) for one in given) for name in ("notional", "fee", "volume")]
        if any(not -LIMIT <= amount < LIMIT for amount in sums):
            raise OverflowError
        told = [one.trades for one in given]
        trades = sum(one for one in told if one is not None) if told and None not in told else None
        notional, fee, volume = sums
        rows[day] = Row(day, notional, fee, volume, trades)
    return rows


def grown(
    known: Known | None, now: Iterable[Totals], joined: date | None, day: date, ours: Ours
) -> dict[str, dict[str, Difference]]:
    """By asset and measure, how much totals grew (or shrank) since the last look. Measures that did not
    change are left out. known: None for an account that is new and counts from nothing.
    """
    result: dict[str, dict[str, Difference]] = {}
    for asset, windows in _by_window(now).items():
        before = (known or {}).get(asset, {})
        for measure in MEASURES:
            found = _difference(before, windows, measure, joined, day, partial(ours, asset, measure))
            if found is not None and (found.amount or found.trust is Trust.AT_LEAST):
                result.setdefault(asset, {})[measure] = found
    return result


def remembered(known: Known | None, now: Iterable[Totals], day: date) -> Known:
    """The totals to compare with next time."""
    result: Known = {asset: dict(windows) for asset, windows in (known or {}).items()}
    for asset, windows in _by_window(now).items():
        kept = result.setdefault(asset, {})
        kept["day"] = day.isoformat()
        for window, values in windows.items():
            kept[str(window)] = dict(kept.get(str(window), {})) | values
    return result


def _difference(
    before: Mapping[str, Any],
    windows: Mapping[int, Mapping[str, int]],
    measure: str,
    joined: date | None,
    day: date,
    ours: Callable[[], Mapping[date, int]],
) -> Difference | None:
    if measure in windows.get(0, {}):
        return Difference(windows[0][measure] - _old(before, 0, measure), Trust.EXACT)
    if measure in windows.get(30, {}) and measure in windows.get(365, {}):
        looked = date.fromisoformat(before["day"]) if "day" in before else day
        was = Windows(looked, _old(before, 30, measure), _old(before, 365, measure))
        now = Windows(day, windows[30][measure], windows[365][measure])
        if (was.last_30, was.last_365) == (now.last_30, now.last_365):
            return None
        return between(was, now, joined, ours())
    return None


def _old(before: Mapping[str, Any], window: int, measure: str) -> int:
    return int(before.get(str(window), {}).get(measure, 0))


def _by_window(now: Iterable[Totals]) -> dict[str, dict[int, dict[str, int]]]:
    found: dict[str, dict[int, dict[str, int]]] = {}
    for one in now:
        said = {name: getattr(one, name) for name in MEASURES if getattr(one, name) is not None}
        found.setdefault(one.asset, {}).setdefault(one.window_days, {}).update(said)
    return found


def _over(old: Account, new: Account) -> Account:
    said = {one.name: getattr(new, one.name) for one in fields(new) if getattr(new, one.name) is not None}
    return replace(old, **said)
