"""Where what arrived lies while it is needed: `feeds/` in the data directory, readable by this house only.

Beside a batch's file may stand the part that has arrived so far, and its good rows as they will go to the
tables, so that a killed worker goes on without guessing. All of them go when the batch's file goes.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path
from typing import IO, Final

from guildhall.core.errors import BadInput
from guildhall.core.settings import settings
from guildhall.core.text import Text

LARGEST: Final = 4 * 1024**3
"""Bytes one batch may have as it is sent."""
KEEP_DAYS: Final = 30
"""Days a batch's file is kept after it is in the tables."""
_SUFFIXES = (".file", ".part", ".rows")


def folder() -> Path:
    """The directory of all batches, made when it is missing."""
    return _made(settings.data_dir / "feeds")


def inbox(slug: str) -> Path:
    """The watched folder of a feed: whatever is put there is taken. Made when it is missing."""
    return _made(settings.data_dir / "inbox" / slug)


def _made(path: Path) -> Path:
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def file_of(batch_id: str) -> Path:
    """A batch as it was sent."""
    return folder() / f"{batch_id}.file"


def part_of(batch_id: str) -> Path:
    """What has arrived of a batch so far."""
    return folder() / f"{batch_id}.part"


def rows_of(batch_id: str) -> Path:
    """The good rows of a batch, as Parquet in the schema of its table."""
    return folder() / f"{batch_id}.rows"


def remove(batch_id: str) -> None:
    """Delete everything of a batch."""
    for suffix in _SUFFIXES:
        (folder() / f"{batch_id}{suffix}").unlink(missing_ok=True)


class Receiving:
    """Takes bytes to disk, counted and hashed, never more than the largest batch. Use as a context: what was
    not `kept` at its end is gone.
    """

    def __init__(self, name: str) -> None:
        self.path = folder() / f"{name}.taking"
        self.size = 0
        self._hash = hashlib.sha256()
        self._kept = False
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        self._out: IO[bytes] = os.fdopen(descriptor, "wb")

    def __enter__(self) -> Receiving:
        return self

    def __exit__(self, *_exc: object) -> None:
        self._out.close()
        if not self._kept:
            self.path.unlink(missing_ok=True)

    def take(self, piece: bytes) -> None:
        """Write one piece. Raises BadInput past the largest size."""
        self.size += len(piece)
        if self.size > LARGEST:
            raise too_large()
        self._hash.update(piece)
        self._out.write(piece)

    def settled(self) -> str:
        """Everything is on the disk; its SHA-256. Raises BadInput for nothing at all."""
        if not self.size:
            raise BadInput(Text("The batch is empty.", "批次为空。"), field="body", code="empty")
        self._out.flush()
        os.fsync(self._out.fileno())
        return self._hash.hexdigest()

    def keep_as(self, path: Path) -> None:
        """Give what arrived its place, durably."""
        self._out.close()
        os.replace(self.path, path)
        sync_folder()
        self._kept = True

    def append_to(self, path: Path, offset: int) -> int:
        """Put what arrived behind the first `offset` bytes of `path`; the new length."""
        self._out.close()
        with self.path.open("rb") as piece, path.open("r+b" if path.exists() else "x+b") as whole:
            whole.truncate(offset)
            whole.seek(offset)
            shutil.copyfileobj(piece, whole, 1 << 20)
            whole.flush()
            os.fsync(whole.fileno())
            length = whole.tell()
        os.chmod(path, 0o600)
        return length


def sync_folder() -> None:
    """Make names durable, not only contents."""
    descriptor = os.open(folder(), os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def digest_of(path: Path) -> str:
    """The SHA-256 of a file of this machine."""
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def too_large() -> BadInput:
    """What is said of a batch that is too large."""
    shown = f"{LARGEST // 1024**3} GB"
    return BadInput(
        Text(f"A batch has at most {shown}; send it in several.", f"单个批次最大 {shown}，请分批发送。"),
        field="body",
        code="too_large",
    )
