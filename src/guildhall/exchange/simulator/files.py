"""A made-up exchange in files: the three that `guildhall partners settle` reads, what else happened, and,
where asked for, the reports of each day as the venues would drop them into a folder.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from guildhall.exchange.simulator.world import World

_GROUP = 500_000


def write(
    world: World,
    directory: Path,
    *,
    with_reports: bool = False,
    progress: Callable[[int], None] | None = None,
) -> None:
    """Writes `trades.parquet`, `bindings.parquet`, `deals.json`, `registrations`, `kyc`, `deposits` and
    `withdrawals.parquet` into `directory`, and with reports `reports/<venue>/<batch>.parquet`. `progress` is
    told how many trades are written. The trades of a large world never stand in memory together.
    """
    directory.mkdir(parents=True, exist_ok=True)
    for name in ("bindings", "registrations", "kyc", "deposits", "withdrawals"):
        pq.write_table(getattr(world, name), directory / f"{name}.parquet")
    (directory / "deals.json").write_text(json.dumps(world.deals, indent=1), encoding="utf-8")
    writer: pq.ParquetWriter | None = None
    written = 0
    for table in _grouped(world.days()):
        writer = writer or pq.ParquetWriter(directory / "trades.parquet", table.schema)
        writer.write_table(table)
        written += len(table)
        if progress:
            progress(written)
    if writer:
        writer.close()
    if with_reports:
        for report in world.reports():
            folder = directory / "reports" / report.venue
            folder.mkdir(parents=True, exist_ok=True)
            pq.write_table(report.rows, folder / f"{report.id}.parquet")


def _grouped(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.Table]:
    """Days put together until there are enough rows for one row group."""
    held: list[pa.RecordBatch] = []
    for batch in batches:
        held.append(batch)
        if sum(each.num_rows for each in held) >= _GROUP:
            yield pa.Table.from_batches(held)
            held = []
    if held:
        yield pa.Table.from_batches(held)
