"""Finds words by which one of ours would ask a member for a secret. Pure; English and Chinese.

Passwords, seed phrases, private keys, one-time codes, full card numbers and their CVV are asked for by
nobody, for any reason: a member who learns that we ask will one day be asked by a thief. What is refused is
asking: a word of asking that reaches a secret within one clause. Warning of it ("never share your seed
phrase") and sending somebody to change it on our own pages ("reset your password under Security") stay
possible.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from guildhall.core.text import Text
from guildhall.desk import linting_words as words

LONGEST_REACH = 90
"""So many code points a word of asking reaches."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One place in a text: code points from `start` to `end`, what it asks for, and why it cannot go."""

    start: int
    end: int
    secret: str
    why: Text


_CLAUSES = re.compile(r"[.!?;\n。！？；…]+|,\s*(?:but|and\s+then|then)\b|，(?:但|然后|然後)")
_PARTS = re.compile(r"[,，]|\b(?:and|then|but)\b|并且|並且|并|然后|但", re.IGNORECASE)


def _any(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{one})" for one in patterns), re.IGNORECASE)


_ASK, _ASK_AFTER, _NO = _any(words.ASKING), _any(words.ASKING_AFTER), _any(words.WARNING)
_NEVER, _OWN = _any(words.ALWAYS_WARNING), _any(words.BY_THEMSELVES)
_WHAT = [(name, label, _any(patterns)) for name, label, patterns in words.SECRETS]
_LAST_FOUR = re.compile(
    r"(?i)\blast\s+(?:four|4|two|2|six|6)|(?:后|末|尾)(?:四|4|两|2|六|6)位|\bfirst\s+(?:six|6|four|4)"
)
_QUOTES = {chr(0x2019): chr(39), chr(0x2018): chr(39)}
_UNSEEN = frozenset(
    [
        0xAD,
        0x034F,
        0x061C,
        0x180E,
        0xFEFF,
        *range(0x200B, 0x2010),
        *range(0x202A, 0x202F),
        *range(0x2060, 0x2070),
    ]
)


def check(text: str) -> list[Problem]:
    """Every place where a text asks for a secret, in order; none is what it should be."""
    plain, places = _plain(text)
    found: list[Problem] = []
    for start, clause in _clauses(plain):
        for secret, label, begin, end, said in _in_clause(clause):
            why = Text(
                f"Never ask a member for {label.en}: take “{said}” out.",
                f"不得向成员索取{label.zh}：请删除“{said}”。",
            )
            found.append(Problem(places[start + begin], places[start + end - 1] + 1, secret, why))
    return sorted(found, key=lambda one: one.start)


def _plain(text: str) -> tuple[str, list[int]]:
    """The text in plain letters without what nobody sees, and where each of its letters stood."""
    letters, places = [], []
    for place, char in enumerate(text):
        if ord(char) in _UNSEEN:
            continue
        folded = unicodedata.normalize("NFKC", char)
        letters.append(_QUOTES.get(char, folded if len(folded) == 1 else char))
        places.append(place)
    return "".join(letters), places


def _clauses(text: str) -> Iterator[tuple[int, str]]:
    start = 0
    for match in _CLAUSES.finditer(text):
        yield start, text[start : match.start()]
        start = match.end()
    yield start, text[start:]


def _in_clause(clause: str) -> Iterator[tuple[str, Text, int, int, str]]:
    """(secret, what it is called, begin, end, its words): at most one of each secret."""
    for name, label, pattern in _WHAT:
        for secret in pattern.finditer(clause):
            asked = _asks(clause, secret, name)
            if asked is not None:
                yield name, label, min(asked, secret.start()), secret.end(), secret[0].strip()
                break


def _asks(clause: str, secret: re.Match[str], name: str) -> int | None:
    """Where the clause begins to ask for this secret; None when it does not, or warns of it."""
    before = clause[: secret.start()]
    if name == "card" and _LAST_FOUR.search(clause):
        return None
    if _NEVER.search(before) or (name != "remote" and _OWN.search(before)):
        return None
    for asking in _ASK.finditer(before, max(0, len(before) - LONGEST_REACH)):
        parts = list(_PARTS.finditer(before, 0, asking.start()))
        if not _NO.search(before, parts[-1].end() if parts else 0):
            return asking.start()
    after = _ASK_AFTER.match(clause, secret.end())
    return secret.start() if after is not None and not _NO.search(before) else None
