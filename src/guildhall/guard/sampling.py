"""Which messages a person looks at all the same: of those left alone, so that what the guard misses can be
estimated, and of those punished, so that what it does wrongly can.

The choice is a hash of the message id against a rate from the day before: repeatable, spread over the day,
and not to be foreseen by who writes the message. On a busier day the rate halves whenever a day's worth has
been taken: never nothing, so that every message has a known chance, which is kept with the draw. Pure.
"""

from __future__ import annotations

from hashlib import blake2b

_SCALE = 1 << 32
_FIRST_DAY = 200
"""Messages a day that are assumed for a space without a yesterday."""
_FIRST_DAY_PUNISHED = 20
_MOST_HALVINGS = 20


def rate(per_day: int, yesterday: int, *, punished: bool = False) -> float:
    """The share of a day's messages to sample: `per_day` of as many as there were yesterday."""
    return min(1.0, per_day / (yesterday or (_FIRST_DAY_PUNISHED if punished else _FIRST_DAY)))


def slowed(share: float, per_day: int, taken: int) -> float:
    """The share for the next message of a day of which so many have been taken; it never reaches 0."""
    if per_day <= 0:
        return 0.0
    return share / 2 ** min(taken // per_day, _MOST_HALVINGS)


def is_sampled(message_id: str, share: float) -> bool:
    """Whether the message is among the `share` (0..1) that is sampled."""
    digest = blake2b(message_id.encode(), digest_size=4, key=b"guard.sample").digest()
    return int.from_bytes(digest, "big") < share * _SCALE
