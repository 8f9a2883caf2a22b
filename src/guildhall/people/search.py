"""What a member can be found by: names, usernames and platform ids, in Chinese and in English.

Chinese goes through `core.searchtext` (characters and pairs, Traditional as Simplified). Latin names are
kept whole and without accents beside their stems, so that the beginning of a name finds it. The index is
made in migration 0002.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from django.db import connection
from django.db.models.expressions import RawSQL

from guildhall.core import searchtext

_PLAIN = re.compile(r"[a-z0-9]+")
_MOST_WORDS = 8
_LONGEST = 64

_BY_FTS = (
    "SELECT s.member_id FROM people_member_fts f JOIN people_membersearch s ON s.id = f.rowid "
    "WHERE people_member_fts MATCH %s"
)
_BY_TSVECTOR = (
    "SELECT s.member_id FROM people_membersearch s "
    "WHERE array_to_tsvector(string_to_array(s.terms, ' ')) @@ %s::tsquery"
)


def terms_of(names: Iterable[tuple[str, str, str]]) -> str:
    """The terms, blank-separated, for the (display name, username, external id) of a member's accounts."""
    found: dict[str, None] = {}
    for parts in names:
        text = " ".join(part for part in parts if part)
        found.update(dict.fromkeys(searchtext.index_terms(text)))
        found.update(dict.fromkeys(word[:_LONGEST] for word in _PLAIN.findall(_folded(text))))
    return " ".join(found)


def asked_for(query: str) -> tuple[list[str], list[str]]:
    """A query as (terms that may go on, terms that must stand whole): beginnings of Latin words, pairs of
    Chinese.
    """
    beginnings: dict[str, None] = {}
    whole: dict[str, None] = {}
    for chunk in query[: searchtext.LONGEST_QUERY].split():
        folded = _folded(chunk)
        if folded.isascii():
            beginnings.update(dict.fromkeys(word[:_LONGEST] for word in _PLAIN.findall(folded)))
        else:
            whole.update(dict.fromkeys(searchtext.query_terms(chunk)))
    return list(beginnings)[:_MOST_WORDS], list(whole)[: searchtext.MOST_QUERY_TERMS]


def matching(query: str) -> RawSQL | None:
    """The ids of members a query finds, for `pk__in`; None for a query that asks for nothing (only
    punctuation).
    """
    beginnings, whole = asked_for(query)
    if not beginnings and not whole:
        return None
    # Terms are a-z and 0-9 only: neither query language can read one as syntax.
    if connection.vendor == "postgresql":
        return RawSQL(
            _BY_TSVECTOR, [" & ".join([f"'{t}':*" for t in beginnings] + [f"'{t}'" for t in whole])]
        )
    return RawSQL(_BY_FTS, [" ".join([f'"{t}"*' for t in beginnings] + [f'"{t}"' for t in whole])])


def _folded(text: str) -> str:
    if text.isascii():
        return text.lower()
    spread = unicodedata.normalize("NFKD", text).casefold()
    return "".join(char for char in spread if not unicodedata.combining(char))
