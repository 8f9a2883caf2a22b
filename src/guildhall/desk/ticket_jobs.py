"""What tickets give to the engine and to the rooms below: answers that leave, what became of them, tickets
that come back from later.
"""

from __future__ import annotations

from guildhall.channels import waiting
from guildhall.core.text import Text
from guildhall.desk import finding
from guildhall.desk.actions import later, leaving
from guildhall.effects import performers, ticker


def register() -> None:
    """Called once, when Django starts."""
    performers.performer(leaving.KIND, describe=Text("Send an answer of the desk", "发送工单回复"))(
        leaving.leave
    )
    ticker.on_tick("desk.answers", leaving.collect, every_s=1)
    ticker.on_tick("desk.wake", later.wake_due, every_s=1)
    ticker.on_tick("desk.index", finding.index_for_a_while, every_s=1)
    waiting.on_settled("desk", leaving.hear_of_waiting)
