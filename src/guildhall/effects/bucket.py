"""Token buckets in whole numbers: over any span of d seconds at most burst + rate·d tokens are given out,
exactly.

Rates are micro-tokens a second and time is whole microseconds, so levels are kept in their product,
pico-tokens: a refill then never rounds, however often one looks. Levels fit 64 bits up to a burst of nine
million tokens.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

TOKEN = 10**12
_MICRO = 10**6
_GREATEST_BURST = 9_000_000


@dataclass(frozen=True, slots=True)
class Shape:
    """rate: micro-tokens gained a second, that is pico-tokens a microsecond. burst: pico-tokens it can
    hold.
    """

    rate: int
    burst: int

    @classmethod
    def of(cls, rate_per_s: float | Fraction, burst: int) -> Shape:
        """From tokens per second and whole tokens. Raises ValueError for a rate or burst that gives out
        nothing.
        """
        rate = int(Fraction(rate_per_s).limit_denominator(_MICRO) * _MICRO)
        if rate < 1 or not 1 <= burst <= _GREATEST_BURST:
            raise ValueError(
                "a bucket needs a rate of at least a token in a million seconds and a burst of 1 or more"
            )
        return cls(rate=rate, burst=burst * TOKEN)


@dataclass(frozen=True, slots=True)
class Level:
    """tokens: pico-tokens held at the moment `at` (microseconds since 1970, UTC)."""

    tokens: int
    at: int


def full(shape: Shape, now: int) -> Level:
    """A bucket nobody has drawn from yet. now: microseconds since 1970."""
    return Level(shape.burst, now)


def refill(level: Level, shape: Shape, now: int) -> Level:
    """The level at `now`; a clock that went backwards gains nothing and loses nothing."""
    if now <= level.at:
        return level
    return Level(min(shape.burst, level.tokens + (now - level.at) * shape.rate), now)


def whole_tokens(level: Level) -> int:
    """How many effects the level lets go now."""
    return level.tokens // TOKEN


def take(level: Level, count: int = 1) -> Level:
    """The level with `count` tokens fewer. Raises ValueError when it does not hold them."""
    if level.tokens < count * TOKEN:
        raise ValueError("the bucket does not hold so many tokens")
    return Level(level.tokens - count * TOKEN, level.at)


def available_at(level: Level, shape: Shape, count: int = 1) -> int:
    """The first microsecond at which `count` tokens are there, if nobody takes any; never more than the
    burst.
    """
    missing = min(count * TOKEN, shape.burst) - level.tokens
    return level.at if missing <= 0 else level.at + -(-missing // shape.rate)
