"""What adapters read out of answers, in one shape for all venues, and how amounts and times are read. Pure.

Amounts are whole 1e-8; what a venue tells more finely is cut towards minus infinity, on totals before they
are subtracted, so that nothing is lost for good. A row that cannot be read becomes a `Bad` and spoils no
other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from guildhall.core.text import Text

if TYPE_CHECKING:
    from guildhall.exchange.venues.wire import Ask

SCALE = 8
LIMIT = 2**63
_NUMBER = re.compile(r"([+-]?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]{1,3}))?")
_UID = re.compile(r"[A-Za-z0-9_-]{1,64}")
STABLE = frozenset({"USDT", "USDC", "USD", "FDUSD", "BUSD"})
"""Assets counted one to one as the reference asset."""
Fields = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Account:
    """An account we brought. Times aware UTC; None where a venue does not tell."""

    uid: str
    joined_at: datetime | None = None
    code: str | None = None
    link: str | None = None
    region: str | None = None
    kyc_level: int | None = None
    kyc_status: str | None = None
    kyc_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Totals:
    """Running totals of an account in one asset. `window_days`: 0 for all time, else of the last days."""

    uid: str
    asset: str
    volume: int | None = None
    fee: int | None = None
    deposits: int | None = None
    withdrawals: int | None = None
    window_days: int = 0


@dataclass(frozen=True, slots=True)
class Day:
    """Part of what an account did on a day. Parts with different `item` add up; the same item is one."""

    uid: str
    day: date
    asset: str
    fee: int
    notional: int = 0
    volume: int = 0
    trades: int | None = None
    item: str = ""


@dataclass(frozen=True, slots=True)
class Moved:
    """One deposit of an account. `at` aware UTC."""

    uid: str
    id: str
    at: datetime
    asset: str
    amount: int


@dataclass(frozen=True, slots=True)
class Gone:
    """The venue says this account is not ours (any more)."""

    uid: str


@dataclass(frozen=True, slots=True)
class Bad:
    """A row that could not be read: `field` and `why`; `row` counts from 1 on its page."""

    row: int
    field: str
    why: Text


@dataclass(frozen=True, slots=True)
class Note:
    """What somebody should know about how complete this is; `code` for programs."""

    code: str
    text: Text


Reading = Account | Totals | Day | Moved | Gone


@dataclass(frozen=True, slots=True)
class Page:
    """What one answer said, and what to ask next because of it."""

    readings: tuple[Reading, ...] = ()
    next: tuple[Ask, ...] = ()
    bad: tuple[Bad, ...] = ()
    notes: tuple[Note, ...] = field(default=())
    rows: int = 0


class Unreadable(Exception):
    """A field is missing or is not what it was; caught by `rows`, never shown."""

    def __init__(self, name: str, why: Text) -> None:
        super().__init__(name)
        self.name = name
        self.why = why


class ChangedShape(Exception):
    """An answer as a whole is not what it was: a list is missing."""


def rows(given: Any, reader: Callable[[Fields], Iterable[Reading]]) -> tuple[list[Reading], list[Bad]]:
    """Read each row; those that cannot be read are named. Raises ChangedShape when `given` is no list."""
    if not isinstance(given, list):
        raise ChangedShape
    good: list[Reading] = []
    bad: list[Bad] = []
    for number, row in enumerate(given, 1):
        try:
            if not isinstance(row, Mapping):
                raise Unreadable("row", Text("this is not a row", "不是有效的数据行"))
            good.extend(reader(row))
        except Unreadable as wrong:
            bad.append(Bad(number, wrong.name, wrong.why))
    return good, bad


def units(row: Fields, name: str, *, empty: int | None = None) -> int:
    """An amount in whole 1e-8. `empty`: what an empty text or null stands for; None refuses it."""
    value = row.get(name)
    if value is None or value == "":
        if empty is None:
            raise Unreadable(name, Text("the field is missing or empty", "缺少该字段或为空"))
        return empty
    found = _NUMBER.fullmatch(str(value)) if isinstance(value, (str, int)) else None
    if found is None or isinstance(value, bool):
        raise Unreadable(name, Text("this is not a number", "不是数字"))
    sign, whole, decimals = found[1], found[2], found[3] or ""
    exponent = int(found[4] or 0) - len(decimals) + SCALE
    size = int(whole + decimals) * (-1 if sign == "-" else 1)
    if abs(exponent) > 60:
        raise Unreadable(name, Text("this number is out of range", "数值超出范围"))
    result = size * 10**exponent if exponent >= 0 else size // 10**-exponent
    if not -LIMIT <= result < LIMIT:
        raise Unreadable(name, Text("this number is out of range", "数值超出范围"))
    return result


def word(row: Fields, *names: str) -> str | None:
    """The first of these fields that holds text or a whole number; None when none does."""
    for name in names:
        value = row.get(name)
        if isinstance(value, str) and value:
            return value[:120]
        if type(value) is int:
            return str(value)
    return None


def uid(row: Fields, name: str) -> str:
    """The account a row is about. Raises Unreadable for a masked address or nothing."""
    found = word(row, name)
    if found is None or not _UID.fullmatch(found):
        raise Unreadable(name, Text("there is no account id, or it is masked", "没有账户 ID，或已被遮盖"))
    return found


def asset(row: Fields, name: str) -> str:
    """An asset's code in capitals."""
    found = word(row, name)
    if found is None or not re.fullmatch(r"[A-Za-z0-9._-]{1,30}", found):
        raise Unreadable(name, Text("this is not an asset", "不是有效的资产代码"))
    return found.upper()


def instant(row: Fields, *names: str, needed: bool = False) -> datetime | None:
    """A time told in milliseconds, in seconds, or as a date; aware UTC. Zero and nothing are None."""
    text = word(row, *names)
    if text is None or text == "0":
        if needed:
            raise Unreadable(names[0], Text("the time is missing", "缺少时间"))
        return None
    try:
        if text.isdecimal():
            number = int(text)
            scale = 1 if number > 100_000_000_000 else 1000
            return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=number * scale)
        at = datetime.fromisoformat(text)
    except (ValueError, OverflowError) as wrong:
        raise Unreadable(names[0], Text("this is not a time", "不是有效时间")) from wrong
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def day_of(at: datetime | None, hours: int = 0) -> date:
    """The day of a time in the zone that is `hours` ahead of UTC."""
    assert at is not None
    return (at + timedelta(hours=hours)).date()


def valued(amount: int, code: str) -> int:
    """An amount in the reference asset; 0 where we have no rate for it."""
    return amount if code in STABLE else 0


def unvalued(readings: Iterable[Reading]) -> tuple[Note, ...]:
    """A note naming the assets whose volume could not be converted."""
    codes = {one.asset for one in readings if isinstance(one, Day) and one.notional and not one.volume}
    if not codes:
        return ()
    named = ", ".join(sorted(codes))
    return (
        Note(
            "not_converted",
            Text(
                f"Volume in {named} has no rate and counts as 0 towards tiers; fees are whole.",
                f"{named} 的成交额没有汇率，档位交易量按 0 计；手续费不受影响。",
            ),
        ),
    )
