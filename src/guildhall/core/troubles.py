"""What is wrong with the house itself just now: the database locked, full or gone, the disk full, ...

Whoever meets a trouble reports it, and clears it when it is over. A report lives in the memory of its
process and in a file beside the database, never in the database, so that it can be told while the database
is what is wrong. The word of a process ends with the process.
"""

import contextlib
import errno
import json
import os
import socket
import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path

from django.db import DatabaseError

from guildhall.core import clock
from guildhall.core.log import get_logger
from guildhall.core.redaction import redact_text
from guildhall.core.settings import settings
from guildhall.core.text import Text

DATABASE_LOCKED, DATABASE_FULL, DATABASE_GONE = "database_locked", "database_full", "database_gone"
DISK_FULL, AUDIT_CUT = "disk_full", "audit_cut"

_TEXTS = {
    DATABASE_LOCKED: Text("The database is locked by another program.", "数据库被其他程序锁定。"),
    DATABASE_FULL: Text("The database cannot grow: the disk is full.", "磁盘已满，数据库无法写入。"),
    DATABASE_GONE: Text("The database does not answer.", "数据库没有响应。"),
    DISK_FULL: Text("The disk is full.", "磁盘已满。"),
    AUDIT_CUT: Text(
        "Sealed audit entries have disappeared from the database.", "数据库中已封存的审计记录缺失。"
    ),
}
_logger = get_logger(__name__)
_lock = threading.Lock()
_host = socket.gethostname()
_mine: dict[str, "Trouble"] = {}


@dataclass(frozen=True, slots=True)
class Trouble:
    """One trouble as one process (`host:pid`) sees it. `since` and `at`: first and last report, UTC."""

    kind: str
    detail: str
    since: datetime
    at: datetime
    process: str

    @property
    def text(self) -> Text:
        """What it is, in both languages, without the detail."""
        return text_of(self.kind)


def describe(kind: str, text: Text) -> None:
    """Give a kind of another room its sentence."""
    _TEXTS[kind] = text


def text_of(kind: str) -> Text:
    """The sentence of a kind."""
    return _TEXTS.get(kind, Text(f"Trouble: {kind}", f"故障：{kind}"))


def report(kind: str, detail: str = "") -> None:
    """Say that something is wrong, or still is. Never raises; cheap to repeat."""
    now, detail = clock.now(), redact_text(detail)
    with _lock:
        known = _mine.get(kind)
        _mine[kind] = (
            replace(known, at=now, detail=detail) if known else Trouble(kind, detail, now, now, _process())
        )
        if known is None or known.detail != detail:
            _logger.warning("trouble.began", kind=kind, detail=detail)
            _keep()


def report_error(error: Exception) -> str:
    """Report what a database or disk error tells of; returns the kind."""
    kind = kind_of(error)
    report(kind, f"{type(error).__name__}: {error}".partition("\n")[0])
    return kind


def clear(kind: str) -> None:
    """Say that it is over for this process. Costs nothing when nothing was wrong."""
    if kind in _mine:
        with _lock:
            if _mine.pop(kind, None) is not None:
                _logger.info("trouble.over", kind=kind)
                _keep()


def current() -> list[Trouble]:
    """All troubles of the living processes of this machine, the longest first."""
    with _lock:
        found = list(_mine.values())
    found += [trouble for path in _files() if path != _file() for trouble in _read(path)]
    return sorted(found, key=lambda trouble: trouble.since)


def kind_of(error: BaseException) -> str:
    """Which trouble a database or disk error tells of, by what SQLite, PostgreSQL and the system say."""
    code = getattr(error.__cause__ or error, "sqlstate", None)
    if code:
        return {"53100": DATABASE_FULL, "55P03": DATABASE_LOCKED, "57014": DATABASE_LOCKED}.get(
            code, DATABASE_GONE
        )
    says = str(error)
    if "locked" in says or "write queue" in says:
        return DATABASE_LOCKED
    if "is full" in says or "No space left" in says:
        return DATABASE_FULL if isinstance(error, DatabaseError | sqlite3.Error) else DISK_FULL
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DISK_FULL
    return DATABASE_GONE


def _process() -> str:
    return f"{_host}:{os.getpid()}"


def _file() -> Path:
    return settings.data_dir / "troubles" / f"{_host}:{os.getpid()}.json"


def _keep() -> None:
    """Write or remove our file. When the disk refuses, the memory of this process has to do."""
    path = _file()
    mine = [trouble for trouble in _mine.values() if trouble.process == _process()]
    with contextlib.suppress(OSError):
        if not mine:
            path.unlink(missing_ok=True)
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".draft")
        draft.write_text(json.dumps([asdict(trouble) for trouble in mine], default=str), encoding="utf-8")
        draft.replace(path)


def _files() -> Iterator[Path]:
    """The files of living processes; those of dead ones on this machine are swept away."""
    for path in sorted((settings.data_dir / "troubles").glob("*.json")):
        host, _, pid = path.stem.rpartition(":")
        if host == _host and not Path(f"/proc/{pid}").exists():
            with contextlib.suppress(OSError):
                path.unlink()
            continue
        yield path


def _read(path: Path) -> list[Trouble]:
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        return [
            Trouble(
                row["kind"],
                row["detail"],
                datetime.fromisoformat(row["since"]),
                datetime.fromisoformat(row["at"]),
                row["process"],
            )
            for row in rows
        ]
    except (OSError, ValueError, KeyError, TypeError):
        return []  # half-written or just removed: the next look will tell
