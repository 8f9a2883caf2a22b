"""The same rows in another dress are settled the same: what other programs make of strings, times and nulls."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from guildhall.cli.tests.settle_command import binding, deal, run, trade
from guildhall.partners.testing import oracle_files as files

TRADES = [
    trade(1, "2026-01-15T00:00:00Z", volume=5),
    trade(2, "2026-01-16T12:00:00.123Z", fee=77, flags=("wash",)),
    trade(3, "2026-01-17T00:00:00Z", account="b", asset="BTC"),
]


def _cast(kinds: dict[str, pa.DataType]) -> Callable[[pa.Table], pa.Table]:
    def change(table: pa.Table) -> pa.Table:
        for at, name in enumerate(table.schema.names):
            if name in kinds:
                table = table.set_column(at, name, table[name].cast(kinds[name]))
        return table

    return change


def _dictionaries(table: pa.Table) -> pa.Table:
    for at, field in enumerate(table.schema):
        if field.type == pa.string():
            table = table.set_column(at, field.name, table[field.name].dictionary_encode())
    return table


def _large(table: pa.Table) -> pa.Table:
    kinds = {field.name: pa.large_string() for field in table.schema if field.type == pa.string()}
    return _cast({**kinds, "flags": pa.large_list(pa.large_string())})(table)


def _times(unit: str, zone: str) -> Callable[[pa.Table], pa.Table]:
    kind = pa.timestamp(unit, zone)
    return _cast(dict.fromkeys(("executed_at", "valid_from", "valid_to"), kind))


def _other_order(table: pa.Table) -> pa.Table:
    return table.select(table.schema.names[::-1]).append_column("note", pa.array(["x"] * len(table)))


DRESSES: dict[str, Callable[[pa.Table], pa.Table]] = {
    "dictionaries": _dictionaries,
    "large strings": _large,
    "milliseconds": _times("ms", "UTC"),
    "nanoseconds": _times("ns", "UTC"),
    "zone by offset": _times("us", "+00:00"),
    "another zone": _times("us", "Asia/Shanghai"),
    "other order, more columns": _other_order,
    "not null": lambda table: table.cast(
        pa.schema([field.with_nullable(table[field.name].null_count > 0) for field in table.schema])
    ),
}


def settled(arguments: list[str], directory: Path) -> list[pa.Table]:
    status, said = run(arguments)
    assert status == 0, said
    assert not files.differences(
        directory / "trades.parquet",
        directory / "bindings.parquet",
        directory / "deals.json",
        directory / "out",
    )
    return [pq.read_table(directory / "out" / name) for name in ("explain.parquet", "accruals.parquet")]


@pytest.mark.parametrize("dress", DRESSES)
def test_the_same_rows_in_another_dress_are_settled_the_same(dress: str, tmp_path: Path) -> None:
    bindings = [binding(until="2026-05-01T00:00:00Z"), binding("q", account="b")]
    arguments = files.write(tmp_path, TRADES, bindings, [deal(exclude_flags=("wash",)), deal("q")])
    plain = settled(arguments, tmp_path)
    for name in ("trades", "bindings"):
        path = tmp_path / f"{name}.parquet"
        pq.write_table(DRESSES[dress](pq.read_table(path)), path, row_group_size=2)
    assert settled(arguments, tmp_path) == plain


def test_columns_that_are_null_throughout_may_come_without_a_type(tmp_path: Path) -> None:
    arguments = files.write(tmp_path, TRADES[:1], [binding()], [deal()])
    plain = settled(arguments, tmp_path)
    for name, column in (("trades", "flags"), ("bindings", "valid_to")):
        table = pq.read_table(tmp_path / f"{name}.parquet")
        table = table.set_column(table.schema.names.index(column), column, pa.nulls(len(table)))
        pq.write_table(table, tmp_path / f"{name}.parquet")
    assert settled(arguments, tmp_path) == plain


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    arguments = files.write(tmp_path, TRADES, [binding()], [deal()])
    assert settled(arguments, tmp_path) == settled(arguments, tmp_path)
