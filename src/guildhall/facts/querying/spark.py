"""Named queries on Spark, for when a house outgrows one machine: the same files, the same words, the same
answer. PySpark and Java come with `requirements-spark.lock` and are loaded only when asked for.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from guildhall.core.errors import Unavailable
from guildhall.core.settings import settings
from guildhall.core.text import Text
from guildhall.facts.querying import words
from guildhall.facts.querying.named import Named

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import SparkSession

    from guildhall.facts.reading import Snapshot

_lock = threading.Lock()
_taught: dict[str, SparkSession] = {}
"""The session that knows the house's words."""
_TYPES = {
    "string": "STRING",
    "int64": "BIGINT",
    "bool": "BOOLEAN",
    "timestamp": "TIMESTAMP",
    "date": "DATE",
    "strings": "ARRAY<STRING>",
}


def execute(named: Named, params: Mapping[str, Any], snapshots: Mapping[str, Snapshot]) -> pa.Table:
    """Run a query over snapshots of the tables it reads. Raises Unavailable without PySpark or Java."""
    session = _session()
    with _lock:  # the views of one query are the session's
        for snapshot in snapshots.values():
            _view(session, snapshot)
            if snapshot.table.name in named.in_force:
                session.sql(words.in_force_view(snapshot.table))
        found: pa.Table = session.sql(named.text(":"), args=dict(params)).toArrow()
        return found


def _view(session: SparkSession, snapshot: Snapshot) -> None:
    table = snapshot.table
    schema = ", ".join([*(f"`{c.name}` {_TYPES[c.kind]}" for c in table.columns), "_version BIGINT"])
    addresses = [one.replace("s3://", "s3a://", 1) for one in snapshot.addresses]
    rows = (
        session.read.schema(schema).parquet(*addresses) if addresses else session.createDataFrame([], schema)
    )
    if snapshot.until is not None:
        rows = rows.where(f"_version <= {int(snapshot.until)}")
    rows.select(*table.names).createOrReplaceTempView(table.name)


def _session() -> SparkSession:
    try:
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise _missing("PySpark is not installed") from error
    with _lock:
        running = SparkSession.getActiveSession()
        if running is not None and running is _taught.get("session"):
            return running
        try:
            session = _built(SparkSession.builder)
        except (RuntimeError, OSError) as error:
            raise _missing(str(error).partition("\n")[0]) from error
        for word in words.SPARK:
            session.sql(word)
        _taught["session"] = session
    return session


def _built(builder: Any) -> SparkSession:
    """The running session, or one on this machine. A cluster is named in the usual spark-defaults.conf."""
    spill = settings.data_dir / "facts-spill"
    session: SparkSession = (
        builder.appName("guildhall")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.ansi.enabled", "true")
        .config("spark.sql.ansi.doubleQuotedIdentifiers", "true")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.sql.warehouse.dir", str(spill / "warehouse"))
        .config("spark.sql.shuffle.partitions", "8")
        .config("spark.sql.execution.arrow.pyspark.enabled", "true")
        .getOrCreate()
    )
    return session


def _missing(why: str) -> Unavailable:
    return Unavailable(
        Text(
            f"Spark cannot run here ({why}): install requirements-spark.lock and Java 17, or set "
            "facts_engine to duckdb.",
            f"此处无法运行 Spark（{why}）：请安装 requirements-spark.lock 和 Java 17，"
            "或将 facts_engine 设为 duckdb。",
        )
    )
