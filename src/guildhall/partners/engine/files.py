"""Settlement from files to files, as `guildhall partners settle` does it; needs no house and no database.

Everything is written beside its place and put there when all of it stands: an error leaves nothing behind.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import pyarrow as pa
import pyarrow.parquet as pq

from guildhall.core.errors import BadInput
from guildhall.core.text import Text
from guildhall.partners.engine.bindings import BINDING_KINDS
from guildhall.partners.engine.columns import check_schema
from guildhall.partners.engine.settlement import Settled, settle
from guildhall.partners.engine.terms import Deal, deals_from_json
from guildhall.partners.engine.trades import EXPLAIN, ParquetTrades, unreadable

ACCRUALS_FILE, EXPLAIN_FILE = "accruals.parquet", "explain.parquet"


def settle_files(trades: Path, bindings: Path, deals: Path, out: Path) -> Settled:
    """Write `explain.parquet` and `accruals.parquet` (SET-8, SET-9) to the folder `out`.

    Raises BadInput for whatever is wrong with the files, and then has written nothing.
    """
    _check_targets(out, (trades, bindings, deals))
    terms = read_deals(deals)
    bound = read_bindings(bindings)
    given = ParquetTrades(trades)
    with _aside(out) as folder:
        with ExplainFile(folder / EXPLAIN_FILE) as explain:
            settled = settle(
                given, bound, terms, explain=explain.write, directory=folder, as_dictionaries=True
            )
        pq.write_table(settled.accruals, folder / ACCRUALS_FILE, store_schema=False)
        for name in (ACCRUALS_FILE, EXPLAIN_FILE):
            (folder / name).replace(_made(out) / name)
    return settled


def read_deals(path: Path) -> tuple[Deal, ...]:
    """Deals of a JSON file; fields that no rule reads are passed over."""
    try:
        rows = json.loads(
            path.read_bytes(), object_pairs_hook=_object, parse_constant=_refuse, parse_int=_whole
        )
    except OSError as error:
        raise BadInput(Text(f"{path} cannot be read: {error}", f"{path} 无法读取：{error}")) from error
    except (ValueError, RecursionError) as error:
        raise BadInput(Text(f"{path} is not JSON: {error}", f"{path} 不是有效的 JSON：{error}")) from error
    return deals_from_json(rows, only_known=False)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _value in pairs]
        twice = sorted({name for name in names if names.count(name) > 1})
        raise ValueError(f"a field stands twice in one object: {', '.join(twice)}")
    return made


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a number of JSON")


def _whole(digits: str) -> int:
    if len(digits) > 80:
        raise ValueError(f"a number of {len(digits)} digits is more than any amount")
    return int(digits)


def read_bindings(path: Path) -> pa.Table:
    """The bindings of a Parquet file, only the columns that are read."""
    try:
        with pq.ParquetFile(path) as file:
            check_schema(file.schema_arrow, BINDING_KINDS, "Bindings", "归属关系")
            return file.read(columns=list(BINDING_KINDS))
    except (pa.ArrowException, OSError) as error:
        raise unreadable(path, error) from error


class ExplainFile:
    """Explained batches written as Parquet of plain strings and int64, however they were encoded."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer: pq.ParquetWriter | None = None
        self._behind = ThreadPoolExecutor(1, thread_name_prefix="explain")
        self._last: Future[None] | None = None

    def __enter__(self) -> ExplainFile:
        return self

    def __exit__(self, *error: object) -> None:
        self._behind.shutdown(wait=True)
        try:
            if self._last is not None and error[0] is None:
                self._last.result()
            if self._writer is None and error[0] is None:
                self._open(EXPLAIN)
        finally:
            if self._writer is not None:
                self._writer.close()

    def write(self, batch: pa.RecordBatch) -> None:
        """Write a batch while the next is computed; an error in writing comes with a later call."""
        if self._last is not None:
            self._last.result()
        if self._writer is None:
            self._open(batch.schema)
        assert self._writer is not None
        self._last = self._behind.submit(self._writer.write_batch, batch)

    def _open(self, schema: pa.Schema) -> None:
        # Without Arrow's own schema in the file, dictionaries are an encoding only: readers see strings.
        self._writer = pq.ParquetWriter(
            self._path,
            schema,
            store_schema=False,
            compression="snappy",
            use_dictionary=["partner", "deal_version", "rate_ppm", "reason"],
            write_statistics=False,
        )


def _check_targets(out: Path, given: Sequence[Path]) -> None:
    """Both files can be put in their places, and neither is one of those that are read."""
    for target in (out / ACCRUALS_FILE, out / EXPLAIN_FILE):
        if target.is_dir():
            raise BadInput(Text(f"{target} is a folder.", f"{target} 是文件夹。"))
        for one in given:
            if target.exists() and one.exists() and target.samefile(one):
                raise BadInput(
                    Text(f"{one} is read; it cannot be written over.", f"{one} 是输入文件，不能被覆盖。")
                )


@contextmanager
def _aside(out: Path) -> Iterator[Path]:
    """A folder on the same disk as `out` that is gone afterwards."""
    near = next(place for place in (out, *out.absolute().parents) if place.exists())
    if not near.is_dir():
        raise BadInput(Text(f"{near} is not a folder.", f"{near} 不是文件夹。"))
    try:
        folder = Path(tempfile.mkdtemp(prefix=".settle-", dir=near))
    except OSError as error:
        raise BadInput(Text(f"{out} cannot be written: {error}", f"{out} 无法写入：{error}")) from error
    try:
        yield folder
    except OSError as error:
        raise BadInput(Text(f"{out} cannot be written: {error}", f"{out} 无法写入：{error}")) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _made(out: Path) -> Path:
    out.mkdir(parents=True, exist_ok=True)
    return out
