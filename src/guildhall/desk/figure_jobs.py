"""What figures give to the engine of effects: days on which something changed are made anew every minute."""

from __future__ import annotations

from guildhall.core.text import Text
from guildhall.desk.figures import collecting
from guildhall.effects import performers, schedules
from guildhall.effects.types import Claimed, Done

KIND = "desk.figures"


def register() -> None:
    """Called once, when Django starts."""
    words = Text("Make the figures of the desk", "生成工单统计")
    performers.performer(KIND, lease_s=300, max_attempts=1, describe=words)(_refresh)
    schedules.schedule(KIND, "* * * * *", KIND, describe=words)


def _refresh(effect: Claimed) -> Done:
    return Done({"days": collecting.refresh()})
