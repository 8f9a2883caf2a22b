"""Signs of life of every process: one small row each, renewed every few seconds.

Today and /readyz tell from them what runs, what has died, and what was started twice by mistake. A process
calls `beat` as often as it likes; only every few seconds is a row written.
"""

import os
import re
import socket
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from guildhall.core import clock
from guildhall.core.models import Beat

EVERY_S = 5.0
ALIVE_FOR_S = 20.0
_FORGOTTEN_AFTER = timedelta(days=1)
# One of these is enough on all machines together; of the others one per name and machine.
_SINGLE_KINDS = frozenset({"ticker"})
# The web server runs as many processes as it is told under one name.
_MANY_KINDS = frozenset({"web"})

_last: dict[str, float] = {}
_started: dict[str, datetime] = {}


@dataclass(frozen=True, slots=True)
class Alive:
    """One process that gave a sign of life lately. `kind` of `worker-1` is `worker`."""

    process: str
    kind: str
    host: str
    pid: int
    started_at: datetime
    at: datetime
    detail: Mapping[str, Any]


def beat(process: str, detail: Mapping[str, Any] | None = None) -> bool:
    """Renew the sign of life of this process under a name; returns whether a row was written.

    Raises Django's DatabaseError when the database refuses.
    """
    host, pid, now = socket.gethostname(), os.getpid(), time.monotonic()
    key = f"{process}@{host}:{pid}"
    if now - _last.get(key, -EVERY_S) < EVERY_S:
        return False
    moment = clock.now()
    if key not in _started:
        Beat.objects.filter(at__lt=moment - _FORGOTTEN_AFTER).delete()
    row = Beat(
        id=key[:200],
        process=process,
        host=host,
        pid=pid,
        started_at=_started.get(key, moment),
        at=moment,
        detail=dict(detail or {}),
    )
    Beat.objects.bulk_create(
        [row], update_conflicts=True, unique_fields=["id"], update_fields=["at", "detail"]
    )
    _started.setdefault(key, moment)
    _last[key] = now
    return True


def stop(process: str) -> None:
    """Take the sign away on a graceful end, so that nobody waits for it."""
    key = f"{process}@{socket.gethostname()}:{os.getpid()}"
    _last.pop(key, None)
    _started.pop(key, None)
    Beat.objects.filter(pk=key[:200]).delete()


def alive() -> list[Alive]:
    """Processes that beat in the last ALIVE_FOR_S seconds, by name."""
    since = clock.now() - timedelta(seconds=ALIVE_FOR_S)
    rows = Beat.objects.filter(at__gte=since).order_by("process", "started_at")
    return [Alive(r.process, kind_of(r.process), r.host, r.pid, r.started_at, r.at, r.detail) for r in rows]


def duplicates(living: Iterable[Alive]) -> list[tuple[Alive, Alive]]:
    """Pairs (older, newer) of processes that should be one.

    The older one must have beaten after the newer one began: a process that was replaced has not.
    """
    groups: dict[tuple[str, str], list[Alive]] = defaultdict(list)
    for process in living:
        if process.kind in _SINGLE_KINDS:
            groups[process.kind, ""].append(process)
        elif process.kind not in _MANY_KINDS:
            groups[process.process, process.host].append(process)
    pairs = []
    for group in groups.values():
        group.sort(key=lambda process: process.started_at)
        pairs += [(old, new) for old, new in zip(group, group[1:], strict=False) if old.at > new.started_at]
    return pairs


def kind_of(process: str) -> str:
    """What a process is, by the name it beats under: `worker-2` and `worker@host:77` are workers."""
    return re.split(r"[-@:.]", process, maxsplit=1)[0]
