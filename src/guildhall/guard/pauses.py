"""Keeps the house from repeating itself: a thing said under a key is not said again for a while.

One row a key, taken with one statement, so that however many ask at once, in however many processes, one is
let through. `jobs` throws away what has run out.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import connection

from guildhall.channels import sql
from guildhall.core import clock
from guildhall.guard.models import Pause

_LONGEST_KEY = 160


def take(key: str, seconds: float) -> bool:
    """Whether this may be said now; if so, it may not for the next `seconds`. Joins the caller's
    transaction.
    """
    now = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO guard_pause (key, until) VALUES (%s, %s) "
            "ON CONFLICT (key) DO UPDATE SET until = excluded.until WHERE guard_pause.until <= %s",
            [key[:_LONGEST_KEY], sql.time(now + timedelta(seconds=seconds)), sql.time(now)],
        )
        return bool(cursor.rowcount > 0)


def forget_past() -> int:
    """Delete the keys that bind nobody any more; returns how many."""
    return Pause.objects.filter(until__lt=clock.now()).delete()[0]
