"""How long a webhook's endpoint is waited for: pure figures in whole milliseconds.

One delivery is tried at once, after a second, four, sixteen ... and then every four hours, for four days. An
endpoint whose deliveries fail one after the other is spared for a while, so that it does not hold the workers
up; one at which nothing arrived for five days is given up until a person looks at it.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta

FIRST_MS = 1_000
TIMES = 4
CAP_MS = 4 * 3600 * 1_000
GIVE_UP_AFTER = timedelta(days=4)
"""A delivery is not tried any more when its next try would come later than this after it was queued."""
DISABLE_AFTER = timedelta(days=5)
DISABLE_FAILURES = 20
"""So many failures at least, so that one event a week does not cost an endpoint its subscription."""
SPARED_FROM = 5
"""After so many failures in a row."""
QUIET_FIRST_MS = 15_000
QUIET_CAP_MS = 15 * 60 * 1_000
_PERMILLE_OF_JITTER = 200


def delay_ms(delivery_id: str, step: int) -> int:
    """Milliseconds to wait after the `step`-th try failed (counting from 1), up to a fifth less by jitter:
    the same for the same delivery and step. Raises ValueError when step is less than 1.
    """
    if step < 1:
        raise ValueError("tries count from 1")
    full = min(CAP_MS, FIRST_MS * TIMES ** min(step - 1, 20))
    return full - full * _jitter_permille(delivery_id, step) // 1000


def quiet_ms(failures: int) -> int:
    """Milliseconds an endpoint is spared after its `failures`-th failure in a row; 0 while it is not."""
    if failures < SPARED_FROM:
        return 0
    return int(min(QUIET_CAP_MS, QUIET_FIRST_MS << min(failures - SPARED_FROM, 20)))


def _jitter_permille(delivery_id: str, step: int) -> int:
    digest = hashlib.blake2b(f"{delivery_id}:{step}".encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big") % (_PERMILLE_OF_JITTER + 1)
