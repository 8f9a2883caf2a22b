"""What this room holds about a person: which accounts at venues are theirs, and rows that name them. Both
go when the person is erased; facts then lead to nobody.
"""

from __future__ import annotations

import re
from typing import Any

from django.db import transaction
from django.db.models import Q

from guildhall.core import audit
from guildhall.core.errors import NotFound
from guildhall.core.text import Text
from guildhall.exchange.models import BadRow, VenueAccount
from guildhall.people import registry

_AT_ONCE = 500


def link_account(pseudonym: str, member_id: str | None, by: str) -> None:
    """Say whose account at a venue it is, or that nobody knows any more. Raises NotFound."""
    with transaction.atomic():
        if not VenueAccount.objects.filter(pseudonym=pseudonym).update(member_id=member_id):
            raise NotFound(Text("There is no such account.", "不存在该账户。"))
        audit.record(by, "venue_account.linked", f"venue_account:{pseudonym}", {"member": member_id or ""})


def erase(member_id: str) -> None:
    """Forget the accounts of a member, and bad rows in which they are named."""
    with transaction.atomic():
        for venue, uid in VenueAccount.objects.filter(member_id=member_id).values_list("venue", "uid"):
            # Whole, not as a part of a longer number: a short UID is in many rows that are not theirs.
            named = re.compile(rf"(?<!\w){re.escape(uid)}(?!\w)")
            found = BadRow.objects.filter(
                Q(raw__contains=uid) | Q(mended__contains=uid), batch__feed__venue=venue
            ).values_list("pk", "raw", "mended")
            theirs = [pk for pk, raw, mended in found.iterator() if named.search(f"{raw}\n{mended}")]
            for start in range(0, len(theirs), _AT_ONCE):
                BadRow.objects.filter(pk__in=theirs[start : start + _AT_ONCE]).update(
                    raw="", mended="", state=BadRow.State.DROPPED
                )
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
