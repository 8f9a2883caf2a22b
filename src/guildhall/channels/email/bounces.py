"""Reports that a letter did not arrive (RFC 3464), and answers written by machines (RFC 3834).

Pure. A report counts only when it names a Message-ID of ours: everybody can write something that looks like
one, only whoever got the letter knows its id.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.message import Message

from guildhall.channels.email.decoding import address_of, correspondent, decoded, header, letter_ids

OURS = re.compile(r"gh\.[0-9a-f]{40}@\S+")
_STATUS = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_BULK = frozenset(("bulk", "junk", "list", "auto_reply"))
_BY_MACHINES = (
    "List-Id", "List-Unsubscribe", "X-Autoreply", "X-Autorespond", "X-Auto-Response-Suppress", "Feedback-ID",
)  # fmt: skip
_OUT_OF_OFFICE = re.compile(
    r"^(?:automatic reply|auto(?:matic)?[ -]?reply|autoreply|out of (?:the )?office|abwesenheit"
    r"|自动回复|自動回覆|自動回復)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Bounce:
    """A letter of ours (`message_id`) did not reach `address`. `status` as in 5.1.1; `is_for_good`: nor will
    it, while 4.x.x may still.
    """

    message_id: str
    address: str
    status: str
    said: str
    is_for_good: bool


def bounce_in(letter: Message) -> Bounce | None:
    """What a report tells; None for everything else, also when a letter was delivered or read."""
    if letter.get_content_type() != "multipart/report":
        return None
    blocks = [
        block
        for part in letter.walk()
        if part.get_content_type() in ("message/delivery-status", "message/global-delivery-status")
        for block in _blocks(part)
    ]
    failed = [one for one in blocks if header(one.get("Action")).lower() in ("failed", "delayed")]
    if not failed:
        return None
    told = failed[0]
    status = _STATUS.search(header(told.get("Status")))
    action = header(told.get("Action")).lower()
    original = next((one for part in letter.walk() for one in _original_ids(part) if OURS.fullmatch(one)), "")
    if not original:
        return None
    address = _recipient(told)
    said = header(told.get("Diagnostic-Code")).partition(";")[2].strip() or header(
        told.get("Diagnostic-Code")
    )
    is_for_good = action == "failed" and (status is None or status[1] == "5")
    return Bounce(original, address, status.group() if status else "", said[:500], is_for_good)


def is_automatic(letter: Message) -> bool:
    """Whether a machine wrote it (a vacation notice, a newsletter, a report). It is never answered."""
    submitted = header(letter.get("Auto-Submitted")).lower().partition(";")[0].strip()
    if submitted and submitted != "no":
        return True
    if (
        header(letter.get("Precedence")).lower() in _BULK
        or letter.get("List-Id")
        or letter.get("List-Unsubscribe")
    ):
        return True
    if any(letter.get(name) for name in _BY_MACHINES):
        return True
    if str(letter.get("Return-Path", "x")).strip() == "<>":
        return True
    writer = correspondent(letter.get("From")).address.partition("@")[0]
    if writer in ("mailer-daemon", "postmaster") or writer.startswith(("noreply", "no-reply", "donotreply")):
        return True
    return _OUT_OF_OFFICE.match(header(letter.get("Subject"))) is not None


def enclosed(part: Message) -> Message | None:
    """The letter inside a part of kind message/..., None when there is none."""
    inner = part.get_payload()
    return inner[0] if isinstance(inner, list) and inner and isinstance(inner[0], Message) else None


def _blocks(part: Message) -> list[Message]:
    """The groups of fields of a delivery status: one for the report, one for each recipient."""
    inner = part.get_payload()
    return [one for one in inner if isinstance(one, Message)] if isinstance(inner, list) else []


def _original_ids(part: Message) -> list[str]:
    kind = part.get_content_type()
    if kind == "message/rfc822":
        inner = enclosed(part)
        return letter_ids(inner.get("Message-ID")) if inner is not None else []
    if kind in ("text/rfc822-headers", "message/global-headers"):
        body = part.get_payload(decode=True)
        text = decoded(body, "utf-8") if isinstance(body, bytes) else ""
        found = re.search(r"^message-id:\s*(<[^<>\s]+>)", text, re.IGNORECASE | re.MULTILINE)
        return letter_ids(found[1]) if found else []
    return []


def _recipient(told: Message) -> str:
    for name in ("Original-Recipient", "Final-Recipient"):
        said = header(told.get(name))
        address = address_of(said.partition(";")[2] or said)
        if address:
            return address
    return ""
