"""May these words be posted there? Asked before words are put into a task for somebody to paste.

What decides is a room beside this one, so a room above brings the two together when Django starts. While
nobody has, nothing may be pasted: the words are left out and the task says so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from guildhall.core.text import Text


@dataclass(frozen=True, slots=True)
class Cleared:
    """The answer: `words` as they may go out (with what must be disclosed), or '' and why not."""

    words: str
    refusal: Text | None = None


Clears: TypeAlias = "Callable[[str, str, str, str], Cleared]"
"""(act, region, words, language) -> the answer."""
_asked: list[Clears] = []


def decided_by(clears: Clears) -> None:
    """Let `clears` answer from now on."""
    _asked[:] = [clears]


def cleared(act: str, region: str, words: str, language: str) -> Cleared:
    """Whether the words may be posted to an audience there; none at all always may."""
    if not words:
        return Cleared("")
    if not _asked:
        return Cleared("", Text("Nobody here can clear words.", "暂时无法进行合规检查。"))
    return _asked[0](act, region, words, language)
