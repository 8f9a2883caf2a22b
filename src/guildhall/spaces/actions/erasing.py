"""What entrances hold about a person: their id at WeChat and by whom they came. Wiped when they are erased,
handed out when they ask for their data.
"""

from __future__ import annotations

from typing import Any

from django.db.models import F, Value
from django.db.models.functions import Concat

from guildhall.people import registry
from guildhall.spaces.models import Entry

_MOST_EXPORTED = 10_000


def erase(member_id: str) -> None:
    """Forget who entered; that somebody did, where and when stays, because it is counted and names nobody."""
    Entry.objects.filter(account__member_id=member_id).update(
        external_id=Concat(Value("erased:"), F("id")), userid=""
    )


def export(member_id: str) -> list[dict[str, Any]]:
    """By which entrances a member came, ready for JSON."""
    rows = (
        Entry.objects.filter(account__member_id=member_id)
        .order_by("at", "id")
        .values("entrance__name", "how", "at", "greeting")[:_MOST_EXPORTED]
    )
    return [row | {"at": row["at"].isoformat()} for row in rows]


def register() -> None:
    """Tell people what to call."""
    registry.on_erase(erase)
    registry.on_export("entrances")(export)
