"""Gathers raw input of one process into batches: at most 500, or what came within 10 ms, one commit for all.

`submit` returns at once; its future is done when the batch is on disk. When the database refuses, every
future of the batch fails with the reason, nothing was recorded, and the trouble is told until it is over.
"""

from __future__ import annotations

import os
import queue
import threading
import time
from concurrent.futures import Future

from django.db import DatabaseError, InterfaceError, connection

from guildhall.core import troubles
from guildhall.core.log import get_logger
from guildhall.intake.pipeline import Outcome, Raw, ingest

MOST = 500
WINDOW_S = 0.010
_logger = get_logger(__name__)
_Waiting = tuple[Raw, "Future[Outcome]"]


class Batcher:
    """One queue and the thread that empties it."""

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[_Waiting] = queue.SimpleQueue()
        self._reported: str | None = None
        threading.Thread(target=self._run, name="intake", daemon=True).start()

    def submit(self, raw: Raw) -> Future[Outcome]:
        """Queue one raw; the future is done when it is durably recorded."""
        future: Future[Outcome] = Future()
        self._queue.put((raw, future))
        return future

    def _run(self) -> None:
        while True:
            batch = self._gather()
            try:
                outcomes = ingest([raw for raw, _ in batch])
            except Exception as error:  # noqa: BLE001 - handed to everybody who waits for it
                self._refuse(batch, error)
                continue
            if self._reported is not None:
                troubles.clear(self._reported)
                self._reported = None
            for (_, future), outcome in zip(batch, outcomes, strict=True):
                future.set_result(outcome)

    def _gather(self) -> list[_Waiting]:
        batch = [self._queue.get()]
        until = time.monotonic() + WINDOW_S
        while len(batch) < MOST:
            left = until - time.monotonic()
            try:
                batch.append(self._queue.get(timeout=left) if left > 0 else self._queue.get_nowait())
            except queue.Empty:
                break
        return batch

    def _refuse(self, batch: list[_Waiting], error: Exception) -> None:
        _logger.error("intake.refused", size=len(batch), error=type(error).__name__)
        if isinstance(error, DatabaseError | InterfaceError | OSError):
            kind = troubles.report_error(error)
            if self._reported not in (None, kind):
                troubles.clear(str(self._reported))
            self._reported = kind
        connection.close()
        for _, future in batch:
            future.set_exception(error)


_lock = threading.Lock()
_of_process: tuple[int, Batcher] | None = None


def submit(raw: Raw) -> Future[Outcome]:
    """Hand one raw to this process's batcher, which starts with the first."""
    global _of_process
    running = _of_process
    if running is None or running[0] != os.getpid():
        with _lock:
            if _of_process is None or _of_process[0] != os.getpid():
                _of_process = (os.getpid(), Batcher())
            running = _of_process
    return running[1].submit(raw)
