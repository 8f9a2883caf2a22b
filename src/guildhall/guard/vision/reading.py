"""Reads one picture: its fingerprint, the codes on it, and its words. Runs inside the reader's own process.

Words are read by PP-OCRv4 models that come with the wheel of rapidocr-onnxruntime (Chinese and English);
lines it is unsure of are left out. Codes are read by zxing-cpp.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from guildhall.guard.vision.alike import fingerprint
from guildhall.guard.vision.opening import open_picture
from guildhall.guard.vision.spacing import spaced

MOST_CODES = 20
MOST_LINES = 120
MOST_WORDS = 4_000
SURE_FROM = 0.6
SMALLEST_SIDE = 24
"""Smaller pictures hold neither words nor codes."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read off a picture. `words` has one line for each line of text, in reading order."""

    width: int
    height: int
    fingerprint: int | None = None
    codes: tuple[str, ...] = ()
    words: str = ""


def read(data: bytes, *, words: bool = True) -> Reading:
    """Read a picture; `words` False leaves out the slow part. Raises BadInput."""
    picture = open_picture(data)
    width, height = picture.size
    mark = fingerprint(picture)
    if min(width, height) < SMALLEST_SIDE:
        return Reading(width, height, mark)
    return Reading(width, height, mark, _codes(picture), _words(picture) if words else "")


def _codes(picture: Any) -> tuple[str, ...]:
    import zxingcpp

    found = zxingcpp.read_barcodes(picture)
    return tuple(code.text[:2_000] for code in found[:MOST_CODES] if code.valid and code.text)


def _words(picture: Any) -> str:
    import numpy as np

    # The engine takes its pixels as OpenCV does: blue first. A margin keeps it from missing lines at the rim.
    framed = np.pad(np.asarray(picture), ((16, 16), (16, 16), (0, 0)), mode="edge")
    grey = framed.mean(axis=2).astype(np.uint8)
    found, _took = _engine()(np.ascontiguousarray(framed[:, :, ::-1]), return_word_box=True)
    lines = [line for line in found or () if float(line[2]) >= SURE_FROM and line[1].strip()]
    lines.sort(key=lambda line: (round(min(point[1] for point in line[0]) / 12), line[0][0][0]))
    return "\n".join(_line(line, grey) for line in lines[:MOST_LINES])[:MOST_WORDS]


def _line(line: Any, grey: Any) -> str:
    text, letters, boxes = str(line[1]), line[4], line[3]
    if len(letters) != len(boxes) or "".join(letters) != text.replace(" ", ""):
        return text
    return spaced(letters, boxes, grey)


@lru_cache(maxsize=1)
def _engine() -> Any:
    from rapidocr_onnxruntime import RapidOCR

    return RapidOCR(intra_op_num_threads=1, inter_op_num_threads=1)
