"""A made-up market the demo's traders talk about: hourly prices of some coins, with calm stretches and moves.

Pure. The same seed and start give the same prices; they are nobody's quotes.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

HOUR = timedelta(hours=1)
START = {"BTC": 97_400_00, "ETH": 3_420_00, "SOL": 214_00, "XRP": 2_31, "BNB": 688_00, "AVAX": 38_40}
"""Prices at the beginning, in cents."""
CALM, WILD = 0.0035, 0.013
_BEATS = {"BTC": 1.0, "ETH": 1.3, "SOL": 1.7, "XRP": 1.5, "BNB": 0.9, "AVAX": 1.8}
_LONGEST = 24 * 60


@dataclass(frozen=True, slots=True)
class Market:
    """Prices in cents by coin and hour since `start`."""

    start: datetime
    prices: dict[str, tuple[int, ...]]

    def price(self, coin: str, at: datetime) -> int:
        """Cents at a moment."""
        return self.prices[coin][self._hour(at)]

    def move(self, at: datetime) -> float:
        """How far BTC went in the hour of `at`, in percent."""
        hour = max(1, self._hour(at))
        before, after = self.prices["BTC"][hour - 1 : hour + 1]
        return (after - before) * 100 / before

    def _hour(self, at: datetime) -> int:
        return max(0, min(_LONGEST - 1, (at - self.start) // HOUR))


def make(seed: int, start: datetime) -> Market:
    """Sixty days of hours: a slow walk in which now and then something happens."""
    chance = random.Random(f"market {seed}")
    moves = []
    for hour in range(_LONGEST):
        is_event = chance.random() < 0.028
        moves.append(chance.gauss(0, WILD if is_event else CALM) + (0.0006 if hour % 48 < 24 else -0.0005))
    prices = {}
    for coin, first in START.items():
        walk = [first]
        for move in moves[1:]:
            own = chance.gauss(0, CALM / 2)
            walk.append(max(1, round(walk[-1] * (1 + move * _BEATS[coin] + own))))
        prices[coin] = tuple(walk)
    return Market(start, prices)
