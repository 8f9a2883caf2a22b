"""`guildhall doctor`: looks at everything a house stands on and says in one line each what it found.

Reads only. A line that begins with `!` is something to mend; the exit code tells whether there was one.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from guildhall.cli import supervisor
from guildhall.core.settings import Settings

LEAST_FREE_BYTES = 1 << 30
MOST_SKEW_S = 2.0
QUICK_CHECK_BYTES = 2 << 30
LATE_FACTS = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at, and whether it is as it should be."""

    is_well: bool
    line: str


def examine(settings: Settings, start_django: Callable[[], object]) -> bool:
    """Print every finding; True when nothing has to be mended."""
    well = True
    for finding in findings(settings, start_django):
        print(f"{' ' if finding.is_well else '!'} {finding.line}")
        well = well and finding.is_well
    print("all well" if well else "lines that begin with ! have to be mended")
    return well


def findings(settings: Settings, start_django: Callable[[], object]) -> Iterator[Finding]:
    """Everything, from the ground up; what needs the database comes last and only when there is one."""
    yield from of_the_disk(settings)
    try:
        start_django()
        yield from of_the_database()
    except Exception as error:  # noqa: BLE001 - whatever the database says is the finding
        yield Finding(False, f"database: {type(error).__name__}: {error}")
        return
    yield from of_the_processes(settings)
    yield from of_the_facts()


def of_the_disk(settings: Settings) -> Iterator[Finding]:
    """The data directory, the room on its disk, and who may read the keys."""
    folder = settings.data_dir
    if not folder.is_dir():
        yield Finding(False, f"data directory {folder}: not there; `guildhall up` makes it")
        return
    usable = os.access(folder, os.R_OK | os.W_OK | os.X_OK)
    yield Finding(usable, f"data directory {folder}: {'ours' if usable else 'cannot be written'}")
    free = shutil.disk_usage(folder).free
    yield Finding(free >= LEAST_FREE_BYTES, f"free on its disk: {free / 2**30:.1f} GiB")
    yield from of_a_private_file(folder / "keys.json")


def of_a_private_file(path: Path) -> Iterator[Finding]:
    """Whether only its owner can read it."""
    if path.exists():
        mode = path.stat().st_mode & 0o777
        yield Finding(
            mode & 0o077 == 0, f"{path.name}: mode {mode:o}{'' if not mode & 0o077 else ', should be 600'}"
        )


def of_the_database() -> Iterator[Finding]:
    """Whether it answers, is up to date and whole, and agrees with us about the time."""
    from django.db import connection

    from guildhall.cli.prepare import pending_migrations
    from guildhall.core import clock

    began = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        yield Finding(True, f"{connection.vendor} answers in {(time.perf_counter() - began) * 1000:.1f} ms")
        if connection.vendor == "postgresql":
            cursor.execute("SELECT extract(epoch FROM clock_timestamp())")
            skew = abs(float(cursor.fetchone()[0]) - clock.now().timestamp())
            yield Finding(skew <= MOST_SKEW_S, f"its clock and ours differ by {skew:.1f} s")
        else:
            yield from of_a_sqlite_file(Path(connection.settings_dict["NAME"]))
    pending = pending_migrations()
    yield Finding(
        not pending, f"{len(pending)} migrations wait" if pending else "its tables are of this version"
    )


def of_a_sqlite_file(path: Path) -> Iterator[Finding]:
    """Size and soundness; a very large file is only measured."""
    from django.db import connection

    size = path.stat().st_size
    with connection.cursor() as cursor:
        if size > QUICK_CHECK_BYTES:
            yield Finding(True, f"{path.name}: {size / 2**30:.1f} GiB, too large to check in passing")
            return
        cursor.execute("PRAGMA quick_check(1)")
        answer = cursor.fetchone()[0]
    yield Finding(answer == "ok", f"{path.name}: {size / 2**20:.1f} MiB, {answer}")


def of_the_processes(settings: Settings) -> Iterator[Finding]:
    """Who gave a sign of life lately, who was started twice, and what they say is wrong."""
    from guildhall.core import beats, troubles

    running = supervisor.is_running(settings.data_dir)
    yield Finding(True, f"`guildhall up` {'runs' if running else 'does not run'} on this data directory")
    if running:
        answers = supervisor.answers(settings)
        yield Finding(answers, f"web {'answers' if answers else 'does not answer'} on port {settings.port}")
    living = beats.alive()
    yield Finding(True, f"alive: {', '.join(sorted(f'{p.process}@{p.host}' for p in living)) or 'nobody'}")
    for old, new in beats.duplicates(living):
        yield Finding(False, f"{new.process} runs twice: process {old.pid} and {new.pid} on {new.host}")
    for trouble in troubles.current():
        yield Finding(False, f"{trouble.kind}: {trouble.text.en} {trouble.detail}".rstrip())


def of_the_facts() -> Iterator[Finding]:
    """Whether tables of facts can be written, staged rows are shipped, and what waits for a person."""
    from guildhall.core import clock
    from guildhall.facts import queries, store

    where = store.url()
    if not store.is_remote() and Path(where).exists():
        usable = os.access(where, os.R_OK | os.W_OK | os.X_OK)
        yield Finding(usable, f"tables of facts in {where}: {'ours' if usable else 'cannot be written'}")
    found = queries.overview()
    since = min((one.staged_since for one in found if one.staged_since is not None), default=None)
    late = since is not None and clock.now() - since > LATE_FACTS
    staged = sum(one.staged for one in found)
    told = f", since {since}" if late else ""
    yield Finding(not late, f"facts: {staged:,} rows wait to be shipped{told}")
    waiting = queries.waiting()
    if waiting:
        yield Finding(True, f"facts: {waiting:,} rows were put aside and wait for a person")
