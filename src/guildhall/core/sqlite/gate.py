"""A fair queue between the writers of one SQLite file, across threads and processes.

Each writer draws a number and holds a kernel lock on the byte of that number in `<database>.gate`; it may
write once no byte below its own is held. The kernel lets go of a dead process's byte, so a kill -9 at any
line cannot block the queue, and numbers only grow, so nobody is overtaken. Needs Linux
open-file-description locks (they belong to the open file, hence tell threads apart too).
"""

from __future__ import annotations

import fcntl
import os
import struct
import time
from types import TracebackType

from django.db.utils import OperationalError

_FLOCK = struct.Struct("hhqqi4x")
_COUNTER_BYTE = 1 << 62
_PATIENCE_S = 20.0
_FIRST_NAP_S, _LONGEST_NAP_S = 0.0001, 0.002


class GateTimeout(OperationalError):
    """The writers ahead did not finish in time: one of them hangs."""


class WriteGate:
    """The queue as one connection sees it. `enter` and `leave` pair up and do not nest."""

    def __init__(self, path: str, patience_s: float = _PATIENCE_S) -> None:
        self._path = path
        self._patience_s = patience_s
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._number: int | None = None

    def enter(self) -> None:
        """Wait until all who came earlier are through.

        Raises GateTimeout after `patience_s` seconds, having left the queue.
        """
        if self._number is not None:
            return
        number = self._draw()
        deadline = time.monotonic() + self._patience_s
        nap = _FIRST_NAP_S
        while not self._clear_below(number):
            if time.monotonic() > deadline:
                self._lock(fcntl.F_UNLCK, number, 1)
                raise GateTimeout(f"the write queue {self._path} did not move for {self._patience_s:.0f} s")
            time.sleep(nap)
            nap = min(nap * 1.5, _LONGEST_NAP_S)
        self._number = number

    def leave(self) -> None:
        """Let the next one through; harmless when not inside."""
        if self._number is not None:
            self._lock(fcntl.F_UNLCK, self._number, 1)
            self._number = None

    def close(self) -> None:
        """Leave the queue and give back the file."""
        self._number = None
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def __enter__(self) -> WriteGate:
        self.enter()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.leave()

    def _draw(self) -> int:
        """The next number, with its byte already held when anyone else can see it."""
        self._lock(fcntl.F_WRLCK, _COUNTER_BYTE, 1, wait=True)
        try:
            raw = os.pread(self._fd, 8, 0)
            number = int.from_bytes(raw, "little") + 1 if len(raw) == 8 else 1
            self._lock(fcntl.F_WRLCK, number, 1)
            os.pwrite(self._fd, number.to_bytes(8, "little"), 0)
        finally:
            self._lock(fcntl.F_UNLCK, _COUNTER_BYTE, 1)
        return number

    def _clear_below(self, number: int) -> bool:
        """Whether no smaller number is held; asks the kernel, takes nothing."""
        query = _FLOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, 0, number, 0)
        answer = fcntl.fcntl(self._fd, _F_OFD_GETLK, query)
        return _FLOCK.unpack(answer)[0] == fcntl.F_UNLCK

    def _lock(self, kind: int, start: int, length: int, *, wait: bool = False) -> None:
        command = _F_OFD_SETLKW if wait else _F_OFD_SETLK
        fcntl.fcntl(self._fd, command, _FLOCK.pack(kind, os.SEEK_SET, start, length, 0))


# Python 3.11 names only some of these on some builds; the numbers are Linux's.
_F_OFD_GETLK = getattr(fcntl, "F_OFD_GETLK", 36)
_F_OFD_SETLK = getattr(fcntl, "F_OFD_SETLK", 37)
_F_OFD_SETLKW = getattr(fcntl, "F_OFD_SETLKW", 38)
