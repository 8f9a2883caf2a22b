"""A small SQLite file that the processes of a machine share for what is worth remembering for minutes only.

Its times are microseconds since the machine started, so a file from before a restart is begun anew; so is
one that a power cut tore.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from guildhall.channels.telegram.pace import SECOND, boot_id, now_us
from guildhall.core.errors import Temporary
from guildhall.core.text import Text

__all__ = ["SECOND", "Ledger", "now_us"]

_BUSY_S = 2.0
_ERA = "CREATE TABLE IF NOT EXISTS era (one INTEGER PRIMARY KEY CHECK (one = 1), boot TEXT NOT NULL);"


class Ledger:
    """One file with a schema. Safe for threads and processes; raises Temporary when it cannot be used."""

    def __init__(self, path: Path, schema: str) -> None:
        self._path, self._schema = path, schema
        self._lock = threading.Lock()
        self._db: sqlite3.Connection | None = None
        self._pid = 0

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """One writing transaction."""
        with self.reading() as db:
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
            except BaseException:
                db.execute("ROLLBACK")
                raise
            db.execute("COMMIT")

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The connection, by one thread at a time."""
        with self._lock:
            try:
                yield self._opened()
            except sqlite3.OperationalError as error:
                self._shut()
                raise _unusable(f"{error}") from error
            except sqlite3.DatabaseError as error:
                self._discard()
                raise _unusable("begun anew") from error

    def close(self) -> None:
        """Close the file; the next call opens it again."""
        with self._lock:
            self._shut()

    def _opened(self) -> sqlite3.Connection:
        if self._db is None or self._pid != os.getpid():
            self._path.parent.mkdir(parents=True, exist_ok=True)
            db = self._connected()
            _enter_era(db)
            self._db, self._pid = db, os.getpid()
        return self._db

    def _connected(self) -> sqlite3.Connection:
        db = sqlite3.connect(self._path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False)
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = OFF")
        db.executescript(_ERA + self._schema)
        return db

    def _discard(self) -> None:
        self._shut()
        for name in ("", "-wal", "-shm"):
            with contextlib.suppress(OSError):
                Path(f"{self._path}{name}").unlink()

    def _shut(self) -> None:
        if self._db is not None and self._pid == os.getpid():
            with contextlib.suppress(sqlite3.Error):
                self._db.close()
        self._db = None


def _enter_era(db: sqlite3.Connection) -> None:
    """Forget what was kept before the machine restarted."""
    db.execute("BEGIN IMMEDIATE")
    row = db.execute("SELECT boot FROM era").fetchone()
    if row is not None and row[0] != boot_id():
        names = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for name in names:
            db.execute(f'DELETE FROM "{name}"')
    db.execute("INSERT OR REPLACE INTO era VALUES (1, ?)", (boot_id(),))
    db.execute("COMMIT")


def _unusable(why: str) -> Temporary:
    return Temporary(
        Text(f"The pace of sending is not known: {why}", f"无法确定发送节奏：{why}"), retry_after=1.0
    )
