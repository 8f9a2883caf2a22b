"""Which labelled texts belong together, and which are kept back for measuring. Pure.

Near copies get one group key: a text is cut into runs of three letters (digits count as one letter), the
runs are sketched by min-hashing, and texts that share a band of the sketch are compared run by run. Whether
a row is kept back is a hash of that key alone, so near copies are never on both sides.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from hashlib import blake2b
from random import Random

from guildhall.guard.canonical import canonical, letters

ALIKE_FROM = 0.6
"""Share of common runs from which two texts are near copies (the campaigns' measure is about the same)."""
HELD_BACK_PERCENT = 25
_RUN = 3
_BANDS, _ROWS = 16, 3
_PRIME = (1 << 61) - 1
_LONGEST = 4_000
_DIGIT = re.compile(r"\d")
_draw = Random(20_261_123)
_PERMUTATIONS = tuple((_draw.randrange(1, _PRIME), _draw.randrange(_PRIME)) for _ in range(_BANDS * _ROWS))


def runs(text: str) -> frozenset[str]:
    """The text as a set of runs of letters, as far as its first 4,000 characters."""
    core = _DIGIT.sub("0", letters(canonical(text[:_LONGEST]).text))
    if len(core) <= _RUN:
        return frozenset({core} if core else ())
    return frozenset(core[at : at + _RUN] for at in range(len(core) - _RUN + 1))


def bands(text_runs: Iterable[str]) -> tuple[int, ...]:
    """Sixteen numbers (63 bits); texts that are near copies share at least one, nearly always."""
    hashed = [_number(run) for run in text_runs]
    if not hashed:
        return ()
    least = [min((a * value + b) % _PRIME for value in hashed) for a, b in _PERMUTATIONS]
    return tuple(
        _number(f"{band}:" + ",".join(map(str, least[band * _ROWS : (band + 1) * _ROWS]))) >> 1
        for band in range(_BANDS)
    )


def likeness(one: frozenset[str], other: frozenset[str]) -> float:
    """The share of runs two texts have in common, 0..1."""
    together = len(one | other)
    return len(one & other) / together if together else 0.0


def group_key(text: str) -> str:
    """The key a text gives a group when it is the first of it."""
    return blake2b(_core(text).encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


def member_key(member_id: str) -> str:
    """A member as training rows know them: enough to bound what one person weighs, no way back."""
    if not member_id:
        return ""
    return blake2b(member_id.encode(), digest_size=12, key=b"guard.training").hexdigest()


def is_held_back(key: str) -> bool:
    """Whether a group is kept back for measuring; the same answer for ever."""
    return int(blake2b(key.encode(), digest_size=4, key=b"guard.held-back").hexdigest(), 16) % 100 < (
        HELD_BACK_PERCENT
    )


def _core(text: str) -> str:
    return letters(canonical(text[:_LONGEST]).text) or text.strip()[:_LONGEST]


def _number(run: str) -> int:
    return int.from_bytes(blake2b(run.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")
