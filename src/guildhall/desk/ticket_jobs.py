"""What tickets give to the engine and to the rooms below: answers that leave, what became of them, tickets
that come back from later.
"""

from __future__ import annotations

from guildhall.channels import waiting
from guildhall.core.text import Text
from guildhall.desk import finding
from guildhall.desk.actions import erasing, fetching, later, leaving
from guildhall.effects import performers, schedules, ticker
from guildhall.effects.types import Claimed, Done

TIDY = "desk.tidy"
_TIDY_WORDS = Text("Close solved tickets, wipe old ones", "关闭已解决的工单，清理过期内容")


def register() -> None:
    """Called once, when Django starts."""
    performers.performer(leaving.KIND, describe=Text("Send an answer of the desk", "发送工单回复"))(
        leaving.leave
    )
    performers.performer(
        fetching.KIND, lease_s=60, max_attempts=8, describe=Text("Fetch files of a ticket", "获取工单附件")
    )(fetching.perform)
    ticker.on_tick("desk.answers", leaving.collect, every_s=1)
    ticker.on_tick("desk.wake", later.wake_due, every_s=1)
    ticker.on_tick("desk.index", finding.index_for_a_while, every_s=1)
    performers.performer(TIDY, lease_s=120, describe=_TIDY_WORDS)(_tidy)
    schedules.schedule(TIDY, "*/10 * * * *", TIDY, describe=_TIDY_WORDS)
    erasing.register()
    waiting.on_settled("desk", leaving.hear_of_waiting)


def _tidy(effect: Claimed) -> Done:
    return Done({"closed": later.close_solved(), "wiped": erasing.forget_old()})
