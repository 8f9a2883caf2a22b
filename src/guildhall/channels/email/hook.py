"""Letters that a provider brings to our door: `POST /hooks/email/<mailbox id>`.

Three shapes are taken: a letter as it is (`Content-Type: message/rfc822`), JSON with the whole letter in
`raw` (base64), and JSON with its fields (`from`, `to`, `subject`, `text`, `html`, `message_id`,
`in_reply_to`, `references`, `date`, `attachments` of `name`, `mime`, `content` in base64). Each call is
signed:
`Guildhall-Signature: t=<unix seconds>,v1=<hex HMAC-SHA256 of "t.body">` with the mailbox's secret, and no
older than five minutes. The same letter again is known by its Message-ID.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.errors import MessageError
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

import orjson

from guildhall.channels.email import PLATFORM
from guildhall.channels.email.decoding import correspondent
from guildhall.channels.email.envelope import MOST_BYTES, wrap
from guildhall.channels.email.mailboxes import HOOK
from guildhall.channels.email.models import Mailbox, secret_name
from guildhall.channels.hooks import OK, Answer, Call
from guildhall.channels.port import Platform
from guildhall.channels.text import one_line
from guildhall.core import secrets
from guildhall.core.errors import NotFound

PREFIX = "/hooks/email/"
SIGNATURE = "guildhall-signature"
FRESH_S = 300
KNOWN_S = 3.0
_ID = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}")
_SIGNED = re.compile(r"t=(\d{1,12}),v1=([0-9a-f]{64})")
_MOST_KNOWN = 500
_IDS = (("message_id", "Message-ID"), ("in_reply_to", "In-Reply-To"), ("references", "References"))
_MARKS = (("auto_submitted", "Auto-Submitted"), ("list_id", "List-Id"), ("return_path", "Return-Path"))


@dataclass(frozen=True, slots=True)
class _Known:
    mailbox: Mailbox
    secret: bytes
    until: float


class EmailHook:
    """Takes letters for every mailbox whose way is the webhook."""

    prefix = PREFIX
    platform: Platform = PLATFORM
    methods = frozenset({"POST"})
    most_bytes = MOST_BYTES * 3 // 2

    def __init__(self) -> None:
        self._known: dict[str, _Known] = {}
        self._lock = threading.Lock()

    def admit(self, call: Call) -> int:
        known = self._look_up(call.path)
        if known is None:
            return 404
        signed = _SIGNED.fullmatch(call.headers.get(SIGNATURE, ""))
        if signed is None or abs(call.at.timestamp() - int(signed[1])) > FRESH_S:
            return 401
        return OK if known.mailbox.state != Mailbox.State.PAUSED else 503

    def receive(self, call: Call) -> Answer:
        known = self._look_up(call.path)
        signed = _SIGNED.fullmatch(call.headers.get(SIGNATURE, ""))
        if known is None or signed is None or not known.secret:
            return Answer(401)
        if not hmac.compare_digest(signature(known.secret, call.body, int(signed[1])), signed[2]):
            return Answer(401)
        letter = letter_in(call.headers.get("content-type", ""), call.body)
        if not letter:
            return Answer(400)
        return Answer(bodies=(wrap(known.mailbox, letter, call.at),))

    def _look_up(self, mailbox_id: str) -> _Known | None:
        """A mailbox and its secret as they were within the last seconds. Raises Django's database errors."""
        if not _ID.fullmatch(mailbox_id):
            return None
        now = time.monotonic()
        known = self._known.get(mailbox_id)
        if known is not None and now < known.until:
            return known
        mailbox = Mailbox.objects.filter(pk=mailbox_id, way=Mailbox.Way.WEBHOOK).first()
        if mailbox is None:
            return None
        try:
            secret = secrets.get(secret_name(mailbox_id, HOOK)).encode()
        except NotFound:
            secret = b""
        fresh = _Known(mailbox, secret, now + KNOWN_S)
        with self._lock:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            self._known[mailbox_id] = fresh
        return fresh


def signature(secret: bytes, body: bytes, at: int) -> str:
    """The hex HMAC-SHA256 of `<at>.<body>`."""
    return hmac.new(secret, b"%d." % at + body, hashlib.sha256).hexdigest()


def letter_in(content_type: str, body: bytes) -> bytes:
    """The letter a call brings, b'' when it brings none."""
    if content_type.partition(";")[0].strip().lower() in ("message/rfc822", "message/global"):
        return body
    try:
        said = orjson.loads(body)
    except ValueError:
        return b""
    if not isinstance(said, dict):
        return b""
    if isinstance(said.get("raw"), str):
        return _unpacked(said["raw"])
    try:
        return _made(said)
    except (ValueError, LookupError, TypeError, AttributeError, MessageError):
        return b""  # fields that no letter can have


def _made(said: Mapping[str, Any]) -> bytes:
    """A letter of the fields a provider took it apart into."""
    writer = correspondent(said.get("from"))
    if not writer.address:
        return b""
    letter = EmailMessage(policy=SMTP.clone(max_line_length=990))
    letter["From"] = f"{_quoted(writer.name)} <{writer.address}>" if writer.name else f"<{writer.address}>"
    for field, name in (("to", "To"), ("subject", "Subject"), ("date", "Date")):
        if isinstance(said.get(field), str):
            _head(letter, name, one_line(said[field], 900))
    for field, name in _IDS:
        ids = said.get(field)
        given = ids if isinstance(ids, list) else str(ids or "").split()
        kept = [one_line(str(one), 500).strip("<> ") for one in given[:30]]
        if any(kept):
            _head(letter, name, " ".join(f"<{one}>" for one in kept if one))
    for field, name in _MARKS:
        if isinstance(said.get(field), str):
            _head(letter, name, one_line(said[field], 300))
    text, html = said.get("text"), said.get("html")
    letter.set_content(_storable(text), cte="base64")
    if isinstance(html, str) and html:
        letter.add_alternative(_storable(html), subtype="html", cte="base64")
    files = said.get("attachments")
    for file in files if isinstance(files, list) else ():
        if isinstance(file, dict):
            _enclose(letter, file)
    return letter.as_bytes()


def _head(letter: EmailMessage, name: str, value: str) -> None:
    """Give a letter a header, if it is one that can be written; whoever wrote the letter chose its words."""
    try:
        letter[name] = value
        letter.policy.fold(name, letter[name])
    except (ValueError, LookupError, TypeError, AttributeError, MessageError):
        del letter[name]


def _enclose(letter: EmailMessage, file: Mapping[str, Any]) -> None:
    kind, _, sub = str(file.get("mime") or "application/octet-stream").lower().partition("/")
    fine = re.fullmatch(r"[a-z0-9.+-]{1,60}", kind) and re.fullmatch(r"[a-z0-9.+-]{1,60}", sub)
    is_parts = kind in ("multipart", "message")
    letter.add_attachment(
        _unpacked(str(file.get("content") or "")),
        maintype=kind if fine and not is_parts else "application",
        subtype=sub if fine and not is_parts else "octet-stream",
        filename=one_line(str(file.get("name") or "file"), 120) or "file",
    )


def _unpacked(body: str) -> bytes:
    try:
        return base64.b64decode(body)
    except (binascii.Error, ValueError):
        return b""


def _storable(text: object) -> str:
    return text.encode("utf-8", "replace").decode() if isinstance(text, str) else ""


def _quoted(name: str) -> str:
    return '"' + name.replace("\\", "").replace('"', "") + '"'
