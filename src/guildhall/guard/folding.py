"""The first step of canonical text: every code point to what a reader takes it for, with where it came from.

Undoes right-to-left overrides, drops what cannot be seen, strips marks, and folds styled, enclosed and
compatibility letters and case. A text travels through these steps as (text, starts): `starts[i]` is the
original index of code point i, None while nothing has moved.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from guildhall.guard.alphabets import GREEK_CAPITALS, TURNED, UPSIDE_DOWN, fold_table
from guildhall.guard.lexicon import RUSSIAN_WORDS, WORDS
from guildhall.guard.types import Span

Edit = tuple[int, int, str]
"""Replace text[start:end] by a string."""

Starts = Sequence[int] | None

INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\u2800\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]"
)
_HIDDEN_IN_WORD = re.compile(
    "(?<=[a-zA-Z\u0400-\u052f\u4e00-\u9fff])[\u034f\u115f\u1160\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2800"
    "\u3164\ufeff\uffa0\U000e0020-\U000e007f]+(?=[a-zA-Z\u0400-\u052f\u4e00-\u9fff])"
)
_MARKS = "\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
_MARK = re.compile(f"[{_MARKS}]")
_CLUSTER = re.compile(f"[^{_MARKS}][{_MARKS}]+|^[{_MARKS}]+")
_FOREIGN_MARK = re.compile(
    "(?<=[A-Za-z])[\u0591-\u05bd\u05bf\u05c1\u05c2\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u0e31\u0e34-\u0e3a"
    "\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u093c\u0941-\u0948\u094d\u0f71-\u0f84\ua66f\ua670-\ua672]+"
)
_OVERRIDE = re.compile("\u202e([^\u202c\u202a\u202b\u202d\u202e\n]*)")
_TAGS = re.compile("(?<!\U0001f3f4)(?<![\U000e0020-\U000e007f])[\U000e0020-\U000e007e]{6,}")
_FLAGS = re.compile("[\U0001f1e6-\U0001f1ff]{2,}")
_TURNED = re.compile(f"[{''.join(TURNED)}]")
_HOW = "(?:SMALL |CAPITAL |LETTER |TURNED |REVERSED |SIDEWAYS |DOTLESS |INVERTED |BARRED |SCRIPT )*"
_NAMED = re.compile(
    "(?:|FULLWIDTH |PARENTHESIZED |SQUARED |CROSSED NEGATIVE SQUARED |NEGATIVE SQUARED |NEGATIVE CIRCLED "
    f"|CIRCLED ITALIC |TORTOISE SHELL BRACKETED )LATIN {_HOW}([A-Z])(?: WITH .*)?$"
)
_INDICATOR = "REGIONAL INDICATOR SYMBOL LETTER "
_SQUARED_WORD = re.compile(r"SQUARED ([A-Z]{2,5})$")
_WORD = re.compile("[a-z]{2,}|[\u0430-\u044f]{2,}")
_KEEP_MARK = frozenset("йїў")


class _Fold(dict[int, str]):
    """A translate table that learns: unknown code points are folded on first sight (the table stays
    bounded).
    """

    def __missing__(self, code: int) -> str:
        folded = _fold_char(chr(code))
        if len(self) < 60_000:
            self[code] = folded
        return folded


_SINGLES = fold_table()


def _fold_char(char: str) -> str:
    if INVISIBLE.match(char) or _MARK.match(char):
        return ""
    if char in GREEK_CAPITALS:
        return char
    known = _SINGLES.get(ord(char))
    if known is not None:
        return known
    named = _by_name(char)
    if named:
        return named
    large = char.upper()
    if len(large) == 1 and ord(large) in _SINGLES:
        return _SINGLES[ord(large)]
    out = []
    for c in unicodedata.normalize("NFKC", char).lower():
        if INVISIBLE.match(c) or _MARK.match(c):
            continue
        out.append(_plain(c))
    folded = "".join(out)
    return " " if folded.isspace() else folded


def _plain(char: str) -> str:
    known = _SINGLES.get(ord(char))
    if known is not None:
        return known
    if char.isascii() or "\u2e80" <= char <= "\ud7ff":
        return char
    if char not in _KEEP_MARK:
        base = unicodedata.normalize("NFD", char)
        if len(base) > 1 and ("a" <= base[0] <= "z" or "\u0370" <= base[0] <= "\u052f"):
            return base[0]
    if unicodedata.category(char) == "Nd":
        return str(unicodedata.digit(char)) if char not in "๒๔๓" else char
    return _by_name(char) or char


def _by_name(char: str) -> str:
    if char.isascii():
        return ""
    name = unicodedata.name(char, "")
    if name.startswith(_INDICATOR):
        return name[-1].lower()
    found = _NAMED.match(name)
    if found is not None:
        return found[1].lower()
    if "\U0001f190" <= char <= "\U0001f1ac":
        squared = _SQUARED_WORD.match(name)
        return squared[1].lower() if squared else ""
    return ""


_FOLD = _Fold()


def edited(text: str, starts: Starts, edits: Sequence[Edit]) -> tuple[str, list[int]]:
    """The text with replacements made (in order, not overlapping); each new code point keeps the place of
    the one it stands for.
    """
    origin: Sequence[int] = range(len(text)) if starts is None else starts
    pieces: list[str] = []
    moved: list[int] = []
    at = 0
    for start, end, new in edits:
        pieces += (text[at:start], new)
        moved.extend(origin[at:start])
        width = end - start
        if len(new) == width:
            moved.extend(origin[start:end])
        elif width:
            moved.extend(origin[start + min(i, width - 1)] for i in range(len(new)))
        elif new:
            moved.extend([origin[min(start, len(origin) - 1)]] * len(new))
        at = end
    pieces.append(text[at:])
    moved.extend(origin[at:])
    return "".join(pieces), moved


def fold(text: str, starts: Starts) -> tuple[str, Starts, tuple[Span, ...], bool]:
    """Folded text, where it came from, original spans of what was hidden in words, and whether any stretch
    was turned round.
    """
    if text.isascii():
        folded = text.lower().replace("\n", " ").replace("\t", " ")
        if not folded.isprintable() and INVISIBLE.search(folded):
            folded, starts = _drop(folded, starts)
        return folded, starts, (), False
    hidden: tuple[Span, ...] = ()
    turned = False
    if not text.isprintable():
        hidden = tuple(m.span() for m in _HIDDEN_IN_WORD.finditer(text))
        if hidden and starts is not None:
            hidden = tuple((starts[a], starts[b - 1] + 1) for a, b in hidden)
        if hidden_words := _tagged(text):
            text, starts = edited(text, starts, hidden_words)
        if "\u202e" in text:
            text, starts, turned = _turn_overridden(text, starts)
    if len(_TURNED.findall(text)) >= 3 and _known(text.translate(UPSIDE_DOWN)[::-1]) > _known(
        text.translate(_FOLD)
    ):
        text, starts = _turn_upside_down(text, starts)
        turned = True
    if _FLAGS.search(text):
        text = _FLAGS.sub(_flags, text)
    if _FOREIGN_MARK.search(text):
        text, starts = edited(text, starts, [(*m.span(), "") for m in _FOREIGN_MARK.finditer(text)])
    if _MARK.search(text):
        text, starts = _compose(text, starts)
    folded = text.translate(_FOLD)
    if len(folded) == len(text) and not (INVISIBLE.search(text) or _MARK.search(text)):
        return folded, starts, hidden, turned
    moved: list[int] = []
    for i, char in enumerate(text):
        width = len(_FOLD[ord(char)])
        origin = i if starts is None else starts[i]
        if width == 1:
            moved.append(origin)
        elif width:
            moved.extend([origin] * width)
    return folded, moved, hidden, turned


def _tagged(text: str) -> list[Edit]:
    """Invisible tag characters that spell words are read as the letters they stand for."""
    if not _TAGS.search(text):
        return []
    out: list[Edit] = []
    for run in _TAGS.finditer(text):
        spelled = "".join(chr(ord(char) - 0xE0000) for char in run.group())
        if _known(spelled.lower()) >= 2:
            start, end = run.span()
            out += [(start, start, " "), (start, end, spelled), (end, end, " ")]
    return out


def _flags(match: re.Match[str]) -> str:
    """Flags stay signs; regional indicators that spell a word are letters."""
    run = match.group()
    letters = "".join(_FOLD[ord(char)] for char in run)
    return letters if len(run) % 2 or letters in WORDS and len(run) > 2 else "\u2691" * len(run)


def _turn_overridden(text: str, starts: Starts) -> tuple[str, list[int], bool]:
    origin: Sequence[int] = range(len(text)) if starts is None else starts
    pieces: list[str] = []
    moved: list[int] = []
    at = 0
    turned = False
    is_rare = text.count("\u202e") <= 2
    for match in _OVERRIDE.finditer(text):
        start, end = match.span(1)
        if not _reads_better_backwards(text[start:end], is_rare):
            continue
        pieces += (text[at:start], text[start:end][::-1])
        moved.extend(origin[at:start])
        moved.extend(reversed(origin[start:end]))
        turned = turned or end - start > 1
        at = end
    pieces.append(text[at:])
    moved.extend(origin[at:])
    return "".join(pieces), moved, turned


def _reads_better_backwards(text: str, is_rare: bool) -> bool:
    """An override shows text from right to left; noise that only carries one is left as it is."""
    ahead, back = _known(text), _known(text[::-1])
    return back > ahead or (back == ahead == 0 and is_rare and len(text) > 3)


def _known(text: str) -> int:
    return sum(word in WORDS or word in RUSSIAN_WORDS for word in _WORD.findall(text.lower()))


def _turn_upside_down(text: str, starts: Starts) -> tuple[str, list[int]]:
    origin: Sequence[int] = range(len(text)) if starts is None else starts
    return text.translate(UPSIDE_DOWN)[::-1], list(reversed(origin))


def _compose(text: str, starts: Starts) -> tuple[str, list[int]]:
    """Letters with combining marks become one code point each: the composed letter, else the bare one."""
    edits: list[Edit] = []
    for match in _CLUSTER.finditer(text):
        start, end = match.span()
        first = text[start]
        composed = (
            "" if _MARK.match(first) else unicodedata.normalize("NFC", text[start : min(end, start + 4)])[0]
        )
        edits.append((start, end, composed))
    return edited(text, starts, edits)


def _drop(text: str, starts: Starts) -> tuple[str, list[int]]:
    origin: Sequence[int] = range(len(text)) if starts is None else starts
    moved = [origin[i] for i, char in enumerate(text) if not INVISIBLE.match(char)]
    return INVISIBLE.sub("", text), moved
