"""What the partners room gives to the engine of effects, the approvals and the facts below."""

from __future__ import annotations

from typing import Any

from guildhall.core import approvals
from guildhall.core.approvals import Proposal
from guildhall.core.text import Text
from guildhall.effects import performers, schedules
from guildhall.effects.types import Claimed, Done
from guildhall.partners import facts, kinds
from guildhall.partners.models import DealVersion
from guildhall.people import registry

HOURLY, LOOK = "partners.settle_changed", "partners.hear_of_decisions"


def register() -> None:
    """Called once, when Django starts."""
    facts.register()
    performers.performer(
        kinds.SETTLE,
        lease_s=120,
        max_attempts=5,
        describe=Text("Settle partners' commission", "结算合作伙伴返佣"),
    )(_settle)
    performers.performer(
        kinds.WHAT_IF,
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
        kinds.DEAL,
        carry_out=_put_in_force,
        permission="partners.approve",
        describe=_describe_deal,
    )
    approvals.register(
        kinds.REBIND,
        carry_out=_rebind,
        permission="partners.approve",
        describe=_describe_rebind,
    )
    registry.on_erase(_forget_member)
    registry.on_merge(_merge_members)
    registry.on_export("partners")(_export_member)


# The deeds need Arrow, which most processes of a house never load: each fetches its own when it is done.


def _settle(effect: Claimed) -> Done:
    from guildhall.partners.actions import runs

    return Done(runs.perform(str(effect.payload["run"])))


def _settle_changed(effect: Claimed) -> Done:
    from guildhall.partners.actions import arriving, runs

    report = arriving.bind_registrations()
    return Done({"bound": report.bound, "refused": len(report.refused), "settlement": runs.settle_changed()})


def _what_if(effect: Claimed) -> Done:
    from guildhall.partners.actions import whatif

    whatif.perform(str(effect.payload["whatif"]))
    return Done()


def _look(effect: Claimed) -> Done:
    if not DealVersion.objects.filter(state=DealVersion.State.PROPOSED).exists():
        return Done({"returned": 0})
    from guildhall.partners.actions.deals import hear_of_decisions

    return Done({"returned": hear_of_decisions()})


def _put_in_force(proposal: Proposal) -> object:
    from guildhall.partners.actions.deals import put_in_force

    return put_in_force(proposal)


def _describe_deal(said: dict[str, Any]) -> Text:
    from guildhall.partners.actions.deals import describe

    return describe(said)


def _rebind(proposal: Proposal) -> object:
    from guildhall.partners.actions.binding import rebind

    return rebind(proposal)


def _describe_rebind(said: dict[str, Any]) -> Text:
    from guildhall.partners.actions.binding import describe_rebind

    return describe_rebind(said)


def _forget_member(member_id: str) -> None:
    from guildhall.partners.actions.partners import forget_member

    forget_member(member_id)


def _merge_members(kept_id: str, gone_id: str) -> None:
    from guildhall.partners.actions.partners import merge_members

    merge_members(kept_id, gone_id)


def _export_member(member_id: str) -> object:
    from guildhall.partners.actions.partners import export_member

    return export_member(member_id)
