"""The trades in force in facts at a pinned version, as the engine reads them.

A trade that was corrected counts as its highest revision says, and not at all when that is reversed. What a
venue tells only by the day counts as one trade at the beginning of that day.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from guildhall.exchange.facts import DAILY_USER, TRADES
from guildhall.facts import reading
from guildhall.facts.reading import Snapshot

TABLES: Final = (TRADES.name, DAILY_USER.name)
DAILY: Final = "daily"
SCALE: Final = 8
"""Decimals of every amount in facts."""
COLUMNS: Final = (
    "trade_id",
    "venue",
    "account",
    "executed_at",
    "symbol",
    "liquidity",
    "notional",
    "fee",
    "volume",
    "asset",
    "flags",
)
"""The columns of a trade as the engine reads it."""
_DAY: Final[Mapping[str, str]] = {TRADES.name: "executed_at", DAILY_USER.name: "day"}
_MICROSECONDS = pa.timestamp("us", tz="UTC")


@dataclass(frozen=True, slots=True)
class Month:
    """Rows that stand in facts for one month, of every revision, and how many of them are in force.

    Facts only ever grow, so two looks with the same figures saw the same: a new row raises `rows`, and one
    that corrects it from another month lowers `in_force`.
    """

    rows: int = 0
    in_force: int = 0

    def __add__(self, other: Month) -> Month:
        return Month(self.rows + other.rows, self.in_force + other.in_force)


def survey_of(table: str, day: str, version: int, months: Sequence[str] | None = None) -> dict[str, Month]:
    """Month → what stands there of a table at a version; `day`: its column of times or dates."""
    snapshot = reading.snapshot(table, version)
    counts: tuple[dict[str, int], dict[str, int]] = ({}, {})
    for sums, in_force in zip(counts, (False, True), strict=True):
        for batch in snapshot.batches([day], months=months, in_force=in_force):
            for month, count in by_month(batch.column(0)).items():
                sums[month] = sums.get(month, 0) + count
    return {month: Month(rows, counts[1].get(month, 0)) for month, rows in sorted(counts[0].items())}


def pinned() -> dict[str, int]:
    """The versions of the tables of trades now; -1 for one to which nothing was shipped yet."""
    return {table: reading.version(table) for table in TABLES}


@dataclass(slots=True)
class InForce:
    """Trades in force: the engine's `Trades`. `versions`: table → version.

    `months` ("2026-10") and `accounts` narrow it; None is all. Rows come in the order of the facts.
    """

    versions: Mapping[str, int]
    months: Sequence[str] | None = None
    accounts: pa.Array | None = None
    _snapshots: dict[str, Snapshot] = field(default_factory=dict, init=False)
    _survey: dict[str, Month] | None = field(default=None, init=False)
    _rows: int | None = field(default=None, init=False)

    @property
    def rows(self) -> int:
        """How many trades count."""
        if self._rows is None:
            if self.accounts is None:
                self._rows = sum(month.in_force for month in self.survey().values())
            else:
                self._rows = sum(batch.num_rows for batch in self.batches(["executed_at"]))
        return self._rows

    def survey(self) -> dict[str, Month]:
        """Month → what stands there, of all accounts in the months asked for. Read once."""
        if self._survey is None:
            found: dict[str, Month] = {}
            for table in TABLES:
                one = survey_of(table, _DAY[table], self.versions[table], self.months)
                for month, stands in one.items():
                    found[month] = found.get(month, Month()) + stands
            self._survey = dict(sorted(found.items()))
        return self._survey

    def batches(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """The trades in force, in batches, always in the same order."""
        for table in TABLES:
            wanted = list(columns) if table == TRADES.name else _daily_columns(columns)
            if self.accounts is not None and "account" not in wanted:
                wanted.append("account")
            for batch in self._read(table, wanted, in_force=True):
                if self.accounts is not None:
                    batch = batch.filter(pc.is_in(batch.column("account"), value_set=self.accounts))
                if batch.num_rows:
                    yield batch.select(list(columns)) if table == TRADES.name else _as_trades(batch, columns)

    def _read(self, table: str, columns: list[str], *, in_force: bool) -> Iterator[pa.RecordBatch]:
        if table not in self._snapshots:
            self._snapshots[table] = reading.snapshot(table, self.versions[table])
        yield from self._snapshots[table].batches(columns, months=self.months, in_force=in_force)


def by_month(days: pa.Array) -> dict[str, int]:
    """Month → rows, of a column of times or dates."""
    values, counts = np.unique(month_numbers(days), return_counts=True)
    return {str(value): int(count) for value, count in zip(values, counts, strict=True)}


def month_numbers(days: pa.Array) -> npt.NDArray[np.datetime64]:
    """The UTC month of each time or date."""
    times = days.cast(_MICROSECONDS if pa.types.is_timestamp(days.type) else pa.timestamp("us"))
    micros = times.cast(pa.int64()).to_numpy(zero_copy_only=False)
    return np.asarray(micros.view("datetime64[us]").astype("datetime64[M]"))


def _daily_columns(columns: Sequence[str]) -> list[str]:
    wanted = {"venue", "account", "day", "asset", "source"}
    return sorted(wanted | ({"notional", "fee", "volume"} & set(columns)))


def _as_trades(rows: pa.RecordBatch, columns: Sequence[str]) -> pa.RecordBatch:
    """Rows of a day in the shape of trades."""
    count = rows.num_rows
    made: dict[str, pa.Array] = {}
    for name in columns:
        if name == "trade_id":
            parts = [rows.column(key).cast(pa.string()) for key in ("account", "day", "asset", "source")]
            made[name] = pc.binary_join_element_wise(pa.repeat(DAILY, count), *parts, ":")
        elif name == "executed_at":
            made[name] = rows.column("day").cast(pa.timestamp("us")).cast(pa.int64()).cast(_MICROSECONDS)
        elif name == "symbol":
            made[name] = pa.repeat("", count)
        elif name == "liquidity":
            made[name] = pa.repeat("taker", count)
        elif name == "flags":
            made[name] = pa.array([[DAILY]] * count, pa.list_(pa.string()))
        else:
            made[name] = rows.column(name)
    return pa.RecordBatch.from_pydict(made)
