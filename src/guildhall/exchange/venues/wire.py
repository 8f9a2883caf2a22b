"""What an adapter says to the rest: requests to make, how they are signed, what a refusal means. Pure.

An `Ask` is data, so a pull that was cut short goes on from the list of what is still to be asked.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any
from urllib.parse import urlencode

from guildhall.core.text import Text
from guildhall.exchange.venues.readings import Page

DAY_MS = 86_400_000
Said = Any


class Base(StrEnum):
    """What stands in the `fee` of a day: the fee the account paid, or, where a venue does not tell that, the
    commission it credits us with.
    """

    FEE = "fee"
    COMMISSION = "commission"


class Trouble(StrEnum):
    """What a refusal means for us."""

    CLOCK = "clock"
    PACE = "pace"
    CREDENTIALS = "credentials"
    NOT_OURS = "not_ours"
    BUSY = "busy"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Refusal:
    """`code` and `said` are the venue's own; `retry_after` in seconds when it told one."""

    trouble: Trouble
    code: str
    said: str = ""
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a venue gives its affiliates to sign with."""

    key: str
    secret: str = field(repr=False)
    passphrase: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Ask:
    """One request. `step` tells the adapter what the answer is; `query` keeps its order, for it is signed."""

    step: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    method: str = "GET"
    body: str = ""
    host: str = ""

    def to_json(self) -> dict[str, Any]:
        return {
            "step": self.step, "path": self.path, "query": [list(pair) for pair in self.query],
            "method": self.method, "body": self.body, "host": self.host,
        }  # fmt: skip

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Ask:
        pairs = tuple((str(name), str(value)) for name, value in data["query"])
        return cls(data["step"], data["path"], pairs, data["method"], data["body"], data["host"])

    @property
    def target(self) -> str:
        """Path and query as they are sent and signed."""
        return f"{self.path}?{urlencode(self.query)}" if self.query else self.path

    def value(self, name: str) -> str:
        """A value of the query; empty when it has none."""
        return next((value for key, value in self.query if key == name), "")

    def with_values(self, **values: object) -> Ask:
        """The same request with values of the query set anew, at their old places."""
        new = {name: str(value) for name, value in values.items()}
        kept = tuple((name, new.pop(name, value)) for name, value in self.query)
        return Ask(self.step, self.path, kept + tuple(new.items()), self.method, self.body, self.host)


@dataclass(frozen=True, slots=True)
class Signed:
    """A request as it goes out."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None


@dataclass(frozen=True, slots=True)
class Window:
    """Which days to read: from `since` to the end of `until`, both UTC dates; `now` is aware UTC."""

    since: date
    until: date
    now: datetime

    def slices(self, days: int, *, hours: int = 0) -> list[tuple[int, int]]:
        """[first, last] milliseconds of stretches of at most `days` days, which begin `hours` before
        UTC's.
        """
        begin = ms(self.since) - hours * 3_600_000
        end = ms(self.until) + DAY_MS - hours * 3_600_000
        step = days * DAY_MS
        return [(at, min(at + step, end) - 1) for at in range(begin, end, step)]


class Adapter(ABC):
    """One venue. `every_s`: seconds between requests; `restates`: days that are read again each time.

    `lag`: how old its totals are; `tells_days`: whether trading is told day by day, not as running totals.
    """

    name: str
    label: Text
    hosts: Mapping[str, str]
    base: Base
    every_s: float
    restates: int = 3
    lag: timedelta = timedelta(0)
    has_passphrase: bool = False
    tells_days: bool = False
    clock: Ask

    @abstractmethod
    def first(self, window: Window) -> list[Ask]:
        """What a pull begins with."""

    @abstractmethod
    def sign(self, ask: Ask, credentials: Credentials, at_ms: int, origin: str) -> Signed:
        """The request with its signature; at_ms: the venue's time in milliseconds."""

    @abstractmethod
    def judge(self, status: int, headers: Mapping[str, str], said: Said) -> Refusal | None:
        """What is wrong with an answer, if anything. `said`: its JSON, None when it is none."""

    @abstractmethod
    def read(self, ask: Ask, said: Said) -> Page:
        """What a good answer says."""

    @abstractmethod
    def server_time(self, said: Said) -> int:
        """Milliseconds since 1970 in the answer to `clock`."""

    def detail(self, uid: str) -> Ask | None:
        """How to ask about one account that has vanished from the list; None where that cannot be asked."""
        return None

    @property
    def source(self) -> str:
        """How its rows of `daily_user` are marked."""
        return f"{self.name}/{self.base}"


def loads(body: bytes) -> Said:
    """JSON without a single float: a number with a point stays the text it was. None for what is no JSON."""
    try:
        return json.loads(body, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError):
        return None


def ms(day: date) -> int:
    """Milliseconds since 1970 at which a UTC day begins."""
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1000


def hex_hmac(secret: str, text: str) -> str:
    """HMAC-SHA256 in small hex letters."""
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


def base64_hmac(secret: str, text: str) -> str:
    """HMAC-SHA256 in base64."""
    return base64.b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()).decode()


def by_status(status: int, headers: Mapping[str, str], code: str, said: str) -> Refusal | None:
    """What HTTP alone tells: too fast, or busy; None when the body has to say."""
    if status in (418, 429):
        return Refusal(Trouble.PACE, code or str(status), said, retry_after(headers))
    if status >= 500:
        return Refusal(Trouble.BUSY, code or str(status), said, retry_after(headers))
    return None


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds from Retry-After, at most an hour; None for nonsense."""
    text = headers.get("retry-after", "")
    return min(float(text), 3600.0) if text.isascii() and text.isdigit() else None


def sorted_into(code: str, kinds: Mapping[Trouble, Sequence[str]]) -> Trouble:
    """The trouble a venue's code stands for; BROKEN for one we do not know."""
    return next((trouble for trouble, codes in kinds.items() if code in codes), Trouble.BROKEN)
