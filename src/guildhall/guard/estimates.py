"""What can be said of all messages from those people looked at: precision and recall with honest intervals.
Pure.

Messages fall into strata (left alone, put before a person, punished). From each, some were drawn with a known
probability and decided; a draw speaks for 1/probability messages (Horvitz and Thompson 1952), and the known
size of the stratum sharpens it (Hájek 1971). Intervals: Wilson (1927) for a share; for recall, which divides
sums of strata, each stratum's rate is drawn from its Jeffreys posterior at its effective sample size and the
quotient's quantiles are taken. A stratum decided to the last message leaves nothing to doubt.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

Z95 = 1.959964
_DRAWS = 1_000
LEAST_ANSWERED = 20
"""Fewer decided draws than this are not shown as an estimate, only as what is missing."""


@dataclass(frozen=True, slots=True)
class Sums:
    """A stratum: how many messages, and sums over its decided draws (weight = 1 / probability)."""

    seen: int = 0
    answered: int = 0
    weight: float = 0.0
    weight_squared: float = 0.0
    weight_bad: float = 0.0

    def plus(self, other: Sums) -> Sums:
        """Both together, as one stratum."""
        return Sums(
            self.seen + other.seen,
            self.answered + other.answered,
            self.weight + other.weight,
            self.weight_squared + other.weight_squared,
            self.weight_bad + other.weight_bad,
        )

    @property
    def rate(self) -> float:
        """The estimated share that is bad; 0 without a draw."""
        return min(1.0, self.weight_bad / self.weight) if self.weight else 0.0

    @property
    def effective(self) -> float:
        """How many equally probable draws the decided ones are worth (Kish 1965), with the correction for
        a stratum that is nearly or wholly decided (infinite then).
        """
        if not self.weight_squared:
            return 0.0
        size = self.weight**2 / self.weight_squared
        if size >= self.seen - 0.5:
            return math.inf
        return size * (self.seen - 1) / (self.seen - size)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A share 0..1 with its 95 % interval; `n`: decided messages behind it."""

    value: float
    low: float
    high: float
    n: int


def drawn(seen: int, draws: Sequence[tuple[float, bool]]) -> Sums:
    """A stratum of `seen` messages from its decided draws: (probability of being drawn, is bad)."""
    weights = [(1 / share, bad) for share, bad in draws]
    return Sums(
        seen,
        len(weights),
        sum(weight for weight, _ in weights),
        sum(weight**2 for weight, _ in weights),
        sum(weight for weight, bad in weights if bad),
    )


def wilson(share: float, n: float) -> tuple[float, float]:
    """Wilson's 95 % interval of a share seen in `n` (effective) draws; the whole range when n is 0."""
    if n <= 0:
        return 0.0, 1.0
    if math.isinf(n):
        return share, share
    middle = (share + Z95**2 / (2 * n)) / (1 + Z95**2 / n)
    half = Z95 / (1 + Z95**2 / n) * math.sqrt(share * (1 - share) / n + Z95**2 / (4 * n**2))
    return max(0.0, middle - half), min(1.0, middle + half)


def precision(punished: Sums) -> Estimate | None:
    """Of what was punished, the share that was bad; None without a decided draw."""
    if not punished.answered:
        return None
    low, high = wilson(punished.rate, punished.effective)
    return Estimate(punished.rate, min(low, punished.rate), max(high, punished.rate), punished.answered)


def recall(found: Sequence[Sums], missed: Sequence[Sums], *, seed: int = 1) -> Estimate | None:
    """Of all bad messages, the share in `found`. `missed` are the strata that were let through.

    None where a stratum that holds messages has no decided draw, or nothing bad was seen at all.
    """
    parts = [*found, *missed]
    if any(part.seen and not part.answered for part in parts):
        return None
    caught = sum(part.seen * part.rate for part in found)
    bad = caught + sum(part.seen * part.rate for part in missed)
    if not bad:
        return None
    random = Random(seed)
    shares = []
    for _ in range(_DRAWS):
        hit = sum(part.seen * _posterior(part, random) for part in found)
        all_bad = hit + sum(part.seen * _posterior(part, random) for part in missed)
        shares.append(hit / all_bad if all_bad else 0.0)
    shares.sort()
    low, high = shares[int(_DRAWS * 0.025)], shares[int(_DRAWS * 0.975) - 1]
    value = caught / bad
    return Estimate(value, min(low, value), max(high, value), sum(part.answered for part in parts))


def _posterior(part: Sums, random: Random) -> float:
    n = part.effective
    if not part.seen or math.isinf(n):
        return part.rate
    bad = part.rate * n
    return random.betavariate(bad + 0.5, n - bad + 0.5)
