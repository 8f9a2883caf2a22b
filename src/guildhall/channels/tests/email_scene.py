"""Letters and mailboxes for the tests of e-mail."""

from __future__ import annotations

import base64
from email.message import EmailMessage
from typing import Any

import orjson

from guildhall.channels.email.mailboxes import add_mailbox
from guildhall.channels.email.models import Mailbox
from guildhall.channels.port import Inbound
from guildhall.channels.testing.contract import AT
from guildhall.channels.tests.mail_servers import PASSWORD, USER

OUR_ADDRESS = "support@guild.example"
MAILBOX = "01J00000000000000000000000"


def letter(
    text: str = "hello",
    *,
    sender: str = "Ann <ann@example.org>",
    message_id: str = "m1@example.org",
    **more: str,
) -> bytes:
    """A plain letter in UTF-8; `more` are headers with underscores for hyphens."""
    head = {"From": sender, "To": OUR_ADDRESS, "Message-ID": f"<{message_id}>"}
    head |= {name.replace("_", "-"): value for name, value in more.items()}
    lines = [f"{name}: {value}" for name, value in head.items() if value]
    lines += [
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: base64",
    ]
    body = base64.encodebytes(text.encode("utf-8", "surrogatepass")).decode()
    return ("\r\n".join(lines) + "\r\n\r\n" + body.replace("\n", "\r\n")).encode()


def html_letter(html: str, text: str = "", **more: str) -> bytes:
    made = EmailMessage()
    made["From"], made["Message-ID"] = "ann@example.org", "<h1@example.org>"
    for name, value in more.items():
        made[name.replace("_", "-")] = value
    if text:
        made.set_content(text)
        made.add_alternative(html, subtype="html")
    else:
        made.set_content(html, subtype="html")
    return made.as_bytes()


def wrapped(body: bytes, **more: Any) -> bytes:
    """A letter as the gateway gives it to intake, without a database."""
    said: dict[str, Any] = {
        "mailbox": MAILBOX,
        "address": OUR_ADDRESS,
        "house": "here",
        "signs": "",
        "uid": "7:101",
    }
    said |= {"at": AT.isoformat(), "cut": False, "letter": base64.b64encode(body).decode(), **more}
    return orjson.dumps(said)


def read(body: bytes, **more: Any) -> Inbound:
    from guildhall.channels.email import reading

    return reading.parse(wrapped(body, **more))


def bounce(
    message_id: str, to: str = "ann@example.org", status: str = "5.1.1", action: str = "failed"
) -> bytes:
    """A report as Postfix writes it."""
    return f"""From: Mail Delivery System <MAILER-DAEMON@mx.example.org>
To: {OUR_ADDRESS}
Subject: Undelivered Mail Returned to Sender
Message-ID: <bounce-{message_id[:12]}@mx.example.org>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b1"

--b1
Content-Type: text/plain

This is the mail system. I'm sorry to have to inform you ...

--b1
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org

Final-Recipient: rfc822; {to}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 {status} <{to}>: Recipient address rejected

--b1
Content-Type: message/rfc822

From: {OUR_ADDRESS}
To: {to}
Message-ID: <{message_id}>
Subject: hello

hello
--b1--
""".replace("\n", "\r\n").encode()


def a_mailbox(*, imap: int = 0, smtp: int = 0, way: str = "imap", **more: Any) -> Mailbox:
    """A mailbox in the database, reached on loopback."""
    said: dict[str, Any] = {
        "name": "Guild support", "way": way,
        "imap_host": "127.0.0.1", "imap_port": imap or 993, "imap_security": "plain", "imap_user": USER,
        "smtp_host": "127.0.0.1", "smtp_port": smtp or 465, "smtp_security": "plain", "smtp_user": USER,
    }  # fmt: skip
    return add_mailbox(OUR_ADDRESS, "staff:1", {"imap": PASSWORD, "smtp": PASSWORD}, **(said | more))
