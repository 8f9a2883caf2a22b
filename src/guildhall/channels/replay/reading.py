"""Reads a JSONL file line by line into bodies the replay adapter parses, and hands them out at a pace.

Lines that cannot be read are wrapped like the others: it is intake that parses, and puts aside what is
wrong with its line number. Blank lines are passed over.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import orjson

from guildhall.channels.parsing import Fields
from guildhall.core import clock
from guildhall.core.errors import BadInput

_LONGEST_GAP_S = 3600.0
LONGEST_LINE = 2_000_000
"""Bytes of one line; the rest of a longer one is cut, which makes it bad input."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line: `body` for the adapter, its number (from 1), and how far into the file it ends, in bytes."""

    body: bytes
    number: int
    end: int


def read(path: Path, space: str, *, after_line: int = 0) -> Iterator[Line]:
    """The lines of a file as bodies for the space of this slug, beginning behind `after_line`. Raises
    OSError.
    """
    with path.open("rb") as file:
        number, end = 0, 0
        file_key = ""
        while raw := file.readline(LONGEST_LINE):
            number += 1
            end += len(raw)
            while not raw.endswith(b"\n") and (rest := file.readline(LONGEST_LINE)):
                end += len(rest)
                if rest.endswith(b"\n"):
                    break
            if number == 1:
                file_key = hashlib.sha256(raw.strip()).hexdigest()[:16]
            line = raw.strip()
            if line and number > after_line:
                yield Line(_wrapped(line, number, file_key, space), number, end)


def paced(
    lines: Iterable[Line], speed: float | None, *, sleep: Callable[[float], None] = time.sleep
) -> Iterator[Line]:
    """Hand lines out `speed` times as fast as they were said; None for as fast as they are taken.

    The gaps are those between the lines' `sent_at`, at most an hour each; a line without one comes a second
    after the line before.
    """
    if speed is None:
        yield from lines
        return
    due, before = time.monotonic(), None
    for count, line in enumerate(lines):
        said_at = _said_at(line)
        if count:
            gap = (
                1.0 if said_at is None or before is None else min(max(0.0, said_at - before), _LONGEST_GAP_S)
            )
            due += gap / speed
        before = said_at if said_at is not None else before
        early = due - time.monotonic()
        if early > 0:
            sleep(early)
        yield line


def _said_at(line: Line) -> float | None:
    """Seconds since 1970 at which a line says it was said; None when it does not, or cannot be read."""
    try:
        said = Fields.of_json(orjson.loads(line.body)["line"].encode("latin-1"))
        return said.moment("sent_at").timestamp()
    except BadInput:
        return None


def _wrapped(line: bytes, number: int, file_key: str, space: str) -> bytes:
    digest = hashlib.sha256(b"\x00".join((file_key.encode(), str(number).encode(), line))).hexdigest()[:32]
    return orjson.dumps(
        {
            "space": space,
            "id": digest,
            "number": number,
            "at": clock.now().isoformat(),
            # Latin-1 keeps every byte, also of a line that is not UTF-8: quarantine has it as it was.
            "line": line.decode("latin-1"),
        }
    )
