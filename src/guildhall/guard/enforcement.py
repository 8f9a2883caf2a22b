"""From what a verdict calls for to acts on a platform, and back again when it is undone.

Decides which verbs are asked for and keeps strikes and visibility; what a platform can do, in which order
and how fast is for channels. What a platform cannot do does not fail the batch: it comes back as the step a
person takes by hand.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from guildhall.channels import actions as channels
from guildhall.channels import registry
from guildhall.channels.models import Space
from guildhall.channels.port import Act, Verb
from guildhall.core import clock
from guildhall.core.clearance import Clearance
from guildhall.guard import notices, standing
from guildhall.guard.types import Action, Measure, Reason

_VERBS = {Measure.DELETE: Verb.DELETE, Measure.RESTRICT: Verb.RESTRICT, Measure.BAN: Verb.BAN}
_INVERSE = {Measure.DELETE: Verb.RESTORE, Measure.RESTRICT: Verb.UNRESTRICT, Measure.BAN: Verb.UNBAN}


@dataclass(frozen=True, slots=True)
class Order:
    """What one case wants done about one message. Ids are ours; `at` is when it was decided."""

    case_id: str
    space_id: str
    message_id: str
    account_id: str | None
    actions: tuple[Action, ...]
    reasons: tuple[Reason, ...]
    at: datetime


def carry_out(orders: Sequence[Order], *, actor: str) -> dict[str, dict[str, str]]:
    """Queue what the orders want, count strikes, take removed messages from sight; in one transaction.

    Returns, by case id, the manual step {en, zh} where the platform cannot do something.
    """
    spaces = _spaces(orders)
    batch = _Batch()
    for order in orders:
        platform = spaces[order.space_id].platform
        for action in order.actions:
            act = _act(order, action)
            if act is not None:
                batch.ask(act, order, platform)
        if _wants(order, Measure.WARN) or _wants(order, Measure.RESTRICT):
            _warn(order, spaces[order.space_id], batch)
    channels.request_many(batch.wanted, actor=actor, reason="guard")
    removals = [order for order in orders if _wants(order, Measure.DELETE)]
    channels.hide_messages([order.message_id for order in removals], by=actor)
    channels.add_strikes(
        [(order.space_id, order.account_id, 1) for order in removals if order.account_id], at=clock.now()
    )
    return batch.manual


def take_back(orders: Sequence[Order], *, actor: str, tell: bool = True) -> dict[str, dict[str, str]]:
    """Queue the inverse of what was done and take the strikes back, in the caller's transaction.

    A restriction or ban that another case or a person's measure still calls for stays. Where a platform
    cannot bring a message back, its sender is told that it was a mistake (unless `tell` is off). Returns
    manual steps by case id.
    """
    spaces = _spaces(orders)
    batch = _Batch()
    gone = {order.case_id for order in orders}
    for order in orders:
        for action in order.actions:
            verb = _INVERSE.get(action.measure)
            if verb is None:
                continue
            is_about_message = action.measure is Measure.DELETE
            if not is_about_message and (
                order.account_id is None
                or standing.called_for(order.space_id, order.account_id, action.measure, without_cases=gone)
            ):
                continue
            act = Act(
                verb,
                order.space_id,
                message_id=order.message_id if is_about_message else "",
                account_id="" if is_about_message else order.account_id or "",
            )
            batch.ask(act, order, spaces[order.space_id].platform)
    removals = [order for order in orders if _wants(order, Measure.DELETE)]
    if tell:
        _say_sorry(removals, spaces, batch)
    channels.request_many(batch.wanted, actor=actor, reason="guard")
    channels.add_strikes(
        [(order.space_id, order.account_id, -1) for order in removals if order.account_id], at=clock.now()
    )
    return batch.manual


class _Batch:
    """Acts to be asked for together, and the steps by hand for those a platform lacks."""

    def __init__(self) -> None:
        self.wanted: list[channels.Wanted] = []
        self.manual: dict[str, dict[str, str]] = {}

    def ask(self, act: Act, order: Order, platform: str) -> None:
        declared = registry.capability(platform, act.verb)
        if declared.supported:
            self.wanted.append(channels.Wanted(act, reason=f"case:{order.case_id}"))
        else:
            step = declared.manual_step if declared.manual_step.en else declared.reason
            self.manual.setdefault(order.case_id, step.to_json())

    def tell(self, act: Act, order: Order, clearance: Clearance, which: str = "") -> None:
        key = f"guard.notice:{order.case_id}{which}"
        self.wanted.append(channels.Wanted(act, clearance, key, f"case:{order.case_id}"))


def _spaces(orders: Iterable[Order]) -> dict[str, Space]:
    return Space.objects.in_bulk({order.space_id for order in orders})


def _wants(order: Order, measure: Measure) -> bool:
    return any(action.measure is measure for action in order.actions)


def _act(order: Order, action: Action) -> Act | None:
    verb = _VERBS.get(action.measure)
    if verb is None:
        return None
    if verb is Verb.DELETE:
        return Act(verb, order.space_id, message_id=order.message_id)
    if order.account_id is None:
        return None
    until = order.at + timedelta(seconds=action.duration_s) if action.duration_s else None
    return Act(verb, order.space_id, account_id=order.account_id, until=until)


def _warn(order: Order, space: Space, batch: _Batch) -> None:
    """Tell the member, who is still there; nothing is said without a clearance, and nothing else waits for
    it. What a platform then refuses to do is not told: of a removal without its mute only the removal.
    """
    if order.account_id is None:
        return
    adapter = registry.get(space.platform)
    verb = next((verb for verb in (Verb.WARN, Verb.REPLY) if adapter.capabilities[verb].supported), None)
    muted = next((one for one in order.actions if one.measure is Measure.RESTRICT), None)
    if verb is None:
        return
    if _wants(order, Measure.DELETE) and not adapter.capabilities[Verb.DELETE].supported:
        return  # nobody is told that a message is gone where a person has yet to see to it by hand
    removed = ((channels.AFTER, channels.Deed.REMOVED.of(order.message_id)),)
    told: list[tuple[str, int | None, tuple[tuple[str, str], ...]]] = [("", None, ())]
    if muted is not None:
        restricted = channels.Deed.RESTRICTED.of(order.account_id)
        told = [("", muted.duration_s, ((channels.AFTER, restricted),))]
        if adapter.shows_at_once and _wants(order, Measure.DELETE):
            told.append((":removal", None, ((channels.UNLESS, restricted),)))
    for which, muted_s, params in told:
        text = notices.removal(order.reasons, muted_s=muted_s)
        clearance = notices.clear(space.region, text, space.language)
        if clearance is None:
            continue
        act = Act(
            verb,
            order.space_id,
            account_id=order.account_id,
            text=text,
            reply_to=order.message_id,
            buttons=(notices.appeal_button(order.message_id),)[: adapter.limits.buttons],
            params=(*(removed if _wants(order, Measure.DELETE) else ()), *params),
        )
        batch.tell(act, order, clearance, which)


def _say_sorry(removals: Sequence[Order], spaces: dict[str, Space], batch: _Batch) -> None:
    """Once for each message that cannot come back by itself."""
    for order in {order.message_id: order for order in removals}.values():
        space = spaces[order.space_id]
        if order.account_id is None or registry.capability(space.platform, Verb.RESTORE).supported:
            continue
        wanted = notices.tell(
            space,
            order.account_id,
            notices.REMOVED_BY_MISTAKE,
            about=order.message_id,
            cause=f"case:{order.case_id}",
            both=True,
        )
        if wanted is not None:
            batch.wanted.append(wanted)
