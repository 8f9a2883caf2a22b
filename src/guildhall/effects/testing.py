"""For tests of all rooms: carry due effects out inline, in this thread and transaction, as a worker
would.
"""

from __future__ import annotations

from django.db import transaction

from guildhall.effects import claim, settle
from guildhall.effects.performing import perform
from guildhall.effects.types import Mode

_OWNER = "drain"


def drain(limit: int = 1000, *, raise_unforeseen: bool = True) -> int:
    """Perform due effects until none is left or `limit` were performed; returns how many.

    Effects queued by performers count too; retries run when the (frozen) clock has come to them. An
    exception that is not Temporary, Permanent or Uncertain is noted on its effect and, unless told
    otherwise, raised again.
    """
    performed = 0
    while performed < limit:
        leases = claim.claim(_OWNER, min(50, limit - performed))
        if not leases:
            break
        while leases:
            lease = leases.pop(0)
            if lease.mode is Mode.ONCE:
                with transaction.atomic():
                    claim.start([lease])
            outcome, error = perform(lease)
            left = limit - performed - 1 - len(leases)
            leases += settle.settle(_OWNER, [outcome], next_limit=max(0, left)).next
            performed += 1
            if error is not None and raise_unforeseen:
                raise error
    return performed
