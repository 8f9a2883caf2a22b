"""Has the messages of a campaign removed, each through a case of its own, and brings them back when that is
undone.

What a person said of a single message stands: one found fine stays, and nobody of ours is touched. Batches
in the caller's transaction; who decides, and how many at a time, is for `campaigns`.
"""

from __future__ import annotations

from collections.abc import Sequence

from guildhall.channels.models import Message, SpaceMember
from guildhall.channels.port import MemberState
from guildhall.core import audit, clock
from guildhall.core.ids import new_id
from guildhall.guard import records
from guildhall.guard.actions import teaching
from guildhall.guard.actions.recording import dump_actions
from guildhall.guard.enforcement import Order, carry_out, take_back
from guildhall.guard.models import Campaign, CampaignMessage, Case, VerdictRecord
from guildhall.guard.types import Action, Measure, Reason

State = Case.State
_RESTRICT_S = 86_400
BAD, FINE = "bad", "fine"


def remove(campaign: Campaign, links: Sequence[CampaignMessage], *, by: str) -> int:
    """Remove what is still there of these and settle the cases that wait; returns how many were removed."""
    messages = _messages(links)
    cases = _cases(messages)
    verdicts = _verdicts([pk for pk in messages if pk not in cases])
    now = clock.now()
    actions = _actions(campaign)
    orders: list[Order] = []
    for one in links:
        message = messages.get(one.message_id)
        if message is None or one.case_id:
            continue
        case = cases.get(one.message_id)
        if case is not None and case.state == State.UNDONE:
            continue  # a person said that this very message is fine
        is_gone = message.removed_at is not None or (case is not None and bool(case.enacted))
        if case is None:
            case = _new_case(message, verdicts.get(message.id), by)
        else:
            one.was_open = case.state == State.OPEN
        if not is_gone:
            orders.append(_order(case, message, actions))
            one.removed = True
        if not one.removed and not one.was_open:
            continue
        _settle(case, actions if one.removed else None, by)
        one.case = case
    CampaignMessage.objects.bulk_update(
        [one for one in links if one.case_id], ["case", "removed", "was_open"]
    )
    teaching.keep_of_campaign(campaign.id, [one.case_id for one in links if one.case_id], by)
    manual = carry_out(orders, actor=by) if orders else {}
    for case_id, step in manual.items():
        Case.objects.filter(pk=case_id).update(manual_step=step)
    audit.record_many(
        [
            audit.Entry(
                by, "case.upheld", f"case:{one.case_id}", {"through": campaign.id, "at": now.isoformat()}
            )
            for one in links
            if one.case_id
        ]
    )
    return len(orders)


def restore(campaign: Campaign, links: Sequence[CampaignMessage], *, by: str) -> int:
    """Take back what `remove` did to these; returns how many messages come back. Of a campaign that was
    cleared the messages are fine, and every case that waits is closed as such.
    """
    fine = campaign.state == Campaign.State.CLEARED
    cases = Case.objects.in_bulk([one.case_id for one in links if one.case_id])
    orders: list[Order] = []
    now = clock.now()
    for one in links:
        case = cases.get(one.case_id or "")
        if case is None:
            continue
        if case.state != State.UNDONE:
            if one.removed:
                orders.append(
                    Order(case.id, case.space_id, case.message_id, case.account_id,
                          records.enacted(case.enacted), (), now)
                )  # fmt: skip
                case.enacted = []
            reopened = one.was_open and not fine
            case.state = State.OPEN if reopened else State.UNDONE
            case.decided_at, case.decided_by = (None, "") if reopened else (now, by)
            case.truth = FINE if fine else ""
            case.save(update_fields=["state", "decided_at", "decided_by", "truth", "enacted"])
        one.case, one.removed, one.was_open = None, False, False
    CampaignMessage.objects.bulk_update(list(links), ["case", "removed", "was_open"])
    teaching.campaign_undone(list(cases.values()), by)
    if orders:
        take_back(orders, actor=by)
    audit.record_many(
        [audit.Entry(by, "case.undone", f"case:{pk}", {"through": campaign.id}) for pk in cases]
    )
    return len(orders)


def _messages(links: Sequence[CampaignMessage]) -> dict[str, Message]:
    """The messages of these that may be touched: nobody's of ours, no administrator's."""
    found = Message.objects.select_related("account").in_bulk([one.message_id for one in links])
    runs = set(
        SpaceMember.objects.filter(
            account_id__in={one.account_id for one in links},
            state__in=(MemberState.ADMIN.value, MemberState.OWNER.value),
        ).values_list("space_id", "account_id")
    )
    return {
        pk: one
        for pk, one in found.items()
        if one.account is not None
        and not one.account.is_staff
        and one.account.staff_id is None
        and (one.space_id, one.account_id) not in runs
    }


def _cases(messages: dict[str, Message]) -> dict[str, Case]:
    """The case that says most of each message: one in which something was done or undone, else one that
    waits.
    """
    rows = (
        Case.objects.select_for_update()
        .filter(message_id__in=list(messages), kind__in=(Case.Kind.VERDICT, Case.Kind.REPORT))
        .order_by("id")
    )
    out: dict[str, Case] = {}
    for case in rows:
        before = out.get(case.message_id)
        if before is None or (_says(case) >= _says(before)):
            out[case.message_id] = case
    return out


def _says(case: Case) -> int:
    if case.state == State.UNDONE:
        return 3
    return 2 if case.enacted else 1


def _verdicts(message_ids: Sequence[str]) -> dict[str, VerdictRecord]:
    rows = VerdictRecord.objects.filter(message_id__in=list(message_ids)).order_by("id")
    return {row.message_id: row for row in rows}


def _new_case(message: Message, verdict: VerdictRecord | None, by: str) -> Case:
    return Case(
        id=new_id(),
        kind=Case.Kind.VERDICT,
        verdict=verdict,
        message=message,
        message_version=message.version,
        space_id=message.space_id,
        account_id=message.account_id,
        score=verdict.score if verdict is not None else 0,
        action=Measure.DELETE.value,
        mode="act",
        opened_at=clock.now(),
        opened_by=by,
    )


def _settle(case: Case, actions: tuple[Action, ...] | None, by: str) -> None:
    case.state, case.decided_at, case.decided_by, case.truth = State.UPHELD, clock.now(), by, BAD
    if actions is not None:
        case.enacted = dump_actions(actions)
    case.save()


def _order(case: Case, message: Message, actions: tuple[Action, ...]) -> Order:
    reasons: tuple[Reason, ...] = (Reason("CAMPAIGN-1", 960),)
    return Order(case.id, message.space_id, message.id, message.account_id, actions, reasons, clock.now())


def _actions(campaign: Campaign) -> tuple[Action, ...]:
    removal = Action(Measure.DELETE)
    if campaign.measure == Measure.RESTRICT.value:
        return (removal, Action(Measure.RESTRICT, _RESTRICT_S))
    return (removal, Action(Measure.BAN)) if campaign.measure == Measure.BAN.value else (removal,)
