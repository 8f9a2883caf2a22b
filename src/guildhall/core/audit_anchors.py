"""A second place that remembers each seal: one line a seal in `audit-anchors.log` in the data directory.

Whoever cuts the newest seals off the database, or rewrites them, is found out by this file. It is only ever
appended to, and is worth copying to a machine that the database's administrators cannot reach.
"""

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from guildhall.core import clock
from guildhall.core.settings import settings

FILE_NAME = "audit-anchors.log"
_TAIL_BYTES = 4_096


def path() -> Path:
    """Where the file is."""
    return settings.data_dir / FILE_NAME


def read() -> dict[int, set[str]]:
    """Everything remembered: seq → the hashes it was written with (more than one tells of a rewriting)."""
    hashes: dict[int, set[str]] = {}
    try:
        with path().open(encoding="utf-8", errors="replace") as lines:
            for seq, digest in _parsed(lines):
                hashes.setdefault(seq, set()).add(digest)
    except FileNotFoundError:
        return {}
    return hashes


def last() -> int:
    """The seq remembered last; 0 when none is. Reads the end of the file only."""
    try:
        with path().open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL_BYTES))
            tail = file.read().decode("utf-8", "replace").splitlines()
    except FileNotFoundError:
        return 0
    return max((seq for seq, _ in _parsed(tail)), default=0)


def append(seals: Iterable[tuple[int, str]]) -> None:
    """Remember seals as (seq, hash), durably. Raises OSError when the disk refuses."""
    now = clock.now().isoformat()
    rows = [json.dumps({"seq": seq, "hash": digest, "at": now}) for seq, digest in seals]
    # One write for all, beginning on a fresh line: two writers cannot mix, half a line spoils only itself.
    text = "\n" + "".join(f"{row}\n" for row in rows)
    handle = os.open(path(), os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        os.write(handle, text.encode())
        os.fsync(handle)
    finally:
        os.close(handle)


def _parsed(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    """A line that a crash cut short is passed over: its seal is written again by the next sealer."""
    for line in lines:
        try:
            said = json.loads(line)
            yield int(said["seq"]), str(said["hash"])
        except (ValueError, KeyError, TypeError):
            continue
