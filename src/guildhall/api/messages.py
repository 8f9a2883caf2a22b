"""Messages over the API: the stream of a space or of everything, search in Chinese and English, one with
its past.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ninja import Router, Schema
from pydantic import Field

from guildhall.api.paging import NextCursor

router = Router()
SCOPE = "messages:read"


class MessageOut(Schema):
    """One message as it stands now."""

    id: str
    space_id: str
    space: str = Field(description="The short name of the space.")
    platform: str
    external_id: str = Field(description="The platform's own id.")
    direction: str = Field(description="`in`: a member wrote it; `out`: the house did.")
    member_id: str | None
    sender: str = Field(description="The sender's name, masked for whoever may not see identities.")
    text: str
    version: int = Field(description="1, and one more for each edit.")
    reply_to: str
    sent_at: datetime
    received_at: datetime
    edited_at: datetime | None
    visible: bool
    removed_at: datetime | None
    removed_by: str


class MessagePage(Schema):
    """Messages, newest first."""

    items: list[MessageOut]
    next: NextCursor = None


class VersionOut(Schema):
    """What a message said before an edit."""

    version: int
    text: str
    edited_at: datetime | None


class MessageDetail(MessageOut):
    """One message with its links and earlier wordings."""

    links: list[dict[str, Any]]
    media: list[dict[str, Any]]
    versions: list[VersionOut]
