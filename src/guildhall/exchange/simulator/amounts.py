"""Sizes, prices and fees in whole units: heavy-tailed tables are made once, then only integers are drawn from
them, so the same seed gives the same money on every machine.
"""

from __future__ import annotations

import math
from functools import lru_cache
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from guildhall.exchange.simulator.shape import PPM

UNIT = 100_000_000
"""1e-8 of an asset is one unit."""

Ints = npt.NDArray[np.int64]


def share(amounts: Ints, ppm: Ints | int) -> Ints:
    """floor(amount * ppm / 10**6) without leaving 64 bits; amounts >= 0, ppm of either sign, up to 10**6."""
    result: Ints = (amounts // PPM) * ppm + ((amounts % PPM) * ppm) // PPM
    return result


@lru_cache(maxsize=8)
def lognormal(mu_millis: int, sigma_millis: int, most: int, steps: int = 16_384) -> Ints:
    """Evenly likely values of a lognormal distribution in units of 1e-8, none above `most` whole assets."""
    normal = NormalDist(mu_millis / 1000, sigma_millis / 1000)
    values = [min(math.exp(normal.inv_cdf((at + 0.5) / steps)), most) for at in range(steps)]
    return np.array([max(1, round(value * 10_000)) * (UNIT // 10_000) for value in values], dtype=np.int64)


def draw_sizes(random: np.random.Generator, table: Ints, count: int) -> Ints:
    """`count` values of the table, each between a half and one and a half of its step."""
    return share(table[random.integers(0, len(table), count)], random.integers(PPM // 2, PPM * 3 // 2, count))


def trade_sizes() -> Ints:
    """What a fill is worth: median 2,200, one in a hundred above a million (1e-8 of the reference asset)."""
    return lognormal(7_700, 2_700, 5_000_000)


def deposit_sizes() -> Ints:
    """What is deposited or withdrawn at once: median 400 (1e-8 of the reference asset)."""
    return lognormal(6_000, 1_900, 2_000_000)


def zipf_weights(count: int) -> Ints:
    """The weight of each rank, 1/rank in whole numbers: the first of 1,000 trades 13 % of everything."""
    return 1_000_000_000 // np.arange(1, count + 1, dtype=np.int64) + 1
