"""The words of a house compiled once: plain words by Aho-Corasick, globs and patterns by RE2, both linear in
the text. Pure.

Words are looked for in canonical text (see `canonical`), so that disguises do not help; a word of an
alphabet stands only between other signs than letters, a Chinese one anywhere. A pattern that would be too
large for RE2 is refused when the policy is read, never met when a message is judged.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import ahocorasick
import re2

from guildhall.core.text import Text
from guildhall.guard.canonical import canonical
from guildhall.guard.types import HouseWord, Span

MOST_STEPS = 2_000
"""Instructions of a compiled pattern at most: what one code point of a text can cost."""
_MOST_FOUND = 50
_MOST_SPANS = 5
_GLOB = re.compile(r"(\\[*?]|\*\*|\*|\?)")
_WILD = frozenset(("*", "**", "?"))
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\U00020000-\U0003ffff]"
)


@dataclass(frozen=True, slots=True)
class Found:
    """A word of the house in a text; spans are canonical, half-open."""

    word: HouseWord
    spans: tuple[Span, ...]


class Vocabulary:
    """House words ready to be looked for."""

    def __init__(self, words: Iterable[HouseWord]) -> None:
        self._words = tuple(words)
        plain: dict[str, list[int]] = {}
        self._globs: dict[int, Any] = {}
        self._patterns: dict[int, Any] = {}
        for number, word in enumerate(self._words):
            if word.kind == "word":
                plain.setdefault(folded(word.text), []).append(number)
                continue
            compiled_word = _compile(word)
            key = _longest_piece(word.text) if word.kind == "glob" else ""
            if key:
                self._globs[number] = compiled_word
                plain.setdefault(key, []).append(number)
            else:
                self._patterns[number] = compiled_word
        self._automaton: Any = None
        if plain:
            self._automaton = ahocorasick.Automaton()
            for text, numbers in plain.items():
                self._automaton.add_word(text, (len(text), tuple(numbers)))
            self._automaton.make_automaton()

    def __len__(self) -> int:
        return len(self._words)

    def find(self, text: str) -> list[Found]:
        """The words that stand in a canonical text, each once, in the order of the policy; at most 50."""
        spans: dict[int, list[Span]] = {}
        globs: set[int] = set()
        if self._automaton is not None:
            for last, (length, numbers) in self._automaton.iter(text):
                start, end = last + 1 - length, last + 1
                for number in numbers:
                    if number in self._globs:
                        globs.add(number)
                    elif _stands_alone(text, start, end):
                        held = spans.setdefault(number, [])
                        if len(held) < _MOST_SPANS:
                            held.append((start, end))
                if len(spans) >= _MOST_FOUND:
                    break
        for number in globs:
            _search(self._globs[number], self._words[number], text, number, spans)
        for number, pattern in self._patterns.items():
            _search(pattern, self._words[number], text, number, spans)
        return [Found(self._words[number], tuple(spans[number])) for number in sorted(spans)[:_MOST_FOUND]]


@lru_cache(maxsize=8)
def compiled(words: tuple[HouseWord, ...]) -> Vocabulary:
    """The words of a policy ready to be looked for; kept, since a policy is read more often than changed."""
    return Vocabulary(words)


def problem(word: HouseWord) -> Text | None:
    """Why a word cannot be looked for, or None."""
    if word.kind == "word":
        return None if folded(word.text) else _EMPTY
    if word.kind == "glob" and not _longest_piece(word.text):
        return _EMPTY
    try:
        pattern = _compile(word)
    except re2.error as error:
        said = error.args[0] if error.args else ""
        why = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
        return Text(f"is refused by RE2: {why}", f"RE2 不接受：{why}")
    if pattern.programsize > MOST_STEPS:
        return Text("is too large; repeat less", "过大，请减少重复次数")
    if pattern.search("") is not None:
        return Text("would find every message", "会匹配所有消息")
    return None


def folded(text: str) -> str:
    """A word as it stands in canonical text."""
    return canonical(text).text.strip()


def _stands_alone(
    text: str, start: int, end: int, open_before: bool = False, open_after: bool = False
) -> bool:
    """Whether no letter goes on where the word begins and ends; an open end of a glob may go on."""
    goes_on_before = start > 0 and _is_letter(text[start]) and _is_letter(text[start - 1])
    goes_on_after = end < len(text) and _is_letter(text[end - 1]) and _is_letter(text[end])
    return (open_before or not goes_on_before) and (open_after or not goes_on_after)


def _is_letter(char: str) -> bool:
    """A letter of a script that sets blanks between words, or a digit."""
    return (char.isalnum() or char == "_") and not _UNSPACED.match(char)


def _search(pattern: Any, word: HouseWord, text: str, number: int, spans: dict[int, list[Span]]) -> None:
    open_at = word.text[:1] in "*?", word.text[-1:] in "*?"
    held: list[Span] = []
    for match in pattern.finditer(text):
        start, end = match.span()
        if start < end and (word.kind == "pattern" or _stands_alone(text, start, end, *open_at)):
            held.append((start, end))
        if len(held) >= _MOST_SPANS:
            break
    if held:
        spans[number] = held


def _compile(word: HouseWord) -> Any:
    options = re2.Options()
    options.log_errors = False
    options.case_sensitive = False
    source = _glob(word.text) if word.kind == "glob" else _plain_letters(word.text)
    return re2.compile(source, options)


def _plain_letters(pattern: str) -> str:
    """A pattern with its Chinese characters as canonical text has them (simplified)."""
    return "".join(folded(char) or char if char >= "\u3400" else char for char in pattern)


def _glob(text: str) -> str:
    """`*` is any run without blanks, `**` any run at all, `?` one sign, a backslash takes that meaning away;
    the whole stands between words.
    """
    pieces = []
    for piece in _GLOB.split(text):
        match piece:
            case "":
                continue
            case "**":
                pieces.append(".*?")
            case "*":
                pieces.append(r"\S*?")
            case "?":
                pieces.append(r"\S")
            case r"\*" | r"\?":
                pieces.append(piece)
            case _:
                pieces.append(re2.escape(_kept(piece)))
    before = r"\b" if text[0].isascii() and _is_letter(text[0]) else ""
    after = r"\b" if text[-1].isascii() and _is_letter(text[-1]) else ""
    return f"{before}{''.join(pieces)}{after}"


def _kept(piece: str) -> str:
    """A piece of a glob folded, with the blanks at its ends."""
    core = folded(piece)
    if not core:
        return piece
    return (" " if piece[0].isspace() else "") + core + (" " if piece[-1].isspace() else "")


def _longest_piece(glob: str) -> str:
    return max((folded(piece.lstrip("\\")) for piece in _GLOB.split(glob) if piece not in _WILD), key=len)


_EMPTY = Text("has no letters or signs to look for", "没有可匹配的字符")
