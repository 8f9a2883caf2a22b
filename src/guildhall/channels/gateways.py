"""What all gateways share: leases that keep a second one off, and the file that tells `guildhall up` whether
a gateway is wanted at all.

A lease names its process; one whose process is gone on this machine is free at once, any other when it runs
out. Rows with a lease have the columns `lease_owner` and `lease_until`. Nothing here talks to a platform.
"""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import models, transaction
from django.db.models import Q

from guildhall.core import clock
from guildhall.core.settings import settings

LEASE = timedelta(seconds=20)
MARKER = "gateways"
_HERE = socket.gethostname()
_asks: dict[str, Callable[[], bool]] = {}


def owner_here() -> str:
    """This process as a lease names it: machine, process id and when it began (ids are given again)."""
    return f"{_HERE}:{os.getpid()}:{_began(os.getpid())}"


def take(row: models.Model, owner: str) -> datetime | None:
    """Take or renew the lease on a row; returns until when it is ours, None while another process has it."""
    held: Any = row
    now = clock.now()
    free = Q(lease_owner__in=("", owner)) | Q(lease_until__isnull=True) | Q(lease_until__lte=now)
    if held.lease_owner and not _may_live(held.lease_owner):
        free |= Q(lease_owner=held.lease_owner)
    with transaction.atomic():
        mine = (
            type(row)
            ._default_manager.filter(free, pk=row.pk)
            .update(lease_owner=owner, lease_until=now + LEASE)
        )
    return now + LEASE if mine else None


def give_back(kind: type[models.Model], owner: str, keys: Collection[object]) -> None:
    """Let others take these rows (by primary key) at once."""
    kind._default_manager.filter(pk__in=keys, lease_owner=owner).update(lease_owner="", lease_until=None)


def wanted_by(name: str, ask: Callable[[], bool]) -> None:
    """Have a platform say, once a second, whether something of it is to be fetched by a gateway."""
    _asks[name] = ask


def mark(now: datetime | None = None) -> None:
    """Have the file say whether a gateway is wanted on this machine; the ticker asks for it every second."""
    path = marker(settings.data_dir)
    wanted = any(ask() for ask in _asks.values())
    if wanted != path.exists():
        if wanted:
            path.touch(mode=0o600)
        else:
            path.unlink(missing_ok=True)


def marker(data_dir: Path) -> Path:
    """The file that is there while a gateway is wanted."""
    return data_dir / MARKER


def _may_live(owner: str) -> bool:
    """Whether the process of a lease may still be at work; only of our own machine can we tell."""
    host, _, rest = owner.partition(":")
    pid, _, began = rest.partition(":")
    return host != _HERE or not pid.isdigit() or _began(int(pid)) == began


def _began(pid: int) -> str:
    """When a process began, in ticks of this machine; '' when it is gone or a zombie."""
    with contextlib.suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return "" if fields[0] == "Z" else fields[19]
    return ""
