"""A day (UTC) is closed: nothing more is booked on it, and its hash stands. What is heard of later is booked
on the open day, under its own date.
"""

from __future__ import annotations

from datetime import date, timedelta

from django.db import transaction

from guildhall.core import audit, clock
from guildhall.core.audit_chain import GENESIS
from guildhall.core.errors import Conflict
from guildhall.core.text import Text
from guildhall.ledger import chain, writing
from guildhall.ledger.actions.posting import HOUSE, today_utc
from guildhall.ledger.models import Day, Posting


def close_day(day: date, *, by: str = HOUSE) -> int:
    """Close a day and every open one before it; returns how many were closed, 0 when all were already.

    Raises Conflict for a day that is not over yet in UTC.
    """
    if day >= today_utc():
        raise Conflict(
            Text(f"{day} is not over yet (UTC); close it tomorrow.", f"{day}（UTC）尚未结束，请明天再关账。")
        )
    with transaction.atomic():
        writing.alone()
        last = Day.objects.order_by("-day").first()
        if last is not None:
            first = last.day + timedelta(days=1)
        else:
            first = Posting.objects.order_by("booked_on").values_list("booked_on", flat=True).first() or day
        before, closed = last.hash if last else GENESIS, 0
        while first <= day:
            before = _close(first, before, by)
            first += timedelta(days=1)
            closed += 1
    return closed


def _close(day: date, before: str, by: str) -> str:
    digest, count, late = chain.day_hash(before, day)
    Day.objects.create(day=day, closed_at=clock.now(), closed_by=by, postings=count, late=late, hash=digest)
    audit.record(
        by,
        "ledger.day_closed",
        f"ledger_day:{day}",
        {"postings": count, "late_postings": late, "hash": digest},
    )
    return digest
