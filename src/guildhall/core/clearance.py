"""Proof that a content may go to a region. Compliance issues it, senders demand it.

Senders stand on lower floors than compliance, so what they share is this small frozen value: without one
whose content hash fits the text, nothing is sent.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Clearance:
    """A yes: to one act, in one region, for one content, by rules with their versions."""

    act: str
    region: str
    content_hash: str
    rules: tuple[str, ...]
    issued_at: datetime

    def covers(self, content: str) -> bool:
        """Whether this clearance was given for exactly this content."""
        return self.content_hash == content_hash(content)


def content_hash(content: str) -> str:
    """The fingerprint of a content: SHA-256 of its UTF-8 bytes, in hex."""
    return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()
