"""A letter becomes an `Inbound`: who wrote, in which correspondence, what they said and what they sent along.

Pure. The correspondence of an address with one of our mailboxes is a private space `<address>/<mailbox>`; a
thread is named by its first Message-ID. What we sent ourselves is known and passed over, reports of letters
that did not arrive name the letter they are about. Raises BadInput and nothing else.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import Message
from email.utils import parsedate_to_datetime
from typing import Any

from guildhall.channels.email import HOUSE_HEADER, PLATFORM
from guildhall.channels.email.authentic import is_authentic
from guildhall.channels.email.bounces import OURS, Bounce, bounce_in, is_automatic
from guildhall.channels.email.decoding import AS_WRITTEN, Correspondent, correspondent, header, letter_ids
from guildhall.channels.email.envelope import Envelope, unwrap
from guildhall.channels.email.models import LETTER_ID_LENGTH
from guildhall.channels.email.parts import Contents, contents
from guildhall.channels.email.quoting import is_answer, is_forward, split
from guildhall.channels.links import extract
from guildhall.channels.parsing import LONGEST_TEXT
from guildhall.channels.port import Inbound, Kind, Media, MediaKind, Quote, SenderRef, SpaceRef
from guildhall.core.errors import BadInput
from guildhall.core.text import Text

LONGEST_ADDRESS = 163
_MOST_REFERENCES = 30
_MOST_HEADERS, _LONGEST_HEADER = 100, 2000
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)


def parse(raw: bytes) -> Inbound:
    """Read what `envelope.wrap` made. Raises BadInput."""
    given = unwrap(raw)
    try:
        return _read(given, message_from_bytes(given.letter, policy=AS_WRITTEN))
    except RecursionError as error:
        raise BadInput(Text("Its parts lie too deep in each other.", "邮件结构嵌套过深。")) from error
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        # The standard library's parser meets letters nobody foresaw; the letter is put aside whole.
        raise BadInput(
            Text(f"The letter cannot be read ({type(error).__name__}).", "无法解析该邮件。")
        ) from error


def thread_id(ids: list[str], own: str) -> str:
    """The thread of a letter: the first id it refers to, else its own."""
    return as_id(ids[0]) if ids else own


def as_id(letter_id: str) -> str:
    """A Message-ID as we keep it: one that is too long to be an id stands for itself by its hash."""
    plain = letter_id.replace(" ", "")
    if plain and len(plain) <= LETTER_ID_LENGTH and plain.isprintable():
        return plain
    return f"long.{hashlib.sha256(letter_id.encode('utf-8', 'replace')).hexdigest()}"


def space_of(address: str, mailbox: str) -> str:
    """The platform id of a correspondence."""
    return f"{address}/{mailbox}"


def _read(given: Envelope, letter: Message) -> Inbound:
    writer = correspondent(letter.get("From"))
    if not writer.address:
        writer = correspondent(letter.get("Sender"))
    if not writer.address:
        raise BadInput(Text("It does not say who wrote it.", "未说明发件人。"), field="From")
    if len(writer.address) > LONGEST_ADDRESS:
        raise BadInput(Text("The writer's address is too long.", "发件人地址过长。"), field="From")
    bounce = bounce_in(letter)
    if bounce is not None:
        return _report(given, letter, bounce)
    mark = header(letter.get(HOUSE_HEADER))
    if writer.address == given.address.lower() or (mark and mark == given.house):
        return _nothing(given, letter, "ours")
    if letter.get_content_type() == "multipart/report":
        return _nothing(given, letter, "report")
    return _message(given, letter, writer)


def _message(given: Envelope, letter: Message, writer: Correspondent) -> Inbound:
    own = _own_id(given, letter)
    answered = letter_ids(letter.get("In-Reply-To"))
    before = list(dict.fromkeys([*letter_ids(letter.get("References")), *answered[:1]]))[:_MOST_REFERENCES]
    subject = header(letter.get("Subject"))
    found = contents(letter, given.uid)
    text, quoted = _words(found, subject, is_reply=bool(before))
    media = list(found.media)
    if given.is_cut:
        media.append(Media(MediaKind.OTHER, "…", ref=""))
    return Inbound(
        Kind.MESSAGE,
        PLATFORM,
        SpaceRef(space_of(writer.address, given.mailbox), writer.name or writer.address, "private"),
        own,
        SenderRef(
            writer.address,
            display_name=writer.name or writer.address,
            is_bot=False,
            language=header(letter.get("Content-Language")).partition(",")[0].strip()[:10],
        ),
        _sent_at(given, letter),
        text,
        links=extract(text, found.links),
        media=tuple(media),
        reply_to=as_id((answered or before[-1:])[0]) if answered or before else None,
        thread_id=thread_id(before, own),
        quote=Quote(quoted) if quoted else None,
        is_automatic=is_automatic(letter),
        delivery_id=given.uid or own,
        receiver=given.mailbox,
        raw=_raw(given, letter)
        | {
            "subject": subject[:255],
            "references": [as_id(one) for one in before],
            "authentic": is_authentic(letter, writer.address, given.signs),
        },
    )


def _words(found: Contents, subject: str, *, is_reply: bool) -> tuple[str, str]:
    """What they said, and what they quoted. The subject of a new letter is part of what is said."""
    if is_forward(subject):
        text, quoted = found.text.rstrip("\r\n"), ""
    else:
        text, quoted = split(found.text)
    quoted = quoted or found.quoted
    if subject and not (is_reply and is_answer(subject)) and not text.startswith(subject):
        text = f"{subject}\n\n{text}" if text.strip() else subject
    return text[:LONGEST_TEXT], quoted[:LONGEST_TEXT]


def _report(given: Envelope, letter: Message, bounce: Bounce) -> Inbound:
    """A letter of ours did not arrive: told of the correspondence it was sent in."""
    address = bounce.address if len(bounce.address) <= LONGEST_ADDRESS else ""
    return Inbound(
        Kind.OTHER,
        PLATFORM,
        SpaceRef(space_of(address, given.mailbox) if address else "", address, "private"),
        as_id(bounce.message_id),
        SenderRef(""),
        _sent_at(given, letter),
        is_automatic=True,
        delivery_id=given.uid or _own_id(given, letter),
        receiver=given.mailbox,
        raw=_raw(given, letter) | {"bounce": asdict(bounce)},
    )


def _nothing(given: Envelope, letter: Message, why: str) -> Inbound:
    return Inbound(
        Kind.OTHER, PLATFORM, SpaceRef(""), _own_id(given, letter), SenderRef(""), _sent_at(given, letter),
        is_automatic=True, delivery_id=given.uid or _own_id(given, letter), receiver=given.mailbox,
        raw=_raw(given, letter) | {"passed_over": why},
    )  # fmt: skip


def _own_id(given: Envelope, letter: Message) -> str:
    ids = letter_ids(letter.get("Message-ID"))
    if ids and not (OURS.fullmatch(ids[0]) and not letter.get(HOUSE_HEADER)):
        return as_id(ids[0])
    # None at all, or one that pretends to be ours.
    return f"none.{hashlib.sha256(given.letter).hexdigest()[:40]}"


def _sent_at(given: Envelope, letter: Message) -> datetime:
    """When they say it was sent, unless that is nonsense: then when it came."""
    try:
        at = parsedate_to_datetime(header(letter.get("Date")))
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return given.at
    return at if _EARLIEST < at <= given.at + timedelta(minutes=10) else given.at


def _raw(given: Envelope, letter: Message) -> dict[str, Any]:
    headers = [
        [header(name), header(value)[:_LONGEST_HEADER]] for name, value in letter.items()[:_MOST_HEADERS]
    ]
    more = {name: value for name, value in given.fields.whole.items() if name != "letter"}
    return more | {"headers": headers}
