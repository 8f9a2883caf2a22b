"""Finds promises that no promotional text may make, in English and Chinese, and leaves denials alone.

A phrase counts unless a denial or a warning stands shortly before it in the same clause, as in "no
guaranteed returns" or "警惕稳赚". Spans are half-open indices into the original, so that a screen can mark
the words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from guildhall.compliance.folding import fold, is_chinese
from guildhall.core.errors import BadInput
from guildhall.core.text import Text


@dataclass(frozen=True, slots=True)
class Claim:
    """One phrase that is refused (`forbid`) or needs a person's eyes (`review`); regions empty =
    everywhere."""

    id: str
    phrase: str
    source: str
    severity: str
    regions: frozenset[str]
    not_after: tuple[str, ...]
    not_before: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ClaimBook:
    """All phrases of one file and the words that turn them round; `version` names the file."""

    version: int | str
    claims: tuple[Claim, ...]
    sources: Mapping[str, str]
    negations: Mapping[str, tuple[str, ...]]
    adjacent: Mapping[str, tuple[str, ...]]
    not_negations: Mapping[str, tuple[str, ...]]
    warnings: Mapping[str, tuple[str, ...]]
    window: Mapping[str, int]
    pattern: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Finding:
    """A claim found at [start, end) of the original text."""

    claim: Claim
    start: int
    end: int
    words: str

    @property
    def text(self) -> Text:
        """The reason as people read it."""
        if self.claim.severity == "review":
            return Text(
                f"“{self.words}” is an absolute word; a person must approve this exact text.",
                f"“{self.words}”属于绝对化用语，须由人工批准该文本。",
            )
        if self.claim.regions:
            return Text(
                f"“{self.words}” may not be promoted in this region.", f"该地区不得推广“{self.words}”。"
            )
        return Text(
            f"“{self.words}” is a promise that may not be made.", f"“{self.words}”属于禁止使用的承诺性用语。"
        )


def parse_claims(source: str) -> ClaimBook:
    """Read a claims file. Raises BadInput naming the phrase."""
    data: Any = yaml.safe_load(source)
    if not isinstance(data, Mapping) or not isinstance(data.get("claims"), Mapping):
        raise BadInput("A claims file holds `version`, `sources` and `claims`.", field="claims")
    sources = {key: str(value["text"]) for key, value in data["sources"].items()}
    claims = tuple(
        _claim(language, number, item, sources) for language, number, item in _numbered(data["claims"])
    )

    def words(key: str) -> dict[str, tuple[str, ...]]:
        return {language: tuple(items) for language, items in (data.get(key) or {}).items()}

    return ClaimBook(
        version=str(data["version"]),
        claims=claims,
        sources=sources,
        negations=words("negations"),
        adjacent=words("adjacent_negations"),
        not_negations=words("not_negations"),
        warnings=words("warnings"),
        window={language: int(size) for language, size in data["window"].items()},
        pattern=_pattern(claims),
    )


def find_claims(text: str, book: ClaimBook, regions: frozenset[str]) -> tuple[Finding, ...]:
    """Every claim in `text` that counts for an audience whose rules are those of `regions`, in order."""
    folded = fold(text)
    found = []
    for match in book.pattern.finditer(folded.text):
        claim = book.claims[int(str(match.lastgroup)[1:])]
        if claim.regions and not claim.regions & regions:
            continue
        if _means_something_else(claim, folded.text, match) or _is_denied(folded.text, match.start(), book):
            continue
        start, end = folded.original_span(match.start(), match.end())
        found.append(Finding(claim, start, end, text[start:end]))
    return tuple(found)


def _numbered(claims: Mapping[str, Any]) -> Iterator[tuple[str, int, Mapping[str, Any]]]:
    for language, items in claims.items():
        for number, item in enumerate(items, 1):
            yield str(language), number, item


def _claim(language: str, number: int, item: Mapping[str, Any], sources: Mapping[str, str]) -> Claim:
    phrase = str(item.get("phrase") or "")
    severity = str(item.get("severity", "forbid"))
    if not phrase or item.get("source") not in sources or severity not in ("forbid", "review"):
        raise BadInput(f"Claim {phrase!r} needs a phrase, a known source and forbid or review.", field=phrase)
    return Claim(
        id=f"CLAIM-{language.upper()}-{number}",
        phrase=phrase,
        source=str(item["source"]),
        severity=severity,
        regions=frozenset(item.get("regions") or ()),
        not_after=tuple(item.get("not_after") or ()),
        not_before=tuple(item.get("not_before") or ()),
    )


def _pattern(claims: tuple[Claim, ...]) -> re.Pattern[str]:
    longest_first = sorted(range(len(claims)), key=lambda i: -len(claims[i].phrase))
    return re.compile("|".join(f"(?P<c{i}>{_phrase_pattern(claims[i].phrase)})" for i in longest_first))


def _phrase_pattern(phrase: str) -> str:
    folded = fold(phrase.replace("~", "")).text
    if any(is_chinese(character) for character in folded):
        return re.escape(folded)
    parts = [
        " ?".join(re.escape(word).replace("'", "'?") for word in fold(part.strip()).text.split(" "))
        for part in phrase.split("~")
    ]
    return r"(?<![a-z0-9])" + r"(?: [^\s.!?;]{1,15}){0,2} ".join(parts) + r"(?:s|es)?(?![a-z0-9])"


def _means_something_else(claim: Claim, text: str, match: re.Match[str]) -> bool:
    before, after = text[: match.start()], text[match.end() :].lstrip(" ")
    return before.endswith(claim.not_after or ("\0",)) or after.startswith(claim.not_before or ("\0",))


_CLAUSE_END = re.compile(r"[,，。！？；：!?;:\n]|\. |\b(?:and|but|plus|with|just)\b")


def _is_denied(text: str, at: int, book: ClaimBook) -> bool:
    reach = text[max(0, at - 120) : at]
    clause = _CLAUSE_END.split(reach)[-1]
    words = " ".join(clause.split()[-book.window["en"] :])
    characters = clause[-book.window["zh"] :]
    if any(phrase in words + " " for phrase in book.warnings["en"]) or any(
        phrase in characters for phrase in book.warnings["zh"]
    ):
        return True
    for phrase in book.not_negations["en"]:
        words = words.replace(phrase, " ")
    for phrase in book.not_negations["zh"]:
        characters = characters.replace(phrase, " ")
    return (
        bool(set(words.split()) & set(book.negations["en"]))
        or any(phrase in characters for phrase in book.negations["zh"])
        or characters.endswith(book.adjacent["zh"])
    )
