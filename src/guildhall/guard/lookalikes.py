"""Which protected name a domain label looks like: the same skeleton, a slip of the keyboard away, or
carrying it.

Pure and quick: only names of nearly the same length are compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rapidfuzz import process
from rapidfuzz.distance import OSA

_NEIGHBOURS = {
    "q": "wa12", "w": "qeas23", "e": "wrsd34", "r": "etdf45", "t": "ryfg56", "y": "tugh67", "u": "yihj78",
    "i": "uojk89l1", "o": "ipkl90", "p": "ol0", "a": "qwsz", "s": "awedxz", "d": "serfcx", "f": "drtgvc",
    "g": "ftyhbv", "h": "gyujnb", "j": "huiknm", "k": "jiolm", "l": "kop1i", "z": "asx", "x": "zsdc",
    "c": "xdfv", "v": "cfgb", "b": "vghn", "n": "bhjm", "m": "njk",
}  # fmt: skip
_ONE_FROM, _TWO_FROM = 5, 9
_LONGEST = 40


class Close:
    """Names compiled for looking up what is one edit away (two for long names)."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = frozenset(names)
        self._long: dict[tuple[str, int], list[str]] = {}
        for name in sorted(self.names):
            if len(name) >= _TWO_FROM:
                for length in range(len(name) - 2, len(name) + 3):
                    self._long.setdefault((name[0], length), []).append(name)
        self._without: dict[str, list[str]] = {}
        for name in sorted(self.names):
            if len(name) >= _ONE_FROM:
                for shorter in _shortened(name):
                    self._without.setdefault(shorter, []).append(name)

    def slip(self, label: str) -> str:
        """A name exactly one edit (optimal string alignment) from `label`, or ''. Quick for any number of
        names; the first letter must be the same.
        """
        if not _ONE_FROM <= len(label) <= _LONGEST or label in self.names:
            return ""
        for key in _shortened(label):
            for name in self._without.get(key, ()):
                if name[0] == label[0] and OSA.distance(label, name, score_cutoff=1) == 1:
                    return name
        return ""

    def nearest(self, label: str) -> tuple[str, int] | None:
        """The name closest to `label` and how many edits away (optimal string alignment), if close enough.

        0 edits only when `label` is that name; two edits only from long names with the same first letter.
        """
        if label in self.names:
            return label, 0
        if _ONE_FROM - 1 <= len(label) <= _LONGEST:
            keys = _shortened(label)
            one = {name for key in keys for name in self._without.get(key, ())}
            near = min((name for name in one if OSA.distance(label, name, score_cutoff=1) == 1), default="")
            if near:
                return near, 1
        long = self._long.get((label[:1], len(label)))
        found = process.extractOne(label, long, scorer=OSA.distance, score_cutoff=2) if long else None
        return None if found is None else (str(found[0]), int(found[1]))


def _shortened(name: str) -> list[str]:
    """`name`, and `name` with one letter left out."""
    return [name, *(name[:i] + name[i + 1 :] for i in range(len(name)))]


def is_slip(written: str, real: str) -> bool:
    """Whether `written` is `real` with one slip: two letters swapped, one doubled or left out, a neighbouring
    key, or a sign that looks alike. A stranger letter is another word, not a slip.
    """
    if OSA.distance(written, real, score_cutoff=1) != 1:
        return False
    if len(written) == len(real):
        at = next(i for i, (a, b) in enumerate(zip(written, real, strict=True)) if a != b)
        if written[at + 1 :] != real[at + 1 :]:
            return True  # swapped
        return written[at] in _NEIGHBOURS.get(real[at], "") or _vowels(written[at], real[at])
    longer, shorter = (written, real) if len(written) > len(real) else (real, written)
    at = next((i for i, char in enumerate(shorter) if char != longer[i]), len(shorter))
    extra = longer[at]
    if longer is real:
        return 0 < at < len(real) - 1  # left out, but neither the first letter nor the last
    if at == len(shorter) and extra in "sx":
        return False  # a plural is another word
    if at == len(shorter) and extra != longer[at - 1]:
        return False  # a word that goes on
    doubled = extra in (longer[at - 1 : at], longer[at + 1 : at + 2])
    return doubled or any(extra in _NEIGHBOURS.get(near, "") for near in longer[max(at - 1, 0) : at + 2])


def _vowels(a: str, b: str) -> bool:
    return a in "aeiouy" and b in "aeiouy"


def carried(shape: str, names: Mapping[str, object] | frozenset[str], least: int = 5) -> str:
    """The longest protected name inside `shape`, or ''."""
    length = len(shape)
    for size in range(min(length, 24), least - 1, -1):
        for start in range(length - size + 1):
            if shape[start : start + size] in names:
                return shape[start : start + size]
    return ""
