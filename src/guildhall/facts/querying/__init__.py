"""Named queries: one text of SQL that DuckDB runs on this machine and Spark on many, with the same answer.

A file declares in its header what goes in and what comes out; both are held to it, so a caller gets the same
columns of the same kinds from either engine.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from guildhall.core.settings import settings
from guildhall.facts import queries_registry, reading, registry
from guildhall.facts.querying import duck, spark
from guildhall.facts.querying.named import Named, parse

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["load", "run"]


def run(
    name: str, params: Mapping[str, Any], *, versions: Mapping[str, int], engine: str | None = None
) -> pa.Table:
    """Run a named query on an engine (None: the setting `facts_engine`). See `guildhall.facts.query`."""
    named = load(name)
    given = named.bound(params)
    snapshots = {
        one.name: reading.snapshot(one.name, versions.get(one.name))
        for one in registry.tables()
        if one.name in named.tables
    }
    execute = spark.execute if (engine or settings.facts_engine) == "spark" else duck.execute
    return named.shaped(execute(named, given, snapshots))


def load(name: str) -> Named:
    """The query of a name, read from its file. Raises NotFound, or BadInput for a header that cannot be
    read.
    """
    text = queries_registry.path_of(name).read_text(encoding="utf-8")
    return parse(name, text, {table.name for table in registry.tables()})
