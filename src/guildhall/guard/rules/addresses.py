"""THEFT-29: a wallet address made to be taken for one that staff posted.

Wallets shorten addresses to their ends, so thieves search for one with the same beginning and end. Two
honest addresses that agree in four characters at both ends, and differ between, do not happen: the chance is
one in four thousand million.
"""

from __future__ import annotations

import re
from functools import lru_cache

from guildhall.core.text import Text
from guildhall.guard.rules.evidence import Evidence, Rule, by_id, reason
from guildhall.guard.types import Reason

RULES = by_id(
    Rule(
        "THEFT-29",
        950,
        Text(
            "The address {address} is made to look like one that staff posted ({real}).",
            "地址 {address} 刻意仿冒工作人员发布过的地址（{real}）。",
        ),
        "address poisoning (look-alike wallet addresses), 2022 onwards",
        "address",
    )
)

ADDRESS = re.compile(
    r"(?<![a-z0-9])(?:0x[0-9a-f]{40}|bc1[0-9a-z]{25,60}|(?=[1-9a-z]{0,43}[0-9])[1-9a-z]{26,44})(?![a-z0-9])",
    re.IGNORECASE,
)
_ENDS = 4
_MOST = 20


def wallet_addresses(text: str) -> list[str]:
    """What looks like a wallet address, in lower case, at most twenty of a text."""
    out = []
    for match in ADDRESS.finditer(text):
        out.append(match.group().lower())
        if len(out) == _MOST:
            break
    return out


def find(evidence: Evidence) -> list[Reason]:
    """An address of the message that agrees at both ends with a staff address and is another one."""
    posted = evidence.context.lists.addresses
    if not posted or evidence.subject.sender_is_staff:
        return []
    ends = _by_ends(posted)
    for match in ADDRESS.finditer(evidence.subject.text[:20_000]):
        address = match.group().lower()
        real = ends.get(_ends(address))
        if real is not None and address not in posted and len(address) == len(real):
            return [reason(RULES["THEFT-29"], (match.span(),), address=_short(address), real=_short(real))]
    return []


@lru_cache(maxsize=4)
def _by_ends(posted: frozenset[str]) -> dict[tuple[str, str], str]:
    return {_ends(address): address for address in sorted(posted)}


def _ends(address: str) -> tuple[str, str]:
    start = 2 if address.startswith("0x") else 3 if address.startswith("bc1") else 1
    return address[: start + _ENDS], address[-_ENDS:]


def _short(address: str) -> str:
    return f"{address[:8]}…{address[-6:]}"
