"""What each agent takes, whether they are there, and how the house gives out and hands over. The only writers
of these.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from guildhall.core import audit, clock
from guildhall.core.errors import BadInput, NotAllowed, NotFound
from guildhall.core.text import Text
from guildhall.desk import on_hand, scope
from guildhall.desk.models import AgentProfile, AssignmentRules, Category
from guildhall.effects import webhooks
from guildhall.people.models import Staff
from guildhall.work.duty import queries as duty

LONGEST_STAY = timedelta(hours=12)
HOME_FOR = timedelta(hours=12)
TOOK_ONE = timedelta(hours=2)
_MOST_CODES = 40
_MOST_OPEN = 500
State = AgentProfile.State


@dataclass(frozen=True, slots=True)
class Takes:
    """What one agent is given: codes of languages, slugs of categories, tiers; empty as in AgentProfile."""

    languages: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    tiers: tuple[str, ...] = ()
    most_open: int = 15
    takes: bool = True


def set_state(staff_id: int, state: str, by: Staff) -> AgentProfile:
    """Turn the switch: available, away (a break) or off (gone home: their tickets are handed on at once).

    Away and off hold until the end of this shift, or for half a day without one. For oneself, or for a
    colleague by who plans duty or leads their team. Raises BadInput, NotAllowed, NotFound.
    """
    if state not in State.values:
        raise BadInput(Text("There is no such state.", "不存在该状态。"), field="state")
    now = clock.now()
    with transaction.atomic():
        profile = _locked(staff_id, by)
        profile.state, profile.state_at = state, now
        profile.state_until = None
        if state != State.AVAILABLE:
            profile.state_until = duty.shift_end(staff_id, now) or now + HOME_FOR
        if state == State.OFF:
            profile.here_until = None
        profile.save()
        audit.record(by.actor, "agent.switched", f"staff:{staff_id}", {"state": state})
        webhooks.announce("agent.switched", {"staff": staff_id, "state": state})
    return profile


def stay(staff_id: int, until: datetime | None, by: Staff) -> AgentProfile:
    """Count as on duty until then, shift or not (None: no longer). Raises BadInput beyond twelve hours."""
    now = clock.now()
    if until is not None and not now < until <= now + LONGEST_STAY:
        raise BadInput(Text("At most twelve hours from now.", "最长从现在起 12 小时。"), field="until")
    with transaction.atomic():
        profile = _locked(staff_id, by)
        profile.here_until = until
        if until is not None:
            profile.state, profile.state_at, profile.state_until = State.AVAILABLE, now, None
        profile.save()
        audit.record(
            by.actor, "agent.stays", f"staff:{staff_id}", {"until": until.isoformat() if until else ""}
        )
    return profile


def hear(event: str, payload: Mapping[str, Any]) -> None:
    """Whoever takes a ticket themselves says thereby that they are here: without a shift, for a while."""
    to = payload.get("to")
    if event != "ticket.assigned" or not isinstance(to, int) or payload.get("by") != f"staff:{to}":
        return
    now = clock.now()
    here = on_hand.present(now).get(to)
    if here is None or here.on_call:
        AgentProfile.objects.get_or_create(staff_id=to)
        AgentProfile.objects.filter(staff_id=to).update(
            here_until=now + TOOK_ONE, state=State.AVAILABLE, state_at=now, state_until=None
        )
        audit.record(f"staff:{to}", "agent.stays", f"staff:{to}", {"until": (now + TOOK_ONE).isoformat()})


def save_takes(staff_id: int, takes: Takes, by: Staff) -> AgentProfile:
    """Write what an agent is given. Raises BadInput naming the field, NotFound."""
    if not 1 <= takes.most_open <= _MOST_OPEN:
        raise BadInput(Text(f"From 1 to {_MOST_OPEN}.", f"请填写 1 至 {_MOST_OPEN}。"), field="most_open")
    for field in ("languages", "categories", "tiers"):
        codes: Sequence[str] = getattr(takes, field)
        if len(codes) > _MOST_CODES or any(not code or len(code) > 40 for code in codes):
            raise BadInput(Text("Too many, or too long.", "过多或过长。"), field=field)
    known = set(Category.objects.filter(pk__in=takes.categories).values_list("pk", flat=True))
    if set(takes.categories) - known:
        raise BadInput(Text("There is no such category.", "不存在该类别。"), field="categories")
    with transaction.atomic():
        profile = _row(staff_id)
        profile.languages = sorted(set(takes.languages))
        profile.categories = sorted(set(takes.categories))
        profile.tiers = sorted(set(takes.tiers))
        profile.most_open, profile.takes = takes.most_open, takes.takes
        profile.save()
        audit.record(
            by.actor,
            "agent.changed",
            f"staff:{staff_id}",
            {"languages": profile.languages, "most_open": takes.most_open, "takes": takes.takes},
        )
    return profile


def save_rules(patience_s: int, write_before_min: int, accept_within_min: int, by: Staff) -> AssignmentRules:
    """Write how the house gives out tickets and hands over. Raises BadInput naming the field."""
    bounds = {
        "patience_s": (patience_s, 0, 86_400),
        "write_before_min": (write_before_min, 5, 240),
        "accept_within_min": (accept_within_min, 1, 240),
    }
    for field, (value, low, high) in bounds.items():
        if not low <= value <= high:
            raise BadInput(Text(f"From {low} to {high}.", f"请填写 {low} 至 {high}。"), field=field)
    with transaction.atomic():
        rules = on_hand.rules()
        rules.patience_s, rules.write_before_min = patience_s, write_before_min
        rules.accept_within_min = accept_within_min
        rules.changed_by, rules.changed_at = by.actor, clock.now()
        rules.save()
        audit.record(
            by.actor, "assignment.rules_saved", "assignment:1", {name: one[0] for name, one in bounds.items()}
        )
    return rules


def may_switch(by: Staff, staff_id: int) -> bool:
    """Oneself, whoever plans duty, and whoever leads a team this colleague is in."""
    if by.pk == staff_id:
        return by.may("desk.work")
    if not scope.colleagues_of(by).filter(pk=staff_id).exists():
        return False
    leads = by.memberships.filter(is_lead=True, team__memberships__staff_id=staff_id)
    return by.may("duty.plan") or leads.exists()


def _locked(staff_id: int, by: Staff) -> AgentProfile:
    if not may_switch(by, staff_id):
        raise NotAllowed(Text("You cannot switch this colleague.", "您不能切换该同事的状态。"))
    return _row(staff_id)


def _row(staff_id: int) -> AgentProfile:
    if not Staff.objects.filter(pk=staff_id, is_active=True).exists():
        raise NotFound(Text("There is no such colleague.", "不存在该同事。"))
    AgentProfile.objects.get_or_create(staff_id=staff_id)
    return AgentProfile.objects.select_for_update().get(staff_id=staff_id)
