"""Words in disguise, one word at a time: letters borrowed from other alphabets, leet, inner signs, repeated
letters, words run together or cut in two.

Every repair of English needs a known word to come out (see `lexicon`), so tickers, code, addresses and other
languages stay as they are.
"""

from __future__ import annotations

import re
from functools import lru_cache

from guildhall.guard.alphabets import FAUX, GREEK_CAPITALS, LATIN_TO_CYRILLIC, SIGNS, TO_LATIN
from guildhall.guard.folding import Edit
from guildhall.guard.lexicon import BACKWARDS, LEET, WORDS, is_word, segment, unleet
from guildhall.guard.types import Span

_FAR = "\u2e80-\ud7ff\uf900-\ufaff\U0001f000-\U0001faff\U00020000-\U0003ffff"
_LOOK_ALIKES = re.escape("".join(chr(code) for code in TO_LATIN))
_SIGN_CLASS = re.escape("".join(SIGNS))
LOOK_ALIKE = re.compile(f"[{_LOOK_ALIKES}{_SIGN_CLASS}]")
_ALPHABETIC = re.compile(rf"(?:[^\W_0-9{_FAR}]|[{_SIGN_CLASS}๏])+")
_FOREIGN_LETTER = re.compile(rf"[^\W_0-9a-z{_FAR}]")
_CYRILLIC = re.compile("[\u0400-\u052f]")
_LATIN = re.compile("[a-z]")
_ONLY_SIGNS = {ord(sign): letter for sign, letter in SIGNS.items()}
_READ = TO_LATIN | _ONLY_SIGNS
_CAPITALS = {ord(char): char.lower() for char in GREEK_CAPITALS}
_EDGE_SIGNS = "".join(SIGNS)

_ASCII_CHUNK = re.compile(r"[!-~]+")
_PUNCTUATION = "!\"'(),.:;<>?[]`{}~*_-/\\#%&^=+|"
_ADDRESS = re.compile(
    r"://|^@|^0x|/|@[a-z0-9\-]+\.|[a-z0-9\-]\.(?:com|net|org|io|me|xyz|top|vip|app|fi|cc|co|cn|ru|us|uk|eu|gg|so|to|info|"
    r"site|online|shop|club|live|pro|fun|finance|exchange|network|link|click|trade|ai|gov|edu|dev|page|world|"
    r"money|life|store|tech|space|website|in|de|fr|it|tv|ly|biz|mobi|im|li|eth|py|js|ts|rs|go|md|json|csv|txt|pdf|"
    r"apk|exe|zip|png|jpg)(?![a-z0-9])"
)
_LEET_SIGN = re.compile(r"[0-9@$!|+(€£]")
_LEET_TOKEN = re.compile(r"[a-z0-9@$!|+(]{3,20}")
_LEET_INSIDE = re.compile(r"[a-z][013457@$!]+[a-z]")
_REPEATED = re.compile(r"([a-z])\1{2,}")
_DOUBLED = re.compile(r"([a-z])\1+")
_INNER = re.compile(r"[^a-z0-9]+")
_CONTRACTED = frozenset(["s", "ll", "re", "ve", "d", "m", "t", "n", "em"])
_NOT_LEET = re.compile(r"\d+[a-z]{1,3}|[a-z]{1,4}\d+|x\d+|\d+x")
_CAPITAL_EYE = re.compile("[a-z]I|I[a-z]*I|\\bI[a-z]")


def borrowed_letters(text: str) -> tuple[list[Edit], list[Span]]:
    """Repairs of words that mix alphabets, in the alphabet they imitate, and where they stand."""
    foreign = _FOREIGN_LETTER.findall(text)
    strong = sum(ord(char) not in TO_LATIN or char in FAUX for char in foreign)
    genuine = strong >= 2 and strong >= 0.08 * len(foreign)
    disguised = not genuine and len(foreign) >= 8
    cyrillic = genuine and len(_CYRILLIC.findall(text)) > len(_LATIN.findall(text))
    edits: list[Edit] = []
    spans: list[Span] = []
    for match in _ALPHABETIC.finditer(text):
        word = match.group()
        if word.isascii():
            continue
        start, end = match.span()
        if word[0] in SIGNS or word[-1] in SIGNS:
            full = word.translate(_READ)
            if not (full.isascii() and len(word) >= 4 and is_word(full)):
                inner = word.strip(_EDGE_SIGNS)
                start += len(word) - len(word.lstrip(_EDGE_SIGNS))
                end = start + len(inner)
                word = inner
                if word.isascii():
                    continue
        repaired = _imitated(word, genuine, disguised, cyrillic)
        if repaired is None:
            if any(char in GREEK_CAPITALS for char in word):
                edits.append((start, end, word.translate(_CAPITALS)))
            continue
        edits.append((start, end, repaired))
        if len(word) > 1:
            spans.append((start, end))
    return edits, spans


def _imitated(word: str, genuine: bool, disguised: bool, cyrillic: bool) -> str | None:
    latin = sum("a" <= c <= "z" for c in word)
    read = word.translate(_READ)
    if read.isascii():
        faux = any(c in FAUX for c in word)
        if latin:
            if faux:
                return read if is_word(read) else _as_cyrillic(word) if _CYRILLIC.search(word) else None
            if cyrillic and not is_word(read):
                return _as_cyrillic(word) or read
            return read
        if is_word(read) and len(word) >= 4 and not cyrillic and (not faux or disguised):
            return read
        if faux or genuine:
            return None
        return read if disguised else None
    if latin and _CYRILLIC.search(word):
        return _as_cyrillic(word)
    return None


def _as_cyrillic(word: str) -> str | None:
    written = word.translate(LATIN_TO_CYRILLIC)
    return None if _LATIN.search(written) else written


def disguised_words(text: str, raw: str | None) -> list[Edit]:
    """Repairs of ASCII words: leet, inner signs, repeats, words run together, cut in two or written
    backwards. `raw` is the text before case was folded, when it is as long.
    """
    chunks = [
        match
        for match in _ASCII_CHUNK.finditer(text)
        if match.group() not in WORDS and match.group().strip(_PUNCTUATION) not in WORDS
    ]
    if not chunks:
        return []
    many = len(_LEET_INSIDE.findall(text)) >= 3
    eyes = raw is not None and _CAPITAL_EYE.search(raw) is not None
    edits: list[Edit] = []
    unsolved: list[Span] = []
    for match in chunks:
        chunk = match.group()
        start, end = match.span()
        if len(chunk) > 120 or chunk.isdigit():
            continue
        if eyes and raw is not None and "I" in raw[start:end] and not _ADDRESS.search(chunk):
            read = "".join("l" if raw[start + i] == "I" else c for i, c in enumerate(chunk))
            core = read.strip(_PUNCTUATION)
            if core != chunk.strip(_PUNCTUATION) and is_word(core) and not is_word(chunk.strip(_PUNCTUATION)):
                edits.append((start, end, read))
                continue
        found = _chunk_edits(chunk, many)
        if found:
            edits += [(start + a, start + b, new) for a, b, new in found]
        elif chunk.isalpha() and len(chunk) <= 14:
            unsolved.append((start, end))
    if unsolved:
        edits += _cut_in_two(text, unsolved, edits)
        backwards = [(a, b) for a, b in unsolved if text[a:b] in BACKWARDS]
        if len(backwards) >= 2:
            taken = {start for start, _, _ in edits}
            edits += [(a, b, text[a:b][::-1]) for a, b in backwards if a not in taken]
        edits.sort()
        edits = [item for i, item in enumerate(edits) if i == 0 or item[0] >= edits[i - 1][1]]
    return edits


@lru_cache(maxsize=65_536)
def _chunk_edits(chunk: str, many: bool) -> tuple[Edit, ...]:
    if _ADDRESS.search(chunk):
        return ()
    core = chunk.strip("!\"'(),.:;<>?[]`{}~*_-/\\#%&^=|+")
    if not core or core.isdigit():
        return ()
    at = chunk.index(core)
    if core.isalpha():
        new = _plain_word(core)
        return _difference(core, new, at) if new else ()
    # A sign at the edge may be a letter too: "$eed", "!nvest".
    for text, where in ((core, at), (chunk, 0)):
        if _LEET_SIGN.search(text) and _LEET_TOKEN.fullmatch(text) and not _NOT_LEET.fullmatch(text):
            read = unleet(text)
            if not read and _REPEATED.search(text):
                shorter = _DOUBLED.sub(r"\1", text)
                again = unleet(shorter)
                if again:
                    return ((where, where + len(text), again),)
            if not read and many and sum(c.isalpha() for c in text) * 2 >= len(text) and len(text) <= 14:
                read = text.translate(LEET)
                read = read if read.isalpha() else ""
            if read:
                return _difference(text, read, where)
    return _inner_signs(core, at)


def _difference(old: str, new: str, at: int) -> tuple[Edit, ...]:
    if len(old) == len(new):
        return ((at, at + len(old), new),) if old != new else ()
    if new.replace(" ", "") == old:
        edits: list[Edit] = []
        place = at
        for word in new.split(" ")[:-1]:
            place += len(word)
            edits.append((place, place, " "))
        return tuple(edits)
    return ((at, at + len(old), new),)


def _plain_word(core: str) -> str:
    """A repeated-letter word shortened, running words set apart, doubled letters made single; or ''."""
    if is_word(core):
        return ""
    if _REPEATED.search(core) and len(set(core)) > 1:
        for shorter in (_REPEATED.sub(r"\1\1", core), _REPEATED.sub(r"\1", core), _DOUBLED.sub(r"\1", core)):
            if is_word(shorter):
                return shorter
        return _REPEATED.sub(r"\1\1", core)
    if len(core) >= 8 and len(_DOUBLED.findall(core)) >= 3:
        single = _DOUBLED.sub(r"\1", core)
        if is_word(single):
            return single
    if 10 <= len(core) <= 100:
        words = segment(core)
        if len(words) >= 2:
            return " ".join(words)
    return ""


def _inner_signs(core: str, at: int) -> tuple[Edit, ...]:
    """Signs inside one word ("wal*let", "s-e-ed") go when a known word comes out."""
    if not _INNER.search(core):
        return ()
    parts = [(m.start(), m.end()) for m in re.finditer(r"[a-z0-9@$!]+", core)]
    if len(parts) < 2:
        return ()
    joined = _INNER.sub("", core)
    if not joined.isalpha():
        read = unleet(joined) if len(joined) <= 18 else ""
        if not read:
            return ()
        joined = read
    if "'" in core and (core.rpartition("'")[2] in _CONTRACTED or len(joined) < 5):
        return ()
    if is_word(joined) and len(joined) >= 4:
        return ((at, at + len(core), joined),)
    words = segment(joined) if len(joined) >= 7 else ()
    pieces = [core[a:b] for a, b in parts]
    if len(words) >= 2 and sum(piece not in WORDS for piece in pieces) * 2 > len(pieces):
        return ((at, at + len(core), " ".join(words)),)
    return ()


def _cut_in_two(text: str, unsolved: list[Span], done: list[Edit]) -> list[Edit]:
    """Blanks taken out of words that only together are words: "wal let", "c laim"."""
    edits: list[Edit] = []
    taken = {place for start, end, _ in done for place in range(start, end)}
    last = -1
    for start, end in unsolved:
        if start in taken or start <= last or is_word(text[start:end]):
            continue
        before = _neighbour(text, start, -1)
        after = _neighbour(text, end, 1)
        for left, right in (((start, end), after), (before, (start, end))):
            if left is None or right is None or left[0] <= last or left[0] in taken or right[0] in taken:
                continue
            joined = text[left[0] : left[1]] + text[right[0] : right[1]]
            if len(joined) >= 5 and is_word(joined):
                edits.append((left[1], right[0], ""))
                last = right[1]
                break
    return edits


def _neighbour(text: str, place: int, step: int) -> Span | None:
    """The letters next to a blank beside `place`, or None."""
    gap = place if step > 0 else place - 1
    if not 0 <= gap < len(text) or text[gap] != " ":
        return None
    at = gap + step
    reached = at
    while 0 <= reached < len(text) and abs(reached - at) < 14 and "a" <= text[reached] <= "z":
        reached += step
    if reached == at:
        return None
    return (at, reached) if step > 0 else (reached + 1, at + 1)
