"""A letter of ours as bytes: its subject, its words, its files, and the ids that keep it in its thread.

Pure. Words that begin with one line and an empty one have that line as their subject, as `reading` gives the
subject of what comes in; an answer keeps the subject of its thread. The Message-ID is made of the effect that
sends it, so that a second attempt is the same letter, and nobody who did not get it can guess it.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from guildhall.channels.email import HOUSE_HEADER
from guildhall.channels.email.quoting import bare_subject
from guildhall.channels.port import Button
from guildhall.channels.text import one_line

LONGEST_SUBJECT = 150
_LONGEST_LINE = 990
_SUBJECT = re.compile(r"\A([^\r\n]{1,150})\r?\n\s*\r?\n(?=\S)")


@dataclass(frozen=True, slots=True)
class File:
    """Something enclosed."""

    name: str
    mime: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Draft:
    """A letter to be written. `subject` and `references` are those of the thread it goes on with, '' and ()
    for a new one; ids without angle brackets.
    """

    message_id: str
    house: str
    mailbox: str
    mailbox_name: str
    to: str
    text: str
    at: datetime
    subject: str = ""
    references: Sequence[str] = ()
    buttons: Sequence[Button] = ()
    files: Sequence[File] = ()


def message_id(key: bytes, effect_id: int, space_id: str, text: str, mailbox: str) -> str:
    """The same for every attempt of one effect; `gh.` and 40 hex digits at the mailbox's domain."""
    about = f"{effect_id}\0{space_id}\0{text}".encode("utf-8", "replace")
    return f"gh.{hmac.new(key, about, hashlib.sha256).hexdigest()[:40]}@{mailbox.rpartition('@')[2]}"


def subject_and_body(text: str, thread_subject: str, fallback: str) -> tuple[str, str]:
    """What stands in the head and what below it."""
    if thread_subject:
        return f"Re: {bare_subject(thread_subject)}"[:LONGEST_SUBJECT], text
    found = _SUBJECT.match(text)
    if found is not None:
        return one_line(found[1], LONGEST_SUBJECT), text[found.end() :]
    first = one_line(text.partition("\n")[0], 78)
    return first if first == text.strip() else one_line(fallback, LONGEST_SUBJECT) or first, text


def compose(draft: Draft) -> bytes:
    """The letter as it goes over the wire, with CRLF."""
    subject, body = subject_and_body(draft.text, draft.subject, draft.mailbox_name)
    # Folding would put encoded words into long ids, which nobody reads back.
    letter = EmailMessage(policy=SMTP.clone(max_line_length=_LONGEST_LINE))
    letter["From"] = _address(draft.mailbox, draft.mailbox_name)
    letter["To"] = _address(draft.to, "")
    letter["Subject"] = subject
    letter["Date"] = format_datetime(draft.at)
    letter["Message-ID"] = f"<{draft.message_id}>"
    if draft.references:
        letter["In-Reply-To"] = f"<{draft.references[-1]}>"
        letter["References"] = _references(draft.references)
    letter[HOUSE_HEADER] = draft.house
    letter.set_content(
        _with_buttons(body, draft.buttons),
        charset="utf-8",
        cte="quoted-printable" if body.isascii() else "base64",
    )
    for file in draft.files:
        kind, _, sub = (file.mime or "application/octet-stream").partition("/")
        letter.add_attachment(
            file.body,
            maintype=kind,
            subtype=sub or "octet-stream",
            filename=one_line(file.name, 120) or "file",
        )
    return letter.as_bytes()


def _references(ids: Sequence[str]) -> str:
    """The first letter of the thread and as many of the latest as a line holds (RFC 5322, 3.6.4)."""
    first, kept, room = f"<{ids[0]}>", [], _LONGEST_LINE - 40 - len(ids[0])
    for one in reversed(ids[1:]):
        room -= len(one) + 3
        if room < 0:
            break
        kept.append(f"<{one}>")
    return " ".join([first, *reversed(kept)])


def _with_buttons(body: str, buttons: Sequence[Button]) -> str:
    lines = [f"{button.text}: {button.url}" for button in buttons if button.url]
    return body.rstrip() + "\n" + ("\n" + "\n".join(lines) + "\n" if lines else "")


def _address(address: str, name: str) -> Address:
    local, _, domain = address.rpartition("@")
    return Address(one_line(name, 80), local, domain)
