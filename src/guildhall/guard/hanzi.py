"""Chinese in disguise: signs and blanks between characters, characters written as their halves, words
written by sound or half in pinyin.
"""

from __future__ import annotations

import re
from importlib.resources import files

from guildhall.guard.folding import Edit
from guildhall.guard.source import load_data

HAN = "\u3400-\u9fff\U00020000-\U0003ffff"
HAS_HAN = re.compile(f"[{HAN}]")
_GAP = re.compile(rf"(?<=[{HAN}])(?:[ ]{{1,4}}|[*_|~#^=+\-/\\·`@&%$]{{1,4}})(?=[{HAN}])")
_APART = re.compile(rf"(?<![{HAN}])[{HAN}]++(?:(?:[^\w\u2e80-\u9fff]{{1,4}}+|[a-z0-9]{{1,2}}+)[{HAN}]++)++")
_BETWEEN = re.compile(rf"[^{HAN}]+")
_KNOWN = load_data(files("guildhall.guard").joinpath("letters/chinese.yaml").read_text(encoding="utf-8"))
_MEANT: dict[str, str] = {**_KNOWN["halves"], **_KNOWN["meant"]}
_WHOLE: frozenset[str] = frozenset(_KNOWN["whole"])
_INSIDE = frozenset(word[i : i + 2] for word in _WHOLE for i in range(len(word) - 1))
_OTHERWISE = re.compile("|".join(map(re.escape, sorted(_MEANT, key=len, reverse=True))))
_PLUS = re.compile(
    r"(?<![a-z0-9+])(?:加 ?)?[+]{1,2} ?(?=(?:v|vx|wx|q|qq|tg|[微薇威徽卫飞扣群我企])(?![a-z]))"
)
_REACH = 3


def plus_signs(text: str) -> list[Edit]:
    """+V, ➕微: the sign says "add"."""
    return [(m.start(), m.end(), "加") for m in _PLUS.finditer(text)]


def said_otherwise(text: str) -> list[Edit]:
    """Halves and sound-alikes replaced by the word that is meant."""
    return [(m.start(), m.end(), _MEANT[m.group()]) for m in _OTHERWISE.finditer(text)]


def gaps(text: str) -> list[Edit]:
    """What stands between Chinese characters only to keep them apart."""
    edits: list[Edit] = [(m.start(), m.end(), "") for m in _GAP.finditer(text)]
    taken = {start for start, _, _ in edits}
    for match in _APART.finditer(text):
        offset = match.start()
        compact = _BETWEEN.sub("", match.group())
        removed = 0
        for gap in _BETWEEN.finditer(match.group()):
            start, end = gap.span()
            here = start - removed
            removed += end - start
            if offset + start not in taken and _splits_a_word(compact, here):
                edits.append((offset + start, offset + end, ""))
    edits.sort()
    return edits


def _splits_a_word(compact: str, here: int) -> bool:
    """Whether a word worth hiding reaches across `here`."""
    if compact[here - 1 : here + 1] not in _INSIDE:
        return False
    for start in range(max(0, here - _REACH), here):
        for end in range(here + 1, min(len(compact), here + _REACH) + 1):
            if compact[start:end] in _WHOLE:
                return True
    return False
