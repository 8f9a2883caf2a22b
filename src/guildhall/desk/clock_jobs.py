"""What the clocks give to the ticker and the engine of effects: breaches judged every second, steps of chains
carried out, clocks whose due time lies too far ahead looked at once a day.
"""

from __future__ import annotations

from guildhall.core.text import Text
from guildhall.desk import chain_steps
from guildhall.desk.clocking import judge, look_again
from guildhall.desk.clocking.telling import STEP
from guildhall.effects import performers, schedules, ticker
from guildhall.effects.types import Claimed, Done

FAR = "desk.clocks_far"


def register() -> None:
    """Called once, when Django starts."""
    ticker.on_tick("desk.clocks", judge, every_s=1, urgent=True)
    performers.performer(
        STEP,
        lease_s=30,
        max_attempts=8,
        describe=Text("Carry out a step of an escalation chain", "执行升级链的一个步骤"),
    )(chain_steps.perform)
    far = Text("Reckon due times that lay more than 400 days ahead", "重新计算 400 天以后到期的时限")
    performers.performer(FAR, lease_s=120, max_attempts=1, describe=far)(_far)
    schedules.schedule(FAR, "43 3 * * *", FAR, describe=far)
    performers.performer(
        look_again.POLICIES,
        lease_s=300,
        describe=Text("Apply SLA policies to open tickets", "对未结工单应用新的 SLA 策略"),
    )(_policies)


def _far(effect: Claimed) -> Done:
    return Done({"tickets": look_again.at_far_clocks()})


def _policies(effect: Claimed) -> Done:
    return Done({"tickets": look_again.at_open_tickets()})
