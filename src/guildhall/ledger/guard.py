"""Triggers that hold the ledger together, whoever writes: our own code, an admin page, a SQL prompt.

The last leg of a posting comes in only when all its legs are there, are of its asset, sum to zero and, for a
reversal, mirror the original; a deferred foreign key lets no posting be committed without that leg. Balances
follow legs in the same statement. Nothing is booked on a closed day; nothing written is changed or removed.
Put back after every `migrate`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from guildhall.ledger.models import Account, Asset, Balance, Day, Leg, Posting, Seal

_ASSET, _ACCOUNT, _BALANCE, _POSTING, _LEG, _DAY, _SEAL = (
    model._meta.db_table for model in (Asset, Account, Balance, Posting, Leg, Day, Seal)
)
_KEYS = {_ASSET: "code", _ACCOUNT: "id", _POSTING: "id", _LEG: "id", _DAY: "day", _SEAL: "seq"}
_REFUSAL = "the ledger is append-only"
_UNBALANCED = "ledger: the legs of a posting must come together, be of its asset and sum to zero"
_UNLIKE = "ledger: a reversal mirrors its original, on the same terms"
_CLOSED = "ledger: the day is closed"
LOW_BITS = 4_294_967_295


def install_after_migrate(using: str, **_: Any) -> None:
    """Receiver of `post_migrate`."""
    if _SEAL in connections[using].introspection.table_names():
        install(connections[using])


def install(connection: BaseDatabaseWrapper) -> None:
    """Put the triggers in place; harmless when they are."""
    remove(connection)
    _execute(connection, _postgresql() if connection.vendor == "postgresql" else _sqlite())


def remove(connection: BaseDatabaseWrapper) -> None:
    """Take the triggers away: for `flush`, which empties a database of tests or of a trial."""
    if _SEAL not in connection.introspection.table_names():
        return
    suffix = " ON {}" if connection.vendor == "postgresql" else ""
    _execute(connection, (f"DROP TRIGGER IF EXISTS {name}{suffix.format(table)}" for name, table in _names()))


def missing(connection: BaseDatabaseWrapper) -> list[str]:
    """Names of triggers that should be there and are not: somebody took them away."""
    query = (
        "SELECT tgname FROM pg_trigger WHERE tgenabled <> 'D'"
        if connection.vendor == "postgresql"
        else "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    )
    with connection.cursor() as cursor:
        cursor.execute(query)
        there = {row[0] for row in cursor.fetchall()}
    wanted = _POSTGRESQL_NAMES if connection.vendor == "postgresql" else _SQLITE_NAMES
    return sorted(set(wanted) - there)


def _names() -> Iterator[tuple[str, str]]:
    for name in (*_POSTGRESQL_NAMES, *_SQLITE_NAMES):
        yield name, _POSTGRESQL_NAMES.get(name) or _SQLITE_NAMES[name]


def _execute(connection: BaseDatabaseWrapper, statements: Iterator[str]) -> None:
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


# A mirror `m` that is not the opposite of its original `o`, leg by leg. Also asked by the proof.
UNLIKE_ITS_ORIGINAL = f"""
    m.legs_count <> o.legs_count OR m.asset_id <> o.asset_id OR m.pin <> o.pin
    OR m.effective_on <> o.effective_on OR o.reverses_id IS NOT NULL
    OR (SELECT count(*) FROM {_LEG} a JOIN {_LEG} b ON b.id = a.id - m.last_leg_id + o.last_leg_id
        WHERE a.id BETWEEN m.last_leg_id - m.legs_count + 1 AND m.last_leg_id
        AND b.account_id = a.account_id AND b.units = -a.units) <> m.legs_count
"""

_SQLITE_NAMES = {
    **{f"{table}_{what}": table for table in _KEYS for what in ("change", "remove", "keep")},
    "ledger_leg_place": _LEG,
    "ledger_leg_zero": _LEG,
    "ledger_leg_mirror": _LEG,
    "ledger_leg_balance": _LEG,
    "ledger_posting_open": _POSTING,
    "ledger_posting_first": _POSTING,
}
_POSTGRESQL_NAMES = {
    **{f"{table}_{what}": table for table in _KEYS for what in ("change", "remove", "truncate")},
    "ledger_leg_zero": _LEG,
    "ledger_posting_open": _POSTING,
}


def _sqlite() -> Iterator[str]:
    refuse = f"BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
    for table, key in _KEYS.items():
        yield f"CREATE TRIGGER {table}_change BEFORE UPDATE ON {table} {refuse}"
        yield f"CREATE TRIGGER {table}_remove BEFORE DELETE ON {table} {refuse}"
        # INSERT OR REPLACE removes without asking the trigger above.
        known = f"EXISTS (SELECT 1 FROM {table} WHERE {key} = NEW.{key})"
        yield f"CREATE TRIGGER {table}_keep BEFORE INSERT ON {table} WHEN {known} {refuse}"
    yield (
        f"CREATE TRIGGER ledger_posting_open BEFORE INSERT ON {_POSTING} "
        f"WHEN NEW.booked_on <= (SELECT max(day) FROM {_DAY}) BEGIN SELECT RAISE(ABORT, '{_CLOSED}'); END"
    )
    # The last leg of another posting would do for the foreign key, and the posting have no legs at all.
    yield (
        f"CREATE TRIGGER ledger_posting_first BEFORE INSERT ON {_POSTING} "
        f"WHEN NEW.last_leg_id <= (SELECT max(id) FROM {_LEG}) "
        f"BEGIN SELECT RAISE(ABORT, '{_UNBALANCED}'); END"
    )
    yield (
        f"CREATE TRIGGER ledger_leg_place BEFORE INSERT ON {_LEG} WHEN NOT EXISTS ("
        f"SELECT 1 FROM {_POSTING} p JOIN {_ACCOUNT} a ON a.id = NEW.account_id AND a.asset_id = p.asset_id "
        f"WHERE p.id = NEW.posting_id AND NEW.id BETWEEN p.last_leg_id - p.legs_count + 1 AND p.last_leg_id) "
        f"BEGIN SELECT RAISE(ABORT, '{_UNBALANCED}'); END"
    )
    # Sums in two halves: the legs may sum to zero and yet run over 64 bits on the way.
    yield (
        f"CREATE TRIGGER ledger_leg_zero AFTER INSERT ON {_LEG} "
        f"WHEN NEW.id = (SELECT last_leg_id FROM {_POSTING} WHERE id = NEW.posting_id) "
        f"AND NOT EXISTS (SELECT 1 FROM {_POSTING} p JOIN {_LEG} l "
        "ON l.id BETWEEN p.last_leg_id - p.legs_count + 1 AND p.last_leg_id AND l.posting_id = p.id "
        "WHERE p.id = NEW.posting_id GROUP BY p.id HAVING count(*) = p.legs_count "
        f"AND sum(l.units & {LOW_BITS}) & {LOW_BITS} = 0 "
        f"AND sum(l.units >> 32) + (sum(l.units & {LOW_BITS}) >> 32) = 0) "
        f"BEGIN SELECT RAISE(ABORT, '{_UNBALANCED}'); END"
    )
    yield (
        f"CREATE TRIGGER ledger_leg_mirror AFTER INSERT ON {_LEG} WHEN EXISTS ("
        f"SELECT 1 FROM {_POSTING} m JOIN {_POSTING} o ON o.id = m.reverses_id "
        f"WHERE m.id = NEW.posting_id AND m.last_leg_id = NEW.id AND ({UNLIKE_ITS_ORIGINAL})) "
        f"BEGIN SELECT RAISE(ABORT, '{_UNLIKE}'); END"
    )
    yield (
        f"CREATE TRIGGER ledger_leg_balance AFTER INSERT ON {_LEG} BEGIN "
        f"INSERT INTO {_BALANCE} (account_id, high, low, legs) "
        f"VALUES (NEW.account_id, NEW.units >> 32, NEW.units & {LOW_BITS}, 1) "
        "ON CONFLICT (account_id) DO UPDATE SET "
        f"high = high + excluded.high + ((low + excluded.low) >> 32), "
        f"low = (low + excluded.low) & {LOW_BITS}, legs = legs + 1; END"
    )


def _postgresql() -> Iterator[str]:
    yield _function("guildhall_ledger_refuse", f"RAISE EXCEPTION '{_REFUSAL}' USING ERRCODE = '23514';")
    for table in _KEYS:
        refuse = "EXECUTE FUNCTION guildhall_ledger_refuse()"
        yield f"CREATE TRIGGER {table}_change BEFORE UPDATE ON {table} FOR EACH ROW {refuse}"
        yield f"CREATE TRIGGER {table}_remove BEFORE DELETE ON {table} FOR EACH ROW {refuse}"
        yield f"CREATE TRIGGER {table}_truncate BEFORE TRUNCATE ON {table} {refuse}"
    yield _function(
        "guildhall_ledger_open",
        f"IF (SELECT min(booked_on) FROM fresh) <= (SELECT max(day) FROM {_DAY}) THEN "
        f"RAISE EXCEPTION '{_CLOSED}' USING ERRCODE = '23514'; END IF; "
        # The last leg of another posting would do for the foreign key, and the posting have no legs at all.
        f"IF (SELECT min(last_leg_id) FROM fresh) <= (SELECT max(id) FROM {_LEG}) THEN "
        f"RAISE EXCEPTION '{_UNBALANCED}' USING ERRCODE = '23514'; END IF; RETURN NULL;",
    )
    yield _function("guildhall_ledger_legs", _LEGS_ON_POSTGRESQL)
    for name, function in (
        ("ledger_posting_open", "guildhall_ledger_open"),
        ("ledger_leg_zero", "guildhall_ledger_legs"),
    ):
        yield (
            f"CREATE TRIGGER {name} AFTER INSERT ON {_POSTGRESQL_NAMES[name]} "
            f"REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION {function}()"
        )


def _function(name: str, body: str) -> str:
    return f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$"


# All legs of a posting come in one statement, so the whole statement is proven at once.
_LEGS_ON_POSTGRESQL = f"""
IF EXISTS (
    SELECT 1
    FROM (
        SELECT f.posting_id, count(*) AS legs, min(f.id) AS low_id, max(f.id) AS high_id,
               sum(f.units) AS total, count(a.id) AS accounts,
               min(a.asset_id) AS low_asset, max(a.asset_id) AS high_asset
        FROM fresh f LEFT JOIN {_ACCOUNT} a ON a.id = f.account_id
        GROUP BY f.posting_id
    ) g LEFT JOIN {_POSTING} p ON p.id = g.posting_id
    WHERE p.id IS NULL OR g.total <> 0 OR g.legs <> p.legs_count OR g.accounts <> g.legs
       OR g.high_id <> p.last_leg_id OR g.low_id <> g.high_id - g.legs + 1
       OR g.low_asset <> p.asset_id OR g.high_asset <> p.asset_id
) THEN
    RAISE EXCEPTION '{_UNBALANCED}' USING ERRCODE = '23514';
END IF;
IF EXISTS (
    SELECT 1 FROM {_POSTING} m JOIN {_POSTING} o ON o.id = m.reverses_id
    WHERE m.id BETWEEN (SELECT min(posting_id) FROM fresh) AND (SELECT max(posting_id) FROM fresh)
      AND ({UNLIKE_ITS_ORIGINAL})
) THEN
    RAISE EXCEPTION '{_UNLIKE}' USING ERRCODE = '23514';
END IF;
INSERT INTO {_BALANCE} AS b (account_id, high, low, legs)
SELECT account_id, (high + (low >> 32))::bigint, low & {LOW_BITS}, legs
FROM (
    SELECT account_id, sum(units >> 32)::bigint AS high, sum(units & {LOW_BITS})::bigint AS low,
           count(*) AS legs
    FROM fresh GROUP BY account_id
) s
ON CONFLICT (account_id) DO UPDATE SET
    high = b.high + excluded.high + ((b.low + excluded.low) >> 32),
    low = (b.low + excluded.low) & {LOW_BITS},
    legs = b.legs + excluded.legs;
RETURN NULL;
"""
