"""What the chat page hands to intake: small JSON bodies, built here and parsed by the adapter, so the two
cannot drift apart.

A message's platform id is derived from its author and the nonce of the form, so that the same form sent
twice is the same message, whichever process receives it, and nobody can claim somebody else's id.
"""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime
from typing import Any

import orjson


def external_id(visitor: str, nonce: str) -> str:
    """The platform id of the message a visitor sends with a nonce: 26 small letters and digits."""
    digest = hashlib.sha256(f"{visitor}\x00{nonce}".encode()).digest()[:16]
    return base64.b32encode(digest).decode().rstrip("=").lower()


def message_body(
    *, space: str, visitor: str, name: str, message_id: str, text: str, sent_at: datetime, reply_to: str = "",
    language: str = "",
) -> bytes:  # fmt: skip
    """A new message in the space of this slug."""
    return _body(
        "message",
        space,
        visitor,
        name,
        sent_at,
        message_id=message_id,
        text=text,
        reply_to=reply_to,
        language=language,
    )


def edit_body(*, space: str, visitor: str, name: str, message_id: str, text: str, sent_at: datetime) -> bytes:
    """Another wording for a message of one's own."""
    return _body("edit", space, visitor, name, sent_at, message_id=message_id, text=text)


def delete_body(*, space: str, visitor: str, name: str, message_id: str, sent_at: datetime) -> bytes:
    """A message of one's own taken back."""
    return _body("delete", space, visitor, name, sent_at, message_id=message_id)


def join_body(*, space: str, visitor: str, name: str, sent_at: datetime, language: str = "") -> bytes:
    """Somebody enters under a name."""
    return _body("join", space, visitor, name, sent_at, language=language)


def leave_body(*, space: str, visitor: str, name: str, sent_at: datetime) -> bytes:
    """Somebody leaves."""
    return _body("leave", space, visitor, name, sent_at)


def _body(kind: str, space: str, visitor: str, name: str, sent_at: datetime, **more: Any) -> bytes:
    said = {"type": kind, "space": space, "visitor": visitor, "name": name, "sent_at": sent_at.isoformat()}
    return orjson.dumps({**said, **{key: value for key, value in more.items() if value}})
