"""E-mail keeps the contract of adapters."""

from __future__ import annotations

from typing import Any

from guildhall.channels.email.adapter import EmailAdapter
from guildhall.channels.testing.contract import AdapterContract
from guildhall.channels.tests.email_scene import MAILBOX, letter, wrapped

PICTURE = b"""From: Ann <s1@example.org>\r
Message-ID: <m1@x>\r
Content-Type: multipart/mixed; boundary=b\r
\r
--b\r
Content-Type: text/plain\r
\r
look\r
--b\r
Content-Type: image/png; name="chart.png"\r
Content-Transfer-Encoding: base64\r
\r
aGVsbG8=\r
--b--\r
"""


class TestEmail(AdapterContract):
    adapter = EmailAdapter()
    space = f"s1@example.org/{MAILBOX}"

    def message(self, text: str, *, message_id: str = "m1", sender: str = "s1", **more: Any) -> bytes:
        return wrapped(letter(text, sender=_name(sender), message_id=f"{message_id}@x"), **more)

    def reply(self, text: str, *, message_id: str, to: str, sender: str) -> bytes:
        more = {"In_Reply_To": f"<{to}@x>", "References": f"<{to}@x>", "Subject": "Re: fees"}
        return wrapped(letter(text, sender=_name(sender), message_id=f"{message_id}@x", **more))

    def attachment(self, text: str, *, message_id: str, sender: str) -> bytes:
        return wrapped(PICTURE)

    def unknown(self) -> bytes:
        return wrapped(letter("bye", Content_Type="multipart/report; report-type=of-next-year; boundary=x"))


def _name(sender: str) -> str:
    return f"Ann <{sender}@example.org>"
