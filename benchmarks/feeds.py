"""Feeds: what it costs to read a batch of an exchange, by format, and to bring one into the tables with
everything that belongs to it: accounts under pseudonyms, rows repeated in the batch, bad rows, the Delta
commit.

`python -m benchmarks.feeds [ROWS]`. Rates are wall clock of this one process; the CPU stands beside them.
Baseline: Arrow reading the same CSV without looking at any value.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as arrow_csv
import pyarrow.parquet as pq

from benchmarks.machine import Figure, machine, report

FLOOR, AGAIN_CEILING_S = 300_000, 5.0
_START = int(datetime(2026, 10, 1, tzinfo=UTC).timestamp()) * 1_000_000


def write(folder: Path, count: int) -> dict[str, Path]:
    """The same trades as CSV, JSON lines and Parquet: ids past 2^53, 50,000 accounts, nine decimals never."""
    random = np.random.default_rng(1)
    units = {name: random.integers(1, most, count) for name, most in (("notional", 10**13), ("fee", 10**9))}
    texts = {
        name: [f"{u // 10**8}.{u % 10**8:08d}" for u in values.tolist()] for name, values in units.items()
    }
    at = pa.array(_START + np.arange(count) * 1_000, pa.timestamp("us", "UTC"))
    common = {
        "trade_id": pa.array(np.arange(count) + 9_100_000_000_000_000).cast(pa.string()),
        "uid": pa.array(random.integers(10**7, 10**7 + 50_000, count)).cast(pa.string()),
        "symbol": pa.array([f"COIN{n}-USDT" for n in range(40)]).take(
            pa.array(random.integers(0, 40, count))
        ),
        "liquidity": pa.array(["maker", "taker"]).take(pa.array(random.integers(0, 2, count))),
        "asset": pa.array(["USDT"]).take(pa.array(np.zeros(count, dtype=np.int64))),
    }
    as_text = {
        **common, "executed_at": at.cast(pa.string()).to_pylist(), "notional": texts["notional"],
        "fee": texts["fee"], "volume": texts["notional"],
    }  # fmt: skip
    as_text["executed_at"] = [text.replace(" ", "T") for text in as_text["executed_at"]]
    files = {name: folder / f"trades.{name}" for name in ("csv", "jsonl", "parquet")}
    table = pa.table(as_text)
    arrow_csv.write_csv(table, files["csv"])
    import orjson

    with files["jsonl"].open("wb") as out:
        for row in table.to_pylist():
            out.write(orjson.dumps(row) + b"\n")
    exact = {**common, "executed_at": at, **units, "volume": units["notional"]}
    pq.write_table(pa.table(exact), files["parquet"])
    return files


def bare(path: Path, count: int) -> float:
    """Rows a second that Arrow reads of the CSV, every column text, nothing checked."""
    began = time.perf_counter()
    names = arrow_csv.open_csv(path).schema.names
    with arrow_csv.open_csv(
        path,
        read_options=arrow_csv.ReadOptions(use_threads=False, block_size=8 << 20),
        convert_options=arrow_csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string())),
    ) as reader:
        assert sum(batch.num_rows for batch in reader) == count
    return count / (time.perf_counter() - began)


def reading(path: Path, count: int, alone: float) -> None:
    """Read and check every value."""
    from guildhall.exchange.reading import formats, mapping, rows

    one = mapping.native("trades")
    began, spent = time.perf_counter(), time.process_time()
    good = 0
    for stretch in formats.stretches(path, formats.look(path), one.kinds()):
        done = rows.convert(stretch, one, "okx", datetime.now(UTC))
        assert not done.bad, done.bad[0]
        good += done.good.num_rows
    wall, cpu = time.perf_counter() - began, time.process_time() - spent
    assert good == count
    name = path.suffix[1:]
    report(
        Figure(
            "feeds",
            f"read and checked, {name}",
            count / wall,
            "rows/s",
            baseline="Arrow's bare CSV",
            ratio=count / wall / alone,
        )
    )
    report(Figure("feeds", f"of it CPU for a million, {name}", cpu * 1e6 / count, "s"))


def bringing_in(path: Path, count: int, key: str) -> float:
    """Receive, read and ship one batch; seconds."""
    from guildhall.exchange import files
    from guildhall.exchange.actions import batches, feeds, working

    feed = feeds.feed_of_files("okx", by="system:bench")
    began, spent = time.perf_counter(), time.process_time()
    with files.Receiving("bench") as taken:
        taken.take(path.read_bytes())
        batch, _is_new = batches.receive(feed, key, taken, by="system:bench")
    steps = [("received", time.process_time())]
    working.read(batch.id)
    steps.append(("read", time.process_time()))
    done = working.work(batch.id)
    steps.append(("shipped", time.process_time()))
    assert done.counts["new"] + done.counts["same"] == count, done.counts
    for name, at in steps:
        print(f"    {key}: {name}, {at - spent:.2f} CPU-s")
        spent = at
    return time.perf_counter() - began


def main(count: int) -> None:
    from guildhall.cli.app import start_django

    start_django()
    from guildhall.cli.prepare import migrate
    from guildhall.core.settings import settings

    print(machine(), f"load {os.getloadavg()[0]:.1f}")
    migrate()
    made = write(settings.data_dir, count)
    alone = bare(made["csv"], count)
    report(Figure("feeds", "Arrow's bare CSV", alone, "rows/s"))
    for path in made.values():
        reading(path, count, alone)
    bringing_in(made["parquet"], count, "accounts new")
    table = pq.read_table(made["parquet"])
    later = pa.array(np.arange(count) + 9_200_000_000_000_000).cast(pa.string())
    pq.write_table(table.set_column(0, "trade_id", later), made["parquet"])
    took = bringing_in(made["parquet"], count, "accounts known")
    rate = count / took
    report(
        Figure(
            "feeds", "batch to the tables, Parquet", rate, "rows/s", baseline="Arrow's bare CSV",
            ratio=rate / alone, floor=FLOOR,
        )
    )  # fmt: skip
    again = bringing_in(made["csv"], count, "the same as CSV")
    report(Figure("feeds", "the same rows again, as CSV", again, "s", ceiling=AGAIN_CEILING_S * count / 1e6))
    print(f"load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="guildhall-bench-") as place:
        os.environ.setdefault("GUILDHALL_DATA_DIR", place)
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
