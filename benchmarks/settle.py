"""Settlement from files to files: `python -m benchmarks.settle [TRADES]`, ten million unless told otherwise.

A fresh process settles and writes every explain row; its CPU seconds, wall time and memory are measured, and
the CPU seconds of only reading the same file are shown beside it. Baseline: what a bare aggregate of the same
size took in DuckDB when engines were compared (8.9 s of wall time, docs/performance.md).
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.machine import Figure, machine, report
from benchmarks.settle_world import make
from guildhall.partners.engine.files import settle_files
from guildhall.partners.engine.trades import ParquetTrades

TRADES = 10_000_000
CPU_CEILING, WALL_CEILING, MEMORY_CEILING_MB = 15.0, 12.0, 1024
BARE_AGGREGATE_S = 8.9
COLUMNS = ("trade_id", "venue", "account", "executed_at", "fee", "volume", "asset", "flags")


def child(folder: Path, only_read: bool) -> None:
    """In a process of its own: settle, or only read, and print what it took."""
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF)
    if only_read:
        rows = sum(batch.num_rows for batch in ParquetTrades(folder / "trades.parquet").batches(COLUMNS))
    else:
        files = [folder / name for name in ("trades.parquet", "bindings.parquet", "deals.json", "out")]
        rows = settle_files(*files).rows
    used = resource.getrusage(resource.RUSAGE_SELF)
    cpu = used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime
    took = {"rows": rows, "cpu": cpu, "wall": time.perf_counter() - began, "mb": used.ru_maxrss / 1024}
    print(json.dumps(took))


def measured(folder: Path, what: str) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.settle", what, str(folder)]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    figures: dict[str, float] = json.loads(answer.stdout)
    return figures


def main(trades: int) -> None:
    print(machine())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make(folder, trades)
        load = os.getloadavg()[0]
        reading, settling = measured(folder, "--read"), measured(folder, "--settle")
    beyond = settling["cpu"] - reading["cpu"]
    print(
        f"  {trades:,} trades settled in {settling['wall']:.1f} s: {settling['cpu']:.1f} CPU seconds,"
        f" {beyond:.1f} beyond reading ({reading['cpu']:.1f}); {settling['mb']:.0f} MiB; load {load:.1f}"
    )
    share = trades / TRADES
    report(
        Figure(
            "settle", "trades settled with every explain row written, beyond reading", trades / beyond,
            "trades per CPU second", "files", baseline="a bare aggregate in DuckDB (wall)",
            ratio=BARE_AGGREGATE_S * share / beyond, floor=TRADES / CPU_CEILING,
        )
    )  # fmt: skip
    report(
        Figure(
            "settle", "trades settled with every explain row written", trades / settling["wall"],
            "trades per second", "files", baseline="a bare aggregate in DuckDB (wall)",
            ratio=BARE_AGGREGATE_S * share / settling["wall"], floor=TRADES / WALL_CEILING,
        )
    )  # fmt: skip
    report(
        Figure(
            "settle", "memory of it", settling["mb"], "MiB", "files", ceiling=float(MEMORY_CEILING_MB)
        )
    )  # fmt: skip


if __name__ == "__main__":
    if sys.argv[1:2] in (["--settle"], ["--read"]):
        child(Path(sys.argv[2]), sys.argv[1] == "--read")
    else:
        main(int(sys.argv[1]) if sys.argv[1:] else TRADES)
