"""What the broadcast room gives to the engine and the approvals below."""

from __future__ import annotations

from guildhall.broadcast.actions import afterwards, following, proposing, sending, turning
from guildhall.channels import waiting
from guildhall.core import approvals
from guildhall.core.text import Text
from guildhall.effects import performers, schedules
from guildhall.effects.types import Claimed, Done

LOOK_AFTER = "broadcast.look_after"


def register() -> None:
    """Called once, when Django starts."""
    performers.performer(
        sending.LAY_OUT, lease_s=60, describe=Text("Lay out a broadcast place by place", "展开群发的投递清单")
    )(lay_out)
    performers.performer(
        sending.TURN, lease_s=60, describe=Text("Send the next of a broadcast", "继续发送群发内容")
    )(turn)
    look = Text("Begin broadcasts that are due, follow those that were sent", "启动到期群发并跟踪结果")
    performers.performer(LOOK_AFTER, lease_s=60, max_attempts=1, describe=look)(look_after)
    schedules.schedule(LOOK_AFTER, "* * * * *", LOOK_AFTER, describe=look)
    waiting.on_settled("broadcast", turning.hear_of_waiting)
    approvals.register(
        proposing.APPROVAL,
        carry_out=sending.carry_out,
        permission="broadcasts.approve",
        describe=proposing.describe,
    )
    approvals.register(
        afterwards.CORRECTION,
        carry_out=afterwards.carry_out,
        permission="broadcasts.approve",
        describe=afterwards.describe_correction,
    )


def lay_out(effect: Claimed) -> Done:
    """Find the places of a run and write a row for each."""
    return Done({"places": sending.lay_out(str(effect.payload["run"]))})


def turn(effect: Claimed) -> Done:
    """Note what was sent and queue more."""
    turning.turn(str(effect.payload["run"]), int(effect.payload["chain"]))
    return Done()


def look_after(effect: Claimed) -> Done:
    """The round of every minute."""
    return Done(following.look_after())
