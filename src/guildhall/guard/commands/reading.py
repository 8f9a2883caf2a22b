"""Reads rows of JSON, one a line, for `score` and `domains`: what is wrong with a row is said in its place,
and the rest goes on.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import orjson

from guildhall.core.errors import BadInput
from guildhall.core.text import Text
from guildhall.guard.commands.writing import STANDARD

LONGEST_LINE = 32 * 2**20
"""Bytes of one line; a longer one is answered with an error and passed over."""

UNJUDGED: dict[str, Any] = {"score": None, "action": "review", "reasons": []}
"""What stands beside the `error` of a row that could not be judged: a person looks at it."""


class BadRow(ValueError):
    """A row that cannot be judged, and why."""


@contextmanager
def opened(source: str) -> Iterator[Iterator[bytes]]:
    """The lines of a file, or of standard input (`-`). Raises BadInput when it cannot be read."""
    if source == STANDARD:
        yield lines(sys.stdin.buffer)
        return
    try:
        file = io.BufferedReader(io.FileIO(source), 2**20)
    except OSError as error:
        raise unreadable(Path(source)) from error
    with file:
        yield lines(file)


def lines(source: IO[bytes]) -> Iterator[bytes]:
    """Lines without more than their end; of one that is too long only as much as shows that it is."""
    try:
        while line := source.readline(LONGEST_LINE + 1):
            if len(line) > LONGEST_LINE and not line.endswith(b"\n"):
                while (rest := source.readline(LONGEST_LINE)) and not rest.endswith(b"\n"):
                    pass
            yield line
    except OSError as error:
        raise unreadable(Path(str(getattr(source, "name", STANDARD)))) from error


def row(line: bytes, key: str) -> dict[str, Any]:
    """The row on a line, with a string under `key`. Raises BadRow."""
    if len(line) > LONGEST_LINE:
        raise BadRow(f"the line is longer than {LONGEST_LINE} bytes")
    if not line.strip():
        raise BadRow("the line is blank")
    try:
        found = orjson.loads(line)
    except ValueError:
        found = _read_leniently(line)
    if not isinstance(found, dict):
        raise BadRow("not a JSON object")
    if not isinstance(found.get(key), str):
        raise BadRow(f"no `{key}`, or not a string" if key in found else f"no `{key}`")
    return found


def unforeseen(error: Exception) -> str:
    """What a row says whose judging failed in a way nobody thought of."""
    return f"could not be judged ({type(error).__name__})"


def unreadable(path: Path) -> BadInput:
    """The refusal of a file that cannot be read."""
    return BadInput(Text(f"{path} cannot be read.", f"无法读取 {path}。"), field="path")


def _read_leniently(line: bytes) -> Any:
    """The same by Python's own reader, which takes half of a surrogate pair for what it is."""
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BadRow("not JSON in UTF-8") from error
