"""The files of `guildhall partners settle`, written for tests and read for the plain-integer reference.

`write` makes the three inputs from the reference's own types; `read_*` makes those types from files; and
`differences` says where the two outputs of the command differ from what the reference answers.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from guildhall.partners.testing.oracle import Binding, Deal, Explained, Oracle, Override, Tier, Trade
from guildhall.partners.testing.oracle_calendar import instant

_MOMENT = pa.timestamp("us", tz="UTC")
_READ = ("trade_id", "venue", "account", "executed_at", "fee", "volume", "asset", "flags")
TRADES = pa.schema(
    [
        pa.field("trade_id", pa.string()),
        pa.field("venue", pa.string()),
        pa.field("account", pa.string()),
        pa.field("executed_at", _MOMENT),
        pa.field("symbol", pa.string()),
        pa.field("liquidity", pa.string()),
        pa.field("notional", pa.int64()),
        pa.field("fee", pa.int64()),
        pa.field("volume", pa.int64()),
        pa.field("asset", pa.string()),
        pa.field("flags", pa.list_(pa.string())),
    ]
)
BINDINGS = pa.schema(
    [
        pa.field("venue", pa.string()),
        pa.field("account", pa.string()),
        pa.field("partner", pa.string()),
        pa.field("valid_from", _MOMENT),
        pa.field("valid_to", _MOMENT),
    ]
)
EXPLAIN = pa.schema(
    [
        pa.field("trade_id", pa.string()),
        pa.field("partner", pa.string()),
        pa.field("deal_version", pa.int64()),
        pa.field("rate_ppm", pa.int64()),
        pa.field("pool", pa.int64()),
        pa.field("kickback", pa.int64()),
        pa.field("commission", pa.int64()),
        pa.field("override", pa.int64()),
        pa.field("reason", pa.string()),
    ]
)
ACCRUALS = pa.schema(
    [
        pa.field("partner", pa.string()),
        pa.field("day", pa.date32()),
        pa.field("asset", pa.string()),
        pa.field("kind", pa.string()),
        pa.field("units", pa.int64()),
    ]
)


def trades_table(trades: Sequence[Trade]) -> pa.Table:
    """The trades as the command reads them; `notional` is what no rule looks at."""
    columns: dict[str, list[Any]] = {
        "trade_id": [trade.trade_id for trade in trades],
        "venue": [trade.venue for trade in trades],
        "account": [trade.account for trade in trades],
        "executed_at": [trade.executed_at for trade in trades],
        "symbol": [f"BTC/{trade.asset}" for trade in trades],
        "liquidity": ["taker" if at % 3 else "maker" for at in range(len(trades))],
        "notional": [trade.volume for trade in trades],
        "fee": [trade.fee for trade in trades],
        "volume": [trade.volume for trade in trades],
        "asset": [trade.asset for trade in trades],
        "flags": [list(trade.flags) if trade.flags else None for trade in trades],
    }
    return pa.table({name: pa.array(columns[name], TRADES.field(name).type) for name in TRADES.names}, TRADES)


def bindings_table(bindings: Sequence[Binding]) -> pa.Table:
    """The bindings as the command reads them, in the order given."""
    return pa.table(
        {
            name: pa.array([getattr(binding, name) for binding in bindings], BINDINGS.field(name).type)
            for name in BINDINGS.names
        },
        BINDINGS,
    )


def written_instant(at: int | None) -> str | None:
    """An instant (microseconds) as RFC 3339; None stays None."""
    if at is None:
        return None
    return str(pa.scalar(at, _MOMENT).as_py().isoformat()).replace("+00:00", "Z")


def deals_json(deals: Sequence[Deal]) -> list[dict[str, Any]]:
    """The deals as the command reads them."""
    return [
        {
            "partner": deal.partner,
            "version": deal.version,
            "valid_from": written_instant(deal.valid_from),
            "valid_to": written_instant(deal.valid_to),
            "tier_basis": deal.tier_basis,
            "tiers": [tier._asdict() for tier in deal.tiers],
            "kickback_ppm": deal.kickback_ppm,
            "override": None if deal.override is None else deal.override._asdict(),
            "exclude_flags": list(deal.exclude_flags),
            "term_months": deal.term_months,
        }
        for deal in deals
    ]


def write(
    directory: Path, trades: Sequence[Trade], bindings: Sequence[Binding], deals: Sequence[Deal]
) -> list[str]:
    """Writes the three inputs into `directory`; returns the command's arguments (output in `out` there)."""
    directory.mkdir(parents=True, exist_ok=True)
    pq.write_table(trades_table(trades), directory / "trades.parquet")
    pq.write_table(bindings_table(bindings), directory / "bindings.parquet")
    (directory / "deals.json").write_text(json.dumps(deals_json(deals), ensure_ascii=False), encoding="utf-8")
    return [
        *("--trades", str(directory / "trades.parquet")),
        *("--bindings", str(directory / "bindings.parquet")),
        *("--deals", str(directory / "deals.json")),
        *("--out", str(directory / "out")),
    ]


def read_trades(path: Path) -> Iterator[Trade]:
    """The trades of a file, in its order, a batch in memory at a time."""
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(100_000, columns=list(_READ)):
            yield from trades_from(batch)


def trades_from(batch: pa.RecordBatch) -> Iterator[Trade]:
    """The trades of a batch, in its order."""
    table = pa.Table.from_batches([batch]).select(_READ)
    at = _READ.index("executed_at")
    table = table.set_column(at, "executed_at", table["executed_at"].cast(_MOMENT).cast(pa.int64()))
    *plain, flags = (table[name].to_pylist() for name in _READ)
    for row, carried in zip(zip(*plain, strict=True), flags, strict=True):
        yield Trade._make((*row, tuple(carried or ())))


def read_bindings(path: Path) -> list[Binding]:
    """The bindings of a file, in its order."""
    return bindings_from(pq.read_table(path))


def bindings_from(table: pa.Table) -> list[Binding]:
    """The bindings of a table, in its order."""
    table = table.select(BINDINGS.names)
    for name in ("valid_from", "valid_to"):
        table = table.set_column(BINDINGS.names.index(name), name, table[name].cast(_MOMENT).cast(pa.int64()))
    return [Binding(*row) for row in zip(*(table[name].to_pylist() for name in BINDINGS.names), strict=True)]


def read_deals(path: Path) -> list[Deal]:
    """The deals of a file, in its order."""
    return deals_from(json.loads(path.read_text(encoding="utf-8")))


def deals_from(said: Iterable[Mapping[str, Any]]) -> list[Deal]:
    """Deals as their JSON says; terms of later steps are left out."""
    return [
        Deal(
            each["partner"],
            each["version"],
            None if each["valid_from"] is None else instant(each["valid_from"]),
            None if each["valid_to"] is None else instant(each["valid_to"]),
            each["tier_basis"],
            tuple(Tier(tier["min_volume"], tier["rate_ppm"]) for tier in each["tiers"]),
            each["kickback_ppm"],
            None if each["override"] is None else Override(**each["override"]),
            tuple(each["exclude_flags"]),
            each["term_months"],
        )
        for each in said
    ]


def explained_rows(path: Path) -> Iterator[Explained]:
    """The rows of an `explain.parquet`, after its columns were found to be those of SET-8."""
    with pq.ParquetFile(path) as file:
        if not file.schema_arrow.equals(EXPLAIN):
            raise AssertionError(f"explain.parquet has other columns:\n{file.schema_arrow}")
        for batch in file.iter_batches(100_000):
            yield from map(Explained._make, zip(*(column.to_pylist() for column in batch), strict=True))


def accrued_rows(path: Path) -> list[tuple[str, int, str, str, int]]:
    """The rows of an `accruals.parquet` without its zeros, after its columns and order were found to be
    those of SET-9.
    """
    table = pq.read_table(path)
    if not table.schema.equals(ACCRUALS):
        raise AssertionError(f"accruals.parquet has other columns:\n{table.schema}")
    days = table["day"].cast(pa.int32()).to_pylist()
    rest = [table[name].to_pylist() for name in ("partner", "asset", "kind", "units")]
    rows = [(partner, day, *row) for day, (partner, *row) in zip(days, zip(*rest, strict=True), strict=True)]
    keys = [row[:-1] for row in rows]
    if keys != sorted(keys) or len(set(keys)) != len(keys):
        raise AssertionError("accruals.parquet is not sorted by partner, day, asset and kind")
    return [row for row in rows if row[-1]]


def differences(trades: Path, bindings: Path, deals: Path, out: Path, most: int = 5) -> list[str]:
    """Where the command's answer differs from the reference's, row by row and unit by unit; nothing when it
    does not. Reads the trades twice, so a file larger than memory is fine. Raises Refused when the reference
    refuses the input.
    """
    oracle = Oracle(read_bindings(bindings), read_deals(deals))
    for trade in read_trades(trades):
        oracle.count(trade)
    found: list[str] = []
    answers: Iterable[Explained] = explained_rows(out / "explain.parquet")
    given = iter(answers)
    row = 0
    for row, trade in enumerate(read_trades(trades), 1):
        expected = oracle.explain(trade)
        got = next(given, None)
        if got != expected and len(found) < most:
            found.append(f"row {row}: expected {expected}, got {got}")
    extra = sum(1 for _ in given)
    if extra:
        found.append(f"{extra} rows more than the {row} trades")
    expected_accruals, got_accruals = list(oracle.accrual_rows()), accrued_rows(out / "accruals.parquet")
    for accrual in sorted(set(expected_accruals) ^ set(got_accruals))[:most]:
        side = "missing" if accrual in expected_accruals else "not expected"
        found.append(f"accrual {side}: {accrual}")
    return found
