"""Hears that another process committed something, so that an idle worker need not look often to be quick.

SQLite tells any connection cheaply whether others have committed since it last asked; PostgreSQL is told by
the transaction that queues effects. A bell that fails only costs promptness: workers still look now and
then.
"""

from __future__ import annotations

import threading

from django.db import Error as DatabaseError
from django.db import connection

from guildhall.core.log import get_logger
from guildhall.effects import table

_logger = get_logger(__name__)
_CHANNEL = "guildhall_effects"
_LOOK_EVERY_S = 0.025
_LISTEN_S = 2.0
_AFTER_TROUBLE_S = 1.0


def ring() -> None:
    """Tell the workers of other processes, when the caller's transaction commits."""
    if table.is_postgres():
        table.run("SELECT pg_notify(%s, '')", [_CHANNEL])


def hear(wake: threading.Event, over: threading.Event) -> None:
    """Set `wake` whenever something may have been queued elsewhere, until `over`. Runs in a thread of its
    own.
    """
    try:
        while not over.is_set():
            try:
                _listen(wake, over) if table.is_postgres() else _look(wake, over)
            except DatabaseError as error:
                _logger.info("doorbell.silent", why=type(error).__name__)
                connection.close()
                over.wait(_AFTER_TROUBLE_S)
    finally:
        connection.close()


def _look(wake: threading.Event, over: threading.Event) -> None:
    connection.ensure_connection()
    seen = None
    while not over.wait(_LOOK_EVERY_S):
        with connection.wrap_database_errors:  # the bare cursor: forty looks a second should cost nothing
            ((version,),) = connection.connection.execute("PRAGMA data_version").fetchall()
        if seen is not None and version != seen:
            wake.set()
        seen = version


def _listen(wake: threading.Event, over: threading.Event) -> None:
    table.run(f"LISTEN {_CHANNEL}")
    while not over.is_set():
        with connection.wrap_database_errors:
            for _ in connection.connection.notifies(timeout=_LISTEN_S, stop_after=1):
                wake.set()
