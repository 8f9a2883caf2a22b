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
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from guildhall.core.text import Text
from guildhall.desk import linting_words as words

LONGEST_REACH = 90
"""So many code points a word of asking reaches."""
_NEAR = 120


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
    return re.compile("|".join(f"(?:{one})" for one in patterns), re.IGNORECASE | re.ASCII)


_ASK, _ASK_AFTER, _NO = _any(words.ASKING), _any(words.ASKING_AFTER), _any(words.WARNING)
_NEVER, _OWN = _any(words.ALWAYS_WARNING), _any(words.BY_THEMSELVES)
_ENTER, _IN_THE_APP = _any(words.ENTERING), _any(words.IN_THE_APP)
_WHAT = [(name, label, _any(patterns)) for name, label, patterns in words.SECRETS]
_LAST_FOUR = re.compile(
    r"(?i)\blast\s+(?:four|4|two|2|six|6)|(?:后|末|尾)(?:四|4|两|2|六|6)位|\bfirst\s+(?:six|6|four|4)"
)
_ALIKE = dict(
    zip(
        "\u2019\u2018\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0455\u0458\u0501\u043a\u043c\u0442\u0432\u043d\u04bb\u051d"
        "\u03b1\u03b5\u03b9\u03ba\u03bd\u03bf\u03c1\u03c4\u03c5\u03c7\u03c9",
        "''aeopcyxisjdkmtbhhwaeikvoptuxw",
        strict=True,
    )
)
"""Quotes, and letters of Cyrillic and Greek that are taken for Latin ones."""
_UNSEEN = frozenset(
    [0xAD, 0x034F, 0x061C, 0x115F, 0x1160, 0x180E, 0x3164, 0xFEFF, 0xFFA0, *range(0x200B, 0x2010),
     *range(0x202A, 0x202F), *range(0x2060, 0x2070), *range(0xFE00, 0xFE10), *range(0xE0000, 0xE0200)]
)  # fmt: skip
_HAN = r"[\u3400-\u9fff]"
_SPREAD = re.compile(
    rf"(?<={_HAN})[ _*·|/-]{{1,3}}(?={_HAN})"
    r"|(?<![A-Za-z])(?:[A-Za-z][ ._*·|/-]{1,3}){3,}[A-Za-z](?![A-Za-z])"
)
"""A word drawn apart: `p a s s`, `密 码`."""


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
    """The text in plain letters without what nobody sees, and where each of its letters stood. Letters that
    look alike are one, blanks in a row are one, words drawn apart are put together.
    """
    letters: list[str] = []
    places: list[int] = []
    for place, char in enumerate(text):
        letter = char if char.isascii() else _letter(char)
        if not letter or (letter.isspace() and letters and letters[-1] == letter):
            continue
        letters.append(letter)
        places.append(place)
    spread = "".join(letters)
    gone = {
        at
        for found in _SPREAD.finditer(spread)
        for at in range(found.start(), found.end())
        if not spread[at].isalnum()
    }
    if not gone:
        return spread, places
    kept = [at for at in range(len(letters)) if at not in gone]
    return "".join(letters[at] for at in kept), [places[at] for at in kept]


def _letter(char: str) -> str:
    """A letter as it is read; nothing for one that nobody sees."""
    if ord(char) in _UNSEEN or unicodedata.combining(char):
        return ""
    alike = _ALIKE.get(char.lower())
    if alike is not None:
        return alike
    if char == "\u2800":
        return " "
    folded = unicodedata.normalize("NFKC", char)
    plain = unicodedata.normalize("NFKD", char)[:1]
    if len(folded) != 1 or (plain.isascii() and plain.isalpha()):
        return plain if plain.isascii() and plain.isalnum() else char
    return folded


def _clauses(text: str) -> Iterator[tuple[int, str]]:
    start = 0
    for match in _CLAUSES.finditer(text):
        yield start, text[start : match.start()]
        start = match.end()
    yield start, text[start:]


def _in_clause(clause: str) -> Iterator[tuple[str, Text, int, int, str]]:
    """(secret, what it is called, begin, end, its words): at most one of each secret."""
    found = [(name, label, list(pattern.finditer(clause))) for name, label, pattern in _WHAT]
    if not any(secrets for _name, _label, secrets in found):
        return
    read = _Clause(clause)
    for name, label, secrets in found:
        if name == "card" and _LAST_FOUR.search(clause):
            continue
        for secret in secrets:
            asked = read.asks(secret, name)
            if asked is not None:
                yield name, label, min(asked, secret.start()), secret.end(), secret[0].strip()
                break


class _Clause:
    """A clause that names a secret: its words of asking and of warning, each looked for once."""

    def __init__(self, clause: str) -> None:
        self.clause = clause
        self._asking = [match.span() for match in _ASK.finditer(clause)]
        self._asking_from = [start for start, _end in self._asking]
        self._warning = [match.span() for match in _NO.finditer(clause)]
        self._warning_from = [start for start, _end in self._warning]
        self._parts = [match.end() for match in _PARTS.finditer(clause)]
        never = _NEVER.search(clause)
        self._never = never.end() if never is not None else len(clause) + 1

    def asks(self, secret: re.Match[str], name: str) -> int | None:
        """Where the clause begins to ask for this secret; None when it does not, or warns of it."""
        start, end = secret.span()
        if self._never <= start:
            return None
        if name != "remote" and self._by_themselves(start, end):
            return None
        first = bisect_left(self._asking_from, start - LONGEST_REACH)
        for begins, ends in self._asking[first:]:
            if ends > start:
                break
            part = bisect_right(self._parts, begins)
            if not self._warns(self._parts[part - 1] if part else 0, start):
                return begins
        after = _ASK_AFTER.match(self.clause, end)
        return start if after is not None and not self._warns(0, start) else None

    def _by_themselves(self, start: int, end: int) -> bool:
        near = self.clause[max(0, start - _NEAR) : start]
        if _OWN.search(near):
            return True
        return bool(_ENTER.search(near) and _IN_THE_APP.match(self.clause, end))

    def _warns(self, low: int, high: int) -> bool:
        at = bisect_left(self._warning_from, low)
        return at < len(self._warning) and self._warning[at][1] <= high
