"""What a batch brings to the entrances of families: people who came by a code, groups that fill up or empty.

Hands it to `spaces`, which decides, after channels kept who is in which group; a batch without WeCom costs
nothing.
"""

from __future__ import annotations

from guildhall.intake.batch import Batch, Status
from guildhall.spaces.actions import arriving


def meet(batch: Batch) -> None:
    """Note who entered, greet them, count the groups that changed. Inside the recording transaction."""
    heard = [
        (item.inbound, item.space)
        for item in batch.items
        if item.raw.platform == arriving.PLATFORM
        and item.inbound is not None
        and item.space is not None
        and (item.outcome is None or item.outcome.status is Status.RECORDED)
    ]
    if heard:
        arriving.arrive(heard)
