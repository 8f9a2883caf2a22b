"""JSON lines, quickly where they are as they should be: Arrow reads a block against the expected types; a
block it does not accept is read line by line, and each line says for itself what is wrong with it.

A whole number where an amount stands is units of 1e-8; a number with a point is refused, for it has been
rounded on its way.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.json as arrow_json

from guildhall.core.errors import BadInput
from guildhall.core.text import Text
from guildhall.exchange.reading import reasons
from guildhall.exchange.reading.fields import Kind
from guildhall.exchange.reading.reasons import Bad
from guildhall.exchange.reading.rows import Lines, Stretch

_BLOCK = 8 << 20
_LONGEST_LINE = 4 << 20
_BOM = b"\xef\xbb\xbf"
_UNITS = 10**8


class Reads(Protocol):
    """Something to read bytes from."""

    def read(self, size: int = -1) -> bytes: ...


def headings(head: bytes) -> tuple[str, ...]:
    """The names in the first lines, in the order they appear."""
    names: dict[str, None] = {}
    for line in head.removeprefix(_BOM).splitlines()[:20]:
        try:
            row = orjson.loads(line)
        except orjson.JSONDecodeError:
            continue
        if isinstance(row, dict):
            names.update(dict.fromkeys(row))
    return tuple(names)


def stretches(file: Reads, kinds: Mapping[str, Kind]) -> Iterator[Stretch]:
    """A file in blocks of whole lines."""
    line, rest, is_first = 1, b"", True
    while True:
        piece = file.read(_BLOCK)
        if is_first:
            piece, is_first = piece.removeprefix(_BOM), False
        if not piece:
            break
        end = piece.rfind(b"\n") + 1
        if not end:
            rest += piece
            if len(rest) > _LONGEST_LINE:
                raise BadInput(Text(f"Line {line} is too long.", f"第 {line} 行过长。"), field="file")
            continue
        block, rest = rest + piece[:end], piece[end:]
        yield stretch(block, line, kinds)
        line += block.count(b"\n")
    if rest.strip():
        yield stretch(rest, line, kinds)


def stretch(block: bytes, first: int, kinds: Mapping[str, Kind]) -> Stretch:
    """Whole lines, the first of which is line `first`."""
    count = block.count(b"\n") + (not block.endswith(b"\n"))
    table = _at_once(block, kinds)
    if table is not None and table.num_rows == count:
        lines = np.arange(first, first + count, dtype=np.int64)
        return Stretch(table, lines, _raw_lines(block, lines, first))
    return _line_by_line(block, first, kinds)


def _at_once(block: bytes, kinds: Mapping[str, Kind]) -> pa.Table | None:
    schema = pa.schema([(name, _type(kind)) for name, kind in kinds.items()])
    try:
        return arrow_json.read_json(
            pa.BufferReader(block),
            read_options=arrow_json.ReadOptions(use_threads=False, block_size=max(len(block) + 1, 1 << 16)),
            parse_options=arrow_json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore"),
        )
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return None


def _type(kind: Kind) -> pa.DataType:
    if kind is Kind.COUNT:
        return pa.int64()
    return pa.list_(pa.string()) if kind is Kind.FLAGS else pa.string()


def _raw_lines(block: bytes, lines: Lines, first: int) -> Any:
    def raw(rows: Lines) -> list[str]:
        split = block.split(b"\n")
        return [split[int(lines[row]) - first].rstrip(b"\r").decode("utf-8", "replace") for row in rows]

    return raw


def _line_by_line(block: bytes, first: int, kinds: Mapping[str, Kind]) -> Stretch:
    values: dict[str, list[Any]] = {name: [] for name in kinds}
    lines: list[int] = []
    broken: list[Bad] = []
    for line, text in enumerate(block.split(b"\n"), start=first):
        if not text.strip():
            continue
        raw = text.decode("utf-8", "replace").rstrip("\r")
        try:
            row = orjson.loads(text)
        except orjson.JSONDecodeError:
            row = None
        if not isinstance(row, dict):
            broken.append(Bad(line, "", reasons.not_json(), raw))
            continue
        read = _row(row, kinds)
        if isinstance(read, Bad):
            broken.append(Bad(line, read.field, read.reason, raw))
            continue
        lines.append(line)
        for name, value in read.items():
            values[name].append(value)
    arrays = {
        name: pa.array(column, pa.list_(pa.string()) if kinds[name] is Kind.FLAGS else pa.string())
        for name, column in values.items()
    }
    numbered = np.array(lines, dtype=np.int64)
    return Stretch(pa.table(arrays), numbered, _raw_lines(block, numbered, first), tuple(broken))


def _row(row: dict[str, Any], kinds: Mapping[str, Kind]) -> dict[str, Any] | Bad:
    """One line's values as text, or what is wrong with it."""
    read: dict[str, Any] = {}
    for name, kind in kinds.items():
        value = row.get(name)
        if kind is Kind.FLAGS and isinstance(value, list):
            if not all(isinstance(one, str) for one in value):
                return Bad(0, name, reasons.nested(value), "")
            read[name] = value
        elif value is None:
            read[name] = None
        elif isinstance(value, bool):
            read[name] = "true" if value else "false"
        elif isinstance(value, int):
            read[name] = _units(value) if kind is Kind.AMOUNT else str(value)
        elif isinstance(value, float):
            return Bad(0, name, _float(kind)(value), "")
        elif isinstance(value, str):
            read[name] = value.split(",") if kind is Kind.FLAGS else value
        else:
            return Bad(0, name, reasons.nested(value), "")
    return read


def _float(kind: Kind) -> Any:
    if kind is Kind.ID:
        return reasons.rounded_id
    return reasons.rounded_time if kind in (Kind.TIME, Kind.DAY) else reasons.float_value


def _units(value: int) -> str:
    """Units of 1e-8 as the decimal text that means the same."""
    whole, rest = divmod(abs(value), _UNITS)
    return f"{'-' if value < 0 else ''}{whole}.{rest:08d}"
