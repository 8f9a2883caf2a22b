"""What the work room gives to the engine below: the tasks of a day are made every few minutes."""

from __future__ import annotations

from guildhall.core import clock
from guildhall.core.text import Text
from guildhall.effects import performers, schedules
from guildhall.effects.types import Claimed, Done
from guildhall.work import assisted
from guildhall.work.actions import checklists

TODAY = "work.today"
_WORDS = Text("Open the tasks of the day", "生成当天的待办")


def register() -> None:
    """Called once, when Django starts."""
    performers.performer(TODAY, lease_s=60, describe=_WORDS)(_make_tasks)
    schedules.schedule(TODAY, "*/5 * * * *", TODAY, describe=_WORDS)
    assisted.register()


def _make_tasks(effect: Claimed) -> Done:
    return Done({"made": checklists.make_tasks(clock.now())})
