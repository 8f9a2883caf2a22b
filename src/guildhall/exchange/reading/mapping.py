"""How the columns of somebody's file become the fields of a table: written as JSON, checked once, guessed
from headings where that is safe.

A mapping says all that the file does not: the zone of its times, the asset of its amounts, which assets there
are. The native mapping is that of our own batches, whose columns already have our names.
"""

from __future__ import annotations

import re
from collections.abc import Mapping as Dict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from guildhall.core.errors import BadInput
from guildhall.core.money import Asset
from guildhall.core.text import Text
from guildhall.exchange.reading.fields import CONVERTED, FIELDS, Field, Kind, field_of

COMMON_ASSETS = ("USDT", "USDC", "USD", "FDUSD", "DAI", "BTC", "ETH", "BNB", "SOL", "EUR", "TRY")
AT_PAR = ("USDT", "USDC", "USD", "FDUSD", "DAI")
_UNITS = ("", "coins", "units")
_NOT_NAME = re.compile(r"[^a-z0-9\u4e00-\u9fff]")
_ZONES_IN_NAMES = {
    "utc": "UTC",
    "gmt": "UTC",
    "ist": "Asia/Kolkata",
    "cst": "Asia/Shanghai",
    "hkt": "Asia/Hong_Kong",
}
_TRUE_FALSE = {
    "crossed": {"true": "taker", "false": "maker"},
    "istaker": {"true": "taker", "false": "maker"},
    "ismaker": {"true": "maker", "false": "taker"},
}
_LETTERS = {"t": "taker", "m": "maker", "maker": "maker", "taker": "taker"}


@dataclass(frozen=True, slots=True)
class Source:
    """Where one field comes from: a `column`, several joined by `join`, a constant `value`, or `from_symbol`.

    `values` translates (keys in small letters); `format` is for strptime, `epoch` for numbers (s, ms, us);
    `zone` an IANA name for times that tell none; `unit`: coins, units (1e-8), or '' - text is coins, whole
    numbers are units. `is_at_par` takes the amount in the quote asset for the reference asset, one for one.
    """

    column: str = ""
    columns: tuple[str, ...] = ()
    join: str = ":"
    value: str | None = None
    values: Dict[str, str] = field(default_factory=dict)
    format: str = ""
    epoch: str = ""
    zone: str = ""
    unit: str = ""
    negate: bool = False
    from_symbol: bool = False
    is_at_par: bool = False

    @property
    def all_columns(self) -> tuple[str, ...]:
        """Every column it reads."""
        return self.columns or ((self.column,) if self.column else ())


@dataclass(frozen=True, slots=True)
class Mapping:
    """The sources of a table's fields; `assets` are those that may appear, `at_par` those worth one of the
    reference asset.
    """

    table: str
    sources: Dict[str, Source]
    assets: tuple[str, ...] = COMMON_ASSETS
    at_par: tuple[str, ...] = AT_PAR
    venue_column: str = ""

    def columns(self) -> set[str]:
        """Every column of the file that is read."""
        named = {name for source in self.sources.values() for name in source.all_columns}
        return named | ({self.venue_column} if self.venue_column else set())

    def kinds(self) -> dict[str, Kind]:
        """What each column of the file that is read holds."""
        found = {self.venue_column: Kind.WORD} if self.venue_column else {}
        for one in fields_of(self.table):
            source = self.sources.get(one.name)
            found |= dict.fromkeys(source.all_columns if source else (), one.kind)
        return found


def native(table: str, assets: Sequence[str] = (), at_par: Sequence[str] = ()) -> Mapping:
    """The mapping of batches in our own names. Raises BadInput for an unknown table."""
    sources = {one.name: Source(column=one.name) for one in fields_of(table)}
    return Mapping(table, sources, tuple(assets) or COMMON_ASSETS, tuple(at_par) or AT_PAR, "venue")


def fields_of(table: str) -> tuple[Field, ...]:
    """The fields of a table. Raises BadInput for an unknown one."""
    if table not in FIELDS:
        raise BadInput(
            Text(
                f"There is no table {table[:40]!r}; there are {', '.join(FIELDS)}.",
                f"没有名为“{table[:40]}”的数据表；可用：{'、'.join(FIELDS)}。",
            ),
            field="table",
        )
    return FIELDS[table]


def to_json(mapping: Mapping) -> dict[str, Any]:
    """A mapping as it is written in a file or kept in state."""
    fields: dict[str, Any] = {}
    for name, source in mapping.sources.items():
        said: dict[str, Any] = {}
        for key in ("column", "value", "format", "epoch", "zone", "unit"):
            if getattr(source, key) not in ("", None):
                said[key] = getattr(source, key)
        if source.columns:
            said["columns"], said["join"] = list(source.columns), source.join
        if source.values:
            said["values"] = dict(source.values)
        for key in ("negate", "from_symbol", "is_at_par"):
            if getattr(source, key):
                said[key] = True
        fields[name] = said
    return {
        "table": mapping.table,
        "fields": fields,
        "assets": list(mapping.assets),
        "at_par": list(mapping.at_par),
        "venue_column": mapping.venue_column,
    }


def from_json(said: Any) -> Mapping:
    """A mapping out of JSON. Raises BadInput naming the field that is wrong."""
    if not isinstance(said, dict) or not isinstance(said.get("fields"), dict):
        raise _wrong(
            "mapping",
            "A mapping is an object with table and fields.",
            "映射须为包含 table 和 fields 的对象。",
        )
    table = str(said.get("table", ""))
    known = {one.name for one in fields_of(table)}
    sources: dict[str, Source] = {}
    for name, given in said["fields"].items():
        if name not in known:
            raise _wrong(str(name), f"{table} has no field {name}.", f"{table} 没有字段 {name}。")
        sources[name] = _source(table, name, {"column": given} if isinstance(given, str) else given)
    for one in fields_of(table):
        if one.is_needed and one.default is None and one.name not in sources:
            raise _wrong(
                one.name, f"{one.label.en} ({one.name}) is needed.", f"缺少{one.label.zh}（{one.name}）。"
            )
    assets = _words(said, "assets") or COMMON_ASSETS
    for code in assets:
        Asset(code.upper(), 0)  # what is no code could never be settled
    return Mapping(table, sources, assets, _words(said, "at_par"), str(said.get("venue_column", "")))


def _source(table: str, name: str, given: Any) -> Source:
    if not isinstance(given, dict):
        raise _wrong(name, "A source is a column name or an object.", "来源须为列名或对象。")
    unknown = set(given) - set(Source.__dataclass_fields__)
    if unknown:
        raise _wrong(
            name,
            f"Unknown: {', '.join(sorted(map(str, unknown)))}.",
            f"未知项：{sorted(map(str, unknown))}。",
        )
    values = given.get("values") or {}
    columns = given.get("columns") or ()
    if not isinstance(values, dict) or not isinstance(columns, list | tuple):
        raise _wrong(name, "values is an object and columns a list.", "values 须为对象，columns 须为列表。")
    source = Source(
        column=str(given.get("column") or ""),
        columns=tuple(map(str, columns)),
        join=str(given.get("join", ":")),
        value=None if given.get("value") is None else str(given["value"]),
        values={str(key).strip().lower(): str(value) for key, value in values.items()},
        format=str(given.get("format") or ""),
        epoch=str(given.get("epoch") or ""),
        zone=str(given.get("zone") or ""),
        unit=str(given.get("unit") or ""),
        negate=bool(given.get("negate")),
        from_symbol=bool(given.get("from_symbol")),
        is_at_par=bool(given.get("is_at_par")),
    )
    if not source.all_columns and source.value is None and not (source.from_symbol or source.is_at_par):
        raise _wrong(name, "Name a column or a value.", "请指定列名或固定值。")
    if source.zone:
        _check_zone(name, source.zone)
    if source.unit not in _UNITS or source.epoch not in ("", "s", "ms", "us"):
        raise _wrong(
            name,
            "unit is coins or units; epoch is s, ms or us.",
            "unit 为 coins 或 units；epoch 为 s、ms 或 us。",
        )
    if source.from_symbol and (
        field_of(table, name).kind is not Kind.ASSET or "symbol" not in {f.name for f in FIELDS[table]}
    ):
        raise _wrong(name, "Only the asset comes from the market's name.", "仅资产可由交易对推断。")
    if source.is_at_par and name not in CONVERTED:
        raise _wrong(name, "Only converted amounts are taken at par.", "仅折算金额可按等值处理。")
    return source


def _check_zone(name: str, zone: str) -> None:
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise _wrong(
            name, f"{zone[:40]!r} is not a time zone such as Asia/Shanghai or UTC.",
            f"“{zone[:40]}”不是有效时区，例如 Asia/Shanghai 或 UTC。",
        ) from error  # fmt: skip


def guess(table: str, headings: Sequence[str]) -> dict[str, Source]:
    """The sources that headings make likely. What a file cannot tell (an asset, a zone) stays unsaid."""
    free = {_folded(heading): heading for heading in reversed(headings)}
    found: dict[str, Source] = {}
    for one in fields_of(table):
        for name in (_folded(one.name), *one.guesses):
            if name in free:
                found[one.name] = _guessed(one, free.pop(name), name)
                break
    names = {one.name for one in fields_of(table)}
    if "asset" in names and "asset" not in found and "symbol" in names:
        found["asset"] = Source(from_symbol=True)
    for converted, amount in CONVERTED.items():
        if converted in names and converted not in found and amount in found:
            found[converted] = Source(is_at_par=True)
    return found


def _guessed(one: Field, heading: str, name: str) -> Source:
    if one.kind is Kind.TIME:
        zone = next((zone for end, zone in _ZONES_IN_NAMES.items() if name.endswith(end)), "")
        return Source(column=heading, zone=zone)
    if one.name == "liquidity":
        return Source(column=heading, values=_TRUE_FALSE.get(name, _LETTERS))
    return Source(column=heading)


def _folded(heading: str) -> str:
    return _NOT_NAME.sub("", heading.strip().lower())


def _words(said: Dict[str, Any], key: str) -> tuple[str, ...]:
    given = said.get(key) or ()
    if not isinstance(given, list | tuple):
        raise _wrong(key, f"{key} is a list of asset codes.", f"{key} 须为资产代码列表。")
    return tuple(str(code).strip().upper() for code in given if str(code).strip())


def _wrong(name: str, en: str, zh: str) -> BadInput:
    return BadInput(Text(en, zh), field=name)
