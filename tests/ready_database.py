"""A database with all its tables, made once for a version of the migrations and copied for whoever needs one.

Building it takes a process many seconds, copying it none. It is known by the hash of the migrations and of what
they import, so that it is never older than they are. On SQLite it is a file below `build/`, on PostgreSQL a
template in the cluster of the run.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import sqlite3
from functools import lru_cache
from pathlib import Path
from typing import IO

REPOSITORY = Path(__file__).resolve().parent.parent
SOURCE = REPOSITORY / "src" / "guildhall"
FOLDER = REPOSITORY / "build" / "ready"
_KEPT = 3
_IMPORT = re.compile(rb"^(?:from|import) (guildhall[\w.]*)", re.MULTILINE)


@lru_cache(maxsize=1)
def version() -> str:
    """The hash of all migrations, of models, of what migrations import, and of the locked libraries."""
    migrations = sorted(SOURCE.glob("*/migrations/*.py"))
    wanted = {*migrations, *SOURCE.glob("*/models*.py"), *SOURCE.glob("*/models/*.py")}
    for path in migrations:
        for name in _IMPORT.findall(path.read_bytes()):
            place = SOURCE.parent.joinpath(*name.decode().split("."))
            wanted.update(one for one in (place.with_suffix(".py"), place / "__init__.py") if one.exists())
    digest = hashlib.sha256((REPOSITORY / "requirements.lock").read_bytes())
    for path in sorted(wanted):
        digest.update(path.relative_to(SOURCE).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def file() -> Path:
    """Where the SQLite one stands, or would."""
    return FOLDER / f"{version()}.sqlite3"


class Ready:
    """Puts the copy in place before Django looks for its test database (`begin`), and where there was nothing to
    copy keeps what Django made (`finish`). One process at a time, so that all others find it made.
    """

    def __init__(self) -> None:
        self._lock: IO[str] | None = None

    def begin(self) -> None:
        from django.db import connection

        FOLDER.mkdir(parents=True, exist_ok=True)
        self._lock = (FOLDER / f"{connection.vendor}.lock").open("w")
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        name = connection.creation._get_test_db_name()
        there = _copy_file(Path(name)) if connection.vendor == "sqlite" else _copy_template(name)
        if there:
            self._release()

    def finish(self) -> None:
        if self._lock is None:
            return
        from django.db import connection

        name = str(connection.settings_dict["NAME"])
        if connection.vendor == "sqlite":
            _keep_file(Path(name))
        else:
            _keep_template(name)
        self._release()

    def _release(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None


def _copy_file(target: Path) -> bool:
    if not file().exists():
        return False
    os.utime(file())
    shutil.copyfile(file(), target)
    return True


def _keep_file(made: Path) -> None:
    fresh = file().with_suffix(f".{os.getpid()}")
    fresh.unlink(missing_ok=True)
    with sqlite3.connect(made) as source, sqlite3.connect(fresh) as target:
        source.backup(target)
    source.close()
    target.close()
    fresh.rename(file())
    for old in sorted(FOLDER.glob("*.sqlite3"), key=lambda one: one.stat().st_mtime)[:-_KEPT]:
        old.unlink(missing_ok=True)


def _copy_template(name: str) -> bool:
    from django.db import connection

    template = _template()
    with connection._nodb_cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [template])
        if cursor.fetchone() is None:
            return False
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        if cursor.fetchone() is None:
            cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    return True


def _keep_template(name: str) -> None:
    from django.db import connection

    connection.close()  # a database that is copied has no other sessions
    with connection._nodb_cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{_template()}" TEMPLATE "{name}"')


def _template() -> str:
    return f"guildhall_ready_{version()}"
