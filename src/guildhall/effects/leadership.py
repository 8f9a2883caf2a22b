"""One leader among processes that all could do a thing: whoever holds the lease does it, the others watch.

The leader stops by itself when it cannot renew in time, so at most for a clock's skew are there two; what
leaders do is therefore also harmless when done twice.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from guildhall.core import clock
from guildhall.effects.models import Leader

LEASE = timedelta(seconds=10)
RENEW = timedelta(seconds=3)


class Leadership:
    """One process's claim to be the leader of `name`."""

    def __init__(self, name: str, owner: str) -> None:
        self._name = name
        self._owner = owner
        self._until: datetime | None = None

    def lead(self) -> bool:
        """Whether this process leads now; takes or renews the lease when that is due. May raise
        DatabaseError.
        """
        now = clock.now()
        if self._until is not None and self._until - now > LEASE - RENEW:
            return True
        self._until = now + LEASE if self._take(now) else None
        return self._until is not None

    def resign(self) -> None:
        """Let another take over at once."""
        if self._until is not None:
            self._until = None
            Leader.objects.filter(pk=self._name, owner=self._owner).update(until=clock.now())

    def other(self) -> str | None:
        """Who leads instead of us, if anybody does."""
        held = Leader.objects.filter(pk=self._name, until__gt=clock.now()).exclude(owner=self._owner)
        return held.values_list("owner", flat=True).first()

    def _take(self, now: datetime) -> bool:
        held = Leader.objects.filter(pk=self._name).values_list("owner", "until").first()
        if held is not None and held[0] != self._owner and held[1] > now:
            return False
        with transaction.atomic():
            Leader.objects.get_or_create(pk=self._name, defaults={"owner": "", "until": now})
            mine = Leader.objects.filter(pk=self._name, owner=self._owner)
            free = Leader.objects.filter(pk=self._name, until__lte=now)
            return bool((mine | free).update(owner=self._owner, until=now + LEASE))
