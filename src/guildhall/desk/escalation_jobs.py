"""What escalations give to the tasks and the ticker below."""

from __future__ import annotations

from guildhall.core.text import Text
from guildhall.effects import ticker
from guildhall.work import kinds

NAME = "desk.escalations"


def register() -> None:
    """Called once, when Django starts."""
    from guildhall.desk.actions import escalations

    kinds.add(
        kinds.KindOfTask(
            escalations.TASK,
            Text("Internal escalation", "内部升级"),
            done=escalations.task_done,
            given_up=escalations.task_given_up,
            whose=escalations.tasks_of,
        )
    )
    ticker.on_tick(NAME, escalations.judge)
