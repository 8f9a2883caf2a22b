"""Trades as the engine reads them: in batches, several times, always in the same order.

`ParquetTrades` reads a file, `TableTrades` a table in memory; the platform reads its facts the same way.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from guildhall.core.errors import BadInput
from guildhall.core.text import Text
from guildhall.partners.engine.columns import Kind, check_schema, is_text

TRADE_KINDS: dict[str, Kind] = {
    "trade_id": "text",
    "venue": "text",
    "account": "text",
    "executed_at": "instant",
    "symbol": "text",
    "liquidity": "text",
    "notional": "whole",
    "fee": "whole",
    "volume": "whole",
    "asset": "text",
    "flags": "texts",
}
EXPLAIN = pa.schema(
    [
        ("trade_id", pa.string()),
        ("partner", pa.string()),
        ("deal_version", pa.int64()),
        ("rate_ppm", pa.int64()),
        ("pool", pa.int64()),
        ("kickback", pa.int64()),
        ("commission", pa.int64()),
        ("override", pa.int64()),
        ("reason", pa.string()),
    ]
)
BATCH_ROWS = 262_144


class Trades(Protocol):
    """Trades with the columns of SET; `batches` may be called several times and keeps the order of rows.

    Texts may come plain or as dictionaries; batches may be of any size.
    """

    @property
    def rows(self) -> int: ...

    def batches(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch]: ...


@dataclass(frozen=True, slots=True)
class TableTrades:
    """Trades of a table in memory. Raises BadInput when columns are missing or of another type."""

    table: pa.Table

    def __post_init__(self) -> None:
        check_schema(self.table.schema, TRADE_KINDS, "Trades", "成交")

    @property
    def rows(self) -> int:
        return int(self.table.num_rows)

    def batches(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        yield from self.table.select(list(columns)).to_batches(max_chunksize=BATCH_ROWS)


@dataclass(slots=True)
class ParquetTrades:
    """Trades of a Parquet file, never wholly in memory. Raises BadInput when it cannot be read as trades."""

    path: Path
    rows: int = field(init=False)
    _repeating: list[str] = field(init=False)

    def __post_init__(self) -> None:
        with self._open([]) as file:
            schema = file.schema_arrow
            check_schema(schema, TRADE_KINDS, "Trades", "成交")
            self.rows = file.metadata.num_rows
        self._repeating = [name for name in ("venue", "account", "asset") if is_text(schema.field(name).type)]

    def batches(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        with self._open([name for name in self._repeating if name in columns]) as file:
            # Decoding runs one batch ahead of whoever computes: it needs no interpreter lock.
            batches = file.iter_batches(batch_size=BATCH_ROWS, columns=list(columns))
            ahead = ThreadPoolExecutor(1, thread_name_prefix="trades")
            coming = ahead.submit(next, batches, None)
            try:
                while (batch := self._read(coming)) is not None:
                    coming = ahead.submit(next, batches, None)
                    yield batch
            finally:
                # Its thread is not joined: when the garbage collector ends this, it may do so while a lock is
                # held that joining takes.
                ahead.shutdown(wait=False)
                wait([coming])

    def _read(self, coming: Future[pa.RecordBatch | None]) -> pa.RecordBatch | None:
        try:
            return coming.result()
        except (pa.ArrowException, OSError) as error:
            raise unreadable(self.path, error) from error

    def _open(self, repeating: list[str]) -> pq.ParquetFile:
        try:
            return pq.ParquetFile(self.path, read_dictionary=repeating, pre_buffer=False)
        except (pa.ArrowException, OSError) as error:
            raise unreadable(self.path, error) from error


def unreadable(path: Path, error: Exception) -> BadInput:
    return BadInput(
        Text(f"{path} cannot be read as Parquet: {error}", f"{path} 无法作为 Parquet 读取：{error}")
    )
