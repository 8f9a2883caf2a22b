"""Whether two pictures look the same: a 64-bit fingerprint that survives scaling, recompression and slight
changes of colour.

The picture is shrunk to 32 x 32 grey values; the signs of its 63 lowest cosine coefficients against their
median are the bits (Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions", 2010).
Fingerprints are kept as signed 64-bit integers, because databases have no others.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PIL.Image import Image

SIDE, LOW = 32, 8
ALIKE_WITHIN = 8
"""Bits two fingerprints of the same picture may differ in."""
FLAT = 12.0
"""Below this spread of grey values (0-255) a picture shows nothing that could be recognised."""


def fingerprint(picture: Image) -> int | None:
    """The fingerprint as a signed 64-bit integer; None for a picture that is all of one colour."""
    import numpy as np
    from PIL.Image import Resampling

    grey = picture.convert("L").resize((SIDE, SIDE), Resampling.LANCZOS)
    values = np.asarray(grey, dtype=np.float64)
    if values.std() < FLAT:
        return None
    basis = _basis()
    low = (basis @ values @ basis.T).ravel()
    bits = low > np.median(low[1:])
    bits[0] = False
    number = 0
    for bit in bits:
        number = number << 1 | int(bit)
    return number - (1 << 64) if number >> 63 else number


def distance(one: int, other: int) -> int:
    """In how many of 64 bits two fingerprints differ."""
    return ((one ^ other) & (1 << 64) - 1).bit_count()


def nearest(value: int, known: Iterable[int]) -> tuple[int, int] | None:
    """The most similar of the known fingerprints that still counts as alike, and its distance."""
    best: tuple[int, int] | None = None
    for other in known:
        apart = distance(value, other)
        if apart <= ALIKE_WITHIN and (best is None or apart < best[1]):
            best = (other, apart)
    return best


@lru_cache(maxsize=1)
def _basis() -> Any:
    """The lowest eight rows of the cosine transform of length 32."""
    import numpy as np

    k, n = np.arange(LOW)[:, None], np.arange(SIDE)[None, :]
    return np.cos(np.pi * (2 * n + 1) * k / (2 * SIDE))
