"""What this room holds about a person: which accounts at venues are theirs, and rows that name them. Both
go when the person is erased; facts then lead to nobody.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction

from guildhall.core import audit
from guildhall.core.errors import NotFound
from guildhall.core.text import Text
from guildhall.exchange.models import BadRow, VenueAccount
from guildhall.people import registry


def link_account(pseudonym: str, member_id: str | None, by: str) -> None:
    """Say whose account at a venue it is, or that nobody knows any more. Raises NotFound."""
    with transaction.atomic():
        if not VenueAccount.objects.filter(pseudonym=pseudonym).update(member_id=member_id):
            raise NotFound(Text("There is no such account.", "不存在该账户。"))
        audit.record(by, "venue_account.linked", f"venue_account:{pseudonym}", {"member": member_id or ""})


def erase(member_id: str) -> None:
    """Forget the accounts of a member, and bad rows in which they are named."""
    with transaction.atomic():
        for uid in VenueAccount.objects.filter(member_id=member_id).values_list("uid", flat=True):
            BadRow.objects.filter(raw__contains=uid).update(raw="", mended="", state=BadRow.State.DROPPED)
        VenueAccount.objects.filter(member_id=member_id).delete()


def export(member_id: str) -> Any:
    """The accounts of a member at venues."""
    rows = VenueAccount.objects.filter(member_id=member_id).order_by("venue", "uid")
    return [{"venue": row.venue, "uid": row.uid, "since": row.at.isoformat()} for row in rows]


def merge(kept_id: str, gone_id: str) -> None:
    """Accounts of a member who turned out to be another one go along."""
    VenueAccount.objects.filter(member_id=gone_id).update(member_id=kept_id)


def register() -> None:
    """Tell people what to call."""
    registry.on_erase(erase)
    registry.on_export("venue_accounts")(export)
    registry.on_merge(merge)
