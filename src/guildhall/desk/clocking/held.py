"""Answers that can still be taken back. Whether one counts is known only when it is on its way: until then a
breach it would have prevented is not recorded.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Min

from guildhall.desk.models import Clock, Entry

GRACE = timedelta(seconds=60)
"""So long past the end of undoing, an answer is believed to be on its way: workers may have been away."""
_ANSWERS = (Clock.Metric.FIRST_RESPONSE, Clock.Metric.NEXT_RESPONSE)


def answers(ticket_ids: Sequence[str], now: datetime) -> dict[str, datetime]:
    """By ticket, when the earliest answer was written that can still be taken back."""
    found = Entry.objects.filter(
        ticket_id__in=ticket_ids,
        kind=Entry.Kind.REPLY,
        state=Entry.State.HELD,
        send_at__gt=now - GRACE,
    )
    return dict(found.order_by().values_list("ticket_id").annotate(written=Min("at")))


def prevents(metric: str, written: datetime | None, due: datetime) -> bool:
    """Whether an answer written then meets such a clock before it is broken at `due`: within that second
    still (CLK-1).
    """
    return written is not None and metric in _ANSWERS and written.replace(microsecond=0) <= due
