"""Proof that a table is what it says: every file can be read, every row lies in its month, every key stands
there once, and the key index knows exactly these rows. Reads everything once; changes nothing.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from guildhall.core.settings import settings
from guildhall.facts import checking, files, following, hashing, landing, registry, shipping, store
from guildhall.facts.keyindex import Covered, KeyIndex, month_ordinals
from guildhall.facts.tables import Table


@dataclass(slots=True)
class Report:
    """What was found. `breaks` say what is wrong, in English; none: the table is whole."""

    table: str
    version: int = -1
    rows: int = 0
    files: int = 0
    breaks: list[str] = field(default_factory=list)


def verify(name: str) -> Report:
    """Prove one table. Raises NotFound."""
    table = registry.get(name)
    report = Report(name)
    with shipping.alone(name):
        delta = store.open_table(name)
        if delta is None:
            return report
        addresses = files.uris(delta)
        report.version, report.files = delta.version(), len(addresses)
        with tempfile.TemporaryDirectory(prefix=".facts-verify-", dir=settings.data_dir) as folder:
            fresh = KeyIndex(Path(folder) / name)
            for address in addresses:
                _read(table, address, fresh, report)
            told = int(np.sum(_told(delta)))
            if told != report.rows:
                report.breaks.append(f"the log says {told} rows, the files hold {report.rows}")
            if table.once == "row":
                _keys(table, fresh, report)
                kept = KeyIndex(store.index_dir(name))
                if kept.covered == landing.covered(delta) and kept.rows != report.rows:
                    report.breaks.append(
                        f"the key index knows {kept.rows} rows: remove it to have it made anew"
                    )
    return report


def _read(table: Table, address: str, fresh: KeyIndex, report: Report) -> None:
    month = month_ordinals([address.rsplit("/", 2)[-2].partition("=")[2]])[0]
    try:
        for rows in files.read([address], list(table.names), table):
            report.rows += rows.num_rows
            months = checking.months_of(table, rows)
            if (months != month).any():
                report.breaks.append(f"{address}: {int((months != month).sum())} rows of another month")
            if table.once == "row":
                keys, bodies = hashing.key_and_body(table, rows)
                fresh.add(keys, bodies, months, Covered())
    except (OSError, ValueError) as error:
        report.breaks.append(f"{address}: {str(error).partition(chr(10))[0]}")


def _keys(table: Table, fresh: KeyIndex, report: Report) -> None:
    """Keys that stand there more than once; two different keys of one hash are none."""
    hashes = fresh.repeated()
    if not len(hashes):
        return
    delta = store.open_table(table.name)
    seen: set[tuple[object, ...]] = set()
    for row in following.rows_there(table, delta, hashes, None).select(list(table.key)).to_pylist():
        key = tuple(row.values())
        if key in seen:
            report.breaks.append(f"key {', '.join(map(str, key))} stands there more than once")
        seen.add(key)


def _told(delta: object) -> list[int]:
    import pyarrow as pa

    actions = delta.get_add_actions(flatten=True)  # type: ignore[attr-defined]
    return [int(count) for count in pa.table(actions)["num_records"].to_pylist()]
