"""Turns a text into the terms it can be found by, and a query into the terms it asks for, in Chinese and
English.

Chinese is indexed by characters and pairs, Traditional as Simplified; English words by their stems;
numbers, @names and domains whole. Every term is made of a-z and 0-9 only: no database's tokeniser can split
one, and no query language can read one as syntax.
"""

import re
import threading
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from importlib.resources import files
from operator import add

from snowballstemmer import stemmer

LONGEST_TEXT = 100_000
LONGEST_QUERY = 400
MOST_QUERY_TERMS = 40
_LONGEST_WORD = 64
_LONGEST_TOKEN = 256

_CHINESE = "\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\U00020000-\U0003ffff"
# Possessive: on 100 kB of dots this stays linear.
_TOKEN = re.compile(
    rf"(?P<chinese>[{_CHINESE}]++)"
    r"|(?P<name>@[a-z0-9_]{2,}+)"
    r"|(?P<word>[a-z0-9]++(?:[.,'-][a-z0-9]++)*+)"
    rf"|(?P<foreign>(?:(?![{_CHINESE}a-z0-9_])\w)++)"
)
_GROUPED_NUMBER = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_NUMBER = re.compile(r"\d+(?:\.\d+)*")
_HOST = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z][a-z0-9-]*[a-z0-9]")
_INSIDE_WORD = re.compile(r"[.,'-]")


def index_terms(text: str) -> list[str]:
    """Every term a text can be found by, each once, in order of appearance. Reads LONGEST_TEXT characters."""
    found: dict[str, None] = {}
    for kind, token in _tokens(text[:LONGEST_TEXT]):
        if kind == "chinese":
            codes = [_CODES[char] for char in token]
            found.update(dict.fromkeys(codes))
            found.update(dict.fromkeys(map(add, codes, codes[1:])))
        elif kind == "word":
            found.update(dict.fromkeys(_word_terms(token)))
        elif kind == "name":
            found[_kept(token)] = None
            found.update(dict.fromkeys(_stem(part) for part in token[1:].split("_")))
        else:
            found[_kept(token)] = None
    found.pop("", None)
    return list(found)


def query_terms(query: str) -> list[str]:
    """The terms a text must all have to be an answer. Reads LONGEST_QUERY characters, MOST_QUERY_TERMS
    terms.
    """
    found: dict[str, None] = {}
    for kind, token in _tokens(query[:LONGEST_QUERY]):
        if kind == "chinese":
            codes = [_CODES[char] for char in token]
            found.update(dict.fromkeys(map(add, codes, codes[1:]) if len(codes) > 1 else codes))
        elif kind == "word":
            found.update(dict.fromkeys(_asked(token)))
        else:
            found[_kept(token)] = None
    found.pop("", None)
    return list(found)[:MOST_QUERY_TERMS]


def fts5_match(terms: Iterable[str], *, prefix: bool = False) -> str:
    """A SQLite FTS5 MATCH expression for all of `query_terms`; with `prefix` the last may go on."""
    quoted = [f'"{term}"' for term in terms]
    return " ".join(quoted) + ("*" if prefix and quoted else "")


def tsquery(terms: Iterable[str], *, prefix: bool = False) -> str:
    """The same for PostgreSQL's `to_tsquery('simple', …)`."""
    joined = " & ".join(f"'{term}'" for term in terms)
    return joined + (":*" if prefix and joined else "")


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    for match in _TOKEN.finditer(_normal(text)):
        kind = str(match.lastgroup)
        # Only Chinese runs on without spaces; any other token is cut before a cache keeps it.
        yield kind, match[0] if kind == "chinese" else match[0][:_LONGEST_TOKEN]


def _normal(text: str) -> str:
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFKC", text).casefold().translate(_TO_SIMPLIFIED)


@lru_cache(maxsize=65536)
def _word_terms(word: str) -> tuple[str, ...]:
    """What an ASCII word is found by: a plain word by its stem, a compound also whole or by every domain
    above.
    """
    if word.isalnum():
        return (_stem(word),)
    parts = tuple(_stem(part) for part in _INSIDE_WORD.split(word))
    if _HOST.fullmatch(word):
        labels = word.split(".")[-8:]
        return tuple(_kept(".".join(labels[i:])) for i in range(len(labels) - 1)) + parts
    return (*_asked(word), *parts)


def _asked(word: str) -> tuple[str, ...]:
    if word.isalnum():
        return (_stem(word),)
    if _GROUPED_NUMBER.fullmatch(word):
        word = word.replace(",", "")
        return (word[:_LONGEST_WORD],) if word.isdigit() else (_kept(word),)
    if _HOST.fullmatch(word) or _NUMBER.fullmatch(word):
        return (_kept(word),)
    if word.endswith("'s"):
        word = word[:-2]
    return tuple(_stem(part) for part in _INSIDE_WORD.split(word))


@lru_cache(maxsize=65536)
def _stem(word: str) -> str:
    if not word.isalpha() or len(word) > 30:
        return _PLAIN.sub("", word)[:_LONGEST_WORD]
    with _stemming:  # the stemmer keeps its state in itself
        return str(_english.stemWord(word))


@lru_cache(maxsize=16384)
def _kept(token: str) -> str:
    """A token with marks in it, or in another script, as one term that begins with x: its UTF-8 in hex."""
    return "x" + token[:_LONGEST_WORD].encode("utf-8", "replace").hex()


class _Codes(dict[str, str]):
    """The term of one Chinese character: u and its number in hex."""

    def __missing__(self, char: str) -> str:
        code = self[char] = f"u{ord(char):x}"
        return code


def _simplifying() -> dict[int, int | None]:
    """Traditional → simplified, character by character (OpenCC's own table); invisible characters →
    nothing.
    """
    table: dict[int, int | None] = dict.fromkeys(_INVISIBLE)
    rows = files("opencc").joinpath("dictionary/TSCharacters.txt").read_text(encoding="utf-8").splitlines()
    for row in rows:
        traditional, _, simplified = row.partition("\t")
        if len(traditional) == 1 and simplified:
            table[ord(traditional)] = ord(simplified[0])
    return table


_INVISIBLE = [0xAD, 0x34F, 0x61C, 0x180E, 0xFEFF]
_INVISIBLE += [*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070)]
_PLAIN = re.compile(r"[^a-z0-9]")
_CODES = _Codes()
_TO_SIMPLIFIED = _simplifying()
_english = stemmer("english")
_stemming = threading.Lock()
