"""What the batch writers of channels take and give back: messages and edits ready to be stored, and what
became of each.

Pure. `NewMessage.of` and `EditedMessage.of` turn an `Inbound` into the values of a row once, outside of any
transaction, so that the transaction only writes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import orjson

from guildhall.channels.port import Inbound

_LONGEST_SOURCE = 255


def dumped(parts: tuple[object, ...]) -> str:
    """Entities, links or media as JSON text, the form the raw writers store."""
    return orjson.dumps(parts).decode() if parts else "[]"


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A message to store. `id` is ours (`core.ids.new_id()`), made before judging so that verdicts can name
    it.

    `entities`, `links`, `media` and `extra` are JSON text; `text_hash` is guard's (16 hex digits or '').
    """

    id: str
    space_id: str
    account_id: str | None
    external_id: str
    text: str
    sent_at: datetime
    received_at: datetime
    entities: str = "[]"
    links: str = "[]"
    media: str = "[]"
    reply_to: str = ""
    thread_id: str = ""
    forwarded_from: str = ""
    edited_at: datetime | None = None
    text_hash: str = ""
    direction: str = "in"
    extra: str = "{}"

    @classmethod
    def of(
        cls,
        inbound: Inbound,
        *,
        id: str,  # noqa: A002 - the column's name
        space_id: str,
        account_id: str | None,
        received_at: datetime,
        text_hash: str = "",
    ) -> NewMessage:
        """The row of an inbound message (or of an edit whose message we never saw)."""
        return cls(
            id,
            space_id,
            account_id,
            inbound.message_id,
            inbound.text,
            inbound.sent_at,
            received_at,
            dumped(inbound.entities),
            dumped(inbound.links),
            dumped(inbound.media),
            inbound.reply_to or "",
            inbound.thread_id,
            (inbound.forwarded_from or "")[:_LONGEST_SOURCE],
            inbound.edited_at,
            text_hash,
            extra=_extra(inbound),
        )


def _extra(inbound: Inbound) -> str:
    """What few messages have, as JSON text."""
    said: dict[str, object] = {}
    if inbound.album_id:
        said["album"] = inbound.album_id
    if inbound.quote is not None:
        said["quote"] = inbound.quote
    if inbound.via_bot:
        said["via_bot"] = inbound.via_bot
    if inbound.sender.on_behalf_of is not None:
        said["on_behalf_of"] = inbound.sender.on_behalf_of
    if inbound.sender.signature:
        said["signature"] = inbound.sender.signature
    if inbound.is_automatic:
        said["automatic"] = True
    return orjson.dumps(said).decode() if said else "{}"


@dataclass(frozen=True, slots=True)
class EditedMessage:
    """A new wording of a message, found by space and platform id; `account_id` must be that of its author."""

    space_id: str
    account_id: str | None
    external_id: str
    text: str
    edited_at: datetime
    entities: str = "[]"
    links: str = "[]"
    media: str = "[]"
    text_hash: str = ""

    @classmethod
    def of(
        cls, inbound: Inbound, *, space_id: str, account_id: str | None, text_hash: str = ""
    ) -> EditedMessage:
        return cls(
            space_id,
            account_id,
            inbound.message_id,
            inbound.text,
            inbound.edited_at or inbound.sent_at,
            dumped(inbound.entities),
            dumped(inbound.links),
            dumped(inbound.media),
            text_hash,
        )


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of new messages, by the id proposed for each.

    `duplicates` and `conflicts` map the proposed id to the id of the message already there; a conflict has
    the same key and another body, was not stored, and belongs into quarantine.
    """

    new: tuple[str, ...] = ()
    duplicates: Mapping[str, str] = field(default_factory=dict)
    conflicts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Edited:
    """What became of edits, by position in the batch.

    `changed` maps it to (message id, new version); `unchanged` to the message id (redelivered, or older
    than what stands); `unknown` lists edits of messages never seen; `refused` those whose author is
    somebody else.
    """

    changed: Mapping[int, tuple[str, int]] = field(default_factory=dict)
    unchanged: Mapping[int, str] = field(default_factory=dict)
    unknown: tuple[int, ...] = ()
    refused: tuple[int, ...] = ()
