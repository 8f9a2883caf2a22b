"""What was agreed with a vendor, and what a month comes to by it. Pure, in whole minor units and seconds.

Amounts: hours are paid by the second and rounded half to even on each line; a ticket has a price, maybe
another one in some categories; missed promises give back a share of what was earned, no more than a cap.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from guildhall.core.errors import BadInput
from guildhall.core.text import Text

FULL = 10_000
METRICS = ("first_response", "next_response", "resolution")
_CURRENCY = re.compile(r"[A-Z0-9]{3,10}")
_MOST = 10**10
_HOUR = 3600


@dataclass(frozen=True, slots=True)
class Step:
    """Below this share of promises kept, this share of the month is given back; hundredths of a percent."""

    below_bp: int
    credit_bp: int


@dataclass(frozen=True, slots=True)
class Credit:
    """What a missed promise costs. The deepest step that applies counts, not their sum."""

    metric: str
    steps: tuple[Step, ...]

    def due(self, kept: int, all_: int) -> Step | None:
        """The step for `kept` promises of `all_`; None when all is well or nothing was promised."""
        if not all_:
            return None
        below = [step for step in self.steps if FULL * kept < step.below_bp * all_]
        return max(below, key=lambda step: step.credit_bp, default=None)


@dataclass(frozen=True, slots=True)
class Terms:
    """`currency` and `scale`: minor units of it (USD, 2: cents). `hour`, `on_call_hour`: minor units an hour;
    `ticket`: for each solved one, `by_category` where it differs; `minimum`: a month comes to no less before
    credits; `cap_bp`: the most that credits give back. `zone`: where a month begins.
    """

    currency: str = "USD"
    scale: int = 2
    zone: str = "UTC"
    hour: int = 0
    on_call_hour: int = 0
    ticket: int = 0
    by_category: Mapping[str, int] = field(default_factory=dict)
    minimum: int = 0
    credits: tuple[Credit, ...] = ()
    cap_bp: int = FULL

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Terms:
        """Terms that were checked; {} is nothing agreed. Raises BadInput naming the field."""
        currency, zone = str(data.get("currency") or "USD"), str(data.get("zone") or "UTC")
        if not _CURRENCY.fullmatch(currency):
            raise BadInput(
                Text("Name the currency like USD or USDT.", "币种请写成 USD 或 USDT。"), field="currency"
            )
        try:
            ZoneInfo(zone)
        except (KeyError, ValueError, OSError) as wrong:
            raise BadInput(Text("There is no such time zone.", "没有此时区。"), field="zone") from wrong
        by_category = data.get("by_category") or {}
        if not isinstance(by_category, Mapping):
            raise BadInput(
                Text("Prices by category cannot be read.", "分类单价无法读取。"), field="by_category"
            )
        return cls(
            currency=currency,
            scale=_whole(data, "scale", 2, 8),
            zone=zone,
            hour=_whole(data, "hour", 0),
            on_call_hour=_whole(data, "on_call_hour", 0),
            ticket=_whole(data, "ticket", 0),
            by_category={str(key): _whole(by_category, key, 0) for key in sorted(by_category)},
            minimum=_whole(data, "minimum", 0),
            credits=tuple(_credit(one) for one in data.get("credits") or ()),
            cap_bp=_whole(data, "cap_bp", FULL, FULL),
        )

    def to_json(self) -> dict[str, Any]:
        """As stored."""
        return {
            "currency": self.currency, "scale": self.scale, "zone": self.zone, "hour": self.hour,
            "on_call_hour": self.on_call_hour, "ticket": self.ticket, "by_category": dict(self.by_category),
            "minimum": self.minimum, "cap_bp": self.cap_bp,
            "credits": [
                {"metric": one.metric, "steps": [[step.below_bp, step.credit_bp] for step in one.steps]}
                for one in self.credits
            ],
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the invoice. `kind`: hours, on_call, tickets, minimum, credit; `count` in seconds for hours
    and in hundredths of a percent for credits; `price`: minor units for one hour or ticket.
    """

    kind: str
    what: str
    count: int
    price: int
    amount: int

    def to_json(self) -> list[str | int]:
        """As stored."""
        return [self.kind, self.what, self.count, self.price, self.amount]


def reckon(
    terms: Terms,
    seconds: Mapping[tuple[str, str], int],
    tickets: Mapping[str, int],
    promises: Mapping[str, tuple[int, int]],
) -> list[Line]:
    """The lines of a month. seconds: (kind `hours` or `on_call`, who) → worked; tickets: category ('' for
    none) → solved; promises: metric → (kept, all). The sum of the amounts is what is owed, never below 0.
    """
    lines: list[Line] = []
    for (kind, who), worked in sorted(seconds.items()):
        price = terms.hour if kind == "hours" else terms.on_call_hour
        if worked and (price or kind == "hours"):
            lines.append(Line(kind, who, worked, price, round(Fraction(worked * price, _HOUR))))
    for category, count in sorted(tickets.items()):
        price = terms.by_category.get(category, terms.ticket)
        if count:
            lines.append(Line("tickets", category, count, price, count * price))
    earned = sum(line.amount for line in lines)
    if earned < terms.minimum:
        lines.append(Line("minimum", "", 1, terms.minimum, terms.minimum - earned))
        earned = terms.minimum
    return lines + _credits(terms, earned, promises)


def total(lines: Iterable[Line]) -> int:
    """What is owed, in minor units."""
    return sum(line.amount for line in lines)


def _credits(terms: Terms, earned: int, promises: Mapping[str, tuple[int, int]]) -> list[Line]:
    left = earned * terms.cap_bp // FULL
    lines: list[Line] = []
    for credit in terms.credits:
        step = credit.due(*promises.get(credit.metric, (0, 0)))
        if step is None:
            continue
        given = min(left, round(Fraction(earned * step.credit_bp, FULL)))
        left -= given
        lines.append(Line("credit", credit.metric, step.credit_bp, 0, -given))
    return lines


def _credit(data: Any) -> Credit:
    metric = data.get("metric") if isinstance(data, Mapping) else ""
    steps: Sequence[Any] = data.get("steps") or () if isinstance(data, Mapping) else ()
    if metric not in METRICS:
        raise BadInput(Text("Credits are for one of the clocks.", "抵扣须对应某一时限。"), field="credits")
    try:
        read = tuple(Step(int(below), int(given)) for below, given in steps)
    except (TypeError, ValueError) as wrong:
        raise BadInput(Text("A step is two numbers.", "每档须为两个数字。"), field="credits") from wrong
    if not read or any(not (0 < one.below_bp <= FULL and 0 < one.credit_bp <= FULL) for one in read):
        raise BadInput(Text("Steps lie between 0 and 100 %.", "各档须在 0 到 100% 之间。"), field="credits")
    return Credit(str(metric), tuple(sorted(read, key=lambda one: -one.below_bp)))


def _whole(data: Mapping[str, Any], name: str, usual: int, most: int = _MOST) -> int:
    value = data.get(name, usual)
    if type(value) is not int or not 0 <= value <= most:
        raise BadInput(
            Text(f"{name}: a whole number from 0 to {most:,}.", f"{name}：须为 0 到 {most:,} 的整数。"),
            field=str(name),
        )
    return value
