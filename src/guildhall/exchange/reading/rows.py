"""A stretch of somebody's file becomes rows of one table: each field read by its kind, each row that is at
fault put aside whole.

Good rows keep the number of their line, so that what is found later (a repeated id) can still name it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from guildhall.core.errors import BadInput
from guildhall.core.text import Text
from guildhall.exchange.reading import amounts, columns, reasons, times
from guildhall.exchange.reading.faults import Faults, mask_of
from guildhall.exchange.reading.fields import CONVERTED, Field, Kind
from guildhall.exchange.reading.mapping import Mapping, Source, fields_of
from guildhall.exchange.reading.reasons import Bad

Lines = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some rows of a file as they were read. `lines`: the line of each; `raw` gives rows in full, by index;
    `broken`: lines that could not be taken apart.
    """

    table: pa.Table
    lines: Lines
    raw: Callable[[Lines], list[str]]
    broken: tuple[Bad, ...] = ()

    @property
    def count(self) -> int:
        """All rows, broken ones too."""
        return self.table.num_rows + len(self.broken)


@dataclass(frozen=True, slots=True)
class Converted:
    """`good`: the fields of the table by name, and `line` int64; `bad` in the order of lines."""

    good: pa.Table
    bad: tuple[Bad, ...]


def convert(stretch: Stretch, mapping: Mapping, venue: str, now: datetime) -> Converted:
    """Read a stretch. Raises BadInput for what is wrong with a whole column: it is missing, or rounds."""
    table, rows = stretch.table, stretch.table.num_rows
    faults = Faults(rows)
    if mapping.venue_column and mapping.venue_column in table.column_names:
        _check_venue(_column(table, mapping.venue_column), venue, faults)
    made: dict[str, pa.Array] = {}
    # Amounts taken at par look at the asset and at what they are converted from.
    for one in sorted(fields_of(mapping.table), key=lambda one: one.name in CONVERTED):
        made[one.name] = _read(one, mapping, table, made, faults, now)
    good = faults.good
    whole = pa.table({**made, "line": pa.array(stretch.lines, pa.int64())})
    if good.all():
        return Converted(whole, stretch.broken)
    at_fault = np.flatnonzero(~good)
    raws = stretch.raw(at_fault)
    bad = [
        Bad(int(stretch.lines[row]), field, reason, raw)
        for (row, field, reason), raw in zip(faults.of(at_fault), raws, strict=True)
    ]
    bad.extend(stretch.broken)
    bad.sort(key=lambda one: one.line)
    return Converted(whole.filter(pa.array(good)), tuple(bad))


def check_columns(mapping: Mapping, names: list[str]) -> None:
    """Raises BadInput when a needed column of the mapping is not in a file with these column names."""
    there = set(names)
    for one in fields_of(mapping.table):
        source = mapping.sources.get(one.name)
        if source is None or one.default is not None or not one.is_needed:
            continue
        for name in source.all_columns:
            if name not in there:
                raise BadInput(
                    Text(
                        f"The file has no column {name!r}, from which {one.name} is read. "
                        f"It has: {', '.join(names)[:300]}.",
                        f"文件中没有用于读取 {one.name} 的列“{name}”。现有列：{'、'.join(names)[:300]}。",
                    ),
                    field=one.name,
                    code="no_such_column",
                )


def _read(
    one: Field, mapping: Mapping, table: pa.Table, made: dict[str, pa.Array], faults: Faults, now: datetime
) -> pa.Array:
    source = mapping.sources.get(one.name)
    rows = table.num_rows
    there = source is not None and all(name in table.column_names for name in source.all_columns)
    if source is not None and source.is_at_par:
        return _at_par(one.name, made, mapping, faults)
    if source is not None and source.from_symbol:
        return columns.quotes(made["symbol"], one.name, faults, mapping.assets)
    if source is None or not there or not (source.all_columns or source.value is not None):
        if one.default is None and one.is_needed:
            raise BadInput(Text(f"{one.label.en} is not mapped.", f"未映射{one.label.zh}。"), field=one.name)
        source = Source(value=one.default)
    column = _values(source, table, one, faults, rows)
    if one.default is not None and source.all_columns:
        column = _filled(column, one)
    match one.kind:
        case Kind.ID:
            return columns.ids(column, one.name, faults)
        case Kind.WORD:
            return columns.words(column, one.name, faults, is_needed=one.is_needed)
        case Kind.TIME | Kind.DAY:
            read = times.times if one.kind is Kind.TIME else times.days
            return read(
                column, one.name, faults, now, zone=source.zone, format_=source.format, epoch=source.epoch
            )
        case Kind.AMOUNT:
            return amounts.amounts(
                column, one.name, faults, unit=source.unit, negate=source.negate,
                may_be_negative=one.may_be_negative,
            )  # fmt: skip
        case Kind.COUNT:
            return columns.counts(column, one.name, faults, is_needed=one.is_needed)
        case Kind.ASSET:
            return columns.assets(column, one.name, faults, mapping.assets)
        case Kind.CHOICE:
            return columns.choices(column, one.name, faults, one.choices, dict(source.values))
        case Kind.FLAGS:
            return columns.flags(column, one.name, faults)


def _values(source: Source, table: pa.Table, one: Field, faults: Faults, rows: int) -> pa.Array:
    if source.columns:
        parts = [columns.as_text(_column(table, name), name) for name in source.columns]
        for part in parts:
            damaged = mask_of(pc.match_substring_regex(part, columns.SCIENTIFIC))
            faults.add(damaged, one.name, reasons.rounded_id, part)
        return pc.binary_join_element_wise(*parts, source.join)
    if source.column:
        return _column(table, source.column)
    value = pa.scalar(source.value, pa.string())
    return pa.repeat(value, rows) if source.value is not None else pa.nulls(rows, pa.string())


def _filled(column: pa.Array, one: Field) -> pa.Array:
    """The default where a column of ours was left empty."""
    text = columns.as_text(column, one.name)
    none = columns.empty(text)
    return pc.if_else(pa.array(none), pa.scalar(one.default), text) if none.any() else text


def _at_par(name: str, made: dict[str, pa.Array], mapping: Mapping, faults: Faults) -> pa.Array:
    asset = made.get("asset")
    if asset is None:
        raise BadInput(Text(f"{name} needs a column.", f"{name} 需要对应的列。"), field=name)
    fine = mask_of(pc.is_in(asset, value_set=pa.array(mapping.at_par, pa.string())))
    faults.add(~fine & mask_of(pc.is_valid(asset)), name, reasons.not_at_par, asset)
    return made[CONVERTED[name]]


def _check_venue(column: pa.Array, venue: str, faults: Faults) -> None:
    text = columns.as_text(column, "venue")
    other = ~mask_of(pc.equal(text, venue)) & ~columns.empty(text)
    faults.add(other, "venue", reasons.other_venue, text)


def _column(table: pa.Table, name: str) -> pa.Array:
    column = table.column(name)
    return column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
