"""What the partners room gives to the engine of effects, the approvals and the facts below."""

from __future__ import annotations

from guildhall.core import approvals
from guildhall.core.text import Text
from guildhall.effects import performers, schedules
from guildhall.effects.types import Claimed, Done
from guildhall.partners import deals, facts
from guildhall.partners.actions import arriving, binding, partners, runs, whatif
from guildhall.partners.actions import deals as deal_actions
from guildhall.people import registry

HOURLY, LOOK = "partners.settle_changed", "partners.hear_of_decisions"


def register() -> None:
    """Called once, when Django starts."""
    facts.register()
    performers.performer(
        runs.SETTLE,
        lease_s=120,
        max_attempts=5,
        describe=Text("Settle partners' commission", "结算合作伙伴返佣"),
    )(_settle)
    performers.performer(
        whatif.WHAT_IF,
        lease_s=120,
        max_attempts=3,
        describe=Text("Try a deal on the past", "用历史数据测算合作条款"),
    )(_what_if)
    hourly = Text(
        "Bind who registered with a code, settle what changed", "绑定使用邀请码的新账户，结算有变动的月份"
    )
    performers.performer(HOURLY, lease_s=300, max_attempts=1, describe=hourly)(_settle_changed)
    schedules.schedule(HOURLY, "12 * * * *", HOURLY, describe=hourly)
    look = Text("Return deals that were not approved to their writers", "退回未获批准的合作条款")
    performers.performer(LOOK, lease_s=60, max_attempts=1, describe=look)(_look)
    schedules.schedule(LOOK, "*/5 * * * *", LOOK, describe=look)
    approvals.register(
        deals.APPROVAL,
        carry_out=deal_actions.put_in_force,
        permission="partners.approve",
        describe=deal_actions.describe,
    )
    approvals.register(
        binding.REBIND,
        carry_out=binding.rebind,
        permission="partners.approve",
        describe=binding.describe_rebind,
    )
    registry.on_erase(partners.forget_member)
    registry.on_merge(partners.merge_members)
    registry.on_export("partners")(partners.export_member)


def _settle(effect: Claimed) -> Done:
    return Done(runs.perform(str(effect.payload["run"])))


def _settle_changed(effect: Claimed) -> Done:
    report = arriving.bind_registrations()
    return Done({"bound": report.bound, "refused": len(report.refused), "settlement": runs.settle_changed()})


def _what_if(effect: Claimed) -> Done:
    whatif.perform(str(effect.payload["whatif"]))
    return Done()


def _look(effect: Claimed) -> Done:
    return Done({"returned": deal_actions.hear_of_decisions()})
