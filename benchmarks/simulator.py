"""How long a made-up exchange takes: 10 million trades streamed into Parquet, beside bare random numbers.

TRADES: how many (default 10000000).
"""

from __future__ import annotations

import os
import resource
import tempfile
import time
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.machine import Figure, machine, report
from guildhall.exchange import simulator

TRADES = int(os.environ.get("TRADES", "10000000"))


def baseline(folder: Path) -> float:
    """CPU seconds to write as many rows of eight random columns, a million at a time."""
    began = time.process_time()
    random = np.random.default_rng(1)
    writer = None
    for start in range(0, TRADES, 1_000_000):
        rows = min(1_000_000, TRADES - start)
        table = pa.table({f"c{at}": random.integers(0, 10**12, rows) for at in range(8)})
        writer = writer or pq.ParquetWriter(folder / "bare.parquet", table.schema)
        writer.write_table(table)
    if writer:
        writer.close()
    return time.process_time() - began


def main() -> None:
    print(f"{machine()}, load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as folder:
        bare = baseline(Path(folder))
        began, wall = time.process_time(), time.perf_counter()
        world = simulator.simulate(
            5,
            accounts=max(1, TRADES // 50),
            partners=max(1, TRADES // 5_000),
            days=181,
            trades=TRADES,
            start=date(2026, 1, 1),
        )
        simulator.write(world, Path(folder))
        cpu, wall = time.process_time() - began, time.perf_counter() - wall
    million = f"{TRADES / 1e6:g} M trades"
    report(
        Figure(
            "simulator",
            f"{million}, CPU",
            cpu,
            "s",
            baseline="bare random columns",
            ratio=cpu / bare,
            ceiling=60,
        )
    )
    report(Figure("simulator", f"{million}, wall", wall, "s", ceiling=60))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    report(Figure("simulator", f"{million}, peak memory", peak, "MiB", ceiling=1024))


if __name__ == "__main__":
    main()
