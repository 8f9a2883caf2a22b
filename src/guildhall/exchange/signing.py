"""The signature on what an exchange sends: HMAC-SHA256 over the time, the request and the body, with the
feed's own secret.

Pure. A signature is good for five minutes around its time; a body sent again under the same key is the same
batch, and under another key it would need another signature, so a recorded request is of no use to anybody.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime
from typing import Final

WINDOW_S: Final = 300
"""Seconds the sender's clock may be off, either way."""
TIMESTAMP = "X-Guildhall-Timestamp"
SIGNATURE = "X-Guildhall-Signature"
KEY = "Idempotency-Key"
_SCHEME = "v1="


class Signer:
    """Takes a body in pieces and tells its signature.

    Signed is `v1`, the Unix time in seconds, `METHOD path?query`, the idempotency key, each followed by a
    newline, and then the body as it is sent (packed, if it is packed).
    """

    def __init__(self, secret: str, timestamp: int, method: str, target: str, key: str) -> None:
        self._mac = hmac.new(secret.encode(), digestmod=hashlib.sha256)
        self._mac.update(f"v1\n{timestamp}\n{method.upper()} {target}\n{key}\n".encode())

    def take(self, piece: bytes) -> None:
        """The next piece of the body."""
        self._mac.update(piece)

    def signature(self) -> str:
        """What stands in the header: `v1=` and 64 hexadecimal digits."""
        return _SCHEME + self._mac.hexdigest()

    def agrees(self, given: str) -> bool:
        """Whether a header is this signature; takes the same time for every wrong one."""
        return hmac.compare_digest(self.signature().encode(), given.strip().encode("utf-8", "replace"))


def sign(secret: str, timestamp: int, method: str, target: str, key: str, body: bytes = b"") -> str:
    """The signature of a whole request; for senders and tests."""
    signer = Signer(secret, timestamp, method, target, key)
    signer.take(body)
    return signer.signature()


def timestamp_of(given: str, now: datetime) -> int | None:
    """The time a header tells, in Unix seconds; None when it is no time or outside the window."""
    if not (given.isascii() and given.isdigit() and len(given) <= 12):
        return None
    at = int(given)
    return at if abs(at - int(now.timestamp())) <= WINDOW_S else None
