"""What the work room gives to the engine below: the tasks of a day are made every few minutes, the shifts of
patterns each night.
"""

from __future__ import annotations

from guildhall.core import clock
from guildhall.core.text import Text
from guildhall.effects import performers, schedules
from guildhall.effects.types import Claimed, Done
from guildhall.work import assisted
from guildhall.work.actions import checklists
from guildhall.work.duty.actions import patterns, swaps

TODAY = "work.today"
LAY_OUT = "work.duty_lay_out"
SWAPS_OVER = "work.swaps_over"
_WORDS = Text("Open the tasks of the day", "生成当天的待办")
_LAY_OUT_WORDS = Text("Turn duty patterns into the shifts of the coming weeks", "按排班规律生成未来班次")
_OVER_WORDS = Text("Close swaps that were not decided in time", "关闭逾期未处理的换班请求")


def register() -> None:
    """Called once, when Django starts."""
    performers.performer(TODAY, lease_s=60, describe=_WORDS)(_make_tasks)
    schedules.schedule(TODAY, "*/5 * * * *", TODAY, describe=_WORDS)
    performers.performer(LAY_OUT, lease_s=300, describe=_LAY_OUT_WORDS)(_lay_out)
    schedules.schedule(LAY_OUT, "13 2 * * *", LAY_OUT, describe=_LAY_OUT_WORDS)
    performers.performer(SWAPS_OVER, lease_s=60, describe=_OVER_WORDS)(_close_swaps)
    schedules.schedule(SWAPS_OVER, "*/10 * * * *", SWAPS_OVER, describe=_OVER_WORDS)
    assisted.register()


def _make_tasks(effect: Claimed) -> Done:
    return Done({"made": checklists.make_tasks(clock.now())})


def _lay_out(effect: Claimed) -> Done:
    put = patterns.lay_out_all(clock.now())
    return Done({"made": len(put.made), "changed": len(put.changed)})


def _close_swaps(effect: Claimed) -> Done:
    return Done({"closed": swaps.close_past()})
