"""Numbers of tickets: they grow by one, and nobody waits for somebody else's transaction to get one.

SQLite has one writer, so the highest number is known; PostgreSQL gives them from a sequence, which passes
over what was rolled back. A sequence that fell behind the rows (they were brought in by hand) catches up.
"""

from __future__ import annotations

from django.db import connection

FIRST = 1001
_LOCK = 0x7469636B


def take(count: int) -> list[int]:
    """So many numbers nobody has, in order. Inside the transaction that uses them."""
    if count <= 0:
        return []
    if connection.vendor != "postgresql":
        start = max(_highest() + 1, FIRST)
        return list(range(start, start + count))
    numbers = _next(count)
    highest = _highest()
    if numbers[0] <= highest:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
            cursor.execute(
                "SELECT setval('desk_ticket_numbers', GREATEST(%s, last_value)) FROM desk_ticket_numbers",
                [highest],
            )
        numbers = _next(count)
    return numbers


def _highest() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT MAX(number) FROM desk_ticket")
        return int(cursor.fetchone()[0] or 0)


def _next(count: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('desk_ticket_numbers') FROM generate_series(1, %s)", [count])
        return sorted(int(row[0]) for row in cursor.fetchall())
