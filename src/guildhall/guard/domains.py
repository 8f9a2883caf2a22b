"""Takes addresses apart: host, registrable domain, and the tricks an address can play. Offline, with a
bundled suffix list.

Pure string work; which domains are welcome is for the lists, what a look-alike is for `rules.names`.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import tldextract

from guildhall.guard.source import load_data

_SCHEME = re.compile(r"^\s*(?:[a-z][a-z0-9+.\-]{1,15}:)?/{0,3}", re.IGNORECASE)
_EXTRACT = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True)
_HOST_LIMIT = 253
_NO_HOST = re.compile(r"[\s\x00-\x20<>\"'`(){}|^,;!]")
_BARE = re.compile(
    r"(?<![a-z0-9_@.\-/])(?:[a-z0-9](?:[a-z0-9\-]{0,61})\.){1,6}[a-z]{2,18}(?![a-z0-9_@\-])(?:[/?][^\s]{0,200})?"
)
_KNOWN_ENDINGS = frozenset(
    [
        "com",
        "net",
        "org",
        "io",
        "xyz",
        "top",
        "vip",
        "app",
        "finance",
        "fi",
        "exchange",
        "network",
        "info",
        "site",
        "online",
        "shop",
        "club",
        "live",
        "pro",
        "cc",
        "co",
        "me",
        "cn",
        "ru",
        "us",
        "uk",
        "eu",
        "fun",
        "tech",
        "store",
        "space",
        "website",
        "world",
        "today",
        "life",
        "ltd",
        "group",
        "fund",
        "trade",
        "trading",
        "money",
        "cash",
        "capital",
        "global",
        "wallet",
        "click",
        "link",
        "work",
        "gg",
        "ag",
        "to",
        "so",
    ]
)


@dataclass(frozen=True, slots=True)
class Address:
    """An address taken apart. `host` is in Unicode lower case, `domain` the registrable domain in ASCII (''
    when unreadable).
    """

    host: str
    domain: str
    label: str
    subdomain: str
    path: str
    is_ip: bool
    has_userinfo: bool
    has_suffix: bool


@lru_cache(maxsize=8192)
def take_apart(url: str) -> Address:
    """What an address consists of. Never raises; nonsense has an empty domain."""
    rest = _SCHEME.sub("", url[:2000].replace("\\", "/"), count=1)
    authority, slash, path = rest.partition("/")
    for sign in "?#":
        authority, found, tail = authority.partition(sign)
        if found:
            path = tail
    userinfo, at, host_port = authority.rpartition("@")
    host = host_port if host_port.startswith("[") else host_port.partition(":")[0]
    host = host.strip(" .").lower()[:_HOST_LIMIT]
    if url[:7].lower().startswith(("mailto:", "tel:")) or not host or _NO_HOST.search(host):
        return Address("", "", "", "", "", False, False, False)
    if _is_ip(host):
        return Address(host, host, host, "", path, True, bool(at and userinfo), False)
    parts = _EXTRACT.extract_str(_ascii(host))
    domain = f"{parts.domain}.{parts.suffix}" if parts.suffix and parts.domain else ""
    return Address(
        _unicode(host),
        domain,
        parts.domain,
        parts.subdomain,
        path,
        False,
        bool(at and userinfo),
        bool(parts.suffix),
    )


def registrable(text: str) -> str:
    """The registrable domain of a host or URL, or ''. `www.Example.co.uk` gives `example.co.uk`."""
    address = take_apart(text)
    return address.domain or ""


def bare_domains(text: str) -> list[tuple[str, int, int]]:
    """Domain-like stretches of canonical text with an ending people use: (address, start, end), at most
    twenty.
    """
    out = []
    for match in _BARE.finditer(text):
        host = match.group().split("/", 1)[0].split("?", 1)[0]
        if host.rpartition(".")[2] in _KNOWN_ENDINGS:
            out.append((match.group(), match.start(), match.end()))
            if len(out) == 20:
                break
    return out


def parents(host: str) -> list[str]:
    """A host and every domain above it, down to two labels: what lists are asked about."""
    labels = host.split(".")
    return [".".join(labels[i:]) for i in range(min(len(labels) - 1, 12))] or [host]


@lru_cache(maxsize=1)
def known() -> dict[str, frozenset[str]]:
    """`domains.yaml`: allow, shorteners, messengers, lures."""
    data = load_data(files("guildhall.guard").joinpath("rules/domains.yaml").read_text(encoding="utf-8"))
    return {name: frozenset(str(entry) for entry in entries) for name, entries in data.items()}


def _is_ip(host: str) -> bool:
    if host.startswith(("[", "0x")) or host.replace(".", "").isdigit():
        try:
            ipaddress.ip_address(host.strip("[]"))
        except ValueError:
            # http://3232235777/ and http://0xC0A80101/ are addresses in other clothes.
            return host.isdigit() or host.startswith("0x")
        return True
    return False


def _ascii(host: str) -> str:
    if host.isascii():
        return host
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        return host


def _unicode(host: str) -> str:
    if "xn--" not in host:
        return host
    try:
        return host.encode("ascii").decode("idna")
    except UnicodeError:
        return host
