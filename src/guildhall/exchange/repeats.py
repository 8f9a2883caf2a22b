"""The same key twice in one file: said the same way it is one row, said otherwise the first stands and
the others are put aside.

DuckDB looks over the rows as they were written to disk, so that a file of any size is compared in little
memory.
"""

from __future__ import annotations

import os
from collections.abc import Mapping as Dict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from guildhall.exchange.reading import formats, reasons
from guildhall.exchange.reading.mapping import Mapping
from guildhall.exchange.reading.reasons import Bad

_NOT_BODY = ("line", "received_at")


@dataclass(frozen=True, slots=True)
class Repeats:
    """Lines that repeat an earlier one: `same` say the same; `other` say something else, each with the line
    it contradicts.
    """

    same: tuple[int, ...]
    other: Dict[int, int]


def find(path: Path, key: Sequence[str]) -> Repeats:
    """Look for repeated keys in a Parquet file of rows with their `line`."""
    names = pq.read_schema(path).names
    keys = ", ".join(f'"{name}"' for name in key)
    body = ", ".join(f'"{name}"' for name in names if name not in key and name not in _NOT_BODY)
    source = "read_parquet(?)"
    with duckdb.connect() as db:
        db.execute("SET threads = 2; SET memory_limit = '1GB'; SET preserve_insertion_order = false")
        one = "SELECT count(*) AS n FROM (SELECT hash({}) AS h FROM {} GROUP BY h HAVING count(*) > 1)"
        if not db.execute(one.format(keys, source), [str(path)]).fetchone()[0]:  # type: ignore[index]
            return Repeats((), {})
        found = db.execute(
            f"WITH rows AS (SELECT line, row({body}) AS body, hash({keys}) AS h, {keys} FROM {source}), "
            "twice AS (SELECT h FROM rows GROUP BY h HAVING count(*) > 1), "
            f"named AS (SELECT line, body, first_value(line) OVER w AS l, first_value(body) OVER w AS b "
            f"FROM rows SEMI JOIN twice USING (h) WINDOW w AS (PARTITION BY {keys} ORDER BY line)) "
            "SELECT line, l, body IS NOT DISTINCT FROM b FROM named WHERE line <> l ORDER BY line",
            [str(path)],
        ).fetchall()
    same = tuple(line for line, _first, is_same in found if is_same)
    return Repeats(same, {line: first for line, first, is_same in found if not is_same})


def leave_out(path: Path, lines: set[int]) -> None:
    """Write the file anew without some lines."""
    fresh = path.with_suffix(".without")
    gone = np.array(sorted(lines), dtype=np.int64)
    with pq.ParquetFile(path) as file, pq.ParquetWriter(fresh, file.schema_arrow, compression="lz4") as out:
        for piece in file.iter_batches(batch_size=131_072):
            kept = ~np.isin(piece.column("line").to_numpy(), gone)
            out.write_batch(piece.filter(pa.array(kept)))
    os.replace(fresh, path)


def raw_of(path: Path, shape: formats.Shape, mapping: Mapping, lines: set[int]) -> dict[int, str]:
    """The given lines of the file as it was sent, in full."""
    found: dict[int, str] = {}
    if not lines:
        return found
    wanted = np.array(sorted(lines), dtype=np.int64)
    for stretch in formats.stretches(path, shape, mapping.kinds()):
        at = np.flatnonzero(np.isin(stretch.lines, wanted))
        if len(at):
            found |= dict(zip(stretch.lines[at].tolist(), stretch.raw(at), strict=True))
    return found


def worded(other: Dict[int, int], raw: Dict[int, str], key: Sequence[str]) -> list[Bad]:
    """What is said of lines that contradict an earlier one."""
    field = next(name for name in key if name != "venue")
    return [Bad(line, field, reasons.repeated(first), raw.get(line, "")) for line, first in other.items()]
