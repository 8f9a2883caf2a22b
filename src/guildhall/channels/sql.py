"""The few raw statements of channels need the same small things on both databases: run, times in, times
out, ids that exist.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import connection, models

from guildhall.core.bulk import sqlite_time


def run(statement: str, params: Sequence[Any] = (), *, fetch: bool = True) -> list[tuple[Any, ...]]:
    """Run one statement and give its rows."""
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return cursor.fetchall() if fetch else []


def run_many(statement: str, rows: Sequence[Sequence[Any]]) -> None:
    """Run one statement for each row of values."""
    with connection.cursor() as cursor:
        cursor.executemany(statement, rows)


def time(at: datetime | None) -> Any:
    """A time as a parameter of a raw statement."""
    if at is None or connection.vendor == "postgresql":
        return at
    return sqlite_time(at)


def moment(value: Any) -> datetime | None:
    """A time as a raw statement gives it back, aware and in UTC."""
    if value is None:
        return None
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def many(values: Iterable[Any]) -> Any:
    """Values as the one parameter that `any_of` asks for, however many they are."""
    return list(values) if connection.vendor == "postgresql" else json.dumps(list(values))


def any_of(column: str) -> str:
    """A condition that `column` is one of the text values passed as `many(values)`."""
    if connection.vendor == "postgresql":
        return f"{column} = ANY(%s::text[])"
    return f"{column} IN (SELECT value FROM json_each(%s))"


def ids_of(model: type[models.Model], ids: Iterable[str]) -> set[str]:
    """Which of these ids are in the model's table."""
    table = connection.ops.quote_name(model._meta.db_table)
    return {row[0] for row in run(f"SELECT id FROM {table} WHERE {any_of('id')}", [many(ids)])}
