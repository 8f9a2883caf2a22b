"""Whether people coming into a space are a raid: how fast they come against the space's own usual rate, and
what they have in common (young accounts, accounts made together, names of one pattern, one text from many).

Speed alone is no raid: a campaign of our own may bring hundreds. It takes something in common, or words.
Pure.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from guildhall.guard.types import RaidLimits

YOUNG = timedelta(days=30)
TOGETHER = timedelta(hours=36)
_DISCORD_EPOCH_MS = 1_420_070_400_000
_KNOWN = (
    (2_768_409, date(2013, 11, 1)), (23_646_077, date(2014, 3, 18)), (101_260_938, date(2015, 3, 6)),
    (171_295_414, date(2016, 3, 9)), (278_941_742, date(2016, 9, 10)), (400_169_472, date(2017, 7, 31)),
    (616_816_630, date(2018, 6, 22)), (805_158_066, date(2019, 7, 15)), (1_974_255_900, date(2021, 10, 12)),
    (5_045_293_264, date(2022, 1, 13)), (5_442_755_368, date(2022, 7, 22)),
    (5_869_978_651, date(2023, 2, 20)), (6_401_027_363, date(2023, 11, 3)),
    (6_923_148_775, date(2024, 1, 22)), (7_416_124_792, date(2024, 11, 29)),
    (7_602_951_950, date(2025, 3, 23)), (8_264_059_120, date(2025, 6, 5)), (8_373_380_470, date(2025, 9, 8)),
    (8_850_000_000, date(2026, 4, 7)),
)  # fmt: skip
"""Telegram ids and when accounts of these ids were made, as published by several id-age tables (wjclub's
getids and those built on it). They disagree by weeks, so an age read off an id is a hint.
"""
_A_DAY = 2_000_000
"""Ids given out a day behind the last known one."""
_IDS = tuple(number for number, _ in _KNOWN)
_DIGITS = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Joined:
    """Somebody who came. `born`: when the account was made, None unknown; `shape`: see `shape_of`."""

    account_id: str
    at: datetime
    born: datetime | None = None
    shape: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """What the people who came lately wrote: accounts with nearly the same text (the largest group), accounts
    whose messages were removed, accounts that wrote at all.
    """

    same: int = 0
    removed: int = 0
    wrote: int = 0


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing that speaks for a raid: `n` of `of`, weight 0..1. `sample` is a pattern, never a name."""

    kind: str
    n: int
    of: int
    weight: float
    sample: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found. `is_raid`: to be answered now; `is_odd`: staff should look."""

    is_raid: bool
    is_odd: bool
    evidence: tuple[Evidence, ...]


def assess(joined: Sequence[Joined], usual: float, limits: RaidLimits, said: Said, now: datetime) -> Finding:
    """What the people who came within the policy's minutes look like. `usual`: joins in such a time as a
    rule.
    """
    n = len(joined)
    found: list[Evidence] = []
    is_fast = n >= limits.joins and n >= limits.times * usual
    if is_fast:
        found.append(Evidence("rate", n, max(1, round(usual)), 0.5))
    if n >= max(5, limits.joins // 2):
        found += [one for one in (_young(joined, now), _together(joined), _named(joined)) if one is not None]
    if said.same >= 4:
        found.append(Evidence("text", said.same, said.wrote, 0.45 if said.same < 8 else 0.75))
    if said.removed >= 4 and 2 * said.removed >= said.wrote:
        found.append(Evidence("removed", said.removed, said.wrote, 0.5))
    certainty = 1.0
    for one in found:
        certainty *= 1 - one.weight
    kinds = {one.kind for one in found}
    in_common = kinds & {"ages", "together", "names", "text", "removed"}
    is_raid = bool(in_common) and (is_fast or said.same >= 8) and 1 - certainty >= 0.7
    return Finding(is_raid, is_raid or (is_fast and n >= 4 * limits.joins), tuple(found))


def goes_on(joins: int, limits: RaidLimits, said: Said) -> bool:
    """Whether a raid that is on still does: a third of what began it, or words of newcomers removed."""
    return joins >= max(3, limits.joins // 3) or said.removed >= 2 or said.same >= 3


def born_at(platform: str, external_id: str, now: datetime) -> datetime | None:
    """When an account was made, read off its id: to the millisecond on Discord, to some weeks on Telegram."""
    if not external_id.isdigit():
        return None
    number = int(external_id)
    if platform == "discord":
        ms = (number >> 22) + _DISCORD_EPOCH_MS
        return datetime.fromtimestamp(ms / 1000, UTC) if ms / 1000 < now.timestamp() else None
    if platform != "telegram" or number < _IDS[0]:
        return None
    at = bisect_right(_IDS, number)
    low, since = _KNOWN[at - 1]
    if at == len(_KNOWN):
        days = (number - low) / _A_DAY
    else:
        high, until = _KNOWN[at]
        days = (until - since).days * (number - low) / (high - low)
    made = datetime(since.year, since.month, since.day, tzinfo=UTC) + timedelta(days=days)
    return min(made, now)


def shape_of(name: str, username: str) -> str:
    """The pattern of a name: digits as #, runs of letters by script and case, as in `Aa ##|aaa#`.

    Word-and-digits user names keep their word, because `raider17` and `raider18` are one pattern and
    `anna17` is another. '' when there is nothing a machine would have chosen.
    """
    user = username.casefold()
    if user and _DIGITS.search(user):
        return f"{_letters(name)}|{_DIGITS.sub('#', user)}"[:60]
    if _DIGITS.search(name):
        return f"{_DIGITS.sub('#', name.casefold())}|{'@' if user else ''}"[:60]
    return ""


def _letters(name: str) -> str:
    """A name by what it is made of."""
    out: list[str] = []
    for char in name[:40]:
        if char.isdigit():
            kind = "#"
        elif "\u4e00" <= char <= "\u9fff":
            kind = "中"
        elif "\u0400" <= char <= "\u04ff":
            kind = "я"
        elif char.isalpha():
            kind = "a"
        else:
            kind = " " if char.isspace() else "."
        if not out or out[-1] != kind:
            out.append(kind)
    return "".join(out)


def _young(joined: Sequence[Joined], now: datetime) -> Evidence | None:
    known = [one.born for one in joined if one.born is not None]
    young = sum(now - born < YOUNG for born in known)
    if len(known) >= 8 and young * 10 >= len(known) * 6:
        return Evidence("ages", young, len(known), 0.5)
    return None


def _together(joined: Sequence[Joined]) -> Evidence | None:
    """The most accounts made within a day and a half of each other."""
    known = sorted(one.born for one in joined if one.born is not None)
    most, low = 0, 0
    for high, born in enumerate(known):
        while born - known[low] > TOGETHER:
            low += 1
        most = max(most, high - low + 1)
    if most >= 8 and most * 2 >= len(known):
        return Evidence("together", most, len(known), 0.6)
    return None


def _named(joined: Sequence[Joined]) -> Evidence | None:
    shapes = Counter(one.shape for one in joined if one.shape)
    if not shapes:
        return None
    shape, most = shapes.most_common(1)[0]
    if most >= 6 and most * 10 >= len(joined) * 4:
        return Evidence("names", most, len(joined), 0.65, shape)
    return None
