"""E-mail keeps the contract of adapters."""

from __future__ import annotations

from typing import Any

from guildhall.channels.email.adapter import EmailAdapter
from guildhall.channels.testing.contract import AdapterContract
from guildhall.channels.tests.email_scene import MAILBOX, letter, wrapped


class TestEmail(AdapterContract):
    adapter = EmailAdapter()
    space = f"s1@example.org/{MAILBOX}"

    def message(self, text: str, *, message_id: str = "m1", sender: str = "s1", **more: Any) -> bytes:
        body = letter(text, sender=f"Ann <{sender}@example.org>", message_id=f"{message_id}@x")
        return wrapped(body, **more)

    def made_space(self) -> Any:
        from guildhall.channels.models import Space

        return Space.objects.create(
            platform="email", external_id=self.space, slug="contract", name="Contract", kind="private"
        )
