"""What a table asks for, read from the URL and written back to it: filters, order, place. Pure: no database.

A table page moves by keyset (the values of the last row seen), never by row number, so that the millionth row
comes as quickly as the first. What the URL carries and cannot be read is dropped and named in
`State.ignored`; a stale link still shows a page. `paging` turns a state into rows.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from django.utils.functional import Promise

from guildhall.core.text import Text

Label = str | Promise | Text
Key = tuple[str | int | bool, ...]

_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `sort`: the fields it orders by (empty: cannot be sorted). `css`: `num`, `lead`, `desk`,
    `text`.

    `lead` is the line that heads the card on a phone; `desk` is left out there.
    """

    key: str
    label: Label
    sort: tuple[str, ...] = ()
    css: str = ""


@dataclass(frozen=True, slots=True)
class Filter:
    """One filter above the table. Kinds: `search`, `choice`, `date`, `text`."""

    key: str
    label: Label
    kind: str = "choice"
    choices: tuple[tuple[str, Label], ...] = ()
    placeholder: Label = ""


@dataclass(frozen=True, slots=True)
class Spec:
    """What a table can do. `default_sort` is a column key, with `-` for falling; `tie` ends every order."""

    columns: tuple[Column, ...]
    filters: tuple[Filter, ...] = ()
    default_sort: str = ""
    tie: str = "id"
    page_size: int = 50

    def column(self, key: str) -> Column | None:
        return next((column for column in self.columns if column.key == key), None)


@dataclass(frozen=True, slots=True)
class State:
    """One reading of the URL. `after`/`before`: key values of the row before or after this page."""

    spec: Spec
    sort: str
    descending: bool
    values: Mapping[str, str] = field(default_factory=dict)
    after: Key | None = None
    before: Key | None = None
    kept: Mapping[str, str] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()

    def value(self, key: str) -> str:
        """The value of a filter; empty when it is not set."""
        return self.values.get(key, "")

    def day(self, key: str) -> date | None:
        """The value of a date filter."""
        text = self.value(key)
        return date.fromisoformat(text) if text else None

    @property
    def is_filtered(self) -> bool:
        return any(self.values.values())

    def order(self) -> tuple[str, ...]:
        """The fields of the order, most significant first, each with `-` when falling; ends with the
        tie-breaker.
        """
        column = self.spec.column(self.sort)
        fields = column.sort if column else ()
        sign = "-" if self.descending else ""
        return tuple(sign + name for name in (*fields, self.spec.tie) if name)

    def query(self, **changes: str | None) -> str:
        """The query string of this state with some parts changed; a changed filter or order starts at page
        one.
        """
        parts: dict[str, str] = {**self.kept, **{k: v for k, v in self.values.items() if v}}
        written = ("-" if self.descending else "") + self.sort
        if written != self.spec.default_sort:
            parts["sort"] = written
        for key, value in changes.items():
            if value:
                parts[key] = value
            else:
                parts.pop(key, None)
        return "?" + urlencode(parts) if parts else "?"

    def sort_query(self, key: str) -> str:
        """The query string that orders by a column: falling first, and the other way round when it already
        is.
        """
        descending = not self.descending if key == self.sort else True
        written = ("-" if descending else "") + key
        return self.query(sort="" if written == self.spec.default_sort else written)

    def without_filters(self) -> str:
        return replace(self, values={}).query()


def read(spec: Spec, params: Mapping[str, str], keep: Sequence[str] = ()) -> State:
    """The state a query string asks for. `keep`: other parameters of the page that its links must carry
    along.
    """
    values: dict[str, str] = {}
    ignored: list[str] = []
    for one in spec.filters:
        value = params.get(one.key, "").strip().replace("\x00", "")[:_LONGEST]
        if value and not _fits(one, value):
            ignored.append(one.key)
            value = ""
        values[one.key] = value
    written = params.get("sort", "") or spec.default_sort
    column = spec.column(written.lstrip("-"))
    if column is None or not column.sort:
        if params.get("sort"):
            ignored.append("sort")
        written = spec.default_sort
    state = State(
        spec=spec,
        sort=written.lstrip("-"),
        descending=written.startswith("-"),
        values=values,
        kept={key: params[key] for key in keep if params.get(key)},
    )
    width = len(state.order())
    after, before = unseal(params.get("after", ""), width), unseal(params.get("before", ""), width)
    ignored += [key for key, got in (("after", after), ("before", before)) if params.get(key) and got is None]
    return replace(state, after=after, before=None if after else before, ignored=tuple(ignored))


def _fits(one: Filter, value: str) -> bool:
    if one.kind == "choice":
        return any(value == allowed for allowed, _ in one.choices)
    if one.kind == "date":
        try:
            date.fromisoformat(value)
        except ValueError:
            return False
    return True


def seal(key: Sequence[Any]) -> str:
    """Key values of a row as one short URL-safe word; datetimes keep their microseconds and zone."""
    plain = [{"at": part.isoformat()} if isinstance(part, datetime) else part for part in key]
    packed = json.dumps(plain, ensure_ascii=False, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def unseal(word: str, width: int) -> Key | None:
    """The key values behind a word made by `seal`, or None when it is not one of `width` values."""
    if not word or len(word) > 1000:
        return None
    try:
        parts = json.loads(base64.urlsafe_b64decode(word + "=" * (-len(word) % 4)))
        if not isinstance(parts, list) or len(parts) != width:
            return None
        return tuple(_part(part) for part in parts)
    except (binascii.Error, ValueError, KeyError, TypeError, RecursionError):
        return None


def _part(part: object) -> Any:
    if isinstance(part, dict):
        at = datetime.fromisoformat(part["at"])
        if at.tzinfo is None:
            raise ValueError("a time without a zone")
        return at
    if isinstance(part, int) and abs(part) >= 1 << 63:
        raise ValueError("larger than a database integer")
    if isinstance(part, str | int | bool) and "\x00" not in str(part):
        return part
    raise TypeError("not a key value")


@dataclass(frozen=True, slots=True)
class Head:
    """A column as the head of the table shows it."""

    label: Label
    css: str
    href: str
    aria_sort: str


@dataclass(frozen=True, slots=True)
class Count:
    """How many rows there are, counted no further than a cap."""

    number: int
    capped: bool = False

    def __str__(self) -> str:
        return f"{self.number:,}+" if self.capped else f"{self.number:,}"


@dataclass(frozen=True, slots=True)
class Table:
    """Everything the table component shows: a state and the rows found for it."""

    state: State
    rows: Sequence[Any]
    next_key: Sequence[Any] | None = None
    previous_key: Sequence[Any] | None = None
    count: Count | None = None

    @property
    def heads(self) -> list[Head]:
        found = []
        for column in self.state.spec.columns:
            sorted_by = column.key == self.state.sort and bool(column.sort)
            aria = ("descending" if self.state.descending else "ascending") if sorted_by else ""
            href = self.state.sort_query(column.key) if column.sort else ""
            found.append(Head(column.label, column.css, href, aria))
        return found

    @property
    def next_query(self) -> str:
        return self.state.query(after=seal(self.next_key)) if self.next_key else ""

    @property
    def previous_query(self) -> str:
        return self.state.query(before=seal(self.previous_key)) if self.previous_key else ""

    @property
    def first_query(self) -> str:
        return self.state.query() if self.state.after or self.state.before else ""

    @property
    def bound_filters(self) -> list[tuple[Filter, str]]:
        return [(one, self.state.value(one.key)) for one in self.state.spec.filters]
