"""The database backend `guildhall.core.sqlite`: SQLite in WAL mode, made fair between processes.

SQLite lets one writer in at a time and makes the others poll, so an unlucky one waits for most of a second
beside six busy ones. Here every outermost transaction and every lone write first stands in the queue of
`gate.WriteGate`; whoever comes to `BEGIN IMMEDIATE` is alone and never meets `database is locked`.
"""

from __future__ import annotations

from typing import Any

from django.db.backends.sqlite3 import base

from guildhall.core.sqlite.gate import WriteGate

_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA mmap_size=268435456",
    "PRAGMA cache_size=-32768",
    "PRAGMA wal_autocheckpoint=4000",
)
_WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE", "CREATE", "ALTER", "DROP")


class _GatedCursor(base.SQLiteCursorWrapper):
    """Lone writes (outside any transaction) stand in the queue too."""

    gate: WriteGate | None = None

    def execute(self, query: str, params: Any = None) -> Any:
        if self._needs_gate(query):
            assert self.gate is not None
            with self.gate:
                return super().execute(query, params)
        return super().execute(query, params)

    def executemany(self, query: str, param_list: Any) -> Any:
        if self._needs_gate(query):
            assert self.gate is not None
            with self.gate:
                return super().executemany(query, param_list)
        return super().executemany(query, param_list)

    def _needs_gate(self, query: str) -> bool:
        return (
            self.gate is not None
            and not self.connection.in_transaction
            and query.lstrip()[:8].upper().startswith(_WRITES)
        )


class DatabaseWrapper(base.DatabaseWrapper):
    """One connection: durable (`synchronous=FULL`), and gated when the database is a file."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._gate: WriteGate | None = None

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        connection = super().get_new_connection(conn_params)
        for pragma in _PRAGMAS:
            connection.execute(pragma)
        name = str(self.settings_dict["NAME"])
        in_memory = not name or ":memory:" in name or "mode=memory" in name
        self._gate = None if in_memory else WriteGate(f"{name}.gate")
        return connection

    def create_cursor(self, name: str | None = None) -> Any:
        cursor = self.connection.cursor(factory=_GatedCursor)
        cursor.gate = self._gate
        return cursor

    def _start_transaction_under_autocommit(self) -> None:
        if self._gate is not None:
            self._gate.enter()
        try:
            self.cursor().execute("BEGIN IMMEDIATE")
        except BaseException:
            self._leave_gate()
            raise

    def _commit(self) -> None:
        super()._commit()  # type: ignore[misc]  # when it fails, Django rolls back, and that opens the gate
        self._leave_gate()

    def _rollback(self) -> None:
        try:
            super()._rollback()  # type: ignore[misc]
        finally:
            self._leave_gate()

    def _close(self) -> None:
        try:
            super()._close()  # type: ignore[misc]
        finally:
            if self._gate is not None:
                self._gate.close()
                self._gate = None

    def _leave_gate(self) -> None:
        if self._gate is not None:
            self._gate.leave()
