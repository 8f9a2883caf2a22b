"""Takes addresses apart: host, registrable domain, and the tricks an address can play. Offline, with a
bundled suffix list.

Pure string work; which domains are welcome is for the lists, what a look-alike is for `rules.names`, where a
redirect leads for `redirects`.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from urllib.parse import unquote

import tldextract

from guildhall.channels import links as linkifier
from guildhall.guard.source import load_data

_SCHEME = re.compile(r"^\s*(?:[a-z][a-z0-9+.\-]{1,15}:)?/{0,3}", re.IGNORECASE)
_SCRIPT = re.compile(r"^[\s\x00-\x20]*(?:javascript|vbscript|data)\s*:", re.IGNORECASE)
_NOWHERE = ("mailto:", "tel:", "sms:", "geo:")
_DROPPED = dict.fromkeys(
    [9, 10, 13, 0xAD, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2065), 0xFEFF]
)
_EXTRACT = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True)
_EXTRACT_PUBLIC = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
_HOST_LIMIT = 253
_NO_HOST = re.compile(r"[\s\x00-\x20<>\"'`(){}|^,;!]")
_NUMBER = re.compile(r"0x[0-9a-f]{0,16}|[0-9]{1,40}")
_MOST_BARE = 20

# Links that open a program; where they lead on the web, by the part that names the place.
_PROGRAMS = re.compile(
    r"^\s*(?P<app>tg|telegram|whatsapp|discord|weixin|wechat|line|viber|signal|sgnl|mqqapi|mqqwpa)\s*:/{0,3}(?P<rest>.*)$",
    re.IGNORECASE | re.DOTALL,
)
_PROGRAM_HOSTS = {
    "tg": "t.me", "telegram": "t.me", "whatsapp": "wa.me", "discord": "discord.com", "line": "line.me",
    "weixin": "weixin.qq.com", "wechat": "weixin.qq.com", "viber": "viber.com", "signal": "signal.me",
    "sgnl": "signal.me",
    "mqqapi": "qm.qq.com", "mqqwpa": "qm.qq.com",
}  # fmt: skip
_TG_PLACE = re.compile(
    r"^(?:resolve|join|addlist|privatepost|socks|proxy)?/?\?(?:[^#]*&)?(?:domain|invite|slug|server)=([^&#]+)",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Address:
    """An address taken apart. `host` is in Unicode lower case, `domain` the registrable domain in ASCII (''
    when unreadable). `is_script`: it runs code instead of leading anywhere.
    """

    host: str
    domain: str
    label: str
    subdomain: str
    path: str
    is_ip: bool
    has_userinfo: bool
    has_suffix: bool
    is_script: bool = False

    @property
    def ascii_host(self) -> str:
        """The host as name servers know it."""
        return ascii_host(self.host)


_NOTHING = Address("", "", "", "", "", False, False, False)


@lru_cache(maxsize=8192)
def take_apart(url: str) -> Address:
    """What an address consists of, as a browser would read it. Never raises; nonsense has an empty domain."""
    url = url[:2000].translate(_DROPPED).replace("\\", "/")
    if _SCRIPT.match(url):
        return Address("", "", "", "", "", False, False, False, is_script=True)
    program = _PROGRAMS.match(url)
    if program is not None:
        url = _on_the_web(program["app"].lower(), program["rest"])
    rest = _SCHEME.sub("", url, count=1)
    authority, slash, path = rest.partition("/")
    for sign in "?#":
        authority, found, tail = authority.partition(sign)
        if found:
            path = tail
    userinfo, at, host_port = authority.rpartition("@")
    host = host_port if host_port.startswith("[") else host_port.partition(":")[0]
    host = _plain(host)
    if url[:7].lower().startswith(_NOWHERE) or not host or _NO_HOST.search(host):
        return _NOTHING
    ip = _ip(host)
    if ip:
        return Address(ip, ip, ip, "", path, True, bool(at and userinfo), False)
    parts = _EXTRACT.extract_str(ascii_host(host))
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


def split(host: str) -> tuple[str, str, str]:
    """(labels below, registrable label, public suffix) of an ASCII host. A shared host itself (`github.io`)
    is a domain like any other.
    """
    parts = _EXTRACT.extract_str(host)
    if not parts.domain and "." in parts.suffix:
        parts = _EXTRACT_PUBLIC.extract_str(host)
    if parts.domain and parts.suffix:
        return parts.subdomain, parts.domain, parts.suffix
    if "." not in host or _ip(host):
        return "", host, ""
    rest, _, suffix = host.rpartition(".")
    below, _, label = rest.rpartition(".")
    return below, label, suffix


def registrable(text: str) -> str:
    """The registrable domain of a host or URL, or ''. `www.Example.co.uk` gives `example.co.uk`."""
    address = take_apart(text)
    return address.domain or ""


def registrable_of(host: str) -> str:
    """The registrable domain of a plain ASCII host, or '' for a suffix by itself."""
    parts = _EXTRACT.extract_str(host)
    return f"{parts.domain}.{parts.suffix}" if parts.domain and parts.suffix else ""


def bare_domains(text: str) -> list[tuple[str, int, int]]:
    """Addresses in canonical text that nobody marked as links: (address, start, end), at most twenty."""
    return [(link.url, link.start, link.end) for link in linkifier.scan(text)[:_MOST_BARE]]


def parents(host: str) -> list[str]:
    """A host and every domain above it, down to two labels: what lists are asked about."""
    labels = host.split(".")
    return [".".join(labels[i:]) for i in range(min(len(labels) - 1, 12))] or [host]


@lru_cache(maxsize=1)
def known() -> dict[str, frozenset[str]]:
    """`domains.yaml`: allow, shorteners, messengers, lures and the rest."""
    data = load_data(files("guildhall.guard").joinpath("rules/domains.yaml").read_text(encoding="utf-8"))
    return {name: frozenset(str(entry) for entry in entries) for name, entries in data.items()}


def _on_the_web(app: str, rest: str) -> str:
    """`tg://resolve?domain=x` as `https://t.me/x`; another program's link as a page of its maker."""
    if app in ("tg", "telegram"):
        found = _TG_PLACE.match(rest)
        if found is not None:
            sign = "+" if rest.lower().startswith("join") else ""
            return f"https://t.me/{sign}{found[1]}"
    return f"https://{_PROGRAM_HOSTS[app]}/{rest.lstrip('/')}"


def _plain(host: str) -> str:
    """A host as a browser would look it up: percent signs undone, full-width letters and dots plain."""
    for _ in range(3):
        if "%" not in host:
            break
        host = unquote(host)
    if not host.isascii():
        host = unicodedata.normalize("NFKC", host).replace("。", ".").replace("｡", ".")
    return host.strip(" .").lower()[:_HOST_LIMIT]


def _ip(host: str) -> str:
    """The IP address a host is, in whatever clothes (decimal, octal, hexadecimal, fewer parts), or ''."""
    if host.startswith("["):
        try:
            return f"[{ipaddress.ip_address(host.strip('[]').partition('%')[0])}]"
        except ValueError:
            return ""
    parts = host.split(".")
    if len(parts) > 4 or not all(_NUMBER.fullmatch(part) for part in parts):
        return ""
    numbers = [_number(part) for part in parts]
    *heads, last = numbers
    if any(head > 255 for head in heads) or last >= 256 ** (5 - len(numbers)):
        # No browser takes it, but nobody writes it by accident either.
        return host if len(numbers) == 4 else ""
    value = last + sum(head << (8 * (3 - i)) for i, head in enumerate(heads))
    return str(ipaddress.IPv4Address(value))


def _number(part: str) -> int:
    if part.startswith("0x"):
        return int(part[2:] or "0", 16)
    if len(part) > 1 and part[0] == "0" and set(part) <= set("01234567"):
        return int(part, 8)
    return int(part)


def ascii_host(host: str) -> str:
    """A host as name servers know it (punycode)."""
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
