"""Which allowed messages a person looks at all the same, so that what the guard misses can be estimated.

The choice is a hash of the message id against a rate from the day before: repeatable, spread over the day,
and not to be foreseen by who writes the message. Pure.
"""

from __future__ import annotations

from hashlib import blake2b

_SCALE = 1 << 32
_FIRST_DAY = 200
"""Messages a day that are assumed for a space without a yesterday."""


def rate(per_day: int, yesterday: int) -> float:
    """The share of allowed messages to sample: `per_day` of as many as there were yesterday."""
    return min(1.0, per_day / (yesterday or _FIRST_DAY))


def is_sampled(message_id: str, share: float) -> bool:
    """Whether the message is among the `share` (0..1) that is sampled."""
    digest = blake2b(message_id.encode(), digest_size=4, key=b"guard.sample").digest()
    return int.from_bytes(digest, "big") < share * _SCALE
