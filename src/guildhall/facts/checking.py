"""Whether what came fits its table: columns and their kinds for all rows at once, contents row by row.

A wrong column is the sender's error and refuses the batch; a wrong row is refused alone, with its reason, and
the others go in. Nothing is rounded or guessed: a float is never taken for a whole number.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from guildhall.core.errors import BadInput
from guildhall.core.text import Text
from guildhall.facts import keyindex
from guildhall.facts.tables import LIVE, REVERSED, REVISION, STATE, Column, Table, arrow_type

# A day further ahead than this is a broken clock or milliseconds read as seconds.
AHEAD = timedelta(days=366)
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Rows (by place) refused for one reason."""

    rows: npt.NDArray[np.int64]
    why: Text


def fitted(table: Table, data: pa.Table | pa.RecordBatch) -> pa.Table:
    """The rows with the columns and kinds of the table. Raises BadInput naming the column."""
    given = pa.Table.from_batches([data]) if isinstance(data, pa.RecordBatch) else data
    unknown = [name for name in given.column_names if name not in table.names]
    if unknown:
        raise _bad(table, unknown[0], "is not a column of this table", "不是该表的列")
    arrays = []
    for column in table.columns:
        if column.name in given.column_names:
            arrays.append(_cast(table, column, given.column(column.name)))
        elif column.is_nullable:
            arrays.append(pa.chunked_array([pa.nulls(given.num_rows, arrow_type(column.kind))]))
        else:
            raise _bad(table, column.name, "is missing", "缺失")
    return pa.Table.from_arrays(arrays, schema=loose(table))


def loose(table: Table) -> pa.Schema:
    """The schema of rows not yet looked at: nulls may be anywhere."""
    return pa.schema([field.with_nullable(True) for field in table.schema])


def months_of(table: Table, data: pa.Table) -> npt.NDArray[np.uint16]:
    """The UTC month of each row's day, as months since 1970. Days are neither null nor before 1970."""
    day = data.column(table.day)
    if table.column(table.day).kind == "timestamp":
        moments = day.cast(pa.int64()).to_numpy().view("datetime64[us]")
    else:
        moments = day.cast(pa.int32()).to_numpy().astype(np.int64).view("datetime64[D]")
    return moments.astype("datetime64[M]").astype(np.int64).astype(np.uint16)


def refusals(table: Table, data: pa.Table, now: datetime) -> list[Refusal]:
    """What is wrong with single rows, each row once and for the first reason found."""
    found: list[Refusal] = []
    taken = np.zeros(data.num_rows, dtype=np.bool_)

    def refuse(bad: pa.ChunkedArray | pa.Array, why: Text) -> None:
        mask = pc.fill_null(bad, False).to_numpy(zero_copy_only=False) & ~taken
        if mask.any():
            taken[mask] = True
            found.append(Refusal(np.flatnonzero(mask), why))

    for column in table.columns:
        if not column.is_nullable and data.column(column.name).null_count:
            refuse(
                data.column(column.name).is_null(),
                Text(f"{column.name} is missing.", f"缺少 {column.name}。"),
            )
    if table.is_revised:
        states = pa.array([LIVE, REVERSED])
        refuse(
            pc.invert(pc.is_in(data.column(STATE), states)),
            Text("state is neither live nor reversed.", "state 既不是 live 也不是 reversed。"),
        )
        refuse(pc.less(data.column(REVISION), 0), Text("revision is below 0.", "revision 小于 0。"))
    day = data.column(table.day)
    refuse(pc.less(day, _bound(table, _EPOCH)), Text("The day is before 1970.", "日期早于 1970 年。"))
    refuse(
        pc.greater(day, _bound(table, (now + AHEAD).date())),
        Text("The day is more than a year ahead.", "日期比当前晚一年以上。"),
    )
    since = kept_since(table, now)
    if since is not None:
        refuse(
            pc.less(day, _bound(table, since)),
            Text(
                f"Older than this table keeps: days before {since} were deleted.",
                f"超过保留期：{since} 之前的数据已删除。",
            ),
        )
    return found


def kept_since(table: Table, now: datetime) -> date | None:
    """The first day a table still keeps: months go as a whole, when their last day is past `keep_days`."""
    if table.keep_days is None:
        return None
    return (now.astimezone(UTC).date() - timedelta(days=table.keep_days)).replace(day=1)


def month_names(months: npt.NDArray[np.uint16]) -> pa.Array:
    """Month numbers as the words a table is partitioned by."""
    kinds, codes = np.unique(months, return_inverse=True)
    return pa.array([keyindex.month_name(int(kind)) for kind in kinds], pa.string()).take(pa.array(codes))


def _bound(table: Table, day: date) -> pa.Scalar:
    if table.column(table.day).kind == "date":
        return pa.scalar(day, pa.date32())
    return pa.scalar(datetime(day.year, day.month, day.day, tzinfo=UTC), pa.timestamp("us", tz="UTC"))


def _cast(table: Table, column: Column, values: pa.ChunkedArray) -> pa.ChunkedArray:
    wanted, given = arrow_type(column.kind), values.type
    if given == wanted:
        return values
    if pa.types.is_null(given) or (pa.types.is_dictionary(given) and given.value_type == wanted):
        return values.cast(wanted)
    if not _may_become(column.kind, given):
        raise _bad(table, column.name, f"is {given}, not {wanted}", f"类型为 {given}，应为 {wanted}")
    try:
        return values.cast(wanted)
    except pa.ArrowInvalid as error:
        raise _bad(table, column.name, f"does not fit: {error}", f"超出范围：{error}") from error


def _may_become(kind: str, given: pa.DataType) -> bool:
    match kind:
        case "string":
            return _is_text(given) or (pa.types.is_dictionary(given) and _is_text(given.value_type))
        case "int64":
            return pa.types.is_integer(given)
        case "timestamp":
            return pa.types.is_timestamp(given) and given.tz is not None
        case "date":
            return pa.types.is_date(given)
        case "strings":
            return (pa.types.is_list(given) or pa.types.is_large_list(given)) and (
                _is_text(given.value_type) or pa.types.is_null(given.value_type)
            )
    return False


def _is_text(given: pa.DataType) -> bool:
    return pa.types.is_string(given) or pa.types.is_large_string(given) or pa.types.is_string_view(given)


def _bad(table: Table, name: str, en: str, zh: str) -> BadInput:
    return BadInput(Text(f"{table.name}: {name} {en}.", f"{table.name}：{name} {zh}。"), field=name)
