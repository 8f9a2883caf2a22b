"""What is over when a clock is met or ends by merging: the pages that its chain raised."""

from __future__ import annotations

from collections.abc import Sequence

from guildhall.desk.chains import MOST_STEPS
from guildhall.desk.models import Clock
from guildhall.paging.actions import resolve
from guildhall.paging.kinds import PageState
from guildhall.paging.models import Page

SYSTEM = "system:desk"


def page_key(clock_id: int, number: int) -> str:
    """By what a page of a step is known."""
    return f"desk.clock:{clock_id}:{number}"


def tell(rows: Sequence[Clock]) -> None:
    """Close the pages raised for these clocks. Only for those that were broken or warned of is there any."""
    keys = [
        page_key(row.pk, number)
        for row in rows
        if row.breached_at is not None or row.warned_at is not None
        for number in range(MOST_STEPS)
    ]
    if not keys:
        return
    for page in Page.objects.filter(dedupe_key__in=keys).exclude(state=PageState.RESOLVED):
        resolve(page.pk, SYSTEM)
