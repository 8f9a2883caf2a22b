"""Messages over the API: the stream of a space or of everything, search in Chinese and English, one with
its past.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import Field

from guildhall.api.members import caller
from guildhall.api.paging import Cursor, Limit, NextCursor, Word, check_cursor, cut
from guildhall.api.rendering import answers, says
from guildhall.channels import queries
from guildhall.channels.models import Message
from guildhall.core.errors import BadInput, NotFound
from guildhall.core.ids import is_id
from guildhall.core.text import Text
from guildhall.people.access import api_auth
from guildhall.people.models import Staff
from guildhall.people.queries import mask_account

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


@router.get(
    "",
    auth=api_auth(SCOPE),
    response=answers(MessagePage),
    openapi_extra=says(SCOPE),
    summary="List messages",
)
def list_messages(
    request: HttpRequest,
    q: Word = "",
    space: Word = "",
    member_id: Word = "",
    removed: bool = False,
    limit: Limit = 50,
    cursor: Cursor = "",
) -> MessagePage:
    """Messages, newest first, of one space (by its short name) or of all; `q` searches their words in
    Chinese and English; `removed` leaves only those that were removed.
    """
    found = queries.search(q) if q.strip() else Message.objects.all()
    if space:
        known = queries.space_by_slug(space)
        if known is None:
            raise BadInput(Text("There is no such space.", "没有此群组。"), field="query.space")
        found = found.filter(space=known)
    if member_id:
        found = found.filter(account__member_id=member_id)
    if removed:
        found = found.filter(removed_at__isnull=False)
    if check_cursor(cursor):
        found = found.filter(id__lt=cursor)
    newest = found.select_related("space", "account").order_by("-id")[: limit + 1]
    rows, following = cut(list(newest), limit, lambda message: message.pk)
    staff = caller(request).staff
    return MessagePage(items=[MessageOut(**shown(message, staff)) for message in rows], next=following)


@router.get(
    "/{message_id}",
    auth=api_auth(SCOPE),
    response=answers(MessageDetail, 404),
    openapi_extra=says(SCOPE),
    summary="One message",
)
def get_message(request: HttpRequest, message_id: str) -> MessageDetail:
    """One message with its links, media and what it said before each edit."""
    found = (
        Message.objects.select_related("space", "account").filter(pk=message_id)
        if is_id(message_id)
        else None
    )
    message = found.first() if found is not None else None
    if message is None:
        raise NotFound(Text("There is no such message.", "不存在该消息。"))
    versions = [
        VersionOut(version=row.version, text=row.text, edited_at=row.edited_at)
        for row in message.versions.order_by("version")
    ]
    return MessageDetail(
        **shown(message, caller(request).staff), links=message.links, media=message.media, versions=versions
    )


def shown(message: Message, staff: Staff) -> dict[str, Any]:
    """What a list shows of a message, the sender's name as `staff` may see it."""
    account = message.account
    return {
        "id": message.pk,
        "space_id": message.space_id,
        "space": message.space.slug,
        "platform": message.space.platform,
        "external_id": message.external_id,
        "direction": message.direction,
        "member_id": account.member_id if account else None,
        "sender": mask_account(account, staff) if account else "",
        "text": message.text,
        "version": message.version,
        "reply_to": message.reply_to,
        "sent_at": message.sent_at,
        "received_at": message.received_at,
        "edited_at": message.edited_at,
        "visible": message.visible,
        "removed_at": message.removed_at,
        "removed_by": message.removed_by,
    }
