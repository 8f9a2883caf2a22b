"""A settlement of millions of made-up trades, every explain row and every accrual compared with plain integers.

TRADES: how many (default 1000000; the reference needs about 14 CPU seconds and 250 MB for each million).
"""

from __future__ import annotations

import os
import resource
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from guildhall.cli.tests.settle_command import run
from guildhall.exchange import simulator
from guildhall.partners.testing import oracle_files as files

pytestmark = pytest.mark.proof
TRADES = int(os.environ.get("TRADES", "1000000"))


def test_every_row_of_a_large_settlement_is_that_of_plain_integers(tmp_path: Path) -> None:
    world = simulator.simulate(
        5,
        accounts=TRADES // 50,
        partners=max(2, TRADES // 5_000),
        days=181,
        trades=TRADES,
        start=date(2026, 1, 1),
    )
    simulator.write(world, tmp_path)
    trades, bindings, deals = (
        tmp_path / name for name in ("trades.parquet", "bindings.parquet", "deals.json")
    )
    out = tmp_path / "out"
    before = resource.getrusage(resource.RUSAGE_SELF)
    status, said = run(
        [*("--trades", str(trades)), *("--bindings", str(bindings))]
        + [*("--deals", str(deals)), *("--out", str(out))]
    )
    after = resource.getrusage(resource.RUSAGE_SELF)
    assert status == 0, said
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"\n{said.strip()} in {cpu:.1f} CPU-s")
    assert files.differences(trades, bindings, deals, out) == []


def test_a_trade_repeated_a_million_rows_later_is_refused_by_both_its_rows(tmp_path: Path) -> None:
    world = simulator.simulate(6, accounts=1_000, partners=10, days=30, trades=TRADES)
    simulator.write(world, tmp_path)
    path = tmp_path / "trades.parquet"
    table = pq.read_table(path)
    again = table.slice(41, 1).set_column(7, "fee", pa.array([1]))
    pq.write_table(pa.concat_tables([table, again, table.slice(0, 0)]), path, row_group_size=77_777)
    out = tmp_path / "out"
    status, said = run(
        [*("--trades", str(path)), *("--bindings", str(tmp_path / "bindings.parquet"))]
        + [*("--deals", str(tmp_path / "deals.json")), *("--out", str(out))]
    )
    assert status == 1
    assert f"(42, {TRADES + 1})" in said
    assert not out.exists() or not list(out.iterdir())
