"""Fingerprints of texts: nearly the same words have nearly the same one, whatever names, numbers, emoji and
links were swapped between copies.

A MinHash of sixteen values over letter shingles of the canonical text (Broder 1997; three letters of an
alphabet, two Chinese characters). Texts that share one of four bands of two values are compared in full.
Pure; numpy.
"""

from __future__ import annotations

import re
from array import array
from dataclasses import dataclass

import numpy as np

VALUES = 16
BANDS = 4
ALIKE = 8
"""Of sixteen values, so many equal ones mean nearly the same text: about half of the shingles in common."""
SURE = 11
"""So many are asked for where nobody looks any more before something is removed."""
LEAST = 26
"""Shorter texts are greetings and get none. A Chinese character counts as two letters."""
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
    """`values`: sixteen numbers below 2^16 as 64 hex digits; `bands`: four signed 32-bit numbers to look
    up.
    """

    values: str
    bands: tuple[int, int, int, int]


def fingerprint(canonical_text: str) -> Fingerprint | None:
    """The fingerprint of a canonical text, or None when too little is left of it to mean anything."""
    core = letters_of(canonical_text)
    if len(core) < LEAST and len(core) + len(_CHINESE.findall(core)) < LEAST:
        return None
    points = np.frombuffer(core.encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.uint64)
    width = 2 if _is_chinese(core) else 3
    count = len(points) - width + 1
    shingles = points[:count].copy()
    for step, factor in enumerate(_STEPS[: width - 1], 1):
        shingles *= factor
        shingles += points[step : step + count]
    shingles *= _SPREAD
    shingles ^= shingles >> _HALF
    least = (shingles[:, None] * _MIX).min(axis=0)
    values = _spread(least)
    first, second, third, fourth = (int(band) for band in values[: 2 * BANDS].view(np.int32))
    return Fingerprint(values.tobytes().hex(), (first, second, third, fourth))


def letters_of(canonical_text: str) -> str:
    """What is compared: letters only, without links, handles and numbers, which copies swap."""
    if "." in canonical_text or "@" in canonical_text or "/" in canonical_text:
        canonical_text = _SWAPPED.sub(" ", canonical_text[: 4 * _MOST])
    return _NOT_LETTER.sub("", canonical_text)[:_MOST]


def equal_values(one: str, other: str) -> int:
    """How many of the sixteen values of two fingerprints are equal."""
    if one == other:
        return VALUES
    pairs = zip(array("H", bytes.fromhex(one)), array("H", bytes.fromhex(other)), strict=True)
    return sum(a == b for a, b in pairs)


def bands_of(values: str) -> tuple[int, ...]:
    """The bands of a stored fingerprint: the four that are looked up and the four behind them."""
    return tuple(array("i", bytes.fromhex(values)))


def _spread(least: np.ndarray) -> np.ndarray:
    """The smallest of many hashes is a small number; mixed again, its top bits tell texts apart."""
    mixed = (least ^ (least >> _HALF)) * _SPREAD
    return (mixed >> _TOP).astype(np.uint16)


def _is_chinese(core: str) -> bool:
    return not core.isascii() and 3 * len(_CHINESE.findall(core)) > len(core)
