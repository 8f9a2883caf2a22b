"""Tells whether the data directory was prepared by exactly this installation, without loading Django.

The stamp is a hash over what preparation reads: migrations, static files, translations, installed packages
and the settings that matter. Same stamp, database file still there: `up` starts at once.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import guildhall
from guildhall.core.settings import Settings

FILE = "prepared.json"
DEMO_UNBUILT = "demo-unbuilt"
"""The file in the data directory that is there while a demo world is to be built."""
FOLDERS = ("migrations", "static", "locale")


def fingerprint(settings: Settings) -> str:
    """A hash that changes when preparation would have something to do."""
    seen = hashlib.sha256(f"{settings.database_url}\0{settings.demo}\0{sys.version}".encode())
    package = Path(guildhall.__file__).parent
    files = (
        p for folder in FOLDERS for p in package.glob(f"*/{folder}/**/*") if p.suffix not in {".pyc", ".mo"}
    )
    for path in sorted(p for p in files if p.is_file()):
        about = path.stat()
        seen.update(f"{path.relative_to(package)}\0{about.st_size}\0{about.st_mtime_ns}\n".encode())
    for entry in sys.path:
        for installed in sorted(Path(entry).glob("*.dist-info")) if entry else ():
            seen.update(installed.name.encode())
    return seen.hexdigest()


def is_prepared(settings: Settings) -> bool:
    """True when nothing has changed since `write`.

    Only for SQLite: another machine may have changed a PostgreSQL database, so that is always looked at.
    """
    database = sqlite_file(settings)
    if database is None or not database.is_file() or not database.stat().st_size:
        return False
    return _noted(settings).get("fingerprint") == fingerprint(settings)


def is_owner_settled(settings: Settings) -> bool:
    """Whether an owner was known to sign in by themselves when the house was last prepared."""
    return bool(_noted(settings).get("owner_settled"))


def _noted(settings: Settings) -> dict[str, Any]:
    try:
        noted = json.loads((settings.data_dir / FILE).read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return noted if isinstance(noted, dict) else {}


def write(settings: Settings, *, owner_settled: bool) -> None:
    """Note that everything stands. `owner_settled`: an owner has signed in, so no link is printed again."""
    noted = {"fingerprint": fingerprint(settings), "owner_settled": owner_settled}
    target = settings.data_dir / FILE
    fresh = target.with_suffix(".new")
    fresh.write_text(json.dumps(noted))
    fresh.replace(target)


def forget(settings: Settings) -> None:
    """Have the next `up` prepare again: a backup was restored."""
    (settings.data_dir / FILE).unlink(missing_ok=True)


def sqlite_file(settings: Settings) -> Path | None:
    """The database file, or None when the database is PostgreSQL."""
    parts = urlsplit(settings.database_url)
    return Path(parts.path.removeprefix("/")) if parts.scheme == "sqlite" else None
