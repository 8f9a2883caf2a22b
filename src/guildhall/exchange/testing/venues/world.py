"""The people a made-up affiliate brought to a made-up exchange, and what they did there. Amounts are whole
1e-8.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

ONE = 100_000_000


@dataclass
class Traded:
    """What somebody traded on a day; `commission` is what the venue credits the affiliate with."""

    day: date
    volume: int
    fee: int
    commission: int = 0
    asset: str = "USDT"
    symbol: str = "BTCUSDT"


@dataclass
class Deposited:
    id: str
    at: datetime
    amount: int
    asset: str = "USDT"


@dataclass
class Person:
    uid: str
    joined_at: datetime
    code: str = "GUILD"
    region: str = "SG"
    kyc: int = 0
    trades: list[Traded] = field(default_factory=list)
    deposits: list[Deposited] = field(default_factory=list)
    withdrawn: int = 0

    def between(self, first: date, last: date) -> list[Traded]:
        """What they traded from one day to another, both in."""
        return [one for one in self.trades if first <= one.day <= last]

    def deposited(self, first: date, last: date) -> int:
        return sum(one.amount for one in self.deposits if first <= one.at.date() <= last)


@dataclass
class World:
    """`hidden`: left out of lists; `gone`: the venue says they are not the affiliate's. `mischief` is worn
    by the next requests in order: `429`, `503`, `cut`, `html`, `wrong_key`, `renamed`, `broken`.
    """

    people: dict[str, Person] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    mischief: list[str] = field(default_factory=list)
    skew_ms: int = 0
    clamps_pages: bool = False
    """Whether a page past the end gives the last page again."""

    def add(self, uid: str, joined_at: datetime, **more: object) -> Person:
        """One more person."""
        made = Person(uid, joined_at, **more)  # type: ignore[arg-type]
        self.people[uid] = made
        return made

    def listed(self) -> list[Person]:
        """Everybody a list names, longest-standing first."""
        shown = [one for uid, one in self.people.items() if uid not in self.hidden | self.gone]
        return sorted(shown, key=lambda one: (one.joined_at, one.uid))


def text(units: int, places: int = 8) -> str:
    """An amount as venues write it."""
    sign, size = "-" if units < 0 else "", abs(units)
    whole, rest = divmod(size, ONE)
    return f"{sign}{whole}.{rest:08d}{'0' * (places - 8)}"


def millis(at: datetime | date) -> int:
    """Milliseconds since 1970; a date is its UTC beginning."""
    if not isinstance(at, datetime):
        at = datetime(at.year, at.month, at.day, tzinfo=UTC)
    return int(at.timestamp() * 1000)


def eastern(day: date) -> int:
    """Milliseconds at which a day begins in UTC+8."""
    return millis(day) - 8 * 3_600_000


def total(values: Iterable[int]) -> str:
    """A sum, written out."""
    return text(sum(values))


def window(day: date, days: int) -> tuple[date, date]:
    """The last so many days up to and including `day`."""
    return day - timedelta(days=days - 1), day
