"""What the effects engine and the approvals run for the guard; registered when Django is ready."""

from __future__ import annotations

from django.db import transaction

from guildhall.core import approvals, troubles
from guildhall.core.text import Text
from guildhall.effects import performers, schedules
from guildhall.effects.types import Claimed, Done
from guildhall.guard import pauses, policies
from guildhall.guard.actions import erasing, shadowing
from guildhall.guard.actions import policies as policy_actions
from guildhall.people import registry

TIDY = "guard.tidy"


def register() -> None:
    """Fill the registries of the floors below."""
    performers.performer(
        shadowing.KIND, lease_s=60, describe=Text("Try a policy on stored messages", "用历史消息试运行策略")
    )(shadowing.perform)
    approvals.register(
        policy_actions.APPROVAL,
        carry_out=policy_actions.carry_out_proposal,
        permission="policies.approve",
        describe=policy_actions.describe_proposal,
    )
    words = Text("Forget what was held back long ago", "清理已过期的发言间隔记录")
    performers.performer(TIDY, describe=words)(tidy)
    schedules.schedule(TIDY, "47 4 * * *", TIDY, describe=words)
    registry.on_erase(erasing.erase)
    registry.on_export("cases")(erasing.export)
    registry.on_export("measures")(erasing.export_measures)
    troubles.describe(
        policies.TROUBLE,
        Text(
            "A policy in force cannot be read; the one that comes with the house judges instead.",
            "有一项生效策略无法读取，暂由系统自带策略代替判断。",
        ),
    )


def tidy(effect: Claimed) -> Done:
    """Throw away pauses that have run out."""
    with transaction.atomic():
        return Done({"pauses": pauses.forget_past()})
