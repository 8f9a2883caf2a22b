"""Fingerprints of texts: nearly the same words have nearly the same one, whatever names, numbers, emoji and
links were swapped between copies.

A MinHash of sixteen values over letter shingles of the canonical text (Broder 1997; three letters of an
alphabet, two Chinese characters). Texts that share one of six bands of two values are compared in full.
Pure; numpy.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import eq

import numpy as np

VALUES = 16
BANDS = 6
ALIKE = 8
"""Of sixteen values, so many equal ones mean nearly the same text: about half of the shingles in common."""
SURE = 11
"""So many are asked for where nobody looks any more before something is removed."""
LEAST = 26
"""Shorter texts are greetings and get none. A Chinese character counts as two letters."""
_LETTERS_AT_ONCE = 60_000
_MOST = 1500
"""Letters looked at: what is beyond changes nothing, and time stays bounded."""

_SWAPPED = re.compile(r"https?://\S+|[@\uff20]\w+|(?:[a-z0-9-]{1,63}\.){1,4}[a-z]{2,20}(?:/\S*)?")
_NOT_LETTER = re.compile(r"[\W\d_]+")
_CHINESE = re.compile("[\u3400-\u9fff]")
_MIX = np.random.default_rng(20261123).integers(1, 2**64, VALUES, dtype=np.uint64) | np.uint64(1)
_SPREAD = np.uint64(0x9E3779B97F4A7C15)
_STEPS = tuple(np.uint64(step) for step in (0x9E3779B1, 0x85EBCA77))
_HALF, _TOP = np.uint64(29), np.uint64(48)


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """`values`: sixteen numbers below 2^16 as 64 hex digits; `bands`: six signed 32-bit numbers to look
    up.
    """

    values: str
    bands: tuple[int, ...]


def fingerprint(canonical_text: str) -> Fingerprint | None:
    """The fingerprint of a canonical text, or None when too little is left of it to mean anything."""
    return fingerprints([canonical_text])[0]


def fingerprints(canonical_texts: Sequence[str]) -> list[Fingerprint | None]:
    """The fingerprints of many texts, in order; all at once costs a fraction of one by one."""
    out: list[Fingerprint | None] = [None] * len(canonical_texts)
    groups: dict[int, list[tuple[int, str]]] = {2: [], 3: []}
    for place, text in enumerate(canonical_texts):
        core = letters_of(text) if len(text) >= LEAST // 2 else ""
        if len(core) >= LEAST or (
            2 * len(core) >= LEAST and len(core) + len(_CHINESE.findall(core)) >= LEAST
        ):
            groups[2 if _is_chinese(core) else 3].append((place, core))
    for width, cores in groups.items():
        for some in _parts(cores):
            for (place, _), values in zip(some, _least(width, [core for _, core in some]), strict=True):
                bands = tuple(values[: 2 * BANDS].view(np.int32).tolist())
                out[place] = Fingerprint(values.tobytes().hex(), bands)
    return out


def _parts(cores: list[tuple[int, str]]) -> Iterator[list[tuple[int, str]]]:
    """So many at a time that the arrays stay small."""
    some: list[tuple[int, str]] = []
    size = 0
    for one in cores:
        some.append(one)
        size += len(one[1])
        if size >= _LETTERS_AT_ONCE:
            yield some
            some, size = [], 0
    if some:
        yield some


def _least(width: int, cores: list[str]) -> np.ndarray:
    """For each text the sixteen least hashes of its shingles of `width` letters, as numbers below 2^16."""
    points = np.frombuffer("".join(cores).encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    points = points.astype(np.uint64)
    count = len(points) - width + 1
    shingles = points[:count].copy()
    for step, factor in enumerate(_STEPS[: width - 1], 1):
        shingles *= factor
        shingles += points[step : step + count]
    shingles *= _SPREAD
    shingles ^= shingles >> _HALF
    ends = np.cumsum([len(core) for core in cores])
    # Each text's own shingles, then those that reach over into the next one, which are left out.
    edges = np.column_stack((np.concatenate(([0], ends[:-1])), ends - width + 1)).ravel()
    if edges[-1] >= count:
        edges = edges[:-1]
    least = np.empty((len(cores), VALUES), dtype=np.uint64)
    for n, mix in enumerate(_MIX):
        least[:, n] = np.minimum.reduceat(shingles * mix, edges)[::2]
    return _spread(least)


def letters_of(canonical_text: str) -> str:
    """What is compared: letters only, without links, handles and numbers, which copies swap."""
    if "." in canonical_text or "@" in canonical_text or "/" in canonical_text:
        canonical_text = _SWAPPED.sub(" ", canonical_text[: 4 * _MOST])
    return _NOT_LETTER.sub("", canonical_text)[:_MOST]


def equal_values(one: str, other: str) -> int:
    """How many of the sixteen values of two fingerprints are equal."""
    if one == other:
        return VALUES
    return sum(map(eq, _lanes(one), _lanes(other)))


@lru_cache(maxsize=16_384)
def _lanes(values: str) -> tuple[int, ...]:
    return tuple(array("H", bytes.fromhex(values)))


@lru_cache(maxsize=16_384)
def bands_of(values: str) -> tuple[int, ...]:
    """The bands of a stored fingerprint: the six that are looked up and the two behind them."""
    return tuple(array("i", bytes.fromhex(values)))


def _spread(least: np.ndarray) -> np.ndarray:
    """The smallest of many hashes is a small number; mixed again, its top bits tell texts apart."""
    mixed = (least ^ (least >> _HALF)) * _SPREAD
    return (mixed >> _TOP).astype(np.uint16)


def _is_chinese(core: str) -> bool:
    return not core.isascii() and 3 * len(_CHINESE.findall(core)) > len(core)
