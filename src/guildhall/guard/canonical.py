"""Canonical text: what a message says once disguises are taken off, with a way back to the original code
points.

Folds styled and compatibility letters, case, Latin accents and traditional characters, drops what cannot be
seen, repairs words that borrow letters, are spaced out, cut up, run together or written in leet, and puts
Chinese words together again. It is for matching only and never shown. Honest mixed-script text (a Russian
sentence with a ticker, Chinese with a product name) keeps its letters.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

from guildhall.guard import hanzi, unmasking
from guildhall.guard.folding import Edit, Starts, edited, fold
from guildhall.guard.lexicon import WORDS, is_word, segment, unleet
from guildhall.guard.types import Span

VERSION = "3"
"""Changes whenever the same text would be folded otherwise; models carry the version they were trained on."""

HEAD = 12_000
TAIL = 4_000
"""Longer texts are judged by their first HEAD and last TAIL code points, so that time stays bounded."""

_REMEMBERED_UP_TO = 2_000
_REMEMBERED = 300_000
_HASH_FROM = 12

_ONE = "[a-z0-9\u0370-\u03ff\u0400-\u052f\u0531-\u058f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"
_SPACED = re.compile(rf"(?<![^\W_]){_ONE}(?:[\W_]{{1,4}}{_ONE}(?![^\W_])){{2,200}}")
_SPACED_HINT = re.compile(rf"(?<![^\W_]){_ONE}[\W_]{{1,4}}{_ONE}[\W_]{{1,4}}{_ONE}(?![^\W_])")
_ALONE = re.compile(r"[^\W_]")
_HAN = re.compile(f"[{hanzi.HAN}]")
_LETTER = re.compile(r"[^\W\d_]")
_SPELLED_OUT = re.compile("  +")
_WIDE = re.compile("[^ ]  +[^ ]")
_BLANKS = re.compile(" +")
_NOT_WORD = re.compile(r"[\W_]+")
_DEFANG_HINT = re.compile(
    r"hxxp|h\*\*p|[\[({<] ?(?:\.|dot|点) ?[\])}>]|[ .]dot[ .]|点|\\\.|\[:|[a-z0-9] \. ?[a-z]"
)
_ENDINGS = (
    "(?:com|net|org|io|xyz|top|vip|app|cc|cn|co|finance|exchange|network|info|site|online|shop|club|live|pro|fun"
    "|link|click|gg|fi)(?![a-z0-9])"
)
_DEFANG = re.compile(
    r"(?P<scheme>h(?:xx|\*\*)p(?=s?:?(?://|\[)))"
    r"|(?P<colon>(?<=http)(?P<s>s?)\[:(?://)?\](?://)?)"
    r"|(?<=[a-z0-9\-]) ?[\[({<] ?(?:\.|dot|点) ?[\])}>] ?(?=[a-z0-9\-])"
    rf"|(?<=[a-z0-9\-])(?: ?点 ?| dot | ?\. |\\\.| \.)(?={_ENDINGS})"
    rf"|(?<=[a-z0-9]) dot (?=[a-z0-9\-]{{2,30}}(?: ?dot ?|\.){_ENDINGS})"
)


@dataclass(frozen=True, slots=True)
class Canonical:
    """`starts[i]` is the original index of canonical code point i; None when nothing moved.

    `spelled_out`: nearly every letter stood alone. `borrowed` are original spans of words that mixed
    alphabets, `hidden` those of invisible characters inside words. `turned`: a stretch was written to be
    read the other way round, so that `starts` does not only move forward.
    """

    text: str
    length: int
    starts: Sequence[int] | None = None
    borrowed: tuple[Span, ...] = ()
    hidden: tuple[Span, ...] = ()
    spelled_out: bool = False
    turned: bool = False

    def original(self, start: int, end: int) -> Span:
        """The original span behind canonical [start, end); never empty, never outside the original."""
        if self.starts is None:
            return (start, end)
        if self.turned:
            part = self.starts[start:end]
            return (min(part), max(part) + 1)
        return (self.starts[start], self.starts[end - 1] + 1)


def canonical(text: str) -> Canonical:
    """The canonical form of `text`. Pure, total, and linear in at most HEAD + TAIL code points."""
    if len(text) <= _REMEMBERED_UP_TO:
        return _lately.canonical(text)
    return _canonical(text)


def text_hash(text: str) -> str:
    """16 hex digits that are equal for texts with the same canonical letters and digits; "" below 12 of
    them.
    """
    core = letters(canonical(text).text)
    if len(core) < _HASH_FROM:
        return ""
    return blake2b(core.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def letters(canonical_text: str) -> str:
    """Canonical text without blanks and signs."""
    return _NOT_WORD.sub("", canonical_text)


def _canonical(text: str) -> Canonical:
    length = len(text)
    starts: Starts = None
    if length > HEAD + TAIL:
        starts = [*range(HEAD + 1), *range(length - TAIL, length)]
        text = f"{text[:HEAD]} {text[-TAIL:]}"
    folded, starts, hidden, turned = fold(text, starts)
    raw = text if len(folded) == len(text) else None
    borrowed: list[Span] = []
    ascii_only = folded.isascii()
    if not ascii_only and unmasking.LOOK_ALIKE.search(folded):
        edits, spans = unmasking.borrowed_letters(folded)
        borrowed = [_span(starts, a, b) for a, b in spans]
        if edits:
            folded, starts = edited(folded, starts, edits)
            raw = raw if len(folded) == len(text) else None
    if _DEFANG_HINT.search(folded):
        folded, starts, raw = _apply(folded, starts, raw, [_defanged(m) for m in _DEFANG.finditer(folded)])
    if not ascii_only and unmasking.EMOJI_INSIDE.search(folded):
        folded, starts, raw = _apply(folded, starts, raw, unmasking.emoji_inside(folded))
    if "+" in folded:
        folded, starts, raw = _apply(folded, starts, raw, hanzi.plus_signs(folded))
    spelled_out = False
    if _SPACED_HINT.search(folded):
        spelled_out = _is_spelled_out(folded)
        folded, starts, raw = _apply(folded, starts, raw, _joined(folded, spelled_out))
    unknown = unmasking.unknown(folded)
    if len(unknown) >= 3 and unmasking.is_backwards(folded):
        starts = list(reversed(range(len(folded)) if starts is None else starts))
        folded, raw, turned = folded[::-1], None, True
        unknown = unmasking.unknown(folded)
    if unknown:
        edits = unmasking.disguised_words(folded, raw, unknown)
        folded, starts, raw = _apply(folded, starts, raw, edits)
    if not ascii_only and hanzi.HAS_HAN.search(folded):
        for step in (hanzi.gaps, hanzi.said_otherwise):
            folded, starts, raw = _apply(folded, starts, raw, step(folded))
    if "  " in folded:
        folded, starts, raw = _apply(
            folded, starts, raw, [(m.start() + 1, m.end(), "") for m in _SPELLED_OUT.finditer(folded)]
        )
    places = None if starts is None else array("I", starts)
    return Canonical(folded, length, places, tuple(borrowed), hidden, spelled_out, turned)


class _Lately:
    """Canonical texts of late, bounded by what they hold and not by how many they are: a batch is hashed,
    compared and judged in turn, and each of these asks for all of its texts. The older half is forgotten at
    once.
    """

    def __init__(self) -> None:
        self._new: dict[str, Canonical] = {}
        self._old: dict[str, Canonical] = {}
        self._room = _REMEMBERED

    def canonical(self, text: str) -> Canonical:
        found = self._new.get(text)
        if found is None:
            found = self._old.get(text) or _canonical(text)
            if self._room <= 0:
                self._old, self._new, self._room = self._new, {}, _REMEMBERED
            self._new[text] = found
            self._room -= 100 + len(text)
        return found


_lately = _Lately()


def _apply(text: str, starts: Starts, raw: str | None, edits: list[Edit]) -> tuple[str, Starts, str | None]:
    if not edits:
        return text, starts, raw
    text, starts = edited(text, starts, edits)
    return text, starts, None


def _span(starts: Starts, start: int, end: int) -> Span:
    if starts is None:
        return (start, end)
    part = starts[start:end]
    return (min(part), max(part) + 1)


def _defanged(match: re.Match[str]) -> Edit:
    start, end = match.span()
    if match["scheme"] is not None:
        return (start, end, "http")
    if match["colon"] is not None:
        return (start, end, f"{match['s']}://")
    return (start, end, ".")


def _is_spelled_out(text: str) -> bool:
    """Whether the message as a whole is written letter by letter."""
    parts = _NOT_WORD.split(text)
    alone = sum(len(part) == 1 for part in parts)
    return alone >= 16 and alone >= 0.6 * len(parts)


def _joined(text: str, spelled_out: bool) -> list[Edit]:
    """ "s e e d" becomes "seed": gaps between single letters go, wider ones were gaps between words."""
    if spelled_out and len(_WIDE.findall(text)) >= 2:
        # Every sign stands alone, so one blank is no blank and more are one: points and links come back too.
        return [(m.start() + (m.end() - m.start() > 1), m.end(), "") for m in _BLANKS.finditer(text)]
    edits: list[Edit] = []
    for match in _SPACED.finditer(text):
        run = match.group()
        singles = _ALONE.findall(run)
        if not spelled_out and not _makes_a_word(singles):
            continue
        edits += _without_gaps(run, match.start(), text)
    edits = [item for i, item in enumerate(edits) if i == 0 or item[0] >= edits[i - 1][1]]
    return edits


def _makes_a_word(singles: list[str]) -> bool:
    """Whether letters that stand alone are worth joining: four letters, or fewer or with digits among them
    only when a word comes out ("r : r 1.8" does not).
    """
    word = "".join(singles)
    if any(char.isdigit() for char in singles):
        return bool(unleet(word))
    return len(word) >= 4 or bool(_HAN.match(word)) or (len(word) == 3 and word in WORDS)


def _without_gaps(run: str, offset: int, text: str) -> list[Edit]:
    gaps: list[Span] = [match.span() for match in _NOT_WORD.finditer(run)]
    written = [run[a:b] for a, b in gaps]
    usual = max(set(written), key=lambda gap: (written.count(gap), -len(gap), gap))
    blanks = usual.count(" ")
    edits: list[Edit] = []
    before, after = offset - 1, offset + len(run)
    if before >= 0 and text[before] == usual[-1] != " ":
        edits.append((before, offset, ""))
    word = run[0]
    begins = 0
    cuts: list[Span] = []
    for (a, b), gap in zip([*gaps, (len(run), len(run))], [*written, None], strict=True):
        wide = gap is not None and gap != usual and gap.count(" ") > blanks
        if gap is not None and not wide:
            cuts.append((a, b))
            word += run[b : b + 1]
            continue
        edits += _word_edits(word, cuts, offset, begins)
        if gap is not None:
            if gap != " ":
                edits.append((offset + a, offset + b, " "))
            word = run[b : b + 1]
            begins = b
            cuts = []
    if after < len(text) and text[after] == usual[0] != " ":
        edits.append((after, after + 1, ""))
    return edits


def _word_edits(word: str, cuts: list[Span], offset: int, begins: int) -> list[Edit]:
    """Takes the gaps out of one spaced-out word; where several known words were run together, sets them
    apart.
    """
    breaks: set[int] = set()
    if len(word) >= 5 and not _HAN.match(word) and not is_word(word):
        place = 0
        for part in segment(word)[:-1]:
            place += len(part)
            breaks.add(place)
    return [
        (offset + a, offset + b, " " if number in breaks else "")
        for number, (a, b) in enumerate(cuts, start=1)
    ]
