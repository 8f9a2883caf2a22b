"""What raw SQL over the effect table needs on both databases: lists as one parameter, times, row locks.

The claim path is raw SQL because its predicates must stand in the text literally: a partial index is only
used when the query says `state = 'queued'` and not `state = ?`. Values always travel as parameters.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import connection

from guildhall.core.bulk import sqlite_time

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def is_postgres() -> bool:
    return connection.vendor == "postgresql"


def any_of(column: str) -> str:
    """`column` is one of a list given as one parameter made by `many`."""
    if is_postgres():
        return f"{column} = ANY(%s)"
    return f"{column} IN (SELECT value FROM json_each(%s))"


def rows_of(name: str) -> str:
    """A FROM item: the list given as one parameter made by `many`, as a column `name.value`."""
    return f"unnest(%s::text[]) AS {name}(value)" if is_postgres() else f"json_each(%s) AS {name}"


def many(values: Iterable[Any]) -> Any:
    """A list as one parameter for `any_of` and `rows_of`."""
    found = list(values)
    return found if is_postgres() else json.dumps(found)


def time(value: datetime) -> Any:
    """A moment as a parameter."""
    return value if is_postgres() else sqlite_time(value)


def moment(value: Any) -> datetime:
    """A moment as read by raw SQL: aware UTC."""
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    found: datetime = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    return found


def using(index: str) -> str:
    """After a table's name: the index SQLite must read it by. It has no statistics to choose the small one
    itself.
    """
    return "" if is_postgres() else f" INDEXED BY {index}"


def locking(skip_locked: bool = True) -> str:
    """The end of a SELECT that takes its rows; on SQLite the transaction holds the whole file already."""
    if not is_postgres():
        return ""
    return " FOR UPDATE SKIP LOCKED" if skip_locked else " FOR UPDATE"


def micros(at: datetime) -> int:
    """Microseconds since 1970, exactly."""
    span = at - _EPOCH
    return (span.days * 86_400 + span.seconds) * 1_000_000 + span.microseconds


def run(sql: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """Run one statement; its rows, if it gives any."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall() if cursor.description else []
