"""Every named query of the house on DuckDB and on Spark, over the same tables: the same columns, the same rows, in
the same order, to the last unit.

Tables are filled by chance with amounts up to the edge of 64 bits, nulls, words from small pools (so that keys
meet), corrections and reversals; parameters are taken from a row that is there, so that a query finds something.
SEED: which tables (default 1). ROWS: of each (default 600).
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pytest

from guildhall.facts import maintaining, queries_registry, querying, reading, registry, shipping
from guildhall.facts.querying.named import Named
from guildhall.facts.tables import LIVE, REVERSED, REVISION, STATE, Column, Table
from guildhall.facts.testing import facts_place
from guildhall.facts.tests.conftest import FILLS

__all__ = ["facts_place"]
pytestmark = [pytest.mark.proof, pytest.mark.django_db]
SEED, ROWS = int(os.environ.get("SEED", "1")), int(os.environ.get("ROWS", "600"))
START, DAYS = datetime(2026, 8, 20, tzinfo=UTC), 75
LARGE = 2**62


def filled(table: Table, random: Random) -> pa.Table:
    """Rows for a table; a fifth of what can be corrected is."""
    rows: list[dict[str, Any]] = []
    keys: set[tuple[Any, ...]] = set()
    for _ in range(ROWS):
        row = {column.name: value(column, random) for column in table.columns}
        if table.is_revised:
            row |= {REVISION: 0, STATE: LIVE}
        key = tuple(row[name] for name in table.key)
        if table.key and key in keys:
            continue
        keys.add(key)
        rows.append(row)
        if table.is_revised and random.random() < 0.2:
            other = {column.name: value(column, random) for column in table.columns}
            thing = {name: row[name] for name in table.thing}
            rows.append(other | thing | {REVISION: 1, STATE: random.choice([LIVE, REVERSED])})
    return pa.Table.from_pylist(rows, schema=table.schema)


def value(column: Column, random: Random) -> Any:
    if column.is_nullable and random.random() < 0.2:
        return None
    match column.kind:
        case "string":
            pool = 400 if column.name.endswith(("_id", "id", "delivery", "click")) else 12
            return f"{column.name}-{random.randrange(pool * 20 if pool == 400 else pool)}-甲"
        case "int64":
            return random.choice(
                [
                    0,
                    1,
                    -1,
                    random.randrange(10**12),
                    LARGE - random.randrange(10**6),
                    -random.randrange(10**9),
                ]
            )
        case "bool":
            return random.random() < 0.5
        case "timestamp":
            return START + timedelta(microseconds=random.randrange(DAYS * 86_400 * 10**6))
        case "date":
            return (START + timedelta(days=random.randrange(DAYS))).date()
    return [f"flag-{random.randrange(3)}" for _ in range(random.randrange(3))]


def parameters(named: Named) -> dict[str, Any]:
    """Values for a query's parameters: those of a row of the table that has most of them."""
    tables = [registry.get(name) for name in sorted(named.tables)]
    asked = {field.name for field in named.inputs}
    best = max(tables, key=lambda table: len(asked & set(table.names)))
    batch = next(iter(reading.batches(best.name, list(best.names), in_force=best.is_revised)))
    row = batch.slice(0, 1).to_pylist()[0]
    until = START + timedelta(days=DAYS)
    spare = {"string": "x", "int64": 25, "wide": 25, "bool": True, "date": START.date(), "timestamp": until}
    fixed = {"since": START, "until": until, "skipped": 0, "most": 10**6, "rate": 123_457}
    return {
        field.name: row[field.name]
        if row.get(field.name) is not None
        else fixed.get(field.name, spare[field.kind])
        for field in named.inputs
    }


@pytest.fixture
def house(facts_place: Path) -> Iterator[None]:
    """Every table of the house filled, in two commits and a merge."""
    pytest.importorskip("pyspark", reason="requirements-spark.lock is not installed")
    if shutil.which("java") is None:
        pytest.skip("Java is not installed")
    registry.add(FILLS)
    queries_registry.add("facts_tests", Path(__file__).parents[2] / "src/guildhall/facts/tests/sql")
    random = Random(SEED)
    for table in registry.tables():
        rows = filled(table, random)
        half = rows.num_rows // 2
        for part, name in ((rows.slice(0, half), "a"), (rows.slice(half), "b")):
            done = shipping.ship(table.name, part, batch_id=name, source="proof")
            assert done.new == part.num_rows, table.name
    maintaining.compact("t_fills", always=True)
    yield
    registry.forget(FILLS.name)
    queries_registry.forget("facts_tests")


def test_every_named_query_answers_alike_on_duckdb_and_spark(house: None) -> None:
    found = {}
    for name in queries_registry.names():
        if name == "facts_tests/narrow":
            continue
        params = parameters(querying.load(name))
        one = querying.run(name, params, versions={}, engine="duckdb")
        other = querying.run(name, params, versions={}, engine="spark")
        assert one.schema == other.schema, name
        assert one.to_pylist() == other.to_pylist(), (name, params)
        found[name] = one.num_rows
    print("\n" + "\n".join(f"    {name}: {rows:,} rows alike" for name, rows in found.items()))
    assert all(found.values()), f"nothing was compared: {[name for name, rows in found.items() if not rows]}"
