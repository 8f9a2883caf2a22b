"""Where uploaded files lie while they are needed: `imports/` in the data directory, readable by this house
only.

Beside each file may stand its bad rows and, for a ban list, its rows in our own form, so that a killed import
goes on without reading the file again. All of them go when the file goes.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import orjson

from guildhall.core.errors import BadInput
from guildhall.core.settings import settings
from guildhall.core.text import Text
from guildhall.intake.importing.decoding import LARGEST_LIST, refuse_packed
from guildhall.intake.importing.records import BadRow

LARGEST_HISTORY = 4 * 1024**3
KEEP_DAYS = 7
"""Days a file is kept after its upload; a button removes it at once."""
_SUFFIXES = (".file", ".rows", ".bad")


def largest(kind: str) -> int:
    """Bytes a file of this kind may have."""
    return LARGEST_HISTORY if kind == "history" else LARGEST_LIST


def folder() -> Path:
    """The directory of all files, made when it is missing."""
    path: Path = settings.data_dir / "imports"
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def file_of(import_id: str) -> Path:
    """The file as it was uploaded."""
    return folder() / f"{import_id}.file"


def rows_of(import_id: str) -> Path:
    """The rows of a ban list in our form, one JSON object a line."""
    return folder() / f"{import_id}.rows"


def bad_of(import_id: str) -> Path:
    """The bad rows, one JSON object a line."""
    return folder() / f"{import_id}.bad"


def remove(import_id: str) -> None:
    """Delete everything of an import."""
    for suffix in _SUFFIXES:
        (folder() / f"{import_id}{suffix}").unlink(missing_ok=True)


class Receiving:
    """Takes a file in pieces to disk, never more than its kind allows. Raises BadInput."""

    def __init__(self, name: str, kind: str) -> None:
        self.path = folder() / f"{name}.part"
        self.size = 0
        self._largest, self._hash = largest(kind), hashlib.sha256()
        self._out = open(os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")  # noqa: SIM115

    def take(self, piece: bytes) -> None:
        """Write one piece."""
        if not self.size:
            refuse_packed(piece[:8])
        self.size += len(piece)
        if self.size > self._largest:
            raise too_large(self._largest)
        self._hash.update(piece)
        self._out.write(piece)

    def done(self) -> str:
        """Close the file; its SHA-256."""
        self._out.flush()
        os.fsync(self._out.fileno())
        self._out.close()
        if not self.size:
            self.give_up()
            raise BadInput(Text("The file is empty.", "文件为空。"), field="file")
        return self._hash.hexdigest()

    def give_up(self) -> None:
        """Forget what was taken."""
        self._out.close()
        self.path.unlink(missing_ok=True)


def too_large(most: int) -> BadInput:
    """What is said of a file that is too large."""
    shown = f"{most // 1024**3} GB" if most >= 1024**3 else f"{most // 1024**2} MB"
    return BadInput(
        Text(f"The file is larger than {shown}.", f"文件超过 {shown}。"), field="file", code="too_large"
    )


def receive_from(path: Path, name: str, kind: str) -> Receiving:
    """Take a file of this machine."""
    taken = Receiving(name, kind)
    try:
        with path.open("rb") as source:
            while piece := source.read(1 << 20):
                taken.take(piece)
    except BaseException:
        taken.give_up()
        raise
    return taken


def digest_of(path: Path) -> str:
    """The SHA-256 of a file of this machine."""
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def keep(taken: Receiving, import_id: str) -> None:
    """Give a received file its place."""
    shutil.move(taken.path, file_of(import_id))


def put_aside(import_id: str, rows: Iterable[BadRow]) -> int:
    """Append bad rows; returns how many."""
    lines = [
        orjson.dumps({"row": one.row, "field": one.field, "reason": one.reason.to_json(), "raw": one.raw})
        for one in rows
    ]
    if lines:
        with bad_of(import_id).open("ab") as out:
            out.write(b"\n".join(lines) + b"\n")
    return len(lines)


def bad_rows(import_id: str) -> Iterator[dict[str, Any]]:
    """The bad rows, each once: after a kill the same row may have been put aside twice."""
    path = bad_of(import_id)
    if not path.exists():
        return
    seen: set[tuple[int, str]] = set()
    with path.open("rb") as lines:
        for line in lines:
            try:
                row = orjson.loads(line)
            except orjson.JSONDecodeError:
                continue  # the last line of a process that was killed while writing; its row came again
            key = (row["row"], row["field"])
            if key not in seen:
                seen.add(key)
                yield row
