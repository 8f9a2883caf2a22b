"""What a table of facts is: its columns with units, its natural key, how long it is kept.

A room declares its tables in its own `facts.py` and registers them when Django starts. Nothing here touches a
file or a database. Money is int64 base units and there is no kind for a float: a fact cannot hold one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from guildhall.core.text import Text

if TYPE_CHECKING:
    import pyarrow as pa

Kind = Literal["string", "int64", "bool", "timestamp", "date", "strings"]
KINDS = ("string", "int64", "bool", "timestamp", "date", "strings")
MONTH, VERSION = "_month", "_version"
"""Columns the shipper adds: the UTC month a row is filed under, the version of the table it came in with."""
REVISION, STATE, RECEIVED_AT = "revision", "state", "received_at"
LIVE, REVERSED = "live", "reversed"
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `timestamp` is to the microsecond in UTC, `strings` a list of strings; `unit` says what an
    integer counts ("1e-8 of asset", "ppm"). A pseudonymous column holds what `pseudonyms.of` gave.
    """

    name: str
    kind: Kind
    unit: str = ""
    is_pseudonym: bool = False
    is_nullable: bool = False
    doc: str = ""


@dataclass(frozen=True)
class Table:
    """One table of facts.

    key: the columns that make a row what it is; the same key again changes nothing, the same key with another
    body is put aside. `received_at` says when we heard of a row and is never part of its body.
    day: the timestamp or date column it is filed by (UTC months) and kept by.
    keep_days: how long, whole months at a time; None for ever.
    once: "row" compares every row by its key; "batch" takes in a whole batch once by its id and has no key.
    Raises ValueError for a declaration that contradicts itself.
    """

    name: str
    room: str
    doc: Text
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    day: str
    keep_days: int | None = None
    once: Literal["row", "batch"] = "row"

    def __post_init__(self) -> None:
        names = [column.name for column in self.columns]
        wrong = [name for name in (self.name, *names) if not _NAME.fullmatch(name)]
        if wrong:
            raise ValueError(f"{self.name}: not a name: {wrong[0]!r}")
        if len(set(names)) != len(names):
            raise ValueError(f"{self.name}: a column stands there twice")
        if any(column.kind not in KINDS for column in self.columns):
            raise ValueError(f"{self.name}: a column of an unknown kind")
        if self.day not in names or self.column(self.day).kind not in ("timestamp", "date"):
            raise ValueError(f"{self.name}: day must name a timestamp or a date")
        if self.column(self.day).is_nullable:
            raise ValueError(f"{self.name}: the day of a fact is never null")
        if self.once == "row" and not self.key:
            raise ValueError(f"{self.name}: a table whose rows are compared needs a key")
        for name in self.key:
            if name not in names or self.column(name).is_nullable or self.column(name).kind == "strings":
                raise ValueError(f"{self.name}: {name!r} cannot be in the key")
        if REVISION in names and not self.is_revised:
            raise ValueError(f"{self.name}: a revision belongs in the key, with a state beside it")

    def column(self, name: str) -> Column:
        """The column of a name. Raises KeyError."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of the columns, in order."""
        return tuple(column.name for column in self.columns)

    @cached_property
    def body(self) -> tuple[str, ...]:
        """The columns two rows of one key are compared by."""
        return tuple(name for name in self.names if name not in self.key and name != RECEIVED_AT)

    @cached_property
    def is_revised(self) -> bool:
        """Whether rows can be corrected: the highest revision is in force while its state is live."""
        return REVISION in self.key and STATE in self.names

    @cached_property
    def thing(self) -> tuple[str, ...]:
        """The key without the revision: what the revisions are revisions of."""
        return tuple(name for name in self.key if name != REVISION)

    @cached_property
    def schema(self) -> pa.Schema:
        """The Arrow schema rows are given and read in."""
        import pyarrow as pa

        return pa.schema([pa.field(c.name, arrow_type(c.kind), c.is_nullable) for c in self.columns])

    @cached_property
    def stored(self) -> pa.Schema:
        """The schema on disk: the columns and the two the shipper adds."""
        import pyarrow as pa

        added = [pa.field(VERSION, pa.int64(), False), pa.field(MONTH, pa.string(), False)]
        return pa.schema([*self.schema, *added])


def arrow_type(kind: str) -> pa.DataType:
    """The Arrow type of a kind."""
    import pyarrow as pa

    return {
        "string": pa.string(),
        "int64": pa.int64(),
        "bool": pa.bool_(),
        "timestamp": pa.timestamp("us", tz="UTC"),
        "date": pa.date32(),
        "strings": pa.list_(pa.string()),
    }[kind]
