"""How long a failed effect waits before it is tried again: doubling from one second, capped at fifteen
minutes.

The jitter is a hash of the effect's id and attempt, not chance: a replay waits as long as the original did,
and effects that failed together still come back apart.
"""

from __future__ import annotations

import hashlib

FIRST_MS = 1_000
CAP_MS = 15 * 60 * 1_000
_PERMILLE_OF_JITTER = 250


def delay_ms(effect_id: int, attempt: int, *, first_ms: int = FIRST_MS, cap_ms: int = CAP_MS) -> int:
    """Milliseconds to wait after the `attempt`-th try failed (counting from 1): never more than `cap_ms`.

    The full delay is first · 2^(attempt-1); up to a quarter of it is taken off by the jitter.
    Raises ValueError when attempt is less than 1.
    """
    if attempt < 1:
        raise ValueError("attempts count from 1")
    full = min(cap_ms, first_ms << min(attempt - 1, 40))
    return full - full * _jitter_permille(effect_id, attempt) // 1000


def _jitter_permille(effect_id: int, attempt: int) -> int:
    digest = hashlib.blake2b(f"{effect_id}:{attempt}".encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big") % (_PERMILLE_OF_JITTER + 1)
