"""Changes to what members and messages are in a space that come from the guard, in its transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import connection

from guildhall.channels import registry, sql
from guildhall.channels.models import Message, Space, SpaceMember
from guildhall.core import clock


def hide_messages(message_ids: Sequence[str], *, by: str) -> None:
    """Withhold messages at once where our database is the platform; elsewhere the performed deletion does it.

    Joins the caller's transaction, so that a message removed by the verdict it came in with was never shown.
    """
    if not message_ids:
        return
    ours = Space.objects.filter(platform__in=registry.holding()).values("id")
    Message.objects.filter(id__in=message_ids, space_id__in=ours, removed_at__isnull=True).update(
        visible=False, removed_at=clock.now(), removed_by=by
    )


def add_strikes(rows: Iterable[tuple[str, str, int]], *, at: datetime) -> None:
    """Add (space id, account id, count) to the strikes; a negative count takes strikes back, never below
    none.
    """
    totals: dict[tuple[str, str], int] = {}
    for space, account, count in rows:
        totals[space, account] = totals.get((space, account), 0) + count
    for (space, account), count in sorted(totals.items()):
        if count > 0:
            _strike(space, account, count, at)
        elif count < 0:
            least = "GREATEST" if connection.vendor == "postgresql" else "MAX"
            sql.run(
                f"UPDATE channels_spacemember SET strikes = {least}(strikes - %s, 0) "
                "WHERE space_id = %s AND account_id = %s",
                [-count, space, account],
                fetch=False,
            )


def _strike(space: str, account: str, count: int, at: datetime) -> None:
    sql.run(
        "INSERT INTO channels_spacemember "
        "(space_id, account_id, state, message_count, strikes, last_strike_at) "
        "VALUES (%s, %s, 'member', 0, %s, %s) ON CONFLICT (space_id, account_id) DO UPDATE SET "
        "strikes = channels_spacemember.strikes + excluded.strikes, last_strike_at = excluded.last_strike_at",
        [space, account, count, sql.time(at)],
        fetch=False,
    )


def clear_strikes(space_id: str, account_id: str) -> None:
    """Forget all strikes of a member in a space; joins the caller's transaction."""
    SpaceMember.objects.filter(space_id=space_id, account_id=account_id).update(
        strikes=0, last_strike_at=None
    )


def note_invite(space_id: str, account_id: str, invite: str) -> None:
    """Keep what somebody came by (the payload of a link that opened a private talk); joins the caller's
    transaction.
    """
    SpaceMember.objects.update_or_create(
        space_id=space_id, account_id=account_id, defaults={"invite": invite[:190]}
    )
