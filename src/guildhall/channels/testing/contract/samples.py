"""How one platform writes what can happen on it: the builders that the contract is run with."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, ClassVar

from guildhall.channels import registry
from guildhall.channels.models import Space
from guildhall.channels.port import Adapter
from guildhall.core.clearance import Clearance, content_hash
from guildhall.people.models import Account, Member

AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
"""When everything in the samples was sent."""

HARD_TEXTS = {
    "plain": "gm, is the funding rate negative again?",
    "chinese": "大家早上好，手续费怎么算？",
    "null byte": "be\x00fore",
    "100 kB": "word " * 20_000,
    "10,000 emoji": "\U0001f680" * 10_000,
    "emoji of many parts": "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466 x",
    "right to left": "abc \u202e evil \u202c \u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627",
    "zero width": "bin\u200bance\u200d.\ufeffcom \u2060x",
    "combining marks": "Z" + "\u0351" * 500,
    "markup": "<script>alert(1)</script>{{7*7}}%s %(x)s",
    "sql": "'; DROP TABLE channels_message; --",
    "line ends": "one\r\ntwo\u2028three\u0085four",
    "astral before a link": "\U0001f600\U0001f600 https://example.org/x",
}
NOISE = (
    b"", b"\x00", b"{", b"null", b"[]", b"1", b'"x"', b"{}", b"\xff\xfe", b"{" * 5000, b"[" * 5000,
    b'{"type": "message"}', b'{"type": null, "space": {}, "line": []}', b"\xed\xa0\x80",
    b'{"text": "\\ud800"}', b'{"a": 1e999}', b" " * 10_000,
)  # fmt: skip


class Samples:
    """Set `adapter` and write `message`; the others where the platform has them.

    Ids of messages are m1, m2 …, of senders s1, s2 …: a builder turns them into what its platform would
    write.
    """

    adapter: ClassVar[Adapter]
    space: ClassVar[str] = "contract"

    def message(self, text: str, *, message_id: str = "m1", sender: str = "s1", **more: Any) -> bytes:
        """The bytes the platform sends for a message at `AT`; `more` are fields nobody knows."""
        raise NotImplementedError

    edit: ClassVar[Callable[..., bytes] | None] = None
    """(self, text, *, message_id, sender) -> bytes"""
    join: ClassVar[Callable[..., bytes] | None] = None
    """(self, *, sender) -> bytes"""
    leave: ClassVar[Callable[..., bytes] | None] = None
    """(self, *, sender) -> bytes"""
    reply: ClassVar[Callable[..., bytes] | None] = None
    """(self, text, *, message_id, to, sender) -> bytes: a message that answers the message `to`"""
    deletion: ClassVar[Callable[..., bytes] | None] = None
    """(self, *, message_id) -> bytes"""
    attachment: ClassVar[Callable[..., bytes] | None] = None
    """(self, text, *, message_id, sender) -> bytes: a message with a picture"""
    unknown: ClassVar[Callable[..., bytes] | None] = None
    """(self) -> bytes: a well-formed event of a kind that did not exist when this was written"""
    deletion_is_told: ClassVar[bool] = True

    def made_space(self, external_id: str = "") -> Space:
        """A space of the platform in which words can be said."""
        name = external_id or self.space
        slug = "".join(c if c.isalnum() else "-" for c in name.lower()).strip("-") or "space"
        return Space.objects.create(
            platform=self.adapter.platform, external_id=name, slug=slug[:80], name="Contract"
        )

    def made_account(self, external_id: str = "s1") -> str:
        member = Member.objects.create()
        account = Account.objects.create(
            member=member, platform=self.adapter.platform, external_id=external_id
        )
        return str(account.pk)


def cleared(text: str) -> Clearance:
    """A clearance for exactly these words, as compliance gives one for a service message."""
    return Clearance("service", "SG", content_hash(text), ("TEST@1",), AT)


def registered(adapter: Adapter) -> Adapter:
    """Register an adapter for the tests that queue acts."""
    registry.register(adapter)
    return adapter
