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
        self._by_length: dict[int, tuple[list[str], list[str]]] = {}
        for length in range(_ONE_FROM - 1, _LONGEST + 1):
            short = [
                name
                for name in self.names
                if _ONE_FROM <= len(name) < _TWO_FROM and abs(len(name) - length) <= 1
            ]
            long = [name for name in self.names if len(name) >= _TWO_FROM and abs(len(name) - length) <= 2]
            self._by_length[length] = (sorted(short), sorted(long))

    def nearest(self, label: str) -> tuple[str, int] | None:
        """The name closest to `label` and how many edits away (optimal string alignment), if close enough.

        0 edits only when `label` is that name.
        """
        if label in self.names:
            return label, 0
        best: tuple[str, int] | None = None
        for names, most in zip(self._by_length.get(len(label), ()), (1, 2), strict=False):
            found = (
                process.extractOne(label, names, scorer=OSA.distance, score_cutoff=most) if names else None
            )
            if found is not None and (best is None or found[1] < best[1]):
                best = (str(found[0]), int(found[1]))
        return best


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
