"""Files as they come - CSV, JSON lines, Parquet, each perhaps packed with gzip - read a stretch at a time, so
that a file of any size fits in little memory.

Which format a file has is seen from its first bytes. Lines are counted as a person sees them: a CSV's heading
is line 1; of Parquet, which has no lines, the first row is.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import zlib
from array import array
from collections.abc import Iterator
from collections.abc import Mapping as Dict
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv
import pyarrow.parquet as pq

from guildhall.core.errors import BadInput
from guildhall.core.text import Text
from guildhall.exchange.reading import jsonlines, reasons, rows
from guildhall.exchange.reading.fields import Kind
from guildhall.exchange.reading.mapping import Mapping
from guildhall.exchange.reading.reasons import Bad
from guildhall.exchange.reading.rows import Lines, Stretch

CSV, JSONL, PARQUET = "csv", "jsonl", "parquet"
FORMATS: Final = (CSV, JSONL, PARQUET)
MOST_UNPACKED: Final = 16 * 1024**3
"""Bytes a packed file may hold; one that holds more was made to fill the disk."""
_BLOCK = 8 << 20
_ROWS = 131_072
_HEAD = 1 << 16
_LONGEST_HEADING = 1 << 20
_MOST_TEXT = 64 << 20
_MOST_IN_LIST = 64


@dataclass(frozen=True, slots=True)
class Shape:
    """What a file is: its format, whether it is packed, and for CSV its letters, its separator and
    headings.
    """

    format: str
    is_packed: bool
    headings: tuple[str, ...]
    encoding: str = "utf-8"
    separator: str = ","


def look(path: Path) -> Shape:
    """The shape of a file. Raises BadInput for one that cannot be read."""
    with path.open("rb") as file:
        magic = file.read(8)
    if not magic:
        raise BadInput(Text("The file is empty.", "文件为空。"), field="file")
    if magic[:4] == b"PAR1":
        with _damage():
            names = tuple(pq.read_schema(path).names)
        return Shape(PARQUET, False, names)
    if magic[:4] in (b"PK\x03\x04", b"\xd0\xcf\x11\xe0"):
        raise BadInput(
            Text(
                "This is a workbook or an archive. Save the sheet as CSV (UTF-8), its id columns as text.",
                "这是工作簿或压缩包。请另存为 CSV（UTF-8），并将编号列设为文本。",
            ),
            field="file",
            code="workbook",
        )
    is_packed = magic[:2] == b"\x1f\x8b"
    with _opened(path, is_packed) as file, _damage():
        head = file.read(_HEAD)
    text_head = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if text_head[:1] == b"{":
        return Shape(JSONL, is_packed, jsonlines.headings(head))
    encoding = _encoding(path, is_packed, head)
    first = head.decode(encoding, "replace").lstrip("\ufeff")
    separator = _separator(first)
    headings = next(csv.reader(io.StringIO(first), delimiter=separator), [])
    if len(headings) < 2:
        raise BadInput(
            Text(
                "The file is not CSV with a heading line, nor JSON lines, nor Parquet.",
                "该文件不是带表头的 CSV，也不是 JSON Lines 或 Parquet。",
            ),
            field="file",
            code="unknown_format",
        )
    return Shape(CSV, is_packed, _different(headings), encoding, separator)


def stretches(path: Path, shape: Shape, kinds: Dict[str, Kind]) -> Iterator[Stretch]:
    """A file in stretches. `kinds`: what the columns that are read hold; others are left out of JSON.

    Raises BadInput for what cannot be read any further.
    """
    if shape.format == PARQUET:
        yield from _parquet(path, kinds)
    elif shape.format == JSONL:
        with _opened(path, shape.is_packed) as file, _damage():
            yield from jsonlines.stretches(Bounded(file), kinds)
    else:
        with _opened(path, shape.is_packed) as file, _damage():
            yield from _csv(Bounded(file), shape)


def check(shape: Shape, mapping: Mapping) -> None:
    """Raises BadInput when a file has not the columns a mapping reads. Of JSON lines only when it has none of
    them: there every row says for itself what it holds.
    """
    if shape.format != JSONL or not (mapping.columns() & set(shape.headings) or not shape.headings):
        rows.check_columns(mapping, list(shape.headings))


class Bounded(io.RawIOBase):
    """A file that refuses to give more than `MOST_UNPACKED` bytes."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._left = file, MOST_UNPACKED

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        piece = self._file.read(size)
        self._left -= len(piece)
        if self._left < 0:
            raise BadInput(Text("The file holds more than 16 GB.", "文件解压后超过 16 GB。"), field="file")
        return piece


class _damage:  # noqa: N801 - reads as a clause
    """Turns what the libraries say of damaged files into an error for people."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, pa.ArrowException | OSError | EOFError | zlib.error | UnicodeError):
            if isinstance(error, BadInput):
                return
            why = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
            raise BadInput(
                Text(f"The file is damaged: {why}", f"文件已损坏：{why}"), field="file", code="damaged"
            ) from error


def _opened(path: Path, is_packed: bool) -> IO[bytes]:
    return gzip.open(path, "rb") if is_packed else path.open("rb")  # type: ignore[return-value]


def _encoding(path: Path, is_packed: bool, head: bytes) -> str:
    """UTF-8 unless the file shows otherwise; then what Chinese spreadsheets write."""
    for mark, name in ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")):
        if head.startswith(mark):
            return name
    decoder = codecs.getincrementaldecoder("utf-8")()
    with _opened(path, is_packed) as file, _damage():
        while piece := file.read(1 << 22):
            if piece.isascii() and decoder.getstate()[0] == b"":
                continue
            try:
                decoder.decode(piece)
            except UnicodeDecodeError:
                return "gb18030"
    return "utf-8"


def _separator(first: str) -> str:
    line = first.split("\n", 1)[0]
    return max(",;\t|", key=line.count)


def _different(headings: list[str]) -> tuple[str, ...]:
    """Headings as they are; a second one of the same name gets a number."""
    seen: dict[str, int] = {}
    names = []
    for heading in headings:
        name = heading.strip()
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return tuple(names)


def _csv(file: Bounded, shape: Shape) -> Iterator[Stretch]:
    names = list(shape.headings)
    broken: list[Bad] = []
    blank = array("q")

    def aside(row: arrow_csv.InvalidRow) -> str:
        if row.text.strip():
            broken.append(
                Bad(int(row.number), "", reasons.cells(row.expected_columns, row.actual_columns), row.text)
            )
        else:
            blank.append(int(row.number))
        return "skip"

    reader = arrow_csv.open_csv(
        pa.PythonFile(_Readable(file), mode="r"),
        read_options=arrow_csv.ReadOptions(
            use_threads=False, block_size=_BLOCK, encoding=shape.encoding, column_names=names, skip_rows=1
        ),
        parse_options=arrow_csv.ParseOptions(
            delimiter=shape.separator,
            newlines_in_values=True,
            ignore_empty_lines=False,
            invalid_row_handler=aside,
        ),
        convert_options=arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
        ),
    )
    line = 2
    for batch in reader:
        table = pa.Table.from_batches([batch])
        fresh = _taken(broken)
        skipped = np.concatenate([np.array([one.line for one in fresh], dtype=np.int64), np.array(blank)])
        del blank[:]
        lines = np.arange(line, line + table.num_rows + len(skipped), dtype=np.int64)
        if len(skipped):
            lines = lines[~np.isin(lines, skipped)]
        line += table.num_rows + len(skipped)
        table, lines = _without_blank_lines(table, lines[: table.num_rows])
        yield Stretch(table, lines, _raw_of(table), fresh)
    if broken:
        empty = pa.table({name: pa.array([], pa.string()) for name in names})
        yield Stretch(empty, np.zeros(0, dtype=np.int64), _raw_of(empty), _taken(broken))


def _taken(heap: list[Bad]) -> tuple[Bad, ...]:
    """What has gathered; it is let go, so that a file of nothing but bad lines needs no more memory."""
    taken = tuple(heap)
    heap.clear()
    return taken


class _Readable:
    """What Arrow reads from."""

    def __init__(self, file: Bounded) -> None:
        self._file = file
        self.closed = False

    def read(self, size: int = -1) -> bytes:
        return self._file.read(size)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False

    def close(self) -> None:
        self.closed = True


def _without_blank_lines(table: pa.Table, lines: Lines) -> tuple[pa.Table, Lines]:
    suspects = pc.equal(pc.binary_length(table.column(0)), 0)
    if not pc.any(suspects).as_py():
        return table, lines
    blank = suspects
    for name in range(1, table.num_columns):
        blank = pc.and_(blank, pc.equal(pc.binary_length(table.column(name)), 0))
    kept = np.asarray(pc.invert(blank).to_numpy(), dtype=bool)
    return table.filter(pa.array(kept)), lines[kept]


def _parquet(path: Path, kinds: Dict[str, Kind]) -> Iterator[Stretch]:
    with _damage(), pq.ParquetFile(path) as file:
        texts = _repeating(file, kinds)
    with _damage(), pq.ParquetFile(path, read_dictionary=texts) as file:
        line = 1
        wanted = [name for name in file.schema_arrow.names if name in kinds] or None
        for batch in file.iter_batches(batch_size=_ROWS, columns=wanted):
            table = _written_out(pa.Table.from_batches([batch]), texts)
            yield Stretch(table, np.arange(line, line + table.num_rows, dtype=np.int64), _raw_of(table))
            line += table.num_rows


def _repeating(file: pq.ParquetFile, kinds: Dict[str, Kind]) -> list[str]:
    """Columns whose texts are kept once for many rows, and so long that a stretch written out could fill the
    memory: read as they are kept first. Raises BadInput for lists of more than anybody means.
    """
    found: dict[str, None] = {}
    said = file.metadata
    for place in range(said.num_columns):
        name = said.schema.column(place).path.split(".")[0]
        if name not in kinds:
            continue
        field = file.schema_arrow.field(name).type
        for group in range(said.num_row_groups):
            chunk, rows_here = said.row_group(group).column(place), said.row_group(group).num_rows
            if chunk.num_values > rows_here * _MOST_IN_LIST + _ROWS:
                raise _too_much(name)
            if min(_ROWS, rows_here) * chunk.total_uncompressed_size > _MOST_TEXT:
                if pa.types.is_nested(field) and chunk.num_values * chunk.total_uncompressed_size > 2**40:
                    raise _too_much(name)
                if pa.types.is_string(field) or pa.types.is_binary(field):
                    found[name] = None
    return list(found)


def _written_out(table: pa.Table, texts: list[str]) -> pa.Table:
    """The same with plain texts. Raises BadInput before it would fill the memory."""
    for name in texts:
        for piece in table.column(name).chunks:
            lengths = pc.binary_length(piece.dictionary).take(piece.indices)
            if (pc.sum(pc.cast(lengths, pa.int64())).as_py() or 0) > _MOST_TEXT:
                raise _too_much(name)
        column = table.column(name)
        place = table.column_names.index(name)
        table = table.set_column(place, name, column.cast(column.type.value_type))
    return table


def _too_much(name: str) -> BadInput:
    return BadInput(
        Text(f"Column {name} holds more text than a batch may.", f"列 {name} 的内容过多。"), field="file"
    )


def _raw_of(table: pa.Table) -> Any:
    def raw(rows: Lines) -> list[str]:
        return [orjson.dumps(one, default=str).decode() for one in table.take(pa.array(rows)).to_pylist()]

    return raw
