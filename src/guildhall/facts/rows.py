"""Rows as plain values: from Python to JSON and back to Arrow, exactly, errors naming the place.

Whole numbers stay whole (nothing here accepts a float), times are aware and kept in UTC.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from guildhall.core.errors import BadInput
from guildhall.core.text import Text
from guildhall.facts.tables import Column, Table

if TYPE_CHECKING:
    import pyarrow as pa

_INT64 = 2**63


def to_json(table: Table, row: Mapping[str, Any], number: int) -> dict[str, Any]:
    """A row as JSON values in the order of the columns. Raises BadInput for row `number` (from 1)."""
    unknown = sorted(set(row) - set(table.names))
    if unknown:
        raise _bad(table, number, unknown[0], "is not a column of this table", "不是该表的列")
    return {column.name: _value(table, column, row.get(column.name), number) for column in table.columns}


def plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row read from Arrow as JSON values, without being checked."""
    return {name: _told(value) for name, value in row.items()}


def to_arrow(table: Table, given: Iterable[Mapping[str, Any]]) -> pa.Table:
    """Rows of `to_json` as an Arrow table of the table's schema."""
    import pyarrow as pa

    found = list(given)
    arrays = [
        pa.array(
            [from_json(column, row.get(column.name)) for row in found], table.schema.field(column.name).type
        )
        for column in table.columns
    ]
    return pa.Table.from_arrays(arrays, schema=pa.schema([f.with_nullable(True) for f in table.schema]))


def _value(table: Table, column: Column, value: Any, number: int) -> Any:
    if value is None:
        if not column.is_nullable:
            raise _bad(table, number, column.name, "is missing", "缺失")
        return None
    if not _fits(column, value):
        raise _bad(table, number, column.name, f"is not {_WANTED[column.kind].en}", _WANTED[column.kind].zh)
    return _told(value)


def _fits(column: Column, value: Any) -> bool:
    match column.kind:
        case "string":
            return isinstance(value, str) and _storable(value)
        case "int64":
            return isinstance(value, int) and not isinstance(value, bool) and -_INT64 <= value < _INT64
        case "bool":
            return isinstance(value, bool)
        case "timestamp":
            return isinstance(value, datetime) and value.tzinfo is not None
        case "date":
            return isinstance(value, date) and not isinstance(value, datetime)
    is_list = isinstance(value, Sequence) and not isinstance(value, str)
    return is_list and all(isinstance(v, str) and _storable(v) for v in value)


def _storable(value: str) -> bool:
    return "\x00" not in value and not any("\ud800" <= char <= "\udfff" for char in value)


def _told(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, Sequence) and not isinstance(value, str) else value


def wanted(kind: str) -> Text:
    """What a value of a kind has to be, in words."""
    return _WANTED[kind]


def from_json(column: Column, value: Any) -> Any:
    """A value of `to_json` as plain Python again."""
    if value is None:
        return None
    if column.kind == "timestamp":
        return datetime.fromisoformat(value)
    return date.fromisoformat(value) if column.kind == "date" else value


def _bad(table: Table, number: int, name: str, en: str, zh: str) -> BadInput:
    return BadInput(
        Text(f"{table.name}, row {number}: {name} {en}.", f"{table.name} 第 {number} 行：{name} {zh}。"),
        field=name,
        row=number,
    )


_WANTED = {
    "string": Text("a text without null characters", "应为不含空字符的文本"),
    "int64": Text("a whole number of 64 bits", "应为 64 位整数"),
    "bool": Text("yes or no", "应为是或否"),
    "timestamp": Text("a time with its zone", "应为带时区的时间"),
    "date": Text("a date", "应为日期"),
    "strings": Text("a list of texts", "应为文本列表"),
}
