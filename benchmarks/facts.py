"""Facts: how fast rows get into a table that already holds many, and what a batch given twice costs.

`python -m benchmarks.facts [MILLIONS]` fills a table of trades (14 columns) to so many million rows in
batches of a million, ships three new batches, gives one of them again, makes the key index anew and reads.
Rates are wall clock of this one process, everything included but the making of the rows. Baseline: the same
rows appended by delta-rs alone, without a key being looked at.
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa

from benchmarks.machine import Figure, machine, report

BATCH = 1_000_000
FLOOR, AGAIN_CEILING_S = 300_000, 5.0
START = int(datetime(2026, 5, 1, tzinfo=UTC).timestamp()) * 1_000_000
_SPAN = 180 * 86_400 * 1_000_000


def rows(number: int, total: int) -> pa.Table:
    """Batch `number` of `total`: trades of 200,000 accounts on two venues, a stretch of half a year long."""
    random = np.random.default_rng(number)
    first = number * BATCH
    ids = pa.array(np.arange(first, first + BATCH) + 9_100_000_000_000_000).cast(pa.string())
    accounts = pa.array([f"{n:024d}" for n in range(200_000)])
    at = START + (_SPAN // total) * number + np.sort(random.integers(0, _SPAN // total, BATCH))
    moments = pa.array(at, pa.timestamp("us", tz="UTC"))
    notional = random.integers(10**8, 10**13, BATCH)
    return pa.table(
        {
            "venue": _some(random, ["okx", "bybit"]),
            "trade_id": ids,
            "revision": np.zeros(BATCH, dtype=np.int64),
            "account": accounts.take(pa.array(random.integers(0, 200_000, BATCH))),
            "executed_at": moments,
            "symbol": _some(random, [f"COIN{n}-USDT" for n in range(40)]),
            "liquidity": _some(random, ["maker", "taker"]),
            "notional": notional,
            "fee": notional // 2000,
            "volume": notional,
            "asset": _some(random, ["USDT", "USDC"]),
            "flags": pa.nulls(BATCH, pa.list_(pa.string())),
            "state": pa.array(["live"]).take(pa.array(np.zeros(BATCH, dtype=np.int64))),
            "received_at": moments,
        }
    )


def _some(random: np.random.Generator, words: list[str]) -> pa.Array:
    return pa.array(words).take(pa.array(random.integers(0, len(words), BATCH)))


def bare(folder: Path) -> float:
    """Rows a second that delta-rs appends when nobody asks whether they are new."""
    from deltalake import write_deltalake

    from guildhall.facts import checking, landing
    from guildhall.facts.tables import Table

    table = _table()
    assert isinstance(table, Table)
    took = []
    for number in range(3):
        data = checking.fitted(table, rows(number, 3))
        began = time.perf_counter()
        stored = landing.with_added(table, data, checking.months_of(table, data), number)
        write_deltalake(
            str(folder / "bare"), stored, mode="append", partition_by=["_month"],
            writer_properties=landing.writer_properties(),
        )  # fmt: skip
        took.append(time.perf_counter() - began)
    shutil.rmtree(folder / "bare")
    return BATCH / statistics.median(took)


def _table() -> object:
    from guildhall.core.text import Text
    from guildhall.facts.tables import Column, Table

    kinds = {"revision": "int64", "notional": "int64", "fee": "int64", "volume": "int64", "flags": "strings"}
    kinds |= {"executed_at": "timestamp", "received_at": "timestamp"}
    return Table(
        "bench_trades",
        "facts",
        Text("Trades of the benchmark.", "基准测试用成交。"),
        tuple(
            Column(name, kinds.get(name, "string"), is_nullable=name == "flags")  # type: ignore[arg-type]
            for name in rows_names()
        ),
        key=("venue", "trade_id", "revision"),
        day="executed_at",
    )


def rows_names() -> tuple[str, ...]:
    """The columns of the benchmark's table."""
    return (
        "venue", "trade_id", "revision", "account", "executed_at", "symbol", "liquidity", "notional", "fee",
        "volume", "asset", "flags", "state", "received_at",
    )  # fmt: skip


def main(millions: int) -> None:
    from guildhall.cli.app import start_django

    start_django()
    from guildhall.cli.prepare import migrate
    from guildhall.core.settings import settings
    from guildhall.facts import following, reading, registry, shipping, store
    from guildhall.facts.keyindex import KeyIndex

    print(machine(), f"load {os.getloadavg()[0]:.1f}")
    migrate()
    registry.add(_table())  # type: ignore[arg-type]
    alone = bare(settings.data_dir)
    report(Figure("facts", "appended by delta-rs alone", alone, "rows/s"))
    total = millions + 3
    filling = 0.0
    for number in range(millions):
        data = rows(number, total)
        began = time.perf_counter()
        shipping.ship("bench_trades", data, batch_id=f"fill-{number}", source="bench")
        filling += time.perf_counter() - began
        if number % 10 == 9:
            print(f"    {number + 1} M rows, {(number + 1) * BATCH / filling:,.0f} rows/s so far", flush=True)
    report(
        Figure(
            "facts", f"filled to {millions} M rows", millions * BATCH / filling, "rows/s",
            baseline="delta-rs alone", ratio=millions * BATCH / filling / alone, floor=FLOOR,
        )
    )  # fmt: skip
    took, cpu = [], []
    for number in range(millions, total):
        data = rows(number, total)
        began, spent = time.perf_counter(), time.process_time()
        done = shipping.ship("bench_trades", data, batch_id=f"new-{number}", source="bench")
        took.append(time.perf_counter() - began)
        cpu.append(time.process_time() - spent)
        assert done.new == BATCH
    rate = BATCH / statistics.median(took)
    what = f"new rows with {millions} M there"
    report(Figure("facts", what, rate, "rows/s", baseline="delta-rs alone", ratio=rate / alone, floor=FLOOR))
    report(Figure("facts", "of it CPU for a million", statistics.median(cpu), "s"))
    began = time.perf_counter()
    done = shipping.ship("bench_trades", data, batch_id="again", source="bench")
    assert (done.new, done.same) == (0, BATCH)
    report(
        Figure("facts", "a million given again", time.perf_counter() - began, "s", ceiling=AGAIN_CEILING_S)
    )
    shutil.rmtree(store.index_dir("bench_trades"))
    began = time.perf_counter()
    index = KeyIndex(store.index_dir("bench_trades"))
    read = following.catch_up(registry.get("bench_trades"), index, store.open_table("bench_trades"))
    report(
        Figure("facts", "key index made anew from the table", read / (time.perf_counter() - began), "rows/s")
    )
    began = time.perf_counter()
    read = sum(b.num_rows for b in reading.batches("bench_trades", ["account", "executed_at", "fee"]))
    report(Figure("facts", "read, three columns", read / (time.perf_counter() - began), "rows/s"))
    print(f"load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="guildhall-bench-") as place:
        os.environ.setdefault("GUILDHALL_DATA_DIR", place)
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
