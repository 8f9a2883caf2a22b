"""What a button brings back when it is pressed: signed, and stored when it is longer than Telegram carries.

A pressed button's data comes from the presser's app, which may say anything; what we did not sign is
nobody's. A signature says that we made the button, not that the presser may use it: whoever acts on the data
asks that.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import timedelta

from guildhall.channels.port import Button
from guildhall.channels.telegram.models import TelegramButton
from guildhall.core import clock, keyring

WIRE_BYTES = 64
KEPT = timedelta(days=90)
_PURPOSE = "telegram buttons"
_MAC_LENGTH, _KEY_LENGTH = 12, 16
_PLAIN, _STORED = ".", ":"
_CHUNK = 1000


def pack(button: Button | str) -> str:
    """What goes on the wire for a button's data: at most 64 bytes. Stores what is too long; the same data
    twice is one row.
    """
    data = button.data if isinstance(button, Button) else button
    wire = _sign(_PLAIN, data)
    if len(wire.encode("utf-8", "surrogatepass")) <= WIRE_BYTES:
        return wire
    digest = hashlib.sha256(data.encode("utf-8", "surrogatepass")).digest()
    key = base64.urlsafe_b64encode(digest)[:_KEY_LENGTH].decode()
    TelegramButton.objects.update_or_create(key=key, defaults={"data": data, "created_at": clock.now()})
    return _sign(_STORED, key)


def unpack(wire: str) -> str | None:
    """The data of a pressed button; None when we did not sign it or have forgotten it."""
    mark, mac, body = wire[:1], wire[1 : 1 + _MAC_LENGTH], wire[1 + _MAC_LENGTH :]
    genuine = False
    for key in keyring.ring().keys:
        genuine |= hmac.compare_digest(_mac(key, mark, body).encode(), mac.encode("utf-8", "surrogatepass"))
    if not genuine:
        return None
    if mark == _PLAIN:
        return body
    return TelegramButton.objects.filter(pk=body).values_list("data", flat=True).first()


def prune() -> int:
    """Forget stored buttons that nobody made again for ninety days; returns how many."""
    removed = 0
    while True:
        old = list(
            TelegramButton.objects.filter(created_at__lt=clock.now() - KEPT).values_list("pk", flat=True)[
                :_CHUNK
            ]
        )
        removed += TelegramButton.objects.filter(pk__in=old).delete()[0]
        if len(old) < _CHUNK:
            return removed


def _sign(mark: str, body: str) -> str:
    return f"{mark}{_mac(keyring.ring().newest, mark, body)}{body}"


def _mac(key: keyring.Key, mark: str, body: str) -> str:
    text = f"{mark}{body}".encode("utf-8", "surrogatepass")
    digest = hmac.digest(key.derive(_PURPOSE), text, "sha256")
    return base64.urlsafe_b64encode(digest)[:_MAC_LENGTH].decode()
