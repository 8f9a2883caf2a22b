"""The worked example of `docs/partners-money.md`, read from the document itself and computed again.

A table of the document stands under a comment that names it. Terms, bindings and trades are read from there;
every other table and every figure in the text is computed from them with the plain-integer reference.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from guildhall.partners.testing.oracle import Binding, Deal, Explained, Override, Tier, Trade, settle
from guildhall.partners.testing.oracle_calendar import DAY, civil, instant

UNIT = 100_000_000
_TABLE = re.compile(r"<!-- table: ([a-z ]+) -->\n\n((?:\|.*\n)+)")
_TERMS = re.compile(r"```json\n(.*?)```", re.DOTALL)
_FIGURE = re.compile(r"(?<![\w.,-])-?\d(?:[\d,]*\d)?(?:\.\d+)?(?!\w)")
_NO_FIGURE = re.compile(
    r"`[^`]*`|\]\([^)]*\)|<!--.*?-->|SET-\d+|\d+e-\d+|^#.*$|\d\d:\d\d"
    r"|\b\d+(?:st|th)?(?: of)? (?:March|September|October|November)\b|\b\d+th\b|\d+ 月(?: \d+ 日)?|\d+ 日",
    re.MULTILINE,
)

Rows = list[list[str]]
Accruals = dict[tuple[str, str, str, str], int]


def units(text: str) -> int:
    """1,234.5 as whole 1e-8."""
    amount = Decimal(text.replace(",", "")) * UNIT
    if amount != int(amount):
        raise ValueError(f"{text} is finer than 1e-8")
    return int(amount)


def shown(amount: int) -> str:
    """Whole 1e-8 as the document writes them: exact, grouped, no zeros at the end."""
    whole, part = divmod(abs(amount), UNIT)
    decimals = f".{part:08d}".rstrip("0").rstrip(".")
    return f"{'-' if amount < 0 else ''}{whole:,}{decimals}"


def date_of(at: int) -> str:
    year, month, day = civil(at // DAY)
    return f"{year:04d}-{month:02d}-{day:02d}"


@dataclass(frozen=True)
class Document:
    """What the document says: its tables by name (rows without the heading), its terms, its other text."""

    tables: Mapping[str, Rows]
    deals: list[Deal]
    terms: list[dict[str, Any]]
    further: dict[str, Any]
    """Terms of later steps, tried on Lin's deals."""
    prose: str

    @classmethod
    def read(cls, text: str) -> Document:
        tables = {name: _rows(body) for name, body in _TABLE.findall(text)}
        terms, further = (json.loads(found) for found in _TERMS.findall(text))
        prose = _TERMS.sub("", _TABLE.sub("", text))
        return cls(tables, [_deal(each) for each in terms], terms, further, prose)

    @property
    def bindings(self) -> list[Binding]:
        return [
            Binding("house", account, partner, instant(begin), instant(end) if end != "–" else None)
            for account, partner, begin, end in self.tables["bindings"]
        ]

    def trades(self, table: str) -> list[Trade]:
        """The rows of `trades`, or of another table of the same columns."""
        return [
            Trade(
                number,
                "house",
                account,
                instant(at),
                units(fee),
                units(volume),
                asset,
                () if flag == "–" else (flag,),
            )
            for number, account, at, volume, fee, asset, flag in self.tables[table]
        ]

    def figures(self) -> list[str]:
        """Every number in the text outside tables, code, links, dates, times and rule numbers."""
        return _FIGURE.findall(_NO_FIGURE.sub(" ", self.prose))


@dataclass(frozen=True)
class Settled:
    """One settlement of the example."""

    explained: list[Explained]
    accruals: Accruals
    volumes: Mapping[tuple[str, str], int]

    def of(self, trade_id: str) -> Explained:
        return next(row for row in self.explained if row.trade_id == trade_id)

    def total(self, partner: str, kind: str, asset: str = "USDT") -> int:
        """What a partner has of one kind, over all days."""
        return sum(
            amount
            for (who, _, what, how), amount in self.accruals.items()
            if (who, what, how) == (partner, asset, kind)
        )


def settled(document: Document, trades: Sequence[Trade]) -> Settled:
    """The reference over the document's bindings and deals."""
    explained, accrued = settle(trades, document.bindings, document.deals)
    volumes: dict[tuple[str, str], int] = {}
    for trade, row in zip(trades, explained, strict=True):
        if row.deal_version is not None and not row.reason.startswith("excluded"):
            key = (str(row.partner), date_of(trade.executed_at)[:7])
            volumes[key] = volumes.get(key, 0) + trade.volume
    accruals = {(who, date_of(day * DAY), what, how): amount for who, day, what, how, amount in accrued}
    return Settled(explained, accruals, volumes)


def explain_rows(answer: Settled) -> Rows:
    """The table of what became of each trade."""
    return [
        [
            row.trade_id,
            row.partner or "–",
            "–" if row.deal_version is None else str(row.deal_version),
            "–" if row.rate_ppm is None else percent(row.rate_ppm),
            *(shown(amount) for amount in row[4:8]),
            f"`{row.reason}`",
        ]
        for row in answer.explained
    ]


def accrual_rows(answer: Settled) -> Rows:
    """The table of what is posted for each day."""
    return [[*key, shown(amount)] for key, amount in sorted(answer.accruals.items())]


def change_rows(before: Settled, after: Settled) -> Rows:
    """The table of what a later settlement changes: amounts that are new, taken back, or different."""
    rows = []
    for key in sorted(before.accruals.keys() | after.accruals.keys()):
        was, now = before.accruals.get(key, 0), after.accruals.get(key, 0)
        if was != now:
            rows.append([*key, shown(was), shown(now)])
    return rows


def percent(ppm: int) -> str:
    """A rate as the document writes it."""
    return f"{shown(ppm * UNIT // 10_000)} %"


def _rows(body: str) -> Rows:
    lines = [line.strip().strip("|").split("|") for line in body.strip().splitlines()]
    return [[cell.strip() for cell in line] for line in lines[2:]]


def _deal(said: Mapping[str, Any]) -> Deal:
    return Deal(
        said["partner"],
        said["version"],
        instant(said["valid_from"]) if said["valid_from"] else None,
        instant(said["valid_to"]) if said["valid_to"] else None,
        said["tier_basis"],
        tuple(Tier(**tier) for tier in said["tiers"]),
        said["kickback_ppm"],
        Override(**said["override"]) if said["override"] else None,
        tuple(said["exclude_flags"]),
        said["term_months"],
    )
