"""Names that facts may carry: the same person is always the same word, and the word tells nobody who.

A keyed hash; the key is a secret of this house, so an exchange's UIDs cannot be tried out against a stolen
table. Who a pseudonym stands for is kept, and can be erased, in the state of the room that knows it.
"""

from __future__ import annotations

import base64
import hashlib
import secrets as random
from collections.abc import Iterable

from django.db import transaction

from guildhall.core import secrets
from guildhall.core.errors import NotFound
from guildhall.effects import locks

SECRET = "facts.pseudonyms"
_BYTES = 15


def of(kind: str, values: Iterable[str]) -> list[str]:
    """The pseudonym of each value, in order: 24 characters. `kind` keeps apart what happens to be written
    alike (`account:okx`, `member`).
    """
    key = _the_key()
    person = hashlib.blake2b(kind.encode(), digest_size=16).digest()
    known: dict[str, str] = {}
    given = list(values)
    for value in given:
        if value not in known:
            digest = hashlib.blake2b(value.encode(), digest_size=_BYTES, key=key, person=person).digest()
            known[value] = base64.b32encode(digest).decode().lower()
    return [known[value] for value in given]


def one(kind: str, value: str) -> str:
    """The pseudonym of one value."""
    return of(kind, [value])[0]


def _the_key() -> bytes:
    """Made once for a house, and moved along when its secrets are rotated: another key would make
    strangers of everybody.
    """
    try:
        text = secrets.get(SECRET)
    except NotFound:
        text = _made()
    return bytes.fromhex(text)


def _made() -> str:
    with transaction.atomic():
        locks.hold_keys([SECRET])
        if SECRET not in secrets.names():
            secrets.put(SECRET, random.token_hex(32), by="system:facts")
        return secrets.get(SECRET)
