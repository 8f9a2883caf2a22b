"""The tables of this house: rooms above fill it when Django starts, the shipper and the readers look here."""

from __future__ import annotations

from guildhall.core.errors import NotFound
from guildhall.core.text import Text
from guildhall.facts.tables import Table

_tables: dict[str, Table] = {}


def add(table: Table) -> None:
    """Register a table. The same declaration again is harmless; another one of its name is a ValueError."""
    known = _tables.setdefault(table.name, table)
    if known is not table and known != table:
        raise ValueError(f"two tables of facts named {table.name!r}")


def get(name: str) -> Table:
    """The table of a name. Raises NotFound."""
    found = _tables.get(name)
    if found is None:
        raise NotFound(Text(f"There is no table of facts called {name}.", f"没有名为 {name} 的事实表。"))
    return found


def tables() -> list[Table]:
    """All tables by name."""
    return [_tables[name] for name in sorted(_tables)]


def forget(name: str) -> None:
    """Take a table out again; for tests."""
    _tables.pop(name, None)
