"""Cuts a JSON export of any size into its messages without reading it into memory, and can go on from a byte.

Pure: works on an open file of bytes. Only brackets and quotation marks are looked at; what stands between
them is parsed one message at a time by the reader. A message longer than `LONGEST` is passed over and told
of. Memory stays at a few megabytes whatever the file holds: one line of a gigabyte, or brackets without end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

LONGEST = 1024 * 1024
"""Bytes of one message; Telegram's own are a few thousand."""
_CHUNK = 256 * 1024
_DEEPEST = 200

_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\]"]', re.DOTALL)
_IN_STRING = re.compile(rb'[^"\\]*(?:\\.[^"\\]*)*', re.DOTALL)
_OPENS, _CLOSES, _QUOTE = frozenset(b"{["), frozenset(b"}]"), ord('"')


class NotAnExport(ValueError):
    """The file is not shaped like JSON, or is nested beyond all reason."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One element of an array: its bytes (None when it was too long) and the byte after it."""

    raw: bytes | None
    end: int


@dataclass(frozen=True, slots=True)
class Array:
    """Where an array named `messages` begins: the byte after its bracket, and the object around it.

    `head` is the part of that object before the array, closed so that it can be parsed, or b'' when too
    long.
    """

    start: int
    head: bytes


def arrays(file: BinaryIO) -> Iterator[Array | Piece]:
    """Every array under a key `messages` in the file, each followed by its elements. Raises NotAnExport."""
    tokens = _Tokens(file, 0)
    starts: list[int] = []
    last_key = b""
    for mark, at, text in tokens:
        if mark == _QUOTE:
            last_key = text if len(text) < 64 else b""
        elif mark in _OPENS:
            if mark == ord("[") and last_key == b'"messages"' and starts:
                yield Array(at + 1, tokens.recent(starts[-1], at, b"[]}"))
                yield from _elements(tokens)
            else:
                starts.append(at)
                if len(starts) > _DEEPEST:
                    raise NotAnExport("nested too deeply")
            last_key = b""
        elif starts:
            starts.pop()
        else:
            raise NotAnExport("a bracket closes that was never opened")


def elements(file: BinaryIO, start: int) -> Iterator[Piece]:
    """The elements of the array whose inside is reached at byte `start`, until it closes or the file ends."""
    yield from _elements(_Tokens(file, start))


def _elements(tokens: _Tokens) -> Iterator[Piece]:
    depth, begin = 0, 0
    for mark, at, _text in tokens:
        if mark in _OPENS:
            if not depth:
                begin = at
                tokens.keep_from = at
            depth += 1
        elif mark in _CLOSES:
            if not depth:
                tokens.keep_from = None
                return
            depth -= 1
            if not depth:
                yield Piece(tokens.recent(begin, at + 1, b"") or None, at + 1)
                tokens.keep_from = None


class _Tokens:
    """Brackets and strings of a file in order, with a window of the bytes behind them."""

    def __init__(self, file: BinaryIO, offset: int) -> None:
        self._file = file
        file.seek(offset)
        self._base = offset
        self._data = b""
        self._run = self._tokens()
        self.keep_from: int | None = None
        """The byte from which the window must reach back; it gives up after `LONGEST`."""

    def __iter__(self) -> Iterator[tuple[int, int, bytes]]:
        return self._run  # one run, whoever iterates: an inner loop goes on where the outer one stands

    def _tokens(self) -> Iterator[tuple[int, int, bytes]]:
        position = 0
        while True:
            search = _TOKEN.finditer(self._data, position)
            cut = False
            for match in search:
                start, end = match.span()
                mark = self._data[start]
                if mark == _QUOTE and end - start == 1:
                    position, cut = start, True
                    break
                position = end
                yield mark, self._base + start, match.group() if mark == _QUOTE else b""
            if not cut:
                position = len(self._data)
            if cut and len(self._data) - position > LONGEST:
                position = self._skip_string(position + 1)
                continue
            position = self._read(position)
            if position < 0:
                return

    def recent(self, start: int, end: int, closing: bytes) -> bytes:
        """The bytes from `start` to `end` with `closing`, or b'' when they are no longer in the window."""
        if start < self._base or end - start > LONGEST:
            return b""
        return self._data[start - self._base : end - self._base] + closing

    def _read(self, position: int) -> int:
        """Read on and drop what nobody needs; the new position, or -1 at the end of the file."""
        chunk = self._file.read(_CHUNK)
        if not chunk:
            return -1
        first = position
        if self.keep_from is not None:
            first = max(0, min(position, self.keep_from - self._base))
            if position - first > LONGEST:
                first = position
        elif position > 4096:
            first = position - 4096  # the head of a chat stands just before its messages
        else:
            first = 0
        self._data = self._data[first:] + chunk
        self._base += first
        return position - first

    def _skip_string(self, position: int) -> int:
        """Pass over a string longer than a chunk without keeping it."""
        while True:
            match = _IN_STRING.match(self._data, position)
            position = match.end() if match else position
            if self._data[position : position + 1] == b'"':
                return position + 1
            tail = self._data[position:]  # nothing, or a backslash whose partner is still to come
            chunk = self._file.read(_CHUNK)
            self._base += position
            self._data = tail + chunk
            position = 0
            if not chunk:
                self._data = b""
                self._base += len(tail)
                return 0
