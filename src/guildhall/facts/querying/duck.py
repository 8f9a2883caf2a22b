"""Named queries on DuckDB, in this process: files of a snapshot are views, the house's words are macros."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from guildhall.core.settings import settings
from guildhall.facts import files, store
from guildhall.facts.querying import words
from guildhall.facts.querying.named import Named

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

    from guildhall.facts.reading import Snapshot

_MEMORY = "2GB"


def execute(named: Named, params: Mapping[str, Any], snapshots: Mapping[str, Snapshot]) -> pa.Table:
    """Run a query over snapshots of the tables it reads."""
    with connection(snapshots, named.in_force) as duck:
        found: pa.Table = duck.sql(named.text("$"), params=dict(params)).to_arrow_table()
        return found


def connection(
    snapshots: Mapping[str, Snapshot], in_force: frozenset[str] = frozenset()
) -> duckdb.DuckDBPyConnection:
    """A DuckDB of its own with a view for each snapshot, and one `…_in_force` for those named. Close it."""
    import duckdb

    spill = settings.data_dir / "facts-spill"
    spill.mkdir(parents=True, exist_ok=True)
    duck = duckdb.connect(
        config={
            "memory_limit": _MEMORY, "temp_directory": str(spill), "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
    )  # fmt: skip
    duck.execute("SET TimeZone = 'UTC'")
    for macro in words.DUCKDB:
        duck.execute(macro)
    for snapshot in snapshots.values():
        _view(duck, snapshot)
        if snapshot.table.name in in_force:
            duck.execute(words.in_force_view(snapshot.table))
    return duck


def _view(duck: duckdb.DuckDBPyConnection, snapshot: Snapshot) -> None:
    table = snapshot.table
    name = f"{table.name}_rows"
    if not snapshot.addresses:
        empty = files.schema(table).empty_table()
        duck.register(name, empty)
    elif store.is_remote():
        duck.register(name, files.dataset(snapshot.addresses, table))
    else:
        duck.execute(
            f"CREATE TEMP VIEW {name} AS SELECT {_columns(snapshot)} "
            f"FROM read_parquet([{', '.join(_quoted(one) for one in snapshot.addresses)}], "
            "union_by_name=true, hive_partitioning=false)"
        )
    until = "" if snapshot.until is None else f" WHERE _version <= {int(snapshot.until)}"
    names = ", ".join(f'"{one}"' for one in table.names)
    duck.execute(f"CREATE TEMP VIEW {table.name} AS SELECT {names} FROM {name}{until}")


def _columns(snapshot: Snapshot) -> str:
    """The columns as declared; one that no file has yet reads as null."""
    there = files.columns_on_disk(snapshot.table.name)
    parts = [
        f'"{column.name}"'
        if column.name in there
        else f'CAST(NULL AS {words.DUCKDB_TYPES[column.kind]}) AS "{column.name}"'
        for column in snapshot.table.columns
    ]
    return ", ".join([*parts, "_version"])


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
