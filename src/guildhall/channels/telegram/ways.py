"""Chooses how updates reach us: Telegram calls us where it can, otherwise we ask. Pure.

Telegram calls only https addresses on ports 443, 80, 88 and 8443, and from the internet.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from guildhall.core.text import Text
from guildhall.effects.http import is_public

PORTS = frozenset({443, 80, 88, 8443})
PATH = "/hooks/telegram/"
_INSIDE = (".local", ".localhost", ".internal", ".lan", ".home", ".test", ".example", ".invalid", ".onion")


@dataclass(frozen=True, slots=True)
class Way:
    """How updates come, and why so. `base`: our address for Telegram, '' when we ask."""

    base: str
    why: Text

    @property
    def is_webhook(self) -> bool:
        return bool(self.base)

    def address(self, bot_pk: str) -> str:
        """Where Telegram is to send a bot's updates."""
        return f"{self.base}{PATH}{bot_pk}"


def choose_way(public_url: str) -> Way:
    """A webhook when Telegram can reach the public address, otherwise polling; with the reason."""
    parts = urlsplit(public_url)
    if parts.scheme != "https":
        return Way("", Text("The public address has no https.", "对外网址未启用 https。"))
    host = parts.hostname or ""
    if not _is_public(host):
        return Way("", Text("The public address is not on the internet.", "对外网址无法从公网访问。"))
    try:
        port = parts.port or 443
    except ValueError:
        port = 0
    if port not in PORTS:
        return Way(
            "",
            Text(
                f"Telegram calls ports 443, 80, 88 and 8443 only, not {port}.",
                f"Telegram 仅支持 443、80、88、8443 端口，不支持 {port}。",
            ),
        )
    return Way(
        public_url.rstrip("/"),
        Text("The public address can be reached by Telegram.", "Telegram 可访问对外网址。"),
    )


def _is_public(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return "." in host and not f".{host}".lower().endswith(_INSIDE)
    return is_public(host)
