"""Carries effects of given order keys out here and now, inside the caller's transaction.

What the demo's moderators ordered in the past has to be done in the past: workers, who live in the present,
never see it queued. Other effects of the house are not touched.
"""

from __future__ import annotations

from collections.abc import Collection

from guildhall.effects import claim, locks, settle
from guildhall.effects.performing import perform

_OWNER = "demo"


def carry_out(keys: Collection[str]) -> int:
    """Perform what is queued under these order keys, in order; returns how many. Raises what they raise."""
    locks.hold_keys(keys)
    performed = 0
    leases = claim.claim_heads(_OWNER, keys, len(keys))
    while leases:
        outcome, error = perform(leases.pop(0))
        if error is not None:
            raise error
        performed += 1
        leases += settle.settle(_OWNER, [outcome], next_limit=1).next
    return performed
