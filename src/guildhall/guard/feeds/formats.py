"""Reads lists as their keepers publish them: ScamSniffer, polkadot-js/phishing, MetaMask's `config.json`,
hosts files, ad-blocker lists, plain lines; and ids of people as CSV, JSON or lines.

What cannot be read is counted, never guessed. A list of another kind, or mostly rubbish, is refused in
words.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from guildhall.core.errors import BadInput
from guildhall.core.text import Text
from guildhall.guard import domains

MOST_ENTRIES = 2_000_000
MOST_BYTES = 64 << 20
_RUBBISH_SHARE = 0.2
_DOMAIN = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z][a-z0-9-]{1,62}\Z")
_HOSTS_LINE = re.compile(r"^(?:0\.0\.0\.0|127\.0\.0\.1|::1?|address=/)[\s/]+(\S+)")
_AD_BLOCKER = re.compile(r"^(@@)?\|\|([^\^/$*]+)(?:\^.*)?$")
_ID = re.compile(r"-?\d{3,20}")
_LOCAL = frozenset(("localhost", "localhost.localdomain", "local", "broadcasthost", "ip6-localhost"))


class Format(StrEnum):
    """How a feed is written; AUTO looks."""

    AUTO = "auto"
    SCAMSNIFFER = "scamsniffer"
    POLKADOT = "polkadot"
    METAMASK = "metamask"
    LINES = "lines"
    IDS = "ids"


@dataclass(frozen=True, slots=True)
class Entries:
    """What a list said. `allowed` is what it calls fine itself; `unread` counts what made no sense."""

    format: Format
    names: tuple[str, ...]
    allowed: tuple[str, ...] = ()
    unread: int = 0


def read_domains(data: bytes, given: Format = Format.AUTO) -> Entries:
    """The domains of a list. Raises BadInput when it is no such list, or mostly rubbish."""
    text = _text(data)
    head = text.lstrip()[:1]
    if head in ("[", "{"):
        entries = _from_json(_json(text), given)
    elif given in (Format.AUTO, Format.LINES, Format.SCAMSNIFFER):
        entries = _from_lines(text, given)
    else:
        raise _wrong_type()
    return _sane(entries)


def read_ids(data: bytes) -> Entries:
    """The ids of people in a CSV, a JSON array or lines: the first number of each row."""
    text = _text(data)
    rows: Iterable[Any]
    if text.lstrip()[:1] in ("[", "{"):
        value = _json(text)
        rows = value if isinstance(value, list) else []
    else:
        rows = text.splitlines()
    names: dict[str, None] = {}
    unread = 0
    for number, row in enumerate(rows):
        if isinstance(row, Mapping):
            row = next((row[key] for key in ("id", "user_id", "telegram_id") if key in row), "")
        said = str(row).strip()
        if not said or said[0] in "#;":
            continue
        first = said.split(",", 1)[0].strip().strip('"')
        if _ID.fullmatch(first):
            names[first] = None
        elif number:  # the first row may be a heading
            unread += 1
    return _sane(Entries(Format.IDS, tuple(names), unread=unread))


def _from_json(value: Any, given: Format) -> Entries:
    if isinstance(value, list):
        _must_be(given, Format.SCAMSNIFFER)
        names, unread = _cleaned(value)
        return Entries(Format.SCAMSNIFFER, names, unread=unread)
    if isinstance(value.get("deny"), list):
        _must_be(given, Format.POLKADOT)
        names, unread = _cleaned(value["deny"])
        allowed, _ = _cleaned(value.get("allow") or ())
        return Entries(Format.POLKADOT, names, allowed, unread)
    if isinstance(value.get("blacklist"), list):
        _must_be(given, Format.METAMASK)
        names, unread = _cleaned(value["blacklist"])
        allowed, _ = _cleaned([*(value.get("whitelist") or ()), *(value.get("fuzzylist") or ())])
        return Entries(Format.METAMASK, names, allowed, unread)
    if isinstance(value.get("domains"), list):
        _must_be(given, Format.SCAMSNIFFER)
        names, unread = _cleaned(value["domains"])
        return Entries(Format.SCAMSNIFFER, names, unread=unread)
    raise _wrong_type()


def _from_lines(text: str, given: Format) -> Entries:
    names: dict[str, None] = {}
    allowed: dict[str, None] = {}
    unread = 0
    for line in text.splitlines():
        line = line.strip().lower()
        if not line or line[0] in "#!;[" or line.startswith("//"):
            continue
        hosts = _HOSTS_LINE.match(line)
        blocker = _AD_BLOCKER.match(line)
        if hosts is not None:
            said, into = hosts[1].rstrip("/"), names
            if said in _LOCAL:
                continue
        elif blocker is not None:
            said, into = blocker[2], allowed if blocker[1] else names
        else:
            said, into = line.split("#", 1)[0].strip().removeprefix("*."), names
        domain = clean(said)
        if domain:
            into[domain] = None
        else:
            unread += 1
    return Entries(
        Format.SCAMSNIFFER if given is Format.SCAMSNIFFER else Format.LINES,
        tuple(names),
        tuple(allowed),
        unread,
    )


def clean(said: object) -> str:
    """A domain as it is looked up (ASCII, lower case, without `www.`), or '' for what is none.

    A public suffix or a shared host by itself (`com`, `github.io`) is none: it would stand for everybody's
    pages.
    """
    if not isinstance(said, str) or not 3 < len(said) < 2000:
        return ""
    host = said.strip().lower().rstrip(".")
    if not _DOMAIN.match(host) or len(host) > 253:
        address = domains.take_apart(said)
        host = address.ascii_host if address.domain else ""
    host = host.removeprefix("www.") if host.count(".") > 1 else host
    if host.count(".") == 0 or not domains.registrable_of(host):
        return ""
    return host


def _cleaned(values: Iterable[object]) -> tuple[tuple[str, ...], int]:
    out: dict[str, None] = {}
    unread = 0
    for value in values:
        domain = clean(value)
        if domain:
            out[domain] = None
        else:
            unread += 1
    return tuple(out), unread


def _sane(entries: Entries) -> Entries:
    count = len(entries.names)
    if not count:
        raise BadInput(Text("The list is empty.", "名单为空。"), code="feed_empty")
    if count > MOST_ENTRIES:
        raise BadInput(
            Text(f"The list has more than {MOST_ENTRIES:,} entries.", f"名单超过 {MOST_ENTRIES:,} 条。"),
            code="feed_too_long",
        )
    if entries.unread > _RUBBISH_SHARE * (count + entries.unread):
        raise BadInput(
            Text(
                f"{entries.unread:,} of {count + entries.unread:,} entries make no sense;"
                " this is hardly the list it should be.",
                f"{count + entries.unread:,} 条中有 {entries.unread:,} 条无法识别，这很可能不是正确的名单。",
            ),
            code="feed_rubbish",
        )
    return entries


def _text(data: bytes) -> str:
    if len(data) > MOST_BYTES:
        raise BadInput(
            Text(f"The list is longer than {MOST_BYTES >> 20} MB.", f"名单超过 {MOST_BYTES >> 20} MB。"),
            code="feed_too_long",
        )
    if b"\x00" in data[:4096]:
        raise _wrong_type()
    return data.decode("utf-8-sig", "replace")


def _json(text: str) -> Any:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadInput(
            Text(
                "This is not valid JSON; the list may have been cut short.",
                "不是有效的 JSON，名单可能不完整。",
            ),
            code="feed_not_json",
        ) from error
    if not isinstance(value, list | dict):
        raise _wrong_type()
    return value


def _must_be(given: Format, found: Format) -> None:
    if given not in (Format.AUTO, found):
        raise BadInput(
            Text(
                f"The list is written as {found.value}, not as {given.value}.",
                f"该名单的格式是 {found.value}，而不是 {given.value}。",
            ),
            code="feed_wrong_type",
        )


def _wrong_type() -> BadInput:
    return BadInput(
        Text(
            "This is not a list in a format the house knows.",
            "这不是系统所支持格式的名单。",
        ),
        code="feed_wrong_type",
    )
