"""Canonical text: what a message says once disguises are taken off, with a way back to the original code
points.

Folds compatibility forms, case, Latin accents and traditional characters, drops invisible and bidirectional
controls, repairs words that borrow letters from another alphabet, and joins spaced-out letters. It is for
matching only and never shown. Honest mixed-script text (a Russian sentence with a ticker, Chinese with a
product name) keeps its letters: only single words that mix alphabets are repaired.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b

from guildhall.guard.alphabets import LATIN_TO_CYRILLIC, LEET, LEET_WORDS, TO_LATIN, fold_table
from guildhall.guard.types import Span

VERSION = 1
"""Goes up when the same text would come out otherwise; a text model knows the one it was trained on."""

HEAD = 12_000
TAIL = 4_000
"""Longer texts are judged by their first HEAD and last TAIL code points, so that time stays bounded."""

_CACHED_UP_TO = 2_000
_HASH_FROM = 12

_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U000e0000-\U000e0fff\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"
)
_HIDDEN_IN_WORD = re.compile(
    "(?<=[a-zA-Z\u0400-\u052f\u4e00-\u9fff])[\u00ad\u034f\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]+"
    "(?=[a-zA-Z\u0400-\u052f\u4e00-\u9fff])"
)
_MARK = re.compile("[\u0300-\u036f]")
_CLUSTER = re.compile("[^\u0300-\u036f][\u0300-\u036f]+")
_LETTERS = re.compile(r"[^\W\d_]+")
_BORROWING = re.compile("[a-z][\u0370-\u058f\u13a0-\u13ff]|[\u0370-\u058f\u13a0-\u13ff][a-z]")
_LOOK_ALIKE = re.compile("[\u0370-\u058f\u13a0-\u13ff]")
_CYRILLIC = re.compile("[\u0400-\u052f]")
_LATIN = re.compile("[a-z]")
_GAP = r"[ .\-_*\u00b7|/~]{1,2}"
_SPACED = re.compile(
    rf"(?P<run>(?<![^\W_])[a-z\u0400-\u052f](?:{_GAP}[a-z\u0400-\u052f](?![^\W_])){{3,40}}"
    r"|(?<![\u4e00-\u9fff])[\u4e00-\u9fff]"
    r"(?:[ *_|/~+\-\u00b7]{1,2}[\u4e00-\u9fff](?![\u4e00-\u9fff])){2,40})"
    r"| {2,}"
)
_SPACED_HINT = re.compile(
    r"(?:^|[ .\-_*\u00b7|/~])[a-z\u0400-\u052f][ .\-_*\u00b7|/~]{1,2}[a-z\u0400-\u052f][ .\-_*\u00b7|/~]"
    r"|[\u4e00-\u9fff][ *_|/~+\-\u00b7]{1,2}[\u4e00-\u9fff][ *_|/~+\-\u00b7]"
)
_SPELLED_OUT = re.compile(" +")
_SEPARATOR = re.compile(r"[ .\-_*\u00b7|/~+]+")
_LEET_SIGN = re.compile("[013457@$]")
_LEET_HINT = re.compile(r"[a-z][013457@$][a-z]|(?<![\w@$])[013457@$][a-z]{3}|[a-z]{3}[013457$](?!\w)")
_LEET_INSIDE = re.compile(r"[a-z][013457@$]+[a-z]")
_LEET_THROUGHOUT = 4
_LEET_WORD = re.compile(r"(?<![\w@$])[a-z013457@$]{4,20}(?![\w@$])")
_NOT_WORD = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Canonical:
    """`starts[i]` is the original index of canonical code point i; None when nothing moved.

    `spelled_out`: nearly every letter stood alone. `borrowed` are canonical spans of words that mixed
    alphabets, `hidden` original spans of invisible characters inside words.
    """

    text: str
    length: int
    starts: Sequence[int] | None = None
    borrowed: tuple[Span, ...] = ()
    hidden: tuple[Span, ...] = ()
    spelled_out: bool = False

    def original(self, start: int, end: int) -> Span:
        """The original span behind canonical [start, end); never empty, never outside the original."""
        if self.starts is None:
            return (start, end)
        return (self.starts[start], self.starts[end - 1] + 1)


def canonical(text: str) -> Canonical:
    """The canonical form of `text`. Pure, total, and linear in at most HEAD + TAIL code points."""
    if len(text) <= _CACHED_UP_TO:
        return _cached(text)
    return _canonical(text)


def text_hash(text: str) -> str:
    """16 hex digits that are equal for texts with the same canonical letters and digits; "" below 12 of
    them.
    """
    core = letters(canonical(text).text)
    if len(core) < _HASH_FROM:
        return ""
    return blake2b(core.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def letters(canonical_text: str) -> str:
    """Canonical text without blanks and signs."""
    return _NOT_WORD.sub("", canonical_text)


def _canonical(text: str) -> Canonical:
    length = len(text)
    starts: list[int] | None = None
    if length > HEAD + TAIL:
        starts = [*range(HEAD + 1), *range(length - TAIL, length)]
        text = f"{text[:HEAD]} {text[-TAIL:]}"
    hidden: tuple[Span, ...] = ()
    if text.isascii():
        folded = text.lower().replace("\n", " ").replace("\t", " ")
        if _INVISIBLE.search(folded):
            folded, starts = _drop(folded, starts)
    else:
        hidden = tuple(m.span() for m in _HIDDEN_IN_WORD.finditer(text))
        if hidden and starts is not None:
            hidden = tuple((starts[a], starts[b - 1] + 1) for a, b in hidden)
        folded, starts = _fold(text, starts)
    borrowed: list[Span] = []
    if _LOOK_ALIKE.search(folded) and _BORROWING.search(folded):
        folded, borrowed = _repair_borrowed(folded)
    if _LEET_SIGN.search(folded) and _LEET_HINT.search(folded):
        many = len(_LEET_INSIDE.findall(folded)) >= _LEET_THROUGHOUT
        folded = _LEET_WORD.sub(_unleet_all if many else _unleet, folded)
    spelled_out = False
    if "  " in folded or _SPACED_HINT.search(folded):
        spelled_out = _is_spelled_out(folded)
        folded, starts, borrowed = _join_spaced(folded, starts, borrowed, spelled_out)
    return Canonical(folded, length, starts, tuple(borrowed), hidden, spelled_out)


_cached = lru_cache(maxsize=2048)(_canonical)


class _Fold(dict[int, str]):
    """A translate table that learns: unknown code points are folded by NFKC on first sight (the table stays
    bounded).
    """

    def __missing__(self, code: int) -> str:
        char = chr(code)
        folded = _fold_char(char)
        if len(self) < 60_000:
            self[code] = folded
        return folded


def _fold_char(char: str) -> str:
    if _INVISIBLE.match(char) or _MARK.match(char):
        return ""
    out = []
    for c in unicodedata.normalize("NFKC", char).lower():
        if _INVISIBLE.match(c) or _MARK.match(c):
            continue
        base = unicodedata.normalize("NFD", c)
        plain = base[0] if len(base) > 1 and "a" <= base[0] <= "z" else c
        out.append(_SINGLES.get(ord(plain), plain))
    folded = "".join(out)
    return " " if folded.isspace() else folded


_SINGLES = fold_table()
_FOLD = _Fold()


def _fold(text: str, starts: list[int] | None) -> tuple[str, list[int] | None]:
    if _MARK.search(text):
        text, starts = _compose(text, starts)
    folded = text.translate(_FOLD)
    if len(folded) == len(text) and not _INVISIBLE.search(text):
        return folded, starts
    moved: list[int] = []
    for i, char in enumerate(text):
        origin = i if starts is None else starts[i]
        width = len(_FOLD[ord(char)])
        if width == 1:
            moved.append(origin)
        elif width:
            moved.extend([origin] * width)
    return folded, moved


def _compose(text: str, starts: list[int] | None) -> tuple[str, list[int]]:
    """Letters with combining marks become one code point each: the composed letter, else the bare one."""
    pieces: list[str] = []
    moved: list[int] = []
    at = 0
    origin = range(len(text)) if starts is None else starts
    for match in _CLUSTER.finditer(text):
        start, end = match.span()
        pieces.append(text[at:start])
        moved.extend(origin[at:start])
        composed = unicodedata.normalize("NFC", text[start : min(end, start + 4)])
        pieces.append(composed[0])
        moved.append(origin[start])
        at = end
    pieces.append(text[at:])
    moved.extend(origin[at:])
    return "".join(pieces), moved


def _drop(text: str, starts: list[int] | None) -> tuple[str, list[int]]:
    origin = range(len(text)) if starts is None else starts
    moved = [origin[i] for i, char in enumerate(text) if not _INVISIBLE.match(char)]
    return _INVISIBLE.sub("", text), moved


def _repair_borrowed(text: str) -> tuple[str, list[Span]]:
    """Words that mix alphabets, rewritten in the alphabet they imitate when every foreign letter is a
    look-alike.
    """
    mostly_cyrillic = len(_CYRILLIC.findall(text)) > len(_LATIN.findall(text))
    pieces: list[str] = []
    spans: list[Span] = []
    at = 0
    for match in _LETTERS.finditer(text):
        word = match.group()
        if word.isascii():
            continue
        repaired = _imitated(word, mostly_cyrillic)
        if repaired is None:
            continue
        start, end = match.span()
        pieces += (text[at:start], repaired)
        spans.append((start, end))
        at = end
    pieces.append(text[at:])
    return "".join(pieces), spans


def _imitated(word: str, mostly_cyrillic: bool) -> str | None:
    latin = sum("a" <= c <= "z" for c in word)
    if not latin:
        if mostly_cyrillic or len(word) < 3:
            return None
        as_latin = word.translate(TO_LATIN)
        return as_latin if as_latin.isascii() else None
    as_latin = word.translate(TO_LATIN)
    if as_latin.isascii() and not mostly_cyrillic:
        return as_latin
    if _CYRILLIC.search(word):
        as_cyrillic = word.translate(LATIN_TO_CYRILLIC)
        if not _LATIN.search(as_cyrillic):
            return as_cyrillic
    return as_latin if as_latin.isascii() else None


def _unleet(match: re.Match[str]) -> str:
    word = match.group()
    plain = word.translate(LEET)
    return plain if plain in LEET_WORDS else word


def _unleet_all(match: re.Match[str]) -> str:
    word = match.group()
    return word if word.isdigit() else word.translate(LEET)


def _is_spelled_out(text: str) -> bool:
    """Whether the message as a whole is written letter by letter."""
    parts = text.split()
    alone = sum(len(part) == 1 and part.isalnum() for part in parts)
    return alone >= 16 and alone >= 0.6 * len(parts)


def _join_spaced(
    text: str, starts: list[int] | None, borrowed: list[Span], spelled_out: bool
) -> tuple[str, list[int], list[Span]]:
    """ "s e e d" becomes "seed" and runs of blanks one blank; borrowed spans follow their letters."""
    origin = range(len(text)) if starts is None else starts
    pieces: list[str] = []
    moved: list[int] = []
    cuts: list[tuple[int, int]] = []
    at = 0

    def keep(start: int, end: int) -> None:
        pieces.append(text[start:end])
        moved.extend(origin[start:end])

    def cut(start: int, end: int) -> None:
        nonlocal at
        keep(at, start)
        cuts.append((start, end))
        at = end

    for match in (_SPELLED_OUT if spelled_out else _SPACED).finditer(text):
        if spelled_out:
            # One blank is a gap between letters; more of them were a gap between words.
            cut(match.start() + (match.end() - match.start() > 1), match.end())
            continue
        if match["run"] is None:
            cut(match.start() + 1, match.end())
            continue
        for gap in _SEPARATOR.finditer(text, *match.span()):
            cut(*gap.span())
    keep(at, len(text))
    return "".join(pieces), moved, _shifted(borrowed, cuts)


def _shifted(spans: list[Span], cuts: list[tuple[int, int]]) -> list[Span]:
    out: list[Span] = []
    removed = 0
    index = 0
    for start, end in spans:
        while index < len(cuts) and cuts[index][0] < start:
            removed += cuts[index][1] - cuts[index][0]
            index += 1
        out.append((start - removed, end - removed))
    return out
