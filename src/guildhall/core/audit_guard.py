"""Triggers that keep audit rows as they were written, whoever asks: our own code, an admin page, a SQL
prompt.

An entry may only be given its seal, once; a seal may not be changed; neither may be removed. They are put
back after every `migrate`, because rebuilding a table on SQLite drops them.
"""

from collections.abc import Iterator
from typing import Any

from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from guildhall.core.models import AuditEntry, AuditSeal

_ENTRY, _SEAL = AuditEntry._meta.db_table, AuditSeal._meta.db_table
_REFUSAL = "audit rows are append-only"
_NAMES = {
    "audit_entry_keep": _ENTRY,
    "audit_entry_change": _ENTRY,
    "audit_entry_remove": _ENTRY,
    "audit_entry_truncate": _ENTRY,
    "audit_seal_keep": _SEAL,
    "audit_seal_change": _SEAL,
    "audit_seal_remove": _SEAL,
    "audit_seal_truncate": _SEAL,
}


def install_after_migrate(using: str, **_: Any) -> None:
    """Receiver of `post_migrate`."""
    if _ENTRY in connections[using].introspection.table_names():
        install(connections[using])


def install(connection: BaseDatabaseWrapper) -> None:
    """Put the triggers in place; harmless when they are."""
    remove(connection)
    _execute(connection, _postgresql() if connection.vendor == "postgresql" else _sqlite())


def remove(connection: BaseDatabaseWrapper) -> None:
    """Take the triggers away: for `flush`, which empties a database of tests or of a trial."""
    suffix = " ON {}" if connection.vendor == "postgresql" else ""
    _execute(
        connection, (f"DROP TRIGGER IF EXISTS {name}{suffix.format(table)}" for name, table in _NAMES.items())
    )


def _execute(connection: BaseDatabaseWrapper, statements: Iterator[str]) -> None:
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _sqlite() -> Iterator[str]:
    refuse = f"BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
    same = " AND ".join(f"NEW.{name} IS OLD.{name}" for name in _lasting_columns())
    sealing = f"OLD.seal_id IS NULL AND NEW.seal_id IS NOT NULL AND {same}"
    yield f"CREATE TRIGGER audit_entry_change BEFORE UPDATE ON {_ENTRY} WHEN NOT ({sealing}) {refuse}"
    yield f"CREATE TRIGGER audit_seal_change BEFORE UPDATE ON {_SEAL} {refuse}"
    for name, table, key in (("entry", _ENTRY, "id"), ("seal", _SEAL, "seq")):
        yield f"CREATE TRIGGER audit_{name}_remove BEFORE DELETE ON {table} {refuse}"
        # INSERT OR REPLACE removes without asking the trigger above.
        known = f"EXISTS (SELECT 1 FROM {table} WHERE {key} = NEW.{key})"
        yield f"CREATE TRIGGER audit_{name}_keep BEFORE INSERT ON {table} WHEN {known} {refuse}"


def _postgresql() -> Iterator[str]:
    yield (
        "CREATE OR REPLACE FUNCTION guildhall_audit_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{_REFUSAL}'; END $$"
    )
    refuse = "EXECUTE FUNCTION guildhall_audit_refuse()"
    old, new = (", ".join(f"{row}.{name}" for name in _lasting_columns()) for row in ("OLD", "NEW"))
    sealing = (
        f"OLD.seal_id IS NULL AND NEW.seal_id IS NOT NULL AND ROW({new}) IS NOT DISTINCT FROM ROW({old})"
    )
    unless = f"FOR EACH ROW WHEN (NOT ({sealing}))"
    yield f"CREATE TRIGGER audit_entry_change BEFORE UPDATE ON {_ENTRY} {unless} {refuse}"
    yield f"CREATE TRIGGER audit_seal_change BEFORE UPDATE ON {_SEAL} FOR EACH ROW {refuse}"
    for name, table in (("entry", _ENTRY), ("seal", _SEAL)):
        yield f"CREATE TRIGGER audit_{name}_remove BEFORE DELETE ON {table} FOR EACH ROW {refuse}"
        yield f"CREATE TRIGGER audit_{name}_truncate BEFORE TRUNCATE ON {table} {refuse}"


def _lasting_columns() -> list[str]:
    return [f'"{field.column}"' for field in AuditEntry._meta.concrete_fields if field.name != "seal"]
