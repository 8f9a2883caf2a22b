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
from guildhall.guard.lexicon import (
    BACKWARDS,
    LEET,
    RUSSIAN_WORDS,
    WORDS,
    filled,
    is_compound,
    is_word,
    mended,
    segment,
    undoubled,
    unleet,
)
from guildhall.guard.types import Span

_EMOJI = "\u2190-\u21ff\u2300-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff"
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
_RUN = re.compile(r"[a-z]{2,}")
_LONG_RUN = re.compile(r"[a-z]{4,}")
_LONG_LETTERS = re.compile(r"[a-z]{9,400}")
_NOT_LEET = re.compile(r"\d+[a-z]{1,3}|[a-z]{1,4}\d+|x\d+|\d+x")
_CAPITAL_EYE = re.compile("[a-z]I|I[a-z]*I|\\bI[a-z]")


def borrowed_letters(text: str) -> tuple[list[Edit], list[Span]]:
    """Repairs of words that mix alphabets, in the alphabet they imitate, and where they stand."""
    foreign = _FOREIGN_LETTER.findall(text)
    strong = sum(ord(char) not in TO_LATIN or char in FAUX for char in foreign)
    genuine = strong >= 2 and strong >= 0.08 * len(foreign)
    disguised = not genuine and len(foreign) >= 8 and _reads_as_english(text)
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
        if len(word) > 2:
            spans.append((start, end))
    return edits, spans


def _reads_as_english(text: str) -> bool:
    """Whether several words mix alphabets, or most in foreign letters are known words once read as Latin."""
    words = [word for word in _ALPHABETIC.findall(text) if len(word) >= 3 and not word.isascii()]
    if sum(_LATIN.search(word) is not None for word in words) >= 3:
        return True
    read = [word.translate(_READ) for word in words]
    return sum(word.isascii() and is_word(word) for word in read) * 2 >= max(len(read), 1)


def _imitated(word: str, genuine: bool, disguised: bool, cyrillic: bool) -> str | None:
    latin = sum("a" <= c <= "z" for c in word)
    read = word.translate(_READ)
    if read.isascii():
        faux = any(c in FAUX for c in word)
        if latin:
            if faux and genuine and not is_word(read):
                return _as_cyrillic(word) if _CYRILLIC.search(word) else None
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


EMOJI_INSIDE = re.compile(f"(?<=[a-z\u0400-\u052f])[{_EMOJI}]{{1,3}}(?=[a-z\u0400-\u052f])")
_AROUND = re.compile("[a-z\u0400-\u052f]+")


def emoji_inside(text: str) -> list[Edit]:
    """Emoji between letters go inside a word and leave a blank between words."""
    edits: list[Edit] = []
    for match in EMOJI_INSIDE.finditer(text):
        start, end = match.span()
        before = start
        while before and start - before < 18 and (text[before - 1].isalpha()):
            before -= 1
        after = _AROUND.match(text, end, end + 18)
        left, right = text[before:start], after.group() if after is not None else ""
        if len(left) == 1 and len(right) == 1:
            continue  # letter by letter: for whoever joins spaced-out words
        if left.isascii() and right.isascii():
            two_words = left in WORDS and right in WORDS and min(len(left), len(right)) > 1
            joined = is_word(left + right) and not (two_words and len(left + right) < 6)
            joined = joined or not (left in WORDS or right in WORDS)
        else:
            joined = left + right in RUSSIAN_WORDS or min(len(left), len(right)) < 4
        edits.append((start, end, "" if joined else " "))
    return edits


def unknown(text: str) -> list[re.Match[str]]:
    """The stretches of ASCII that are not plainly known words."""
    return [
        match
        for match in _ASCII_CHUNK.finditer(text)
        if match.group() not in WORDS and match.group().strip(_PUNCTUATION) not in WORDS
    ]


def disguised_words(text: str, raw: str | None, chunks: list[re.Match[str]]) -> list[Edit]:
    """Repairs of ASCII words: leet, inner signs, repeats, words run together, cut in two or mistyped.
    `raw` is the text before case was folded, when it is as long; `chunks` are its `unknown` stretches.
    """
    many = len(_LEET_INSIDE.findall(text)) >= 3
    eyes = raw is not None and _CAPITAL_EYE.search(raw) is not None
    edits: list[Edit] = []
    unsolved: list[Span] = []
    for match in chunks:
        chunk = match.group()
        start, end = match.span()
        if chunk.isdigit():
            continue
        if eyes and raw is not None and "I" in raw[start:end] and not _ADDRESS.search(chunk):
            read = "".join("l" if raw[start + i] == "I" else c for i, c in enumerate(chunk))
            core = read.strip(_PUNCTUATION)
            if core != chunk.strip(_PUNCTUATION) and is_word(core) and not is_word(chunk.strip(_PUNCTUATION)):
                edits.append((start, end, read))
                continue
        found = _chunk_edits(chunk, many) if len(chunk) <= 120 else _run_together(chunk)
        if found:
            edits += [(start + a, start + b, new) for a, b, new in found]
            continue
        core = chunk.strip(_PUNCTUATION)
        if core.isalpha() and len(core) <= 18 and not is_word(core):
            at = start + chunk.index(core)
            unsolved.append((at, at + len(core)))
    if unsolved:
        edits += _cut_apart(text, unsolved, edits)
        total = len(_RUN.findall(text))
        if (total - len(unsolved)) * 10 >= 3 * total:
            taken = {place for start, end, _ in edits for place in (start, end - 1, end)}
            for start, end in unsolved:
                word = text[start:end]
                if len(word) >= 4 and start not in taken and end not in taken and end - 1 not in taken:
                    new = mended(word)
                    if new:
                        edits.append((start, end, new))
        edits.sort()
        edits = [item for i, item in enumerate(edits) if i == 0 or item[0] >= edits[i - 1][1]]
    return edits


def is_backwards(text: str) -> bool:
    """Whether a text makes more sense read from its end."""
    words = set(_LONG_RUN.findall(text))
    if len(words) < 3:
        return False
    back = sum(word in BACKWARDS for word in words)
    return back >= 3 and back > 2 * sum(word in WORDS for word in words)


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
    return _inner_signs(core, at) or _hidden_letter(core, at) or _run_together(chunk)


def _hidden_letter(core: str, at: int) -> tuple[Edit, ...]:
    """One letter behind a sign: "w*llet"."""
    if len(core) > 18 or len(_INNER.findall(core)) != 1:
        return ()
    word = filled(_INNER.sub("*", core))
    return ((at, at + len(core), word),) if word else ()


def _run_together(chunk: str) -> tuple[Edit, ...]:
    """Blanks between words that were written without any."""
    edits: list[Edit] = []
    for match in _LONG_LETTERS.finditer(chunk):
        words = segment(match.group())
        if len(words) >= 2:
            edits += _difference(match.group(), " ".join(words), match.start())
    return tuple(edits)


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
        for shorter in (_REPEATED.sub(r"\1\1", core), _REPEATED.sub(r"\1", core)):
            if is_word(shorter):
                return shorter
        return undoubled(core) or _REPEATED.sub(r"\1\1", core)
    if len(core) >= 8 and len(_DOUBLED.findall(core)) >= 3:
        single = undoubled(core)
        if single:
            return single
    if 10 <= len(core) <= 120 and not is_compound(core):
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
    unknown_pieces = all(len(piece) >= 2 and piece not in WORDS for piece in pieces)
    if len(pieces) == 2 and len(joined) <= 14 and unknown_pieces and "_" not in core:
        return ((at, at + len(core), joined),)
    if len(words) >= 2 and sum(piece not in WORDS for piece in pieces) * 2 > len(pieces):
        return ((at, at + len(core), " ".join(words)),)
    return ()


def _cut_apart(text: str, unsolved: list[Span], done: list[Edit]) -> list[Edit]:
    """Blanks taken out of words that only together are words: "wal let", "c lai m"."""
    edits: list[Edit] = []
    taken = {start for start, _, _ in done}
    last = -1
    for start, end in unsolved:
        if start in taken or start <= last:
            continue
        before, after = _neighbour(text, start, -1), _neighbour(text, end, 1)
        beyond = _neighbour(text, after[1], 1) if after is not None else None
        here = (start, end)
        for parts in ((here, after, beyond), (before, here, after), (here, after), (before, here)):
            pieces = [part for part in parts if part is not None]
            if len(pieces) < len(parts) or pieces[0][0] <= last or any(part[0] in taken for part in pieces):
                continue
            joined = "".join(text[a:b] for a, b in pieces)
            if len(joined) >= 4 and is_word(joined):
                edits += [(left[1], right[0], "") for left, right in zip(pieces, pieces[1:], strict=False)]
                last = pieces[-1][1]
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
