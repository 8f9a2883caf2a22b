"""Has pictures read by a process of its own, so that a hostile one can hurt nobody else.

The process is started for the first picture, kept for the next, replaced when it dies, takes too long or has
served many, and stopped when nobody asked for a while. One picture at a time; callers wait their turn.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import struct
import subprocess
import sys
import threading
import time

from guildhall.core.errors import BadInput, Temporary
from guildhall.core.text import Text
from guildhall.guard.vision.child import WITH_WORDS
from guildhall.guard.vision.opening import MOST_BYTES
from guildhall.guard.vision.reading import Reading

PATIENCE_S = 30.0
SERVES = 500
IDLE_S = 120.0

_TOO_LONG = Text("Reading the picture took too long.", "读取图片超时。")
_DIED = Text("The picture made the reader fail.", "图片导致读取程序异常退出。")


class Reader:
    """The process and what is needed to talk to it. Thread-safe."""

    def __init__(self, patience_s: float = PATIENCE_S) -> None:
        self._patience_s = patience_s
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._served = 0
        self._used_at = 0.0

    def read(self, data: bytes, *, words: bool = True) -> Reading:
        """What stands on a picture. Raises BadInput for one that cannot or will not be read, and Temporary
        when the reader could not be started.
        """
        if len(data) > MOST_BYTES:
            raise BadInput(Text("The picture is too large.", "图片过大。"), code="too_large")
        with self._lock:
            child = self._ready()
            try:
                line = self._ask(child, data, WITH_WORDS if words else 0)
            except (BrokenPipeError, EOFError):
                self._stop()
                raise BadInput(_DIED, code="reader_died") from None
            except TimeoutError:
                self._stop()
                raise BadInput(_TOO_LONG, code="too_slow") from None
            self._served += 1
            self._used_at = time.monotonic()
        answer = json.loads(line)
        if refused := answer.get("refused"):
            raise BadInput(Text(refused["en"], refused["zh"]), code=refused["code"])
        return Reading(
            answer["width"], answer["height"], answer["fingerprint"], tuple(answer["codes"]), answer["words"]
        )

    def rest(self) -> None:
        """Stop the process when nobody has asked for a while; the next picture starts another."""
        with self._lock:
            if self._child is not None and time.monotonic() - self._used_at > IDLE_S:
                self._stop()

    def close(self) -> None:
        """Stop the process."""
        with self._lock:
            self._stop()

    def _ready(self) -> subprocess.Popen[bytes]:
        if self._child is not None and (self._child.poll() is not None or self._served >= SERVES):
            self._stop()
        if self._child is None:
            threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
            try:
                self._child = subprocess.Popen(
                    [sys.executable, "-m", "guildhall.guard.vision.child"],
                    stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                    env=_environment() | threads, start_new_session=True,
                )  # fmt: skip
            except OSError as error:
                raise Temporary(
                    Text(
                        f"The reader of pictures did not start ({error}).",
                        f"图片读取程序未能启动（{error}）。",
                    )
                ) from error
            self._served = 0
        return self._child

    def _ask(self, child: subprocess.Popen[bytes], data: bytes, wishes: int) -> bytes:
        """Hand over the picture and wait for the line. Raises BrokenPipeError, EOFError, TimeoutError."""
        assert child.stdin is not None
        assert child.stdout is not None
        until = time.monotonic() + self._patience_s
        child.stdin.write(struct.pack(">QB", len(data), wishes))
        child.stdin.write(data)
        child.stdin.flush()
        line = b""
        handle = child.stdout.fileno()
        while not line.endswith(b"\n"):
            left = until - time.monotonic()
            if left <= 0 or not select.select([handle], [], [], left)[0]:
                raise TimeoutError
            part = os.read(handle, 1 << 16)
            if not part:
                raise EOFError
            line += part
        return line

    def _stop(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except BrokenPipeError:
                    continue  # what was still to be written has nobody to read it any more


def _environment() -> dict[str, str]:
    """What the reader needs of ours: where Python finds things, and no secrets."""
    kept = ("PATH", "HOME", "LANG", "LC_ALL", "PYTHONPATH", "VIRTUAL_ENV", "TMPDIR")
    return {name: os.environ[name] for name in kept if name in os.environ}


_reader: Reader | None = None
_made = threading.Lock()


def shared() -> Reader:
    """This process's reader."""
    global _reader
    with _made:
        if _reader is None:
            _reader = Reader()
            atexit.register(_reader.close)
        return _reader
