"""Answers of venues hold UIDs. When a person is erased, every kept answer that names one of their accounts
loses its body; its hash stays.
"""

from __future__ import annotations

from django.db import transaction

from guildhall.exchange.models import VenueAccount
from guildhall.exchange.venues.models import Snapshot
from guildhall.people import registry


def erase(member_id: str) -> None:
    """Drop the bodies in which an account of this member is named; reads every answer still kept of its
    venues.
    """
    with transaction.atomic():
        mine: dict[str, list[bytes]] = {}
        for venue, uid in VenueAccount.objects.filter(member_id=member_id).values_list("venue", "uid"):
            mine.setdefault(venue, []).append(uid.encode())
        for venue, uids in mine.items():
            kept = Snapshot.objects.filter(pull__connection__venue=venue, packed__isnull=False)
            named = [
                one.pk
                for one in kept.iterator(chunk_size=50)
                if any(uid in (one.body or b"") or uid.decode() in str(one.ask) for uid in uids)
            ]
            Snapshot.objects.filter(pk__in=named).update(packed=None, ask={"step": "erased"})


def register() -> None:
    """Called once, before the room forgets which accounts were theirs."""
    registry.on_erase(erase)
