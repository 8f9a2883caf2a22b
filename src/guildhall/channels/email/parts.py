"""The parts of a letter: which words are to be read, and which files came along.

Pure. Of alternatives the plain words are read unless there are none worth reading; links that only the HTML
has are kept beside them. Parts are numbered as IMAP numbers them, so that one can be fetched later.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.errors import MessageError
from email.message import Message

from guildhall.channels.email import markup
from guildhall.channels.email.bounces import enclosed
from guildhall.channels.email.decoding import decoded, header
from guildhall.channels.port import Link, Media, MediaKind

_MOST_FILES, _MOST_PARTS = 50, 500
_LONGEST_NAME = 200
_KINDS = {"image": MediaKind.PHOTO, "video": MediaKind.VIDEO, "audio": MediaKind.AUDIO}
_NO_FILE = frozenset(("message/delivery-status", "message/disposition-notification", "text/rfc822-headers"))


@dataclass(slots=True)
class Contents:
    """`text` as written, `quoted` what the HTML itself marks as quoted, `links` those only the HTML has."""

    text: str = ""
    quoted: str = ""
    links: list[Link] = field(default_factory=list)
    media: list[Media] = field(default_factory=list)


def contents(letter: Message, where: str) -> Contents:
    """What a letter holds. `where`: what its files can be asked for with later, '' when they cannot."""
    found = Contents()
    plain: list[str] = []
    html: list[markup.Read] = []
    for number, part, is_choice in _leaves(letter):
        body = _bytes(part)
        kind = part.get_content_type()
        is_file = part.get_content_disposition() == "attachment" or bool(_name(part))
        if kind == "text/plain" and not is_file:
            plain.append(_flowing(part, decoded(body, _charset(part))))
        elif kind == "text/html" and not is_file:
            html.append(markup.read(decoded(body, _charset(part))))
            if not is_choice:
                plain.append(html[-1].text)
                found.quoted = found.quoted or html[-1].quoted
        elif kind not in _NO_FILE and len(found.media) < _MOST_FILES:
            found.media.append(_media(part, kind, body, f"{where}:{number}" if where else ""))
    words = "\n".join(one for one in plain if one.strip())
    if not words and html:
        words = "\n".join(one.text for one in html)
        found.quoted = "\n".join(one.quoted for one in html if one.quoted)
    found.text = words
    found.links = [link for one in html for link in one.links if link.url not in words]
    return found


def _leaves(letter: Message) -> Iterator[tuple[str, Message, bool]]:
    """(number, part, whether it is one of several ways to say the same) of every part without parts."""
    waiting: list[tuple[str, Message, bool]] = [("", letter, False)]
    seen = 0
    while waiting and seen < _MOST_PARTS:
        number, part, is_choice = waiting.pop(0)
        seen += 1
        inner = part.get_payload()
        if part.get_content_maintype() == "multipart" and isinstance(inner, list):
            several = part.get_content_type() == "multipart/alternative" or is_choice
            numbered = [
                (f"{number}.{n}" if number else str(n), one, several)
                for n, one in enumerate(inner, 1)
                if isinstance(one, Message)
            ]
            waiting[:0] = numbered
        else:
            yield number or "1", part, is_choice


def _bytes(part: Message) -> bytes:
    if part.get_content_maintype() == "message":
        inner = enclosed(part)
        try:
            return inner.as_bytes() if inner is not None else b""
        except (MessageError, ValueError, LookupError, TypeError, KeyError):
            return b""
    try:
        body = part.get_payload(decode=True)
    except (ValueError, LookupError, TypeError, AttributeError):
        return b""
    return body if isinstance(body, bytes) else b""


def _charset(part: Message) -> str:
    try:
        said = part.get_content_charset("")
    except (ValueError, LookupError, TypeError):
        return ""
    return str(said)


def _name(part: Message) -> str:
    try:
        return header(part.get_filename(""))[:_LONGEST_NAME]
    except (ValueError, LookupError, TypeError):
        return ""


def _media(part: Message, kind: str, body: bytes, ref: str) -> Media:
    name = _name(part)
    if not name and kind == "message/rfc822":
        inner = enclosed(part)
        name = header(inner.get("Subject"))[:_LONGEST_NAME] if inner is not None else ""
    return Media(
        _KINDS.get(kind.partition("/")[0], MediaKind.DOCUMENT),
        name=name,
        size=len(body),
        mime=kind[:80],
        hash=hashlib.sha256(body).hexdigest(),
        ref=ref,
    )


def _flowing(part: Message, text: str) -> str:
    """Lines that the sender's program broke by itself (RFC 3676) are one line again."""
    try:
        flowed = str(part.get_param("format", "")).lower() == "flowed"
        joins = str(part.get_param("delsp", "")).lower() == "yes"
    except (ValueError, LookupError, TypeError):
        return text
    if not flowed:
        return text
    out: list[str] = []
    is_open = False
    for line in text.split("\n"):
        bare = line.removesuffix("\r")
        if bare.startswith(" "):
            bare = bare[1:]
        soft = bare.endswith(" ") and bare != "-- " and not bare.startswith(">")
        if is_open and not bare.startswith(">"):
            out[-1] += bare
        else:
            out.append(bare)
        if soft and joins:
            out[-1] = out[-1][:-1]
        is_open = soft
    return "\n".join(out)
