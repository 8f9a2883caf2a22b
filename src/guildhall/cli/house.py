"""Whether there is a house here, asked before anything is made: for commands that only make sense in one.

Django's settings make the data directory and its keys when they are loaded; a command typed in the wrong
folder would leave an empty house behind.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from guildhall.core.errors import Conflict, NotFound
from guildhall.core.settings import Settings, load
from guildhall.core.text import Text

_TABLE = "django_migrations"


def start_house() -> Settings:
    """Load settings and Django for a house that exists and is of this version; otherwise raise NotFound or
    Conflict in one line, having made nothing.
    """
    settings = load(os.environ)
    where = _where(settings)
    try:
        found = _has_tables(settings)
    except OSError as error:
        raise NotFound(
            Text(f"{where} cannot be reached: {error}.", f"无法连接{where}：{error}。"), code="no_database"
        ) from error
    if not found:
        raise NotFound(
            Text(
                f"There is no house here ({where}): start one with `guildhall up`, or set "
                "GUILDHALL_DATA_DIR or DATABASE_URL to where it is.",
                f"此处没有 Guildhall 实例（{where}）：请用 `guildhall up` 启动，"
                "或将 GUILDHALL_DATA_DIR 或 DATABASE_URL 设为其所在位置。",
            ),
            code="no_house",
        )
    from guildhall.cli.app import start_django

    start_django()
    from guildhall.cli.prepare import pending_migrations

    if waiting := len(pending_migrations()):
        raise Conflict(
            Text(
                f"The database is of another version ({waiting} migrations wait): run `guildhall prepare`.",
                f"数据库版本较旧（有 {waiting} 个迁移待执行）：请运行 `guildhall prepare`。",
            )
        )
    return settings


def _where(settings: Settings) -> str:
    from guildhall.conf.database import database

    there = database(settings.database_url)
    if "sqlite" in there["ENGINE"]:
        return str(there["NAME"])
    return f"{there['HOST'] or 'localhost'}/{there['NAME']}"


def _has_tables(settings: Settings) -> bool:
    """Whether the database has been prepared once. Raises OSError when it cannot be asked."""
    from guildhall.conf.database import database

    there = database(settings.database_url)
    if "sqlite" in there["ENGINE"]:
        return _sqlite_has_tables(Path(there["NAME"]))
    import psycopg

    known = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    options = {name: there[key] for name, key in known.items() if there[key]} | there["OPTIONS"]
    try:
        with psycopg.connect("", **options) as connection:
            row = connection.execute("SELECT to_regclass(%s)", [_TABLE]).fetchone()
    except psycopg.Error as error:
        raise OSError(str(error).partition("\n")[0].rstrip(".")) from error
    return row is not None and row[0] is not None


def _sqlite_has_tables(file: Path) -> bool:
    if not file.is_file() or not file.stat().st_size:
        return False
    try:
        connection = sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)
        try:
            found = connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", [_TABLE]).fetchone()
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise OSError(str(error)) from error
    return found is not None
