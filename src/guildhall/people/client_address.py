"""The address a request really came from, believing a proxy's word only when the settings trust that proxy.

Limits are counted per address, so a forged X-Forwarded-For must not buy a fresh allowance.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address

from django.http import HttpRequest

from guildhall.core.setting_kinds import Network
from guildhall.core.settings import settings

UNKNOWN = "0.0.0.0"  # noqa: S104


def of(request: HttpRequest) -> str:
    """The client's IP address as text; `UNKNOWN` when the server did not say (a unix socket)."""
    return resolve(
        request.META.get("REMOTE_ADDR", ""),
        request.META.get("HTTP_X_FORWARDED_FOR", ""),
        settings.trusted_proxies,
    )


def resolve(peer: str, forwarded: str, trusted: Sequence[Network]) -> str:
    """Walk back from the peer through trusted proxies to the first address that is not one of them.

    `forwarded` is the X-Forwarded-For header, oldest hop first. A hop that is no address ends the walk.
    """
    address = _parse(peer)
    if address is None:
        return UNKNOWN
    for hop in reversed(forwarded.split(",")) if forwarded else ():
        if not any(address in network for network in trusted):
            break
        earlier = _parse(hop)
        if earlier is None:
            break
        address = earlier
    return str(address)


def _parse(text: str) -> IPv4Address | IPv6Address | None:
    text = text.strip().strip("[]")
    try:
        address = ip_address(text)
    except ValueError:
        return None
    # ::ffff:10.0.0.1 is 10.0.0.1: one client must not have two addresses.
    return getattr(address, "ipv4_mapped", None) or address
