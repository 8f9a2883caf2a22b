"""Finds concepts close to each other in canonical text: "give" + "your" + "seed phrase" within fifty
characters.

Concepts are lists of words (one Aho-Corasick pass finds all of them) or bounded regular expressions that
run only when the rest of a pattern is already there. Matching is linear in the text; nothing an attacker
writes makes it slower than that.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import ahocorasick

from guildhall.guard.types import Span

_NEAR = 30
"""How far around a find an `unless` concept still speaks for it, in characters."""

_MOST_HITS = 400
"""Finds of one concept that are looked at; a flood of them says nothing more."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """All concepts of `all_of` within `within` characters, no concept of `unless` near, one flag of `flags`
    if any are named.
    """

    id: str
    all_of: tuple[str, ...]
    within: int
    unless: tuple[str, ...] = ()
    flags: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Compiled:
    pattern: Pattern
    need: int
    words: tuple[int, ...]
    expressions: tuple[int, ...]
    unless: tuple[int, ...]


class Matcher:
    """Patterns compiled once. `words` may hold `*` (any ending of a word); `expressions` are lower-case
    regular expressions.

    `implied` names concepts whose sight alone raises a flag.
    """

    def __init__(
        self,
        words: Mapping[str, Sequence[str]],
        expressions: Mapping[str, str],
        patterns: Iterable[Pattern],
        implied: Mapping[str, str] | None = None,
    ) -> None:
        names = [*words, *expressions]
        number = {name: i for i, name in enumerate(names)}
        self._expressions = {number[name]: re.compile(source) for name, source in expressions.items()}
        self._automaton = _automaton({number[name]: entries for name, entries in words.items()})
        self._implied = [(1 << number[name], flag) for name, flag in (implied or {}).items()]
        self._patterns = [_compile(pattern, number, self._expressions) for pattern in patterns]

    def find(
        self, text: str, flags: frozenset[str]
    ) -> tuple[list[tuple[Pattern, tuple[Span, ...]]], frozenset[str]]:
        """Patterns that hold, each with canonical spans, and the flags with those that concepts raised."""
        hits: dict[int, list[Span]] = {}
        seen = 0
        length = len(text)
        for last, entries in self._automaton.iter(text):
            for concept, size, open_start, open_end, rest in entries:
                start = last + 1 - size
                end = last + 1
                if not open_start and start and _is_word(text[start - 1]):
                    continue
                if rest is not None:
                    match = rest.match(text, end)
                    if match is None:
                        continue
                    end = match.end()
                if not open_end and end < length and _is_word(text[end]):
                    continue
                found = hits.setdefault(concept, [])
                if len(found) < _MOST_HITS:
                    found.append((start, end))
                    seen |= 1 << concept
        flags = flags.union(flag for mask, flag in self._implied if seen & mask)
        out = []
        for item in self._patterns:
            if item.need & seen != item.need:
                continue
            if item.pattern.flags and not item.pattern.flags & flags:
                continue
            spans = self._locate(item, text, hits)
            if spans:
                out.append((item.pattern, spans))
        return out, flags

    def _locate(self, item: _Compiled, text: str, hits: dict[int, list[Span]]) -> tuple[Span, ...]:
        for concept in item.expressions:
            if concept not in hits:
                hits[concept] = _spans(self._expressions[concept], text)
            if not hits[concept]:
                return ()
        for concept in item.unless:
            if concept in self._expressions and concept not in hits:
                hits[concept] = _spans(self._expressions[concept], text)
        against = [span for concept in item.unless for span in hits.get(concept, ())]
        wanted = (*item.words, *item.expressions)
        for window in _windows([hits[concept] for concept in wanted], item.pattern.within):
            low = min(start for start, _ in window) - _NEAR
            high = max(end for _, end in window) + _NEAR
            if not any(start < high and end > low for start, end in against):
                return tuple(sorted(set(window)))
        return ()


def _compile(
    pattern: Pattern, number: Mapping[str, int], expressions: Mapping[int, re.Pattern[str]]
) -> _Compiled:
    concepts = [number[name] for name in pattern.all_of]
    words = tuple(concept for concept in concepts if concept not in expressions)
    need = 0
    for concept in words:
        need |= 1 << concept
    return _Compiled(
        pattern,
        need,
        words,
        tuple(concept for concept in concepts if concept in expressions),
        tuple(number[name] for name in pattern.unless),
    )


_Entry = tuple[int, int, bool, bool, re.Pattern[str] | None]
"""Concept, length of the literal, whether it may start and end inside a word, and what must follow it."""


def _automaton(words: Mapping[int, Sequence[str]]) -> ahocorasick.Automaton:
    entries: dict[str, list[_Entry]] = {}
    for concept, literals in words.items():
        for word in literals:
            literal, _, rest = word.partition("*")
            # Chinese has no blanks between words, so only alphabetic edges ask for a word boundary.
            open_start = not _is_word(literal[0])
            open_end = word.endswith("*") or not _is_word(word[-1])
            follows = None
            if rest:
                follows = re.compile(
                    r"\w{0,8}" + r"\w{0,8}".join(map(re.escape, rest.rstrip("*").split("*")))
                )
            entries.setdefault(literal, []).append((concept, len(literal), open_start, open_end, follows))
    automaton = ahocorasick.Automaton()
    for literal, values in entries.items():
        automaton.add_word(literal, tuple(values))
    automaton.make_automaton()
    return automaton


def _is_word(char: str) -> bool:
    """A letter or digit of a script that puts blanks between words."""
    return char.isalnum() and not "\u2e80" <= char <= "\u9fff"


def _spans(expression: re.Pattern[str], text: str) -> list[Span]:
    out = []
    for match in expression.finditer(text):
        out.append(match.span())
        if len(out) >= _MOST_HITS:
            break
    return out


def _windows(finds: Sequence[Sequence[Span]], within: int) -> Iterable[list[Span]]:
    """Groups of one span per concept that lie within `within` characters, from left to right; linear after
    sorting.
    """
    if len(finds) == 1:
        yield from ([span] for span in finds[0])
        return
    events = sorted((start, end, which) for which, spans in enumerate(finds) for start, end in spans)
    latest: dict[int, Span] = {}
    for start, end, which in events:
        latest[which] = (start, end)
        if len(latest) == len(finds):
            window = list(latest.values())
            if max(e for _, e in window) - min(s for s, _ in window) <= within:
                yield window
