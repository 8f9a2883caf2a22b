"""Rows of the ledger read and written in bulk: COPY on PostgreSQL, `executemany` on SQLite.

Everything here joins the caller's transaction and expects `alone` to have been called in it: one writer at a
time, so that posting ids are without gaps and stand in the order of commits.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any

import orjson
from django.db import connection

from guildhall.core.bulk import sqlite_time
from guildhall.ledger.models import Account, Asset, Day, Leg, Posting

Row = tuple[Any, ...]

_ADVISORY_LOCK = 7_031
_POSTING_COLUMNS = (
    "id",
    "key",
    "body_hash",
    "kind",
    "asset_id",
    "effective_on",
    "booked_on",
    "matures_on",
    "pin",
    "subject",
    "details",
    "reverses_id",
    "legs_count",
    "last_leg_id",
    "by",
    "recorded_at",
)
_LEG_COLUMNS = ("id", "posting_id", "account_id", "units")
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_AT_ONCE = 20_000
# Rows handed to COPY at a time: few enough that the server works on them while the next are made ready.
_COPIED_AT_ONCE = 1_000


def alone() -> None:
    """Wait until no other transaction writes to the ledger; holds until this one ends.

    On SQLite the transaction itself is alone. Raises RuntimeError outside of a transaction.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("the ledger is written inside a transaction")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_ADVISORY_LOCK])


def last_ids() -> tuple[int, int]:
    """The newest posting's id and the newest leg's; zeros when there is none."""
    newest = Posting.objects.order_by("-id").values_list("id", "last_leg_id").first()
    return newest or (0, 0)


def closed_through() -> date | None:
    """The last closed day."""
    return Day.objects.order_by("-day").values_list("day", flat=True).first()


def known(keys: Sequence[str]) -> dict[str, tuple[int, str]]:
    """Of these posting keys those that stand, with id and body hash."""
    found: dict[str, tuple[int, str]] = {}
    for key, posting_id, body_hash in _among(
        f"SELECT key, id, body_hash FROM {_table(Posting)} WHERE key", keys
    ):
        found[key] = (posting_id, body_hash)
    return found


def accounts(wanted: Iterable[tuple[str, str]], opened_at: datetime) -> dict[tuple[str, str], int]:
    """The id of each (code, asset), opened when it was not there."""
    pairs = sorted(set(wanted))
    found = _accounts(pairs)
    new = [pair for pair in pairs if pair not in found]
    if new:
        Account.objects.bulk_create(
            [Account(code=code, asset_id=asset, opened_at=opened_at) for code, asset in new],
            batch_size=2_000,
        )
        found.update(_accounts(new))
    return found


def assets(codes: Iterable[str]) -> set[str]:
    """Of these asset codes those that are open."""
    return set(Asset.objects.filter(code__in=set(codes)).values_list("code", flat=True))


def insert(postings: Sequence[Row], legs: Sequence[Row]) -> None:
    """Write postings (columns of `_POSTING_COLUMNS`, details as JSON text) and all their legs, by id."""
    if connection.vendor == "postgresql":
        _copy(Posting, _POSTING_COLUMNS, postings)
        _copy(Leg, _LEG_COLUMNS, legs)
        return
    times = _POSTING_COLUMNS.index("recorded_at")
    _many(Posting, _POSTING_COLUMNS, ([*row[:times], sqlite_time(row[times])] for row in postings))
    _many(Leg, _LEG_COLUMNS, legs)


def _accounts(pairs: Sequence[tuple[str, str]]) -> dict[tuple[str, str], int]:
    by_code = _among(
        f"SELECT code, asset_id, id FROM {_table(Account)} WHERE code", [code for code, _ in pairs]
    )
    return {(code, asset): account_id for code, asset, account_id in by_code}


def _among(query: str, values: Sequence[str]) -> Iterator[Row]:
    """Rows of a query that ends in a column name, where that column is one of the values."""
    for start in range(0, len(values), _AT_ONCE):
        some = list(values[start : start + _AT_ONCE])
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute(f"{query} = ANY(%s)", [some])
            else:
                # CAST, because a text that looks like a number would come out of JSON as one.
                cursor.execute(
                    f"{query} IN (SELECT CAST(value AS text) FROM json_each(%s))",
                    [orjson.dumps(some).decode()],
                )
            yield from cursor.fetchall()


def _copy(model: Any, columns: Sequence[str], rows: Sequence[Row]) -> None:
    names = ", ".join(connection.ops.quote_name(column) for column in columns)
    with connection.cursor() as cursor, cursor.copy(f"COPY {_table(model)} ({names}) FROM STDIN") as copy:
        for start in range(0, len(rows), _COPIED_AT_ONCE):
            copy.write("".join(map(_line, rows[start : start + _COPIED_AT_ONCE])))


def _line(row: Row) -> str:
    return "\t".join([_field(value) for value in row]) + "\n"


def _field(value: Any) -> str:
    if value is None:
        return "\\N"
    text = str(value)
    # Asked first, because hardly any text needs it and replacing is slow.
    return text if text.isprintable() and "\\" not in text else text.translate(_ESCAPES)


def _many(model: Any, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    names = ", ".join(connection.ops.quote_name(column) for column in columns)
    marks = ", ".join(["%s"] * len(columns))
    with connection.cursor() as cursor:
        cursor.executemany(f"INSERT INTO {_table(model)} ({names}) VALUES ({marks})", list(rows))


def _table(model: Any) -> str:
    return connection.ops.quote_name(model._meta.db_table)
