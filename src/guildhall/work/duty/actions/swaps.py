"""Swaps: asked for, accepted by a colleague, approved by a planner, and only then carried out, as covers.

What speaks against it is reckoned when somebody looks and again when it is approved: a second duty or leave
at that time forbids it; too little rest or a language that would be missing wants a reason. Whoever asks or
takes does not approve.
"""

from __future__ import annotations

from django.db import IntegrityError, transaction

from guildhall.core import audit, clock
from guildhall.core.errors import BadInput, Conflict, NotAllowed, NotFound
from guildhall.core.text import Text
from guildhall.people.models import Staff, TeamMembership
from guildhall.work.duty import swapping
from guildhall.work.duty.actions.by_hand import locked, touch
from guildhall.work.duty.rest import Problem
from guildhall.work.duty.seeing import check_plans
from guildhall.work.models import Cover, Shift, Swap

_LONGEST = 200
_OPEN = (Swap.State.ASKED, Swap.State.ACCEPTED)


def ask(shift_id: str, asker: Staff, *, to: int | None = None, in_return: str = "", note: str = "") -> Swap:
    """Ask a colleague (None: whoever of the team will) to take a shift, perhaps for one of theirs.

    Raises NotFound, Conflict (begun, not theirs, asked already), BadInput.
    """
    with transaction.atomic():
        shift = _coming(shift_id)
        if not swapping.parts(shift, asker.pk):
            raise Conflict(Text("This shift is not yours.", "这不是您的班次。"))
        if to is not None:
            _of_team(to, shift.team_id)
            if to == asker.pk:
                raise BadInput(Text("Ask somebody else.", "请选择其他同事。"), field="to")
        back = _in_return(in_return, to) if in_return else None
        swap = Swap(shift=shift, asker=asker, to_id=to, in_return=back, note=note.strip()[:_LONGEST])
        return _made(swap, asker)


def claim(shift_id: str, staff: Staff, *, note: str = "") -> Swap:
    """Ask for a shift that nobody stands in, or the part of it. Raises NotFound, Conflict."""
    with transaction.atomic():
        shift = _coming(shift_id)
        _of_team(staff.pk, shift.team_id)
        if not swapping.parts(shift, None):
            raise Conflict(Text("Somebody has this shift.", "该班次已有人值班。"))
        now = clock.now()
        swap = Swap(shift=shift, asker=staff, to=staff, note=note.strip()[:_LONGEST])
        swap.state, swap.accepted_at = Swap.State.ACCEPTED, now
        _refuse_blocked(swapping.problems(swap))
        return _made(swap, staff)


def accept(swap_id: str, staff: Staff) -> Swap:
    """The colleague takes it; a planner still has to approve. Raises NotFound, NotAllowed, Conflict."""
    with transaction.atomic():
        swap = _locked(swap_id, Swap.State.ASKED)
        if swap.asker_id == staff.pk or (swap.to_id is not None and swap.to_id != staff.pk):
            raise NotAllowed(Text("Another colleague is asked.", "该换班请求不是发给您的。"))
        _of_team(staff.pk, swap.shift.team_id)
        swap.to, swap.state, swap.accepted_at = staff, Swap.State.ACCEPTED, clock.now()
        _refuse_blocked(swapping.problems(swap))
        swap.save()
        audit.record(staff.actor, "swap.accepted", f"swap:{swap.pk}", {"staff": staff.pk})
    return swap


def decline(swap_id: str, staff: Staff, *, reason: str = "") -> Swap:
    """The colleague who is asked does not want it. Raises NotFound, NotAllowed, Conflict."""
    with transaction.atomic():
        swap = _locked(swap_id, *_OPEN)
        if swap.to_id != staff.pk or swap.asker_id == staff.pk:
            raise NotAllowed(Text("Another colleague is asked.", "该换班请求不是发给您的。"))
        return _close(swap, Swap.State.DECLINED, "swap.declined", staff.actor, reason)


def withdraw(swap_id: str, staff: Staff) -> Swap:
    """The asker no longer wants it. Raises NotFound, NotAllowed, Conflict."""
    with transaction.atomic():
        swap = _locked(swap_id, *_OPEN)
        if swap.asker_id != staff.pk:
            raise NotAllowed(Text("Only who asked may withdraw.", "仅发起人可以撤回。"))
        return _close(swap, Swap.State.WITHDRAWN, "swap.withdrawn", staff.actor, "")


def refuse(swap_id: str, planner: Staff, *, reason: str) -> Swap:
    """A planner says no, and why. Raises NotFound, NotAllowed, Conflict, BadInput."""
    if not reason.strip():
        raise BadInput(Text("Say why.", "请填写原因。"), field="reason")
    with transaction.atomic():
        swap = _locked(swap_id, *_OPEN)
        check_plans(planner, swap.shift.team_id)
        return _close(swap, Swap.State.REFUSED, "swap.refused", planner.actor, reason)


def approve(swap_id: str, planner: Staff, *, reason: str = "") -> Swap:
    """Carry it out. Raises NotFound, NotAllowed (their own), Conflict (things changed meanwhile, or it must
    not be), BadInput when a warning wants a reason.
    """
    with transaction.atomic():
        swap = _locked(swap_id, Swap.State.ACCEPTED)
        check_plans(planner, swap.shift.team_id)
        if planner.pk in (swap.asker_id, swap.to_id):
            raise NotAllowed(Text("Somebody else has to approve it.", "须由他人审批。"), code="four_eyes")
        if swap.in_return is not None:
            locked(swap.in_return_id or "")
        _refuse_begun(swap)
        found = swapping.problems(swap)
        _refuse_blocked(found)
        if found and not reason.strip():
            raise BadInput(
                Text("Say why in spite of the warnings.", "存在提示，请填写批准理由。"), field="reason"
            )
        _carry_out(swap, planner.actor)
        return _close(swap, Swap.State.APPROVED, "swap.approved", planner.actor, reason)


def close_past() -> int:
    """Note as over what was not decided before the shift began; returns how many."""
    with transaction.atomic():
        rows = list(
            Swap.objects.select_for_update().filter(state__in=_OPEN, shift__starts_at__lte=clock.now())
        )
        for swap in rows:
            _close(swap, Swap.State.OVER, "swap.over", "system:work", "")
    return len(rows)


def _carry_out(swap: Swap, by: str) -> None:
    asker = None if swap.asker_id == swap.to_id else swap.asker_id
    _take(swap, swap.shift, asker, swap.to_id, by)
    if swap.in_return is not None:
        _take(swap, swap.in_return, swap.to_id, swap.asker_id, by)


def _take(swap: Swap, shift: Shift, from_id: int | None, to_id: int | None, by: str) -> None:
    """Covers for every part that somebody gives; the whole shift without bounds, so that it moves along."""
    parts = swapping.parts(shift, from_id)
    if not parts:
        raise Conflict(Text("The shift changed hands meanwhile.", "该班次已变更，请刷新。"))
    for start, end in parts:
        whole = (start, end) == (shift.starts_at, shift.ends_at)
        Cover.objects.create(
            shift=shift, staff_id=to_id, swap=swap, made_by=by, made_at=clock.now(),
            starts_at=None if whole else start, ends_at=None if whole else end,
        )  # fmt: skip
    touch([shift.pk])


def _made(swap: Swap, by: Staff) -> Swap:
    try:
        with transaction.atomic():
            swap.asked_at = clock.now()
            swap.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict(Text("This is asked for already.", "该换班请求已存在。")) from error
    audit.record(by.actor, "swap.asked", f"swap:{swap.pk}", {"shift": swap.shift_id, "staff": swap.to_id})
    return swap


def _close(swap: Swap, state: str, verb: str, by: str, reason: str) -> Swap:
    swap.state, swap.reason = state, reason.strip()[:_LONGEST]
    swap.decided_by, swap.decided_at = by, clock.now()
    swap.save()
    audit.record(by, verb, f"swap:{swap.pk}", {"shift": swap.shift_id})
    return swap


def _locked(swap_id: str, *states: str) -> Swap:
    swap = (
        Swap.objects.select_for_update(of=("self",))
        .select_related("shift", "in_return", "asker", "to")
        .filter(pk=swap_id)
        .first()
    )
    if swap is None:
        raise NotFound(Text("There is no such swap.", "不存在该换班请求。"))
    if swap.state not in states:
        raise Conflict(Text("This was decided meanwhile.", "该请求已有结果。"))
    return swap


def _coming(shift_id: str) -> Shift:
    shift = locked(shift_id)
    if shift.state != Shift.State.PLANNED or shift.starts_at <= clock.now():
        raise Conflict(Text("This shift has begun or was cancelled.", "该班次已开始或已取消。"))
    return shift


def _in_return(shift_id: str, to: int | None) -> Shift:
    back = _coming(shift_id)
    if to is None or not swapping.parts(back, to):
        raise BadInput(Text("That shift is not theirs.", "该班次不属于对方。"), field="in_return")
    return back


def _of_team(staff_id: int, team_id: int) -> None:
    there = TeamMembership.objects.filter(staff_id=staff_id, team_id=team_id, staff__is_active=True)
    if not there.exists():
        raise NotFound(Text("They do not belong to this team.", "该同事不在此团队中。"))


def _refuse_begun(swap: Swap) -> None:
    for shift in (swap.shift, swap.in_return):
        if shift is not None and (shift.starts_at <= clock.now() or shift.state != Shift.State.PLANNED):
            raise Conflict(Text("This shift has begun or was cancelled.", "该班次已开始或已取消。"))


def _refuse_blocked(found: list[Problem]) -> None:
    for one in found:
        if one.blocks:
            raise Conflict(one.text, code=one.code)
