"""Where an address leads that only passes people on: `google.com/url?q=`, `t.me/iv?url=`, a page's
translation.

Pure: reads the address, never follows it. Percent signs are undone as often as a chain of redirects would.
"""

from __future__ import annotations

import base64
import binascii
import re
from urllib.parse import parse_qsl, unquote

from guildhall.guard import domains

_PARAMETERS = frozenset(
    [
        "url",
        "target",
        "dest",
        "destination",
        "redirect",
        "redirect_uri",
        "redirect_url",
        "redir",
        "return_to",
        "returnurl",
        "continue",
        "goto",
        "uddg",
        "sinaurl",
    ]
)
"""Whose value is an address even without a scheme; any other parameter needs one."""
_ADDRESS = re.compile(
    r"^(?:[a-z][a-z0-9+.\-]{1,12}:)?//|^(?:www\.)?[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})+(?:[/?#]|$)", re.I
)
_WHOLE = re.compile(r"https?:/{1,2}[^\s]+", re.IGNORECASE)
_DEEPEST = 4
_MOST = 5


def targets(url: str) -> list[str]:
    """Addresses an address passes people on to, outermost first; at most five. [] for an ordinary one."""
    out: list[str] = []
    asked = [url]
    for _ in range(_DEEPEST):
        found = [target for one in asked for target in _once(one)]
        found = [target for target in found if target not in out and target != url]
        if not found:
            break
        out += found
        asked = found
        if len(out) >= _MOST:
            break
    return out[:_MOST]


def _once(url: str) -> list[str]:
    if "?" not in url and "http" not in url[8:] and ".translate.goog" not in url and "/s/" not in url:
        return []
    address = domains.take_apart(url)
    if not address.host:
        return []
    out = []
    head, _, query = url[:2000].partition("?")
    path = head.partition("://")[2].partition("/")[2]
    if query:
        for name, value in parse_qsl(query.partition("#")[0], max_num_fields=50, strict_parsing=False):
            if name.lower() not in _PARAMETERS and not _undone(value).lower().startswith(
                ("http", "//", "a1")
            ):
                continue
            target = _address(value)
            if target:
                out.append(target)
    elif address.host.endswith(".translate.goog"):
        out.append(
            "https://"
            + address.host.removesuffix(".translate.goog")
            .replace("--", "\x00")
            .replace("-", ".")
            .replace("\x00", "-")
        )
    inner = _WHOLE.search(_undone(path))
    if inner is not None:
        out.append(inner.group().replace(":/", "://", 1) if "://" not in inner.group() else inner.group())
    elif address.domain in ("ampproject.org", "google.com") and "/s/" in head:
        out.append("https://" + path.partition("s/")[2])
    own = address.domain
    return [
        target
        for target in out
        if (domains.take_apart(target).domain or "?") != own or own in ("t.me", "google.com")
    ]


def _address(value: str) -> str:
    """A parameter's value as an address, or ''."""
    value = _undone(value.strip())
    if value.startswith("a1") and "." not in value:  # Bing writes its targets this way
        try:
            value = base64.urlsafe_b64decode(value[2:] + "=" * (-len(value[2:]) % 4)).decode(
                "utf-8", "replace"
            )
        except (binascii.Error, ValueError):
            return ""
    if not _ADDRESS.match(value) or " " in value:
        return ""
    if value.startswith("//"):
        return "https:" + value
    address = domains.take_apart(value)
    if not (address.domain or address.is_ip):
        return ""
    return value


def _undone(text: str) -> str:
    for _ in range(_DEEPEST):
        if "%" not in text:
            break
        plain = unquote(text)
        if plain == text:
            break
        text = plain
    return text
