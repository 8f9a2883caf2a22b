"""What channels holds about a person: wiped when they are erased, handed out when they ask for their data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from guildhall.channels.actions.recording import ERASED
from guildhall.channels.models import Message, MessageVersion, SearchDoc, Space, SpaceMember
from guildhall.core import clock
from guildhall.people import registry

_MOST_EXPORTED = 100_000
_NOBODY = "—"


def erase(member_id: str) -> None:
    """Wipe every text of a member, with its versions and search terms. Counts and times stay: they name
    nobody.
    """
    talks = Space.objects.filter(kind="private", members__account__member_id=member_id)
    Space.objects.filter(pk__in=list(talks.values_list("pk", flat=True))).update(name=_NOBODY)
    theirs = Message.objects.filter(account__member_id=member_id)
    MessageVersion.objects.filter(message__in=theirs).delete()
    SearchDoc.objects.filter(message__in=theirs).delete()
    theirs.filter(removed_at__isnull=True).update(removed_at=clock.now())
    theirs.update(
        text="", entities=[], links=[], media=[], forwarded_from="", text_hash="",
        visible=False, removed_by=ERASED, indexed=True,
    )  # fmt: skip


def export(member_id: str) -> dict[str, Any]:
    """A member's messages and standings, ready for JSON."""
    messages = (
        Message.objects.filter(account__member_id=member_id)
        .order_by("id")
        .values("id", "space__name", "text", "sent_at", "edited_at", "removed_at")[:_MOST_EXPORTED]
    )
    standings = SpaceMember.objects.filter(account__member_id=member_id).values(
        "space__name", "state", "until", "joined_at", "message_count", "strikes"
    )
    return {
        "messages": [_plain(row) for row in messages.iterator()],
        "spaces": [_plain(row) for row in standings],
    }


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value.isoformat() if hasattr(value, "isoformat") else value for key, value in row.items()}


def register() -> None:
    """Tell people what to call."""
    registry.on_erase(erase)
    registry.on_export("channels")(export)
