"""Tables of the tests, and a place for their files that ends with the test."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from guildhall.core.text import Text
from guildhall.facts import queries_registry, reading, registry
from guildhall.facts.tables import Column, Table
from guildhall.facts.testing import facts_place

__all__ = ["facts_place"]

START = datetime(2026, 9, 29, tzinfo=UTC)
FILLS = Table(
    "t_fills",
    "facts",
    Text("Fills of the tests.", "测试成交。"),
    (
        Column("venue", "string"),
        Column("id", "string"),
        Column("revision", "int64"),
        Column("account", "string", is_pseudonym=True),
        Column("at", "timestamp"),
        Column("fee", "int64", "1e-8 of asset"),
        Column("flags", "strings", is_nullable=True),
        Column("state", "string"),
        Column("received_at", "timestamp"),
    ),
    key=("venue", "id", "revision"),
    day="at",
    keep_days=None,
)
NOTES = Table(
    "t_notes",
    "facts",
    Text("Rows taken in a batch at a time.", "按批接收的行。"),
    (Column("run", "string"), Column("day", "date"), Column("units", "int64")),
    key=(),
    day="day",
    once="batch",
)


@pytest.fixture(autouse=True)
def tables(facts_place: Path) -> Iterator[None]:
    """Two tables and the tests' queries, in a place of the test's own."""
    for table in (FILLS, NOTES):
        registry.add(table)
    queries_registry.add("facts_tests", Path(__file__).parent / "sql")
    yield
    for table in (FILLS, NOTES):
        registry.forget(table.name)
    queries_registry.forget("facts_tests")


def fills(ids: Iterable[int], **over: Any) -> pa.Table:
    """Fills T<id>, an hour apart from the end of September 2026 on, with some columns replaced."""
    rows = [
        {
            "venue": "okx", "id": f"T{n}", "revision": 0, "account": f"a{n % 7}",
            "at": START + timedelta(hours=n), "fee": 1000 + n, "flags": None, "state": "live",
            "received_at": START, **over,
        }
        for n in ids
    ]  # fmt: skip
    return pa.Table.from_pylist(rows, schema=FILLS.schema)


def ids_in(table: str = "t_fills") -> list[str]:
    """The ids that stand in the table, in the order they are read."""
    return [value for batch in reading.batches(table, ["id"]) for value in batch.column(0).to_pylist()]
