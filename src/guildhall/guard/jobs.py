"""What the effects engine and the approvals run for the guard; registered when Django is ready."""

from __future__ import annotations

from django.db import transaction

from guildhall.core import approvals, troubles
from guildhall.core.text import Text
from guildhall.effects import performers, schedules
from guildhall.effects.types import Claimed, Done
from guildhall.guard import announced, feed_jobs, gate_jobs, jobs_behaviour, models_in_force, pauses, policies
from guildhall.guard.actions import (
    erasing,
    figures,
    learning,
    measuring,
    overriding,
    people,
    pictures,
    reaching,
    shadowing,
)
from guildhall.guard.actions import policies as policy_actions
from guildhall.people import registry

TIDY = "guard.tidy"


def register() -> None:
    """Fill the registries of the floors below."""
    announced.register()
    performers.performer(
        shadowing.KIND, lease_s=60, describe=Text("Try a policy on stored messages", "用历史消息试运行策略")
    )(shadowing.perform)
    approvals.register(
        policy_actions.APPROVAL,
        carry_out=policy_actions.carry_out_proposal,
        permission="policies.approve",
        describe=policy_actions.describe_proposal,
    )
    performers.performer(
        reaching.KIND, lease_s=60, describe=Text("Check whom a policy would punish", "检查策略会处罚哪些成员")
    )(overriding.perform)
    approvals.register(
        overriding.APPROVAL,
        carry_out=overriding.carry_out_override,
        permission="policies.approve",
        describe=overriding.describe_override,
    )
    count_kinds = Text("Measure how right verdicts were", "统计判定的正确率")
    performers.performer(measuring.KIND, lease_s=60, describe=count_kinds)(measuring.perform)
    schedules.schedule(measuring.KIND, "* * * * *", measuring.KIND, describe=count_kinds)
    words = Text("Forget pauses and pictures of long ago", "清理已过期的发言间隔记录和旧图片")
    performers.performer(TIDY, describe=words)(tidy)
    schedules.schedule(TIDY, "47 4 * * *", TIDY, describe=words)
    performers.performer(pictures.KIND, lease_s=60, describe=Text("Read a picture", "识别图片内容"))(
        pictures.perform
    )
    performers.performer(
        pictures.AGAIN,
        describe=Text("Judge again what showed a picture", "重新判断含该图片的消息"),
    )(pictures.perform_again)
    performers.performer(people.PORTRAIT, lease_s=60, describe=Text("Look at a profile", "查看个人资料"))(
        people.perform_portrait
    )
    learn = Text("Learn from what moderators decided", "从审核结论中学习")
    performers.performer(learning.KIND, lease_s=60, max_attempts=2, describe=learn)(learning.perform)
    schedules.schedule(learning.KIND, "23 3 * * *", learning.KIND, describe=learn)
    count = Text("Count the guard's figures", "统计审核数据")
    performers.performer(figures.KIND, lease_s=60, describe=count)(figures.perform)
    schedules.schedule(figures.KIND, "*/10 * * * *", figures.KIND, describe=count)
    approvals.register(
        learning.APPROVAL,
        carry_out=learning.carry_out_proposal,
        permission="models.manage",
        describe=learning.describe_proposal,
    )
    troubles.describe(
        models_in_force.TROUBLE,
        Text(
            "The text model in force is damaged; an earlier one, or the one that comes with the house, "
            "judges instead.",
            "生效的文本模型已损坏，暂由先前的模型或系统自带模型代替判断。",
        ),
    )
    gate_jobs.register()
    feed_jobs.register()
    registry.on_rename(people.hear_of_renames)
    jobs_behaviour.register()
    registry.on_erase(erasing.erase)
    registry.on_export("cases")(erasing.export)
    registry.on_export("measures")(erasing.export_measures)
    registry.on_export("suspicions")(erasing.export_suspicions)
    troubles.describe(
        policies.TROUBLE,
        Text(
            "A policy in force cannot be read; the one that comes with the house judges instead.",
            "有一项生效策略无法读取，暂由系统自带策略代替判断。",
        ),
    )


def tidy(effect: Claimed) -> Done:
    """Throw away pauses that have run out and pictures long forgotten; look at our own portraits anew."""
    with transaction.atomic():
        return Done(
            {
                "pauses": pauses.forget_past(),
                "pictures": pictures.forget_old(),
                "portraits": people.have_staff_looked_at(),
            }
        )
