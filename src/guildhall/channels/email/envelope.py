"""What is handed to intake for a letter: the letter as it came, which mailbox got it, and from where.

Pure. Whoever brings letters in (the IMAP gateway, a provider's webhook) wraps them here, and `reading` opens
them; the letter itself is never changed.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass
from datetime import datetime

import orjson

from guildhall.channels.email.models import Mailbox
from guildhall.channels.parsing import Fields
from guildhall.core.settings import settings

MOST_BYTES = 10 << 20
"""The largest letter taken whole; of a larger one the head and the beginning are read."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """`uid` is `<validity>:<uid>` in the folder, '' when it did not come from one; `at` when we got it;
    `house` the mark on letters of our own.
    """

    mailbox: str
    address: str
    house: str
    signs: str
    uid: str
    at: datetime
    letter: bytes
    is_cut: bool
    fields: Fields


def wrap(mailbox: Mailbox, letter: bytes, at: datetime, *, uid: str = "", is_cut: bool = False) -> bytes:
    """The body for intake."""
    return orjson.dumps(
        {
            "mailbox": mailbox.pk, "address": mailbox.address, "house": house_mark(), "signs": mailbox.signs,
            "uid": uid, "at": at.isoformat(), "cut": is_cut, "letter": base64.b64encode(letter).decode(),
        }
    )  # fmt: skip


def house_mark() -> str:
    """What tells our letters from those of another house that runs the same program."""
    return hashlib.sha256(f"house {settings.public_url}".encode()).hexdigest()[:20]


def unwrap(raw: bytes) -> Envelope:
    """Raises BadInput."""
    said = Fields.of_json(raw)
    body = said.whole.get("letter")
    if not isinstance(body, str) or not body:
        raise said.bad("letter", "is missing.", "缺失。")
    try:
        letter = base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError) as error:
        raise said.bad("letter", "is not base64.", "不是有效的 base64 内容。") from error
    return Envelope(
        said.id("mailbox"),
        said.line("address", 254),
        said.line("house", 40),
        said.line("signs", 120),
        said.line("uid", 60),
        said.moment("at"),
        letter,
        said.whole.get("cut") is True,
        said,
    )
