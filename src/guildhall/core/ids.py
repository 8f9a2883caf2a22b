"""Sortable ids: 26 characters of Crockford base32, 48 bits of milliseconds and 80 bits of chance (a ULID).

Inside one process ids only ever grow, even within a millisecond, so rows written in a batch keep their order.
They say nothing about a person, read well in a URL and sort alike in Python, SQLite and PostgreSQL.
"""

from __future__ import annotations

import os
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.db import models

from guildhall.core import clock

# Django's own fields are generic only in the eyes of the type checker.
if TYPE_CHECKING:
    _Characters = models.CharField[str, str]
else:
    _Characters = models.CharField

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PAIRS = [a + b for a in _ALPHABET for b in _ALPHABET]
_VALUES = {c: i for i, c in enumerate(_ALPHABET)}
_RANDOM_BITS = 80
_TRUSTED_STEP_BACK_MS = 10_000
LENGTH = 26

_lock = threading.Lock()
_last = 0


def new_id() -> str:
    """A fresh id, greater than every id this process has made before.

    Only a clock set back by more than ten seconds is believed: ids then follow it, instead of telling the
    wrong time until the next start.
    """
    global _last
    milliseconds = int(clock.now().timestamp() * 1000)
    fresh = milliseconds << _RANDOM_BITS | int.from_bytes(os.urandom(10), "big")
    with _lock:
        ahead = (_last >> _RANDOM_BITS) - milliseconds
        if 0 <= ahead < _TRUSTED_STEP_BACK_MS:
            # Same or earlier millisecond: step on by a random stride, so neighbours stay unguessable.
            fresh = _last + 1 + int.from_bytes(os.urandom(4), "big")
        _last = fresh
    return _encode(fresh)


def first_id_at(at: datetime) -> str:
    """The smallest id that can have been made at a time: ids sort by time, so this bounds a range of them."""
    return _encode(max(0, int(at.timestamp() * 1000)) << _RANDOM_BITS)


def id_time(value: str) -> datetime:
    """When an id was made, in UTC, to the millisecond. Raises ValueError for what is not an id."""
    if not is_id(value):
        raise ValueError(f"not an id: {value!r}")
    number = 0
    for char in value[:10]:
        number = number << 5 | _VALUES[char]
    return datetime.fromtimestamp(number / 1000, UTC)


def lowest_id(at: datetime) -> str:
    """The smallest id that can have been made at `at` (aware): a bound for reading a span of time by key."""
    return _encode(int(at.timestamp() * 1000) << _RANDOM_BITS)


def id_at(at: datetime, order: int) -> str:
    """An id for something that happened at `at` (aware), long before we heard of it: it stands among the ids
    of that time, those of one moment by `order` (32 bits count).
    """
    chance = int.from_bytes(os.urandom(6), "big")
    return _encode(int(at.timestamp() * 1000) << _RANDOM_BITS | (order & 0xFFFFFFFF) << 48 | chance)


def is_id(value: str) -> bool:
    """Whether a text has the form of an id."""
    return len(value) == LENGTH and value[0] in "01234567" and all(char in _VALUES for char in value)


def _encode(number: int) -> str:
    pairs = _PAIRS
    return "".join([pairs[number >> shift & 1023] for shift in range(120, -1, -10)])


class IdField(_Characters):
    """A primary key holding a sortable id."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", LENGTH)
        kwargs.setdefault("primary_key", True)
        kwargs.setdefault("default", new_id)
        kwargs.setdefault("editable", False)
        super().__init__(*args, **kwargs)
