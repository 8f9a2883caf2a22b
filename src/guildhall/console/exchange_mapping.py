"""The form of a mapping: one line a field, where it comes from and how it is read; and back into JSON.

Plain fields only, so that it works without a script. A mapping the form cannot show (several columns joined)
is written as JSON on the same page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from django.utils.translation import gettext as _

from guildhall.core.errors import BadInput
from guildhall.core.money import Asset, Money
from guildhall.core.text import Text
from guildhall.exchange.reading import mapping as mappings
from guildhall.exchange.reading.fields import CONVERTED, Field, Kind
from guildhall.exchange.reading.preview import Preview

NONE, FIXED, SYMBOL, PAR, JOINED = "", "=value", "=symbol", "=par", "=joined"
_COIN = Asset("COIN", 8)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the form. `choices`: (value, label, is chosen)."""

    field: Field
    choices: list[tuple[str, str, bool]]
    value: str
    zone: str
    format: str
    values: str
    unit: str
    is_negated: bool
    examples: str

    @property
    def is_time(self) -> bool:
        return self.field.kind in (Kind.TIME, Kind.DAY)

    @property
    def is_choice(self) -> bool:
        return self.field.kind is Kind.CHOICE

    @property
    def is_amount(self) -> bool:
        return self.field.kind is Kind.AMOUNT


def rows(
    table: str, said: Mapping[str, Any], headings: Sequence[str], samples: Sequence[Mapping[str, str]]
) -> list[Row]:
    """The lines of the form for a mapping in JSON."""
    return [_row(one, said, headings, samples) for one in mappings.fields_of(table)]


def _row(
    one: Field, said: Mapping[str, Any], headings: Sequence[str], samples: Sequence[Mapping[str, str]]
) -> Row:
    source = (said.get("fields") or {}).get(one.name) or {}
    if isinstance(source, str):
        source = {"column": source}
    chosen = _chosen(source)
    options = [(NONE, _("not in the file"))] + [(f"c:{name}", name) for name in headings]
    options.append((FIXED, _("the same for all rows")))
    if one.kind is Kind.ASSET:
        options.append((SYMBOL, _("from the market's name")))
    if one.name in CONVERTED:
        options.append((PAR, _("one for one from the amount")))
    if chosen == JOINED:
        options.append((JOINED, " + ".join(source["columns"])))
    column = source.get("column", "")
    examples = list(dict.fromkeys(row.get(column, "") for row in samples if row.get(column)))[:3]
    return Row(
        field=one,
        choices=[(value, label, value == chosen) for value, label in options],
        value=source.get("value") or "",
        zone=source.get("zone") or "",
        format=source.get("format") or source.get("epoch") or "",
        values=", ".join(f"{key}={value}" for key, value in (source.get("values") or {}).items()),
        unit=source.get("unit") or "",
        is_negated=bool(source.get("negate")),
        examples=" · ".join(examples),
    )


def _chosen(source: Mapping[str, Any]) -> str:
    if source.get("columns"):
        return JOINED
    if source.get("column"):
        return f"c:{source['column']}"
    if source.get("from_symbol"):
        return SYMBOL
    if source.get("is_at_par"):
        return PAR
    return FIXED if source.get("value") is not None else NONE


def read(table: str, post: Mapping[str, str], headings: Sequence[str]) -> dict[str, Any]:
    """The mapping that was posted, checked. Raises BadInput."""
    said = as_posted(table, post, headings)
    return mappings.to_json(mappings.from_json(said))


def as_posted(table: str, post: Mapping[str, str], headings: Sequence[str]) -> dict[str, Any]:
    """The mapping that was posted, as it is. Raises BadInput for JSON that is none."""
    if post.get("by") == "json":
        try:
            found = orjson.loads(post.get("as_json", ""))
        except orjson.JSONDecodeError as error:
            raise BadInput(
                Text(f"This is not JSON: {error}", f"不是有效的 JSON：{error}"), field="as_json"
            ) from error
        return {**found, "table": table} if isinstance(found, dict) else {"table": table, "fields": {}}
    fields = {}
    for one in mappings.fields_of(table):
        source = _posted(one, post, headings)
        if source:
            fields[one.name] = source
    codes = {name: post.get(name, "").replace(",", " ").upper().split() for name in ("assets", "at_par")}
    return {"table": table, "fields": fields, **codes}


def _posted(one: Field, post: Mapping[str, str], headings: Sequence[str]) -> dict[str, Any]:
    def given(part: str) -> str:
        return post.get(f"{part}-{one.name}", "").strip()

    chosen = given("from")
    if chosen == SYMBOL:
        return {"from_symbol": True}
    if chosen == PAR:
        return {"is_at_par": True}
    if chosen == FIXED:
        source: dict[str, Any] = {"value": given("value")}
    elif chosen.startswith("c:") and chosen[2:] in headings:
        source = {"column": chosen[2:]}
    else:
        return {}
    if given("zone"):
        source["zone"] = given("zone")
    if given("format"):
        source["epoch" if given("format") in ("s", "ms", "us") else "format"] = given("format")
    if given("values"):
        pairs = (pair.partition("=") for pair in given("values").split(","))
        source["values"] = {key.strip(): value.strip() for key, _sep, value in pairs if key.strip()}
    if given("unit"):
        source["unit"] = given("unit")
    if given("negate"):
        source["negate"] = True
    return source


def seen(table: str, found: Preview) -> dict[str, Any]:
    """A preview as the page shows it: headings, rows of text, bad rows."""
    fields = [one for one in mappings.fields_of(table) if one.name != "state"]
    return {
        "read": found.read,
        "good": found.good,
        "bad": len(found.bad),
        "headings": [one.label for one in fields],
        "rows": [[_shown(one, row.get(one.name)) for one in fields] for row in found.shown],
        "faults": found.bad[:8],
    }


def _shown(one: Field, value: Any) -> str:
    if value is None:
        return "—"
    if one.kind is Kind.AMOUNT:
        return Money(int(value), _COIN).format()
    if one.kind is Kind.TIME:
        return f"{value:%Y-%m-%d %H:%M:%S} UTC"
    return ", ".join(value) if isinstance(value, list) else str(value)
