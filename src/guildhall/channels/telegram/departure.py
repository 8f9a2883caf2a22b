"""The moment a message leaves: made ready before, held back until its slot begins, and noted when it goes and
when its answer begins to come.

Lives between the thread that sends and the loop that writes, so that neither the thread's waking nor the
making of a request costs time of a slot.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from guildhall.channels.telegram.pace import SECOND, Slot, now_us


@dataclass(slots=True)
class Departure:
    """One message about to leave by a slot. `answered_at`: as times in `pace`, 0 while no answer came."""

    slot: Slot
    on_leaving: Callable[[], None]
    answered_at: int = 0

    def wait_s(self) -> float:
        """Seconds until the slot begins."""
        return max(0, self.slot.start - now_us()) / SECOND

    def leave(self) -> bool:
        """Whether it may leave now; False when its moment has passed."""
        self.on_leaving()
        return self.slot.is_open()

    def answered(self) -> None:
        """The answer begins to come: the message has arrived."""
        self.answered_at = now_us()
