"""Columns of what comes in: of the types SET states or others that hold the same values exactly.

A float where money or a count belongs, a time without a zone, or nothing where something must stand is an
error that names column and row (1-based).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from guildhall.partners.engine.instants import Ints
from guildhall.partners.engine.shapes import wrong

Kind = Literal["text", "whole", "instant", "texts"]
_SAID = {
    "text": ("text", "文本"),
    "whole": ("whole numbers (int64)", "整数（int64）"),
    "instant": ("timestamps with a zone", "带时区的时间戳"),
    "texts": ("lists of texts", "文本列表"),
}


def check_schema(schema: pa.Schema, kinds: Mapping[str, Kind], en: str, zh: str) -> None:
    """Every column is there once and of a type that holds its values exactly. Raises BadInput."""
    for name, kind in kinds.items():
        places = schema.get_all_field_indices(name)
        if len(places) != 1:
            raise wrong(
                f"{en}: column {name} is {'missing' if not places else 'there more than once'}.",
                f"{zh}：{'缺少' if not places else '重复的'}列 {name}。",
            )
        given = schema.field(places[0]).type
        if not _fits(given, kind):
            said_en, said_zh = _SAID[kind]
            raise wrong(
                f"{en}: column {name} must hold {said_en}, not {given}.",
                f"{zh}：列 {name} 必须是{said_zh}，而不是 {given}。",
            )


def _fits(given: pa.DataType, kind: Kind) -> bool:
    if pa.types.is_null(given):
        return True
    if kind == "text":
        return is_text(given) or (pa.types.is_dictionary(given) and is_text(given.value_type))
    if kind == "whole":
        return pa.types.is_integer(given)
    if kind == "instant":
        return pa.types.is_timestamp(given) and given.tz is not None
    is_list = pa.types.is_list(given) or pa.types.is_large_list(given) or pa.types.is_fixed_size_list(given)
    return is_list and (_fits(given.value_type, "text"))


def is_text(given: pa.DataType) -> bool:
    return bool(
        pa.types.is_string(given) or pa.types.is_large_string(given) or pa.types.is_string_view(given)
    )


def refuse_nulls(column: pa.Array | pa.ChunkedArray, name: str, first_row: int, en: str, zh: str) -> None:
    """Raise BadInput naming the first rows (1-based, counted from `first_row`) that hold nothing."""
    if not column.null_count:
        return
    places = np.flatnonzero(np.asarray(pc.is_null(column).to_numpy(zero_copy_only=False)))
    shown = rows_said(places + first_row)
    raise wrong(f"{en}: column {name} is empty in row {shown}.", f"{zh}：列 {name} 在第 {shown} 行为空。")


def rows_said(rows: Ints, most: int = 10) -> str:
    """Row numbers for a message, the first few of many."""
    shown = ", ".join(str(int(row)) for row in rows[:most])
    return shown if len(rows) <= most else f"{shown} … ({len(rows)})"


def whole_numbers(column: pa.Array, name: str, first_row: int, en: str, zh: str) -> Ints:
    """The column as int64. Raises BadInput for nothing in a row or a number past int64."""
    refuse_nulls(column, name, first_row, en, zh)
    return _as_int64(column, pa.int64(), name, first_row, en, zh)


def instants(column: pa.Array, name: str, first_row: int, en: str, zh: str) -> Ints:
    """The column as microseconds since 1970 UTC."""
    refuse_nulls(column, name, first_row, en, zh)
    return _as_int64(column, pa.timestamp("us", "UTC"), name, first_row, en, zh)


def _as_int64(column: pa.Array, kind: pa.DataType, name: str, first_row: int, en: str, zh: str) -> Ints:
    try:
        exact = column if column.type == kind else column.cast(kind)
    except pa.ArrowInvalid as error:
        row = first_row + next(i for i in range(len(column)) if not _casts(column.slice(i, 1), kind))
        raise wrong(
            f"{en}: column {name}, row {row}: {error}", f"{zh}：列 {name} 第 {row} 行：{error}"
        ) from error
    numbers: Ints = exact.cast(pa.int64()).to_numpy(zero_copy_only=False)
    return numbers


def _casts(column: pa.Array, kind: pa.DataType) -> bool:
    try:
        column.cast(kind)
    except pa.ArrowInvalid:
        return False
    return True


def encoded(column: pa.Array, name: str, first_row: int, en: str, zh: str) -> tuple[Ints, pa.Array]:
    """Texts as places in a list of different texts: (int32 places, the texts)."""
    refuse_nulls(column, name, first_row, en, zh)
    if not pa.types.is_dictionary(column.type):
        column = pc.dictionary_encode(plain_text(column))
    words = column.dictionary
    if words.null_count:
        places = column.indices.to_numpy(zero_copy_only=False)
        empty = np.asarray(pc.is_null(words).to_numpy(zero_copy_only=False))
        at = np.flatnonzero(empty[places])
        if len(at):
            shown = rows_said(at + first_row)
            raise wrong(
                f"{en}: column {name} is empty in row {shown}.", f"{zh}：列 {name} 在第 {shown} 行为空。"
            )
    return column.indices.to_numpy(zero_copy_only=False), plain_text(words)


def plain_text(column: pa.Array) -> pa.Array:
    """Texts of any Arrow encoding as `string`."""
    return column if pa.types.is_string(column.type) else column.cast(pa.string())


def reported(schema: pa.Schema, rows: Sequence[Sequence[object]]) -> pa.Table:
    """Rows of plain values as a table. Raises BadInput when a figure is past int64."""
    columns = list(zip(*rows, strict=True)) or [()] * len(schema)
    arrays = []
    for column, one in zip(columns, schema, strict=True):
        try:
            arrays.append(pa.array(column, one.type))
        except OverflowError as error:
            raise wrong(
                f"The {one.name} of an account or month is past int64.", f"{one.name} 超出 int64。"
            ) from error
    return pa.Table.from_arrays(arrays, schema=schema)
