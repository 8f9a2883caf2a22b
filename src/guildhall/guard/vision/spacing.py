"""Puts the blanks back that the reader of words leaves out: where a stretch without ink between two letters
is as wide as a blank, there was one.

Only for writing that has blanks; between Chinese characters nothing is put.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

Box = Sequence[Sequence[float]]
BLANK = 0.25
"""Width of a blank, as a share of the line's height."""
CONTRAST = 48
"""How much darker or lighter than its surroundings ink is, of 255."""


def spaced(letters: Sequence[str], boxes: Sequence[Box], grey: np.ndarray[Any, Any]) -> str:
    """The line's letters with blanks between its words. `boxes` are the letters' corners in pixels of
    `grey` (height, width).
    """
    out: list[str] = []
    for place, letter in enumerate(letters):
        if place and _has_blanks(letters[place - 1]) and _has_blanks(letter):
            if _gap(boxes[place - 1], boxes[place], grey):
                out.append(" ")
        elif place and _has_blanks(letters[place - 1]) != _has_blanks(letter) and letter.isalnum():
            out.append(" ")
        out.append(letter)
    return "".join(out)


def _has_blanks(letter: str) -> bool:
    return not "\u2e80" <= letter[:1] <= "\uffef"


def _gap(left: Box, right: Box, grey: np.ndarray[Any, Any]) -> bool:
    top, bottom = int(min(left[0][1], right[0][1])), int(max(left[2][1], right[2][1]))
    start, end = int((left[0][0] + left[1][0]) / 2), int((right[0][0] + right[1][0]) / 2)
    strip = grey[max(0, top) : bottom, max(0, start) : end]
    if strip.size == 0 or bottom <= top:
        return False
    has_ink = strip.max(axis=0).astype(int) - strip.min(axis=0) > CONTRAST
    longest = run = 0
    for inked in has_ink:
        run = 0 if inked else run + 1
        longest = max(longest, run)
    return longest >= BLANK * (bottom - top)
