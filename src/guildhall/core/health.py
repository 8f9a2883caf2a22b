"""Whether the house can do its work: disk, database, migrations, processes, and whatever trouble was
reported.

`problems` is what /readyz and Today show. It never raises and takes no longer than the database takes to
answer.
"""

import os
import shutil
import time
from dataclasses import dataclass
from enum import StrEnum

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from guildhall.core import beats, troubles
from guildhall.core.settings import settings
from guildhall.core.text import Text

DISK_STOP_BYTES, DISK_WARN_BYTES = 100 * 2**20, 1024 * 2**20
_MIGRATIONS_EVERY_S = 30.0
_migrations: tuple[float, int] = (-_MIGRATIONS_EVERY_S, 0)


class Severity(StrEnum):
    """`stop`: the house cannot take in messages now. `warn`: it can, and somebody should look."""

    STOP = "stop"
    WARN = "warn"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong. `detail` is for operators and holds no personal data."""

    kind: str
    severity: Severity
    text: Text
    detail: str = ""


def problems() -> list[Problem]:
    """Everything that is wrong now, the worst first; empty when all is well."""
    found = _of_disk() + [_of_trouble(trouble) for trouble in troubles.current()]
    try:
        found += _of_migrations() or _of_processes()
    except DatabaseError as error:
        kind = troubles.kind_of(error)
        found.append(_stop(kind, troubles.text_of(kind), str(error).partition("\n")[0]))
    unique = {(problem.kind, problem.detail): problem for problem in found}
    return sorted(unique.values(), key=lambda problem: problem.severity)


def is_ready(found: list[Problem]) -> bool:
    """Whether nothing among the problems stops the house."""
    return all(problem.severity is not Severity.STOP for problem in found)


def _of_disk() -> list[Problem]:
    try:
        free = shutil.disk_usage(settings.data_dir).free
    except OSError as error:
        text = Text("The data directory cannot be read.", "无法读取数据目录。")
        return [_stop("data_dir", text, os.strerror(error.errno or 0))]
    megabytes = free // 2**20
    text = Text(f"The disk has {megabytes} MB left.", f"磁盘剩余 {megabytes} MB。")
    if free < DISK_STOP_BYTES:
        return [_stop(troubles.DISK_FULL, text)]
    return [_warn("disk_low", text)] if free < DISK_WARN_BYTES else []


def _of_trouble(trouble: troubles.Trouble) -> Problem:
    severity = Severity.WARN if trouble.kind == troubles.AUDIT_CUT else Severity.STOP
    return Problem(trouble.kind, severity, trouble.text, trouble.detail)


def _of_migrations() -> list[Problem]:
    """Looked up anew twice a minute: the plan reads a table and every migration."""
    global _migrations
    looked_at, pending = _migrations
    if pending or time.monotonic() - looked_at >= _MIGRATIONS_EVERY_S:
        executor = MigrationExecutor(connection)
        pending = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
        _migrations = (time.monotonic(), pending)
    else:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    text = Text(
        f"{pending} database migrations are pending: run `guildhall prepare`.",
        f"有 {pending} 个数据库迁移尚未执行：请运行 `guildhall prepare`。",
    )
    return [_stop("migrations", text)] if pending else []


def _of_processes() -> list[Problem]:
    living = beats.alive()
    kinds = {process.kind for process in living}
    found = []
    if "ticker" not in kinds:
        found.append(
            _warn(
                "no_ticker",
                Text(
                    "No ticker runs: schedules and clocks stand still.",
                    "没有运行中的 ticker：定时任务和时钟已停止。",
                ),
            )
        )
    if "worker" not in kinds:
        found.append(
            _warn(
                "no_worker",
                Text(
                    "No worker runs: nothing is sent or carried out.",
                    "没有运行中的 worker：消息不会发送，任务不会执行。",
                ),
            )
        )
    for old, new in beats.duplicates(living):
        text = Text(
            f"{new.process} runs twice: stop one of the two.",
            f"{new.process} 重复运行：请停止其中一个。",
        )
        where = f"{old.process}@{old.host}:{old.pid}, {new.process}@{new.host}:{new.pid}"
        found.append(_warn("duplicate_process", text, where))
    return found


def _stop(kind: str, text: Text, detail: str = "") -> Problem:
    return Problem(kind, Severity.STOP, text, detail)


def _warn(kind: str, text: Text, detail: str = "") -> Problem:
    return Problem(kind, Severity.WARN, text, detail)
