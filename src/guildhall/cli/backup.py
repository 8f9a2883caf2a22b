"""`guildhall backup` and `restore`: the whole state of a house in one file, taken while it runs.

SQLite is copied by its online backup, PostgreSQL by pg_dump: both are one consistent moment. The keys that
secrets are encrypted with go in as well unless left out, because a backup that cannot be read again is none;
guard the file like the machine itself.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

import guildhall
from guildhall.cli import archive, stamp
from guildhall.cli.supervisor import is_running
from guildhall.core import clock
from guildhall.core.errors import Conflict, GuildhallError, Unavailable
from guildhall.core.settings import Settings
from guildhall.core.text import Text

SQLITE_PART, POSTGRES_PART, KEYS_PART = "state.sqlite3", "state.pgdump", "keys.json"
ANCHORS_PART = "audit-anchors.log"


def backup(
    settings: Settings, target: Path, *, with_keys: bool, migrations: Iterable[str]
) -> archive.Manifest:
    """Write one consistent moment of this house to `target`. `migrations`: names of those applied now."""
    database = stamp.sqlite_file(settings)
    target.parent.mkdir(parents=True, exist_ok=True)
    keys_before = read_if_there(settings.data_dir / KEYS_PART)
    with tempfile.TemporaryDirectory(prefix=".guildhall-backup-", dir=target.parent) as name:
        folder = Path(name)
        sources: dict[str, Path] = {}
        # Anchors before the database: seals it has and they lack are appended later, the reverse is a break.
        keep(settings.data_dir / ANCHORS_PART, folder, sources)
        if database is not None:
            sources[SQLITE_PART] = folder / SQLITE_PART
            copy_sqlite(database, sources[SQLITE_PART])
        else:
            sources[POSTGRES_PART] = folder / POSTGRES_PART
            run_client(
                settings, "pg_dump", "--format=custom", "--no-owner", f"--file={sources[POSTGRES_PART]}"
            )
        if with_keys:
            keep(settings.data_dir / KEYS_PART, folder, sources)
        if with_keys and keys_before != read_if_there(settings.data_dir / KEYS_PART):
            raise Conflict(
                Text("The keys changed meanwhile; back up again.", "密钥刚刚发生变更，请重新备份。")
            )
        manifest = archive.Manifest(
            format=archive.FORMAT,
            version=guildhall.__version__,
            made_at=clock.now().isoformat(timespec="seconds"),
            engine="sqlite" if database is not None else "postgresql",
            migrations=tuple(migrations),
            has_keys=KEYS_PART in sources,
            parts={part: archive.describe(path) for part, path in sorted(sources.items())},
        )
        archive.write(target, manifest, sources)
    return manifest


def restore(
    settings: Settings, source: Path, *, force: bool, known_migrations: Iterable[str]
) -> archive.Manifest:
    """Put the house of `source` in the place of this one.

    Raises Conflict when the house runs or is not empty (unless `force`, which keeps what stood there
    beside it as `before-restore-…`), BadInput when the archive is damaged or from a newer version.
    """
    if is_running(settings.data_dir):
        raise Conflict(
            Text("Stop the running house first, then restore.", "请先停止正在运行的服务，再执行恢复。")
        )
    database = stamp.sqlite_file(settings)
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".guildhall-restore-", dir=settings.data_dir) as name:
        folder = Path(name)
        manifest = archive.read(source, folder)
        check_fits(source, manifest, "sqlite" if database is not None else "postgresql", known_migrations)
        if database is not None:
            check_sqlite(source, folder / SQLITE_PART)
        refuse_to_overwrite(settings, database, force)
        aside = settings.data_dir / f"before-restore-{clock.now():%Y%m%dT%H%M%S.%f}"
        aside.mkdir(mode=0o700)
        if database is not None:
            set_aside(database, aside)
            shutil.move(folder / SQLITE_PART, database)
        else:
            restore_postgres(settings, folder / POSTGRES_PART, aside)
        for part in (KEYS_PART, ANCHORS_PART):
            if part in manifest.parts:
                set_aside(settings.data_dir / part, aside)
                shutil.move(folder / part, settings.data_dir / part)
        if not any(aside.iterdir()):
            aside.rmdir()
    stamp.forget(settings)
    return manifest


def keep(path: Path, folder: Path, sources: dict[str, Path]) -> None:
    """Copy a file of the data directory, if there is one, to go into the archive."""
    if path.is_file():
        sources[path.name] = folder / path.name
        shutil.copyfile(path, sources[path.name])


def read_if_there(path: Path) -> bytes | None:
    """The file's content, or None when there is none."""
    return path.read_bytes() if path.is_file() else None


def copy_sqlite(database: Path, target: Path) -> None:
    """One consistent copy of a database that others go on writing to; Unavailable when there is none."""
    if not database.is_file():
        raise Unavailable(Text(f"There is no database at {database}.", f"{database} 处没有数据库。"))
    origin = sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=30)
    copy = sqlite3.connect(target)
    try:
        origin.backup(copy, pages=-1)
        copy.execute("PRAGMA journal_mode=DELETE")
    finally:
        copy.close()
        origin.close()


def check_sqlite(source: Path, file: Path) -> None:
    """Raises BadInput when the copied database does not hold together."""
    connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
    try:
        answer = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    except sqlite3.DatabaseError as error:
        answer = str(error)
    finally:
        connection.close()
    if answer != "ok":
        raise archive.damaged(
            source, f"its database is not whole ({answer})", f"其中的数据库不完整（{answer}）"
        )


def check_fits(source: Path, manifest: archive.Manifest, engine: str, known: Iterable[str]) -> None:
    """Raises BadInput for another engine's backup, or one made by a version newer than this."""
    if manifest.engine != engine:
        raise archive.damaged(
            source,
            f"it was made on {manifest.engine}, this house runs on {engine}",
            f"该备份来自 {manifest.engine}，而本系统使用 {engine}",
        )
    newer = sorted(set(manifest.migrations) - set(known))
    if newer:
        raise archive.damaged(
            source,
            f"it was made by version {manifest.version}, newer than this one (unknown: {newer[0]})",
            f"该备份由更新的版本 {manifest.version} 生成（未知迁移：{newer[0]}）",
        )


def refuse_to_overwrite(settings: Settings, database: Path | None, force: bool) -> None:
    """Raises Conflict when there is state here that nobody said may go."""
    if force:
        return
    if database is not None:
        occupied = database.exists() and database.stat().st_size > 0
    else:
        tables = run_client(
            settings, "psql", "-At", "-c",
            "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'",
        )  # fmt: skip
        occupied = tables.strip() not in ("", "0")
    if occupied:
        raise Conflict(
            Text(
                "There is a house here already. --force replaces it and keeps the old one aside.",
                "此处已有数据。使用 --force 可替换，旧数据会另行保留。",
            )
        )


def set_aside(path: Path, folder: Path) -> None:
    """Move a file and what SQLite keeps beside it out of the way."""
    for part in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
        if part.exists():
            shutil.move(part, folder / part.name)


def restore_postgres(settings: Settings, dump: Path, aside: Path) -> None:
    """Replace the contents of the database in one transaction; the old contents stay in `aside` as a dump."""
    run_client(settings, "pg_dump", "--format=custom", "--no-owner", f"--file={aside / POSTGRES_PART}")
    run_client(
        settings, "pg_restore", "--clean", "--if-exists", "--no-owner", "--single-transaction",
        "--exit-on-error", str(dump),
    )  # fmt: skip


def run_client(settings: Settings, program: str, *arguments: str) -> str:
    """Run one of PostgreSQL's own programs on our database; the password goes by environment."""
    parts = urlsplit(settings.database_url)
    found = shutil.which(program) or newest(program)
    if found is None:
        raise Unavailable(
            Text(
                f"{program} is not installed (Debian: apt-get install postgresql-client).",
                f"未安装 {program}（Debian：apt-get install postgresql-client）。",
            )
        )
    environment = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}
    options = dict(parse_qsl(parts.query))
    environment["PGHOST"] = options.get("host") or unquote(parts.hostname or "localhost")
    environment["PGPORT"] = options.get("port") or str(parts.port or 5432)
    if parts.username or "user" in options:
        environment["PGUSER"] = options.get("user") or unquote(parts.username or "")
    if parts.password:
        environment["PGPASSWORD"] = unquote(parts.password)
    if "sslmode" in options:
        environment["PGSSLMODE"] = options["sslmode"]
    done = subprocess.run(
        [found, f"--dbname={unquote(parts.path.lstrip('/'))}", *arguments],
        env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        reason = done.stderr.strip().splitlines()[-1:] or [f"code {done.returncode}"]
        raise GuildhallError(Text(f"{program} failed: {reason[0]}", f"{program} 执行失败：{reason[0]}"))
    return done.stdout


def newest(program: str) -> str | None:
    """Debian keeps PostgreSQL's programs in one folder for each version."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"), key=lambda p: int(p.parts[-3]))
    return str(found[-1]) if found else None
