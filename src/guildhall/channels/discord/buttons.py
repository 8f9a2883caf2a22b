"""What a control brings back when it is used: signed, and stored when it is longer than Discord carries.

A pressed button's name comes back by way of the presser's app; what we did not sign is nobody's. A signature
says that we made the control, not that the presser may use it: whoever acts on it asks that.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from guildhall.channels.discord.models import DiscordButton
from guildhall.channels.port import Button
from guildhall.core import clock, keyring

WIRE = 100
ROWS, IN_A_ROW, LABEL, ADDRESS = 5, 5, 80, 512
KEPT = timedelta(days=90)
ACTION_ROW, BUTTON, SELECT = 1, 2, 3
_SECONDARY, _LINK = 2, 5
_PURPOSE = "discord buttons"
_MAC_LENGTH, _KEY_LENGTH = 12, 16
_PLAIN, _STORED = ".", ":"
_CHUNK = 1000
_MOST_CHOICES = 25
_CHOICES = "choices"


def components(buttons: Sequence[Button], params: Sequence[tuple[str, str]] = ()) -> list[dict[str, Any]]:
    """The rows of a message: its buttons five a row, or with the parameter `choices` one list to choose from
    (its value is what the list says before anything is chosen).
    """
    prompt = dict(params).get(_CHOICES)
    if prompt is not None and buttons:
        options = [
            {"label": one.text[:LABEL], "value": pack(one)} for one in buttons[:_MOST_CHOICES] if one.data
        ]
        if options:
            select = {
                "type": SELECT, "custom_id": pack(_CHOICES), "options": options, "min_values": 1,
                "max_values": 1,
            }  # fmt: skip
            if prompt:
                select["placeholder"] = prompt[:150]
            return [{"type": ACTION_ROW, "components": [select]}]
    made = [_button(one) for one in buttons[: ROWS * IN_A_ROW]]
    return [
        {"type": ACTION_ROW, "components": made[at : at + IN_A_ROW]} for at in range(0, len(made), IN_A_ROW)
    ]


def pack(button: Button | str) -> str:
    """What goes on the wire for a control's data: at most 100 characters. Stores what is too long; the same
    data twice is one row.
    """
    data = button.data if isinstance(button, Button) else button
    wire = _sign(_PLAIN, data)
    if len(wire.encode("utf-16-le", "surrogatepass")) // 2 <= WIRE and "\n" not in data:
        return wire
    digest = hashlib.sha256(data.encode("utf-8", "surrogatepass")).digest()
    key = base64.urlsafe_b64encode(digest)[:_KEY_LENGTH].decode()
    DiscordButton.objects.update_or_create(key=key, defaults={"data": data, "created_at": clock.now()})
    return _sign(_STORED, key)


def unpack(wire: str) -> str | None:
    """The data of a used control: of a list what was chosen from it; of a form its data, then what was filled
    in, on the next line. None when we did not sign it or have forgotten it.
    """
    name, _, rest = wire.partition("\n")
    data = _opened(name)
    if data is None:
        return None
    if data == _CHOICES:
        return _opened(rest.partition("\n")[0])
    return f"{data}\n{rest}" if rest else data


def prune() -> int:
    """Forget stored data that nobody made again for ninety days; returns how many."""
    removed = 0
    while True:
        old = list(
            DiscordButton.objects.filter(created_at__lt=clock.now() - KEPT).values_list("pk", flat=True)[
                :_CHUNK
            ]
        )
        removed += DiscordButton.objects.filter(pk__in=old).delete()[0]
        if len(old) < _CHUNK:
            return removed


def _button(one: Button) -> dict[str, Any]:
    label = one.text[:LABEL] or "\N{HORIZONTAL ELLIPSIS}"
    if one.url:
        return {"type": BUTTON, "style": _LINK, "label": label, "url": one.url}
    return {"type": BUTTON, "style": _SECONDARY, "label": label, "custom_id": pack(one)}


def _opened(wire: str) -> str | None:
    mark, mac, body = wire[:1], wire[1 : 1 + _MAC_LENGTH], wire[1 + _MAC_LENGTH :]
    genuine = False
    for key in keyring.ring().keys:
        genuine |= hmac.compare_digest(_mac(key, mark, body).encode(), mac.encode("utf-8", "surrogatepass"))
    if not genuine:
        return None
    if mark == _PLAIN:
        return body
    return DiscordButton.objects.filter(pk=body).values_list("data", flat=True).first()


def _sign(mark: str, body: str) -> str:
    return f"{mark}{_mac(keyring.ring().newest, mark, body)}{body}"


def _mac(key: keyring.Key, mark: str, body: str) -> str:
    text = f"{mark}{body}".encode("utf-8", "surrogatepass")
    digest = hmac.digest(key.derive(_PURPOSE), text, "sha256")
    return base64.urlsafe_b64encode(digest)[:_MAC_LENGTH].decode()
