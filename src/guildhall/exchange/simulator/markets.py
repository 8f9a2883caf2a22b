"""Where the made-up accounts trade: markets, what their quote assets are worth on each day, fee tiers."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from guildhall.exchange.simulator.amounts import Ints
from guildhall.exchange.simulator.shape import PPM, Shape

REFERENCE = "USDT"
"""The asset in which volumes are counted."""


class Market(NamedTuple):
    """A market, how often it is traded compared with the others, and whether it is free of fees."""

    symbol: str
    asset: str
    weight: int
    is_free: bool = False


MARKETS = (
    Market("BTC/USDT", "USDT", 32),
    Market("ETH/USDT", "USDT", 20),
    Market("SOL/USDT", "USDT", 11),
    Market("XRP/USDT", "USDT", 7),
    Market("DOGE/USDT", "USDT", 6),
    Market("BTC/USDC", "USDC", 6),
    Market("ETH/USDC", "USDC", 4),
    Market("ETH/BTC", "BTC", 3),
    Market("SOL/BTC", "BTC", 1),
    Market("FDUSD/USDT", "USDT", 7, is_free=True),
    Market("USDC/USDT", "USDT", 3, is_free=True),
)
ASSETS = ("USDT", "USDC", "BTC")

MAKER_PPM = np.array([200, 160, 140, 100, 0, -50], dtype=np.int64)
TAKER_PPM = np.array([500, 400, 350, 320, 280, 220], dtype=np.int64)
"""Fee by tier, ppm of the notional; the highest tier is paid for making."""
TAKERS_OF_100 = np.array([72, 68, 64, 55, 35, 10], dtype=np.int64)
ACCOUNTS_OF_100 = (70, 14, 8, 4, 3, 1)
TIERS = len(ACCOUNTS_OF_100)


def prices(shape: Shape, day: int) -> tuple[Ints, Ints]:
    """What one of each of ASSETS is worth on the day: whole reference assets, and ppm of that."""
    walk = shape.draws("price").integers(-25_000, 26_000, day + 1).tolist()
    bitcoin = 64_000
    for step in walk:
        bitcoin = max(10_000, bitcoin + bitcoin * step // PPM)
    dollar = PPM + int(shape.draws("dollar", day).integers(-400, 400))
    return np.array([1, 1, bitcoin], dtype=np.int64), np.array([PPM, dollar, PPM], dtype=np.int64)
