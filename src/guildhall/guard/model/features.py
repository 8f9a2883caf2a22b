"""Features of a text: numbers for its stretches of one to four characters, its words and pairs of words.

Every stretch is hashed into one of 2**BITS places by a rolling hash over code points, all of them at once in
numpy, so a text of any language costs the same few array operations. Digits count as the same digit: what
matters of a phone number or an address is its shape.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

BITS = 18
"""Features live in 2**BITS places."""

LONGEST = 4
"""Stretches are one to this many characters."""

LAYOUT = 1
"""Changes whenever the same text would get other features: a model knows the layout it was trained on."""

_MULTIPLIER = 0x9E3779B97F4A7C15
_MIX = np.uint64(0xD6E8FEB86659FD93)
_FULL = (1 << 64) - 1
_FOLD = np.uint64(32)
_SHIFT = np.uint64(64 - BITS)
_ONE = np.uint64(1)
_ZERO_DIGIT = np.uint64(48)
_BLANK = np.uint64(32)
_PAIR = np.uint64(991)
_WORD = np.uint64(77_777)
_SALTS = [np.uint64(n * 0x1000193) for n in range(LONGEST + 1)]

OTHER, SPACE, LATIN, CYRILLIC, HAN, DIGIT, EMOJI, LETTER = range(8)
"""Kinds of characters."""

_HIGHEST = 0x1FFFF

Ids = NDArray[np.int64]


def ids(text: str) -> Ids:
    """The places of a canonical text's features, each once, ascending; never empty."""
    found = _hashed(_codes(text))[0]
    found.sort()
    return found[np.concatenate((_FIRST, found[1:] != found[:-1]))]


def ids_of(texts: Sequence[str]) -> list[Ids]:
    """`ids` of many texts at once: the same arrays for a quarter of the time."""
    if not texts:
        return []
    lengths = np.array([len(text) + 2 for text in texts])
    codes = _codes("".join([f" {text} " for text in texts]))
    owner = np.repeat(np.arange(len(texts)), lengths)
    kinds = _kinds()[np.minimum(codes, _HIGHEST)]
    letters = codes.astype(np.uint64)
    letters[kinds == DIGIT] = _ZERO_DIGIT
    letters += _ONE
    powers, inverse = _powers(len(codes) + 1)
    sums = np.zeros(len(codes) + 1, np.uint64)
    np.cumsum(letters * powers[: len(codes)], out=sums[1:])
    parts, owners = [], []
    for n in range(1, min(LONGEST, len(codes)) + 1):
        whole = owner[: len(owner) - n + 1] == owner[n - 1 :]
        hashed = (sums[n:] - sums[:-n]) * inverse[: len(codes) - n + 1] + np.uint64(n * 0x1000193)
        parts.append(hashed[whole])
        owners.append(owner[: len(owner) - n + 1][whole])
    inside = _is_in_word()[kinds]
    edges = np.flatnonzero(inside[1:] != inside[:-1]) + 1
    if len(edges):
        begin, stop = edges[::2], edges[1::2]
        words, whose = (sums[stop] - sums[begin]) * inverse[begin], owner[begin]
        together = whose[1:] == whose[:-1]
        pairs = words[:-1] * _MIX + words[1:] + _PAIR
        parts += [words + _WORD, pairs[together]]
        owners += [whose, whose[1:][together]]
    hashed = np.concatenate(parts)
    hashed ^= hashed >> _FOLD
    hashed *= _MIX
    keys = (hashed >> _SHIFT).astype(np.int64) | (np.concatenate(owners) << BITS)
    keys.sort()
    keys = keys[np.concatenate((_FIRST, keys[1:] != keys[:-1]))]
    cuts = np.searchsorted(keys, np.arange(1, len(texts)) << BITS)
    return np.split(keys & ((1 << BITS) - 1), cuts)


def stretches(text: str) -> list[Ids]:
    """Places of the stretches of one, two, ... characters, each in the order of the text between two blanks
    of our own.
    """
    found, _ = _hashed(_codes(text))
    length = len(text) + 2
    out = []
    at = 0
    for n in range(1, min(LONGEST, length) + 1):
        out.append(found[at : at + length - n + 1])
        at += length - n + 1
    return out


def script(text: str) -> str:
    """The language a text is treated as, told from its letters alone: zh, ru, en (Latin letters, or none) or
    other. A Han character says as much as three letters, and kana among them means Japanese.
    """
    if text.isascii():
        return "en"
    counts = np.bincount(_kinds().take(_codes(text), mode="clip"), minlength=8).tolist()
    han, cyrillic, latin, other = 3 * counts[HAN], counts[CYRILLIC], counts[LATIN], counts[LETTER]
    most = max(han, cyrillic, latin, other)
    if most == other > 0 or (most == han and 5 * other > counts[HAN]):
        return "other"
    if most == han > 0:
        return "zh"
    return "ru" if most == cyrillic > 0 else "en"


def _codes(text: str) -> NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)


def _hashed(codes: NDArray[np.uint32]) -> tuple[Ids, NDArray[np.int64]]:
    """Places of all stretches, then of words and pairs of words; and the edges of the words."""
    length = len(codes) + 2
    powers, inverse = _powers(length + 1)
    padded = np.empty(length, np.uint64)
    padded[0] = padded[-1] = _BLANK
    padded[1:-1] = codes
    kinds = _kinds().take(padded, mode="clip")
    padded[kinds == DIGIT] = _ZERO_DIGIT
    padded += _ONE
    padded *= powers[:length]
    sums = np.empty(length + 1, np.uint64)
    sums[0] = 0
    padded.cumsum(out=sums[1:])
    parts = []
    for n in range(1, min(LONGEST, length) + 1):
        stretch = sums[n:] - sums[:-n]
        stretch *= inverse[: length - n + 1]
        stretch += _SALTS[n]
        parts.append(stretch)
    inside = _is_in_word().take(kinds)
    edges = (inside[1:] != inside[:-1]).nonzero()[0]
    if len(edges):
        edges += 1
        at = sums.take(edges)
        words = at[1::2] - at[::2]
        words *= inverse.take(edges[::2])
        pairs = words[:-1] * _MIX
        pairs += words[1:]
        pairs += _PAIR
        words += _WORD
        parts += [words, pairs]
    hashed = np.concatenate(parts)
    hashed ^= hashed >> _FOLD
    hashed *= _MIX
    hashed >>= _SHIFT
    return hashed.view(np.int64), edges


_FIRST = np.ones(1, np.bool_)


class _Powers:
    """Powers of the multiplier and of its inverse modulo 2**64, made longer when a longer text comes."""

    def __init__(self) -> None:
        self.up = np.ones(0, np.uint64)
        self.down = self.up

    def grow(self, length: int) -> None:
        inverse = pow(_MULTIPLIER, -1, 1 << 64)
        self.up, self.down = _progression(_MULTIPLIER, length), _progression(inverse, length)


_POWERS = _Powers()


def _powers(length: int) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    if len(_POWERS.up) < length:
        _POWERS.grow(max(2 * length, 4_096))
    return _POWERS.up, _POWERS.down


def _progression(base: int, length: int) -> NDArray[np.uint64]:
    out = np.empty(length, np.uint64)
    value = 1
    for i in range(length):
        out[i] = value
        value = value * base & _FULL
    return out


@lru_cache(maxsize=1)
def _kinds() -> NDArray[np.uint8]:
    """The kind of every code point up to _HIGHEST."""
    kinds = np.zeros(_HIGHEST + 1, np.uint8)
    for code in range(0x2E80):
        char = chr(code)
        if char.isspace():
            kinds[code] = SPACE
        elif char.isdigit():
            kinds[code] = DIGIT
        elif char.isalpha():
            kinds[code] = LETTER
    kinds[:0x250][kinds[:0x250] == LETTER] = LATIN
    kinds[0x400:0x530][kinds[0x400:0x530] == LETTER] = CYRILLIC
    kinds[0x2190:0x2C00] = EMOJI
    kinds[0x2E80:0x3000] = HAN
    kinds[0x3040:0x3100] = LETTER
    kinds[0x3400:0xA000] = HAN
    kinds[0xA000:0xD800] = LETTER
    kinds[0xF900:0xFB00] = HAN
    kinds[0x1F000:0x1FB00] = EMOJI
    return kinds


@lru_cache(maxsize=1)
def _is_in_word() -> NDArray[Any]:
    table = np.zeros(8, np.bool_)
    table[[LATIN, CYRILLIC, DIGIT, LETTER]] = True
    return table
