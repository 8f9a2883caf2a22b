"""What the domain model looks at in a name: its letters, its words, its ending, and which brand it
resembles.

Whole batches go through numpy: letter groups are hashed over one buffer, so that a name costs microseconds.
The same code serves training and scoring, and everything it needs to know (words, brands, suffixes) stands
in the model file, so that a file means the same for ever.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from guildhall.guard import domains
from guildhall.guard.lookalikes import Close

BITS = 18
BUCKETS = 1 << BITS
_SIZES = (1, 2, 3, 4, 5, 6)
_LONGEST = 60
_CHUNK = re.compile(r"[a-z]+|[0-9]+")
_SIGNS = str.maketrans({"0": "o", "1": "l", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b"})
_ALIKE = str.maketrans("01i34578j", "olleastbl")
_HEX = re.compile(r"(?=[a-f]*\d)[0-9a-f]{8,}")
_LETTER = {
    "person": "p", "everyday": "e", "tech": "t", "trade": "m", "lure": "l", "soft": "s", "brand": "b",
    "common": "c", "9": "9", "?": "?",
}  # fmt: skip
_BESIDE = frozenset(("lure", "soft", "tech", "trade", "everyday"))
_PLAIN = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z0-9-]{2,}\Z")


@dataclass(frozen=True, slots=True)
class Name:
    """A domain name taken apart: labels below the registrable one, that one, and the public suffix."""

    sub: str
    label: str
    suffix: str


@dataclass(frozen=True, slots=True, eq=False)
class Knowledge:
    """The words and brands a model was trained with. `words` by kind; `brands` are bare labels, `homes` the
    domains they really live at.
    """

    words: dict[str, frozenset[str]]
    brands: frozenset[str]
    common_brands: frozenset[str]
    homes: frozenset[str] = frozenset()
    close: Close = field(init=False, repr=False)
    kinds: dict[str, str] = field(init=False, repr=False)
    prefixes: frozenset[str] = field(init=False, repr=False)
    endings: dict[str, str] = field(init=False, repr=False)
    skeletons: dict[str, str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        kinds: dict[str, str] = {}
        for kind in ("person", "everyday", "tech", "trade", "soft", "lure"):
            for word in self.words.get(kind, frozenset()):
                if len(word) >= 3:
                    kinds[word] = kind
        for brand in self.common_brands | self.brands:
            if len(brand) >= 3:
                kinds[brand] = "brand" if brand in self.brands else kinds.get(brand, "common")
        object.__setattr__(self, "kinds", kinds)
        object.__setattr__(
            self, "prefixes", frozenset(word[:i] for word in kinds for i in range(1, len(word) + 1))
        )
        object.__setattr__(self, "close", Close(self.brands))
        skeletons = {
            _skeleton(word): word
            for word in sorted(kinds)
            if len(word) >= 4 and kinds[word] in ("lure", "brand")
        }
        object.__setattr__(self, "skeletons", skeletons)
        endings = {
            ending: kind
            for kind in ("young", "trading", "apps", "host")
            for ending in self.words.get(kind, ())
        }
        object.__setattr__(self, "endings", endings)

    def ending(self, suffix: str) -> str:
        """The kind of a public suffix: young, trading, apps, host, plain (com, net, org) or land."""
        kind = self.endings.get(suffix)
        if kind is None:
            if suffix in ("com", "net", "org"):
                return suffix
            kind = self.endings.get(suffix.rpartition(".")[2], "land") if "." not in suffix else "land"
        return kind


def _skeleton(word: str) -> str:
    """`word` with letters that look alike made one."""
    return word.translate(_ALIKE).replace("rn", "m").replace("vv", "w")


def name_of(domain: str) -> Name:
    """The parts of a domain or address; never raises. `www.` counts for nothing."""
    host = domain.strip().lower().rstrip(".")
    if not _PLAIN.match(host) or len(host) > 253:
        host = domains.take_apart(domain).ascii_host or host[:253]
    if host.startswith("www.") and host.count(".") > 1:
        host = host[4:]
    return Name(*domains.split(host))


def segment(text: str, known: Knowledge) -> list[tuple[str, str]]:
    """`text` cut into (piece, kind): known words, digits ("9"), and what is left over ("?")."""
    out: list[tuple[str, str]] = []
    for chunk in _CHUNK.findall(text):
        if chunk[0].isdigit():
            out.append((chunk, "9"))
        elif chunk in known.kinds:
            out.append((chunk, known.kinds[chunk]))
        else:
            out += _cut(chunk[:40], known)
    return out


def _cut(chunk: str, known: Knowledge) -> list[tuple[str, str]]:
    """The cheapest cutting: a word costs 1, a letter outside any word 1 (0.9 inside a longer unknown
    stretch).
    """
    length = len(chunk)
    kinds, prefixes = known.kinds, known.prefixes
    cost = [0.0] * (length + 1)
    step = [1] * (length + 1)
    is_word = [False] * (length + 1)
    for start in range(length - 1, -1, -1):
        best, best_step, best_word = 0.9 + cost[start + 1], 1, False
        for end in range(start + 3, min(length, start + 18) + 1):
            piece = chunk[start:end]
            if piece not in prefixes:
                break
            if piece in kinds:
                total = 1.0 + cost[end]
                if total < best:
                    best, best_step, best_word = total, end - start, True
        cost[start], step[start], is_word[start] = best, best_step, best_word
    out: list[tuple[str, str]] = []
    at, loose = 0, 0
    while at < length:
        if is_word[at]:
            if loose < at:
                out.append((chunk[loose:at], "?"))
            piece = chunk[at : at + step[at]]
            out.append((piece, kinds[piece]))
            at += step[at]
            loose = at
        else:
            at += 1
    if loose < length:
        out.append((chunk[loose:], "?"))
    return out


@dataclass(frozen=True, slots=True)
class Reading:
    """What one name says when it is read: its pieces and the brand it resembles."""

    pieces: tuple[tuple[str, str], ...]
    sub_pieces: tuple[tuple[str, str], ...]
    near: tuple[str, int] | None
    inside: str
    in_sub: str
    at_home: bool = False
    disguised: str = ""
    """A word written with letters that look alike."""

    @property
    def lures(self) -> list[str]:
        return [word for word, kind in self.pieces + self.sub_pieces if kind in ("lure", "soft")]


def read(name: Name, known: Knowledge) -> Reading:
    pieces = segment(name.label, known)
    sub = segment(name.sub, known) if name.sub else []
    if f"{name.label}.{name.suffix}" in known.homes:
        return Reading(tuple(pieces), tuple(sub), None, "", "", at_home=True)
    inside = next((word for word, kind in pieces if kind == "brand"), "")
    in_sub = next((word for word, kind in sub if kind == "brand"), "")
    near, disguised = _nearest(name.label, pieces, sub, known)
    return Reading(tuple(pieces), tuple(sub), near, inside, in_sub, disguised=disguised)


def _nearest(
    label: str, pieces: Sequence[tuple[str, str]], sub: Sequence[tuple[str, str]], known: Knowledge
) -> tuple[tuple[str, int] | None, str]:
    """The brand that a label, or what is left of it beside a word that lures, is a slip away from; and a word
    in it that is written with letters that look alike.
    """
    plain = label.replace("-", "")
    folded = plain.translate(_SIGNS)
    near = known.close.nearest(plain) or (known.close.nearest(folded) if folded != plain else None)
    if near is not None or (len(pieces) == 1 and not sub):
        return near, _disguised((plain,), known)
    tried = [chunk for chunk in label.split("-") if len(chunk) >= 5] if "-" in label else []
    if len(pieces) > 1:
        if pieces[0][1] in _BESIDE:
            tried.append("".join(word for word, _ in pieces[1:]))
        if pieces[-1][1] in _BESIDE:
            tried.append("".join(word for word, _ in pieces[:-1]))
    tried += [word for word, kind in (*pieces, *sub) if kind == "?" and len(word) >= 5]
    disguised = _disguised((plain, *tried), known)
    for word in dict.fromkeys(tried):
        found = known.close.slip(word.translate(_SIGNS))
        if found:
            return (found, 2), disguised
    return None, disguised


def _disguised(words: Iterable[str], known: Knowledge) -> str:
    for word in words:
        if word not in known.kinds:
            found = known.skeletons.get(_skeleton(word))
            if found:
                return found
    return ""


def _tokens(name: Name, reading: Reading, known: Knowledge) -> list[str]:
    """What is said about a name in words; hashed beside the letter groups."""
    suffix = name.suffix
    last = suffix.rpartition(".")[2]
    ending = known.ending(suffix)
    pieces, label = reading.pieces, name.label
    hyphens = min(label.count("-"), 3)
    out = [
        f"S:{suffix}",
        f"T:{last}",
        f"E:{ending}",
        f"L:{min(len(label), 24)}",
        f"SL:{suffix}:{min(len(label), 24) // 4}",
        f"EL:{ending}:{min(len(label), 24) // 4}:{hyphens}",
    ]
    shape = "".join("9" if kind == "9" else "w" if kind != "?" else "x" for _, kind in pieces)[:6]
    out.append(f"P:{shape}:{hyphens}")
    out.append(f"PS:{shape}:{suffix}")
    kinds = ">".join(_LETTER[kind] for _, kind in pieces[:5])
    out.append(f"K:{kinds}")
    out.append(f"KS:{kinds}:{last}")
    out.append(f"KE:{kinds}:{ending}:{hyphens}")
    previous = "^"
    for word, kind in pieces[:8]:
        if kind == "9":
            word = "9" * min(len(word), 5)
        if kind != "?":
            out.append(f"w:{word}")
            out.append(f"wS:{word}:{last}")
            if kind != "brand":
                out.append(f"wE:{word}:{ending}")
            out.append(f"b:{previous}:{word}")
            out.append(f"k:{previous}:{kind}")
            previous = word
        else:
            previous = f"?{min(len(word), 4)}"
    out.append(f"b:{previous}:$")
    if name.sub:
        _below(out, name, reading, ending)
    if reading.at_home:
        out.append("home")
        return out
    if reading.near is not None:
        out.append(f"n:{reading.near[1]}")
        out.append(f"nb:{reading.near[0]}:{reading.near[1]}")
        out.append(f"nE:{reading.near[1]}:{ending}")
        out.append(f"nS:{reading.near[1]}:{suffix}")
    if reading.disguised:
        out += ("dis", f"disK:{known.kinds.get(reading.disguised)}")
    _borrowed(out, reading, kinds, ending, suffix)
    if label.startswith("xn--"):
        out.append("xn")
    if _HEX.search(label):
        out.append("hex")
    return out


def _below(out: list[str], name: Name, reading: Reading, ending: str) -> None:
    """What stands in front of the registrable label."""
    last = name.suffix.rpartition(".")[2]
    depth = min(name.sub.count(".") + 1, 4)
    out += (f"D:{depth}", f"DE:{depth}:{ending}")
    for word, kind in reading.sub_pieces[:6]:
        if kind != "?":
            out.append(f"sw:{word}")
            out.append(f"sk:{kind}:{last}")
            out.append(f"skE:{kind}:{ending}:{_LETTER[reading.pieces[0][1]] if reading.pieces else ''}")
    if name.sub.endswith((".com", ".io", ".org", ".net", ".fi", ".app", ".finance")) and not reading.at_home:
        out.append("nest")


def _borrowed(out: list[str], reading: Reading, kinds: str, ending: str, suffix: str) -> None:
    """A name that is not at home here, together with lures and the ending."""
    weak = next((word for word, kind in reading.pieces if kind == "common"), "")
    whose = "B" if reading.inside else "N" if reading.near else "b" if reading.in_sub else "-"
    if whose == "-" and weak:
        whose = "c"
    lures = [word for word, kind in reading.pieces if kind == "lure"]
    below = sum(kind in ("lure", "soft") for _, kind in reading.sub_pieces)
    place = "-"
    if lures:
        place = "f" if reading.pieces[0][1] == "lure" else "l" if reading.pieces[-1][1] == "lure" else "m"
    elif any(kind == "soft" for _, kind in reading.pieces):
        place = "s"
    out.append(f"q:{whose}:{place}:{min(below, 1)}:{ending}")
    out.append(f"qn:{whose}:{min(len(lures) + below, 3)}")
    if whose != "-":
        out += [f"ql:{whose}:{word}" for word in lures[:3]]
        beside = [word for word, kind in reading.pieces if kind in ("soft", "trade", "tech", "everyday")]
        out += [f"qt:{whose}:{word}" for word in beside[:3]]
        loose = sum(len(word) for word, kind in reading.pieces if kind == "?")
        out.append(f"qx:{whose}:{min(loose, 6)}:{ending}")
    else:
        out += [f"ll:{ending}:{word}" for word in lures[:3]]
    if reading.inside:
        out.append(f"i:{reading.inside}")
        out.append(f"iS:{suffix}")
        out.append(f"iK:{kinds}")
    if reading.in_sub:
        out.append(f"is:{suffix}")


Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Batch:
    """Features of many names: a sparse matrix by rows."""

    indptr: npt.NDArray[np.int64]
    columns: npt.NDArray[np.int32]
    values: Floats


def extract(names: Sequence[Name], known: Knowledge) -> Batch:
    """Features of `names`, in order."""
    readings = [read(name, known) for name in names]
    rows_a, columns_a = _letter_groups([f"^{name.label[:_LONGEST]}$" for name in names], 0)
    has_sub = [i for i, name in enumerate(names) if name.sub]
    rows_b, columns_b = _letter_groups([f"<{names[i].sub[-_LONGEST:]}>" for i in has_sub], 0x5BD1E995)
    rows_b = np.asarray(has_sub, dtype=np.int64)[rows_b] if has_sub else rows_b
    rows_c: list[int] = []
    columns_c: list[int] = []
    for i, (name, reading) in enumerate(zip(names, readings, strict=True)):
        found = _tokens(name, reading, known)
        rows_c += [i] * len(found)
        columns_c += [zlib.crc32(token.encode()) >> (32 - BITS) for token in found]
    counts_a = np.maximum(np.bincount(rows_a, minlength=len(names)), 1)
    counts_b = np.maximum(np.bincount(rows_b, minlength=len(names)), 1)
    rows = np.concatenate([rows_a, rows_b, np.asarray(rows_c, dtype=np.int64)])
    columns = np.concatenate([columns_a, columns_b, np.asarray(columns_c, dtype=np.int64)]).astype(np.int32)
    values = np.concatenate(
        [
            (1.0 / np.sqrt(counts_a))[rows_a],
            (0.7 / np.sqrt(counts_b))[rows_b],
            np.full(len(rows_c), 0.25),
        ]
    ).astype(np.float32)
    order = np.argsort(rows, kind="stable")
    indptr = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=len(names)))]).astype(np.int64)
    return Batch(indptr, columns[order], values[order])


def sums(batch: Batch, weights: Floats) -> npt.NDArray[np.float64]:
    """The weighted sum of each row."""
    parts = np.concatenate([weights[batch.columns].astype(np.float64) * batch.values, [0.0]])
    return np.add.reduceat(parts, batch.indptr[:-1]) * (np.diff(batch.indptr) > 0)


def _letter_groups(texts: Iterable[str], salt: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """(row, bucket) of every group of one to six neighbouring letters, over one buffer for all texts."""
    encoded = [text.encode("utf-8", "replace") for text in texts]
    if not encoded:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    lengths = np.fromiter((len(piece) for piece in encoded), dtype=np.int64, count=len(encoded))
    buffer = np.frombuffer(b"".join(encoded), dtype=np.uint8).astype(np.uint64)
    row_of = np.repeat(np.arange(len(encoded)), lengths)
    room = np.repeat(np.cumsum(lengths), lengths) - np.arange(len(buffer))
    rows, buckets = [], []
    rolling = np.full(len(buffer), 0x9E3779B97F4A7C15 ^ salt, dtype=np.uint64)
    with np.errstate(over="ignore"):
        for size in _SIZES:
            ahead = buffer[size - 1 :]
            rolling = (rolling[: len(ahead)] ^ ahead) * np.uint64(0x100000001B3)
            if size == 1:
                continue
            fits = room[: len(ahead)] >= size
            mixed = rolling[fits]
            mixed = (mixed ^ (mixed >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
            rows.append(row_of[: len(ahead)][fits])
            buckets.append((mixed >> np.uint64(64 - BITS)).astype(np.int64))
    return np.concatenate(rows), np.concatenate(buckets)
