"""What channels holds about a person: wiped when they are erased, handed out when they ask for their data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from guildhall.channels.actions.recording import ERASED
from guildhall.channels.discord.models import DiscordTalk
from guildhall.channels.models import Message, MessageVersion, SearchDoc, Space, SpaceMember
from guildhall.core import clock
from guildhall.people import registry

GONE = "erased/"
"""Begins the platform id of a talk whose person was erased."""
_NOBODY = "—"
_MOST_EXPORTED = 100_000


def erase(member_id: str) -> None:
    """Wipe every text of a member, with its versions and search terms. Counts and times stay: they name
    nobody.
    """
    theirs = Message.objects.filter(account__member_id=member_id)
    MessageVersion.objects.filter(message__in=theirs).delete()
    SearchDoc.objects.filter(message__in=theirs).delete()
    theirs.filter(removed_at__isnull=True).update(removed_at=clock.now())
    theirs.update(
        text="", entities=[], links=[], media=[], forwarded_from="", text_hash="",
        visible=False, removed_by=ERASED, indexed=True,
    )  # fmt: skip
    _forget_talks(member_id)


def _forget_talks(member_id: str) -> None:
    """A private talk carries its person's platform id and name. What we said there stays, under no name."""
    talks = Space.objects.filter(kind="private", members__account__member_id=member_id)
    for talk in talks.exclude(external_id__startswith=GONE):
        if talk.platform == "discord":
            user = talk.external_id.removeprefix("dm:").partition("/")[0]
            DiscordTalk.objects.filter(user=user).delete()
        talk.external_id, talk.slug = f"{GONE}{talk.pk}", f"erased-{talk.pk.lower()}"
        talk.name, talk.settings = _NOBODY, {}
        talk.archived_at = talk.archived_at or clock.now()
        talk.save(update_fields=["external_id", "slug", "name", "settings", "archived_at"])


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
    """Tell people what to call: after the platforms' own, which look by what this forgets."""
    registry.on_erase(erase)
    registry.on_export("channels")(export)
