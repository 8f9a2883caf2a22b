"""Whether a letter comes from the domain it says, as our own receiving server found (RFC 8601).

Pure. Only the `Authentication-Results` of the server a mailbox trusts by name count, and of these the
topmost: everything below could have been written by the sender.
"""

from __future__ import annotations

import re
from email.message import Message

from guildhall.channels.email.decoding import header

_COMMENT = re.compile(r"\([^()]*\)")
_RESULT = re.compile(r"\b(dmarc|dkim|spf)\s*=\s*(\w+)([^;]*)", re.IGNORECASE)
_DOMAIN = re.compile(
    r"\b(?:header\.(?:d|i|from)|smtp\.(?:mailfrom|mail|helo))\s*=\s*\"?(?:[^\s;\"@]*@)?([^\s;\"@]+)",
    re.IGNORECASE,
)


def is_authentic(letter: Message, address: str, signs: str) -> bool | None:
    """True when the server called `signs` found the writer's domain confirmed, False when it did not, None
    when it said nothing or none is trusted.
    """
    if not signs:
        return None
    for value in letter.get_all("Authentication-Results") or ():
        said = _COMMENT.sub(" ", header(value))
        name, _, results = said.partition(";")
        if name.split()[:1] != [signs.lower()] and name.strip().lower() != signs.lower():
            continue
        return _confirms(results, address.rpartition("@")[2])
    return None


def _confirms(results: str, domain: str) -> bool:
    for method, result, properties in _RESULT.findall(results):
        if result.lower() != "pass":
            continue
        if method.lower() == "dmarc":
            return True
        named = [one.lower().strip(".") for one in _DOMAIN.findall(properties)]
        if any(one == domain or domain.endswith(f".{one}") and one.count(".") >= 1 for one in named):
            return True
    return False
