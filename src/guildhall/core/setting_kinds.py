"""The kinds of value a setting can have: how each is read from its text, and what is allowed.

Pure. `core.settings` says which setting has which kind and refuses a wrong value with the sentence given
here, in both languages.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from guildhall.core.text import Text

Network = IPv4Network | IPv6Network

_HOST_NAME = re.compile(
    r"(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*"
)
_TRUE, _FALSE = ("1", "true", "yes", "on"), ("0", "false", "no", "off")


@dataclass(frozen=True, slots=True)
class Kind:
    """How to read one kind of value. `parse` raises ValueError for any text that is not `allowed`."""

    parse: Callable[[str], Any]
    allowed: Text


def whole_number(low: int, high: int) -> Kind:
    """A whole number from `low` to `high`, both included, written in ASCII digits."""

    def parse(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", text) or not low <= int(text) <= high:
            raise ValueError(text)
        return int(text)

    return Kind(parse, Text(f"a whole number from {low} to {high}", f"{low} 到 {high} 的整数"))


def one_of(*choices: str) -> Kind:
    """One word of a fixed list, in any case."""

    def parse(text: str) -> str:
        if text.casefold() not in choices:
            raise ValueError(text)
        return text.casefold()

    listed = ", ".join(choices)
    return Kind(parse, Text(f"one of {listed}", f"以下之一：{listed}"))


def several_of(choices: Sequence[str]) -> Kind:
    """Words of a fixed list, separated by commas; `none` for no word at all."""

    def parse(text: str) -> tuple[str, ...]:
        words = () if text.strip() == "none" else _words(text)
        if set(words) - set(choices):
            raise ValueError(text)
        return words

    listed = ", ".join(choices)
    return Kind(
        parse, Text(f"a comma-separated list of: {listed}; or none", f"逗号分隔，可选：{listed}；或 none")
    )


def flag() -> Kind:
    """On or off."""

    def parse(text: str) -> bool:
        if text.casefold() not in _TRUE + _FALSE:
            raise ValueError(text)
        return text.casefold() in _TRUE

    return Kind(parse, Text("on or off", "on 或 off"))


def demo() -> Kind:
    """How much of a demo an empty house is given: off, spaces or world. The words of a flag do as well."""

    def parse(text: str) -> str:
        said = text.casefold()
        said = "world" if said in _TRUE else "off" if said in _FALSE else said
        if said not in ("off", "spaces", "world"):
            raise ValueError(text)
        return said

    return Kind(parse, Text("off, spaces or world", "off、spaces 或 world"))


def words(longest: int = 200) -> Kind:
    """Any one line of text up to `longest` characters."""

    def parse(text: str) -> str:
        if len(text) > longest or not text.isprintable():
            raise ValueError(text)
        return text

    return Kind(parse, Text(f"one line of at most {longest} characters", f"一行文字，最多 {longest} 个字符"))


def secret(shortest: int = 16) -> Kind:
    """A password-like value, long enough not to be guessed."""

    def parse(text: str) -> str:
        if text and (len(text) < shortest or not text.isprintable()):
            raise ValueError
        return text

    return Kind(parse, Text(f"a secret of at least {shortest} characters", f"至少 {shortest} 个字符的密钥"))


def directory() -> Kind:
    """A directory; a relative one counts from where Guildhall was started, `~` is the user's home."""

    def parse(text: str) -> Path:
        if "\0" in text:
            raise ValueError(text)
        return Path(text).expanduser().absolute()

    return Kind(parse, Text("a directory", "一个目录"))


def address() -> Kind:
    """A host name or IP address to listen on."""

    def parse(text: str) -> str:
        if not _HOST_NAME.fullmatch(text.lower()):
            ip_address(text)
        return text

    return Kind(parse, Text("a host name or an IP address", "主机名或 IP 地址"))


def web_url(*, may_be_empty: bool = False) -> Kind:
    """An http or https address without query and fragment; the trailing slash is dropped."""

    def parse(text: str) -> str:
        if not text and may_be_empty:
            return ""
        parts = urlsplit(text)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise ValueError(text)
        if parts.username or parts.password or not text.isprintable() or " " in text:
            raise ValueError(text)
        _ = parts.port
        return text.rstrip("/")

    return Kind(parse, Text("an address such as https://guild.example", "形如 https://guild.example 的网址"))


def database_url() -> Kind:
    """sqlite:///relative, sqlite:////absolute, or postgres://user:password@host:port/name."""

    def parse(text: str) -> str:
        parts = urlsplit(text)
        if parts.scheme == "sqlite":
            if parts.netloc or len(parts.path) < 2 or parts.path.endswith("/"):
                raise ValueError
        elif parts.scheme in ("postgres", "postgresql"):
            if len(parts.path) < 2 or "/" in parts.path[1:]:
                raise ValueError
            _ = parts.port
        else:
            raise ValueError
        return text

    shapes = "sqlite:///file, sqlite:////absolute/file, postgres://user:password@host:5432/name"
    return Kind(parse, Text(f"one of the shapes {shapes}", f"以下形式之一：{shapes}"))


def email_url() -> Kind:
    """`console:` prints mail to the log; smtp (STARTTLS), smtps (TLS from the start), smtp+plain (none)."""

    def parse(text: str) -> str:
        parts = urlsplit(text)
        if parts.scheme != "console" and (
            parts.scheme not in ("smtp", "smtps", "smtp+plain") or not parts.hostname
        ):
            raise ValueError
        _ = parts.port
        return text

    shapes = "console:, smtp://user:password@host:587, smtps://user:password@host:465, smtp+plain://host:25"
    return Kind(parse, Text(f"one of the shapes {shapes}", f"以下形式之一：{shapes}"))


def email_address() -> Kind:
    """An address mail is sent from, with or without a name: Guild <guild@example.org>."""

    def parse(text: str) -> str:
        if not re.fullmatch(r"([^<>\r\n]* <[^<>@\s]+@[^<>@\s]+>|[^<>@\s]+@[^<>@\s]+)", text):
            raise ValueError(text)
        return text

    return Kind(parse, Text("an e-mail address, or Name <address>", "电子邮件地址，或 名称 <地址>"))


def host_list() -> Kind:
    """Host names the site answers to; a leading dot means every name below it, `*` means any."""

    def parse(text: str) -> tuple[str, ...]:
        hosts = _words(text.lower())
        for host in hosts:
            if host != "*" and not _HOST_NAME.fullmatch(host.removeprefix(".")):
                ip_address(host.removeprefix("[").removesuffix("]"))
        return hosts

    return Kind(parse, Text("comma-separated host names", "逗号分隔的主机名"))


def network_list() -> Kind:
    """IP addresses or networks, separated by commas."""

    def parse(text: str) -> tuple[Network, ...]:
        return tuple(ip_network(word, strict=False) for word in _words(text))

    return Kind(
        parse,
        Text(
            "comma-separated addresses or networks such as 10.0.0.0/8", "逗号分隔的地址或网段，如 10.0.0.0/8"
        ),
    )


def key_list() -> Kind:
    """Encryption keys, newest first: `id:key` where key is 32 bytes in URL-safe base64."""

    def parse(text: str) -> tuple[str, ...]:
        keys = _words(text)
        ids = [key.partition(":")[0] for key in keys]
        if len(set(ids)) != len(ids):
            raise ValueError
        for key in keys:
            if not re.fullmatch(r"[A-Za-z0-9._-]{1,40}:[A-Za-z0-9_-]{43}=?", key):
                raise ValueError
        return keys

    return Kind(
        parse,
        Text(
            "comma-separated id:key, newest first, each key 32 bytes in URL-safe base64",
            "逗号分隔的 id:key，最新的在前，每个密钥为 32 字节的 URL 安全 base64",
        ),
    )


def time_zone() -> Kind:
    """A name of the IANA time zone database."""

    def parse(text: str) -> str:
        try:
            return ZoneInfo(text).key
        except (OSError, KeyError) as unknown:
            raise ValueError(text) from unknown

    return Kind(parse, Text("a time zone such as Asia/Singapore", "时区名，如 Asia/Singapore"))


def _words(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word.strip() for word in text.split(",") if word.strip()))
