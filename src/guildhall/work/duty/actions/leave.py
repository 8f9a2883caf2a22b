"""Leave: asked for, approved or refused by a planner, withdrawn. Shifts in it are shown as uncovered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from guildhall.core import audit, clock
from guildhall.core.errors import BadInput, Conflict, NotAllowed, NotFound
from guildhall.core.text import Text
from guildhall.people.models import Staff
from guildhall.work.duty import queries
from guildhall.work.duty.actions.by_hand import touch
from guildhall.work.duty.seeing import may_plan_person
from guildhall.work.duty.wall import zone_of
from guildhall.work.models import Leave

LONGEST = timedelta(days=400)
_LONGEST_NOTE = 200


@dataclass(frozen=True, slots=True)
class Off:
    """Time off as somebody wants it: [starts_at, ends_at), meant in `zone`."""

    starts_at: datetime
    ends_at: datetime
    zone: str = "UTC"
    kind: str = Leave.Kind.HOLIDAY
    note: str = ""


def ask_leave(staff: Staff, off: Off) -> Leave:
    """Ask for time off. Raises BadInput, Conflict when some of it is asked for or given already."""
    with transaction.atomic():
        return _made(staff.pk, off, staff.actor, Leave.State.ASKED)


def record_leave(staff_id: int, off: Off, planner: Staff) -> Leave:
    """Note somebody else's time off as approved, such as a sick call. Raises NotFound, NotAllowed, BadInput,
    Conflict.
    """
    with transaction.atomic():
        if not Staff.objects.filter(pk=staff_id).exists():
            raise NotFound(Text("There is no such colleague.", "不存在该同事。"))
        _check_planner(planner, staff_id)
        leave = _made(staff_id, off, planner.actor, Leave.State.APPROVED)
        leave.decided_by, leave.decided_at = planner.actor, clock.now()
        leave.save(update_fields=["decided_by", "decided_at"])
        _tell_calendars(leave)
    return leave


def approve_leave(leave_id: str, planner: Staff) -> Leave:
    """Give it; shifts in it are uncovered from now on. Raises NotFound, NotAllowed, Conflict."""
    return _decide(leave_id, planner, Leave.State.APPROVED, "leave.approved", "")


def refuse_leave(leave_id: str, planner: Staff, *, reason: str) -> Leave:
    """Do not give it, and say why. Raises NotFound, NotAllowed, Conflict, BadInput."""
    if not reason.strip():
        raise BadInput(Text("Say why.", "请填写原因。"), field="reason")
    return _decide(leave_id, planner, Leave.State.REFUSED, "leave.refused", reason)


def withdraw_leave(leave_id: str, staff: Staff) -> Leave:
    """The person does not go after all, or a planner takes back what they noted. Raises NotFound, NotAllowed,
    Conflict when it is over.
    """
    with transaction.atomic():
        leave = _locked(leave_id)
        if leave.staff_id != staff.pk and not may_plan_person(staff, leave.staff_id):
            raise NotAllowed(Text("This leave is not yours.", "这不是您的请假。"))
        if leave.state not in (Leave.State.ASKED, Leave.State.APPROVED) or leave.ends_at <= clock.now():
            raise Conflict(Text("This was decided meanwhile.", "该请求已有结果。"))
        return _close(leave, Leave.State.WITHDRAWN, "leave.withdrawn", staff.actor, "")


def _decide(leave_id: str, planner: Staff, state: str, verb: str, reason: str) -> Leave:
    with transaction.atomic():
        leave = _locked(leave_id)
        _check_planner(planner, leave.staff_id)
        if leave.state != Leave.State.ASKED:
            raise Conflict(Text("This was decided meanwhile.", "该请求已有结果。"))
        return _close(leave, state, verb, planner.actor, reason)


def _close(leave: Leave, state: str, verb: str, by: str, reason: str) -> Leave:
    leave.state, leave.reason = state, reason.strip()[:_LONGEST_NOTE]
    leave.decided_by, leave.decided_at = by, clock.now()
    leave.save()
    _tell_calendars(leave)
    audit.record(by, verb, f"leave:{leave.pk}", {"staff": leave.staff_id})
    return leave


def _made(staff_id: int, off: Off, by: str, state: str) -> Leave:
    zone_of(off.zone)
    if off.kind not in set(Leave.Kind):
        raise BadInput(Text("There is no such kind of leave.", "不存在该请假类型。"), field="kind")
    if not off.starts_at < off.ends_at or off.ends_at - off.starts_at > LONGEST:
        raise BadInput(Text("Leave ends after it begins.", "结束日期须不早于开始日期。"), field="until")
    same = Leave.objects.select_for_update().filter(
        staff_id=staff_id, state__in=(Leave.State.ASKED, Leave.State.APPROVED),
        starts_at__lt=off.ends_at, ends_at__gt=off.starts_at,
    )  # fmt: skip
    if same.exists():
        raise Conflict(Text("Some of it is asked for or given already.", "与已有的请假重叠。"))
    leave = Leave.objects.create(
        staff_id=staff_id, kind=off.kind, starts_at=off.starts_at, ends_at=off.ends_at, zone=off.zone,
        state=state, note=off.note.strip()[:_LONGEST_NOTE], asked_by=by, asked_at=clock.now(),
    )  # fmt: skip
    verb = "leave.asked" if state == Leave.State.ASKED else "leave.recorded"
    audit.record(by, verb, f"leave:{leave.pk}", {"staff": staff_id, "kind": str(off.kind)})
    return leave


def _tell_calendars(leave: Leave) -> None:
    rows = queries.of_person(leave.staff_id, queries.planned(leave.starts_at, leave.ends_at))
    touch(list(rows.values_list("pk", flat=True)))


def _check_planner(planner: Staff, staff_id: int) -> None:
    if not may_plan_person(planner, staff_id):
        raise NotAllowed(Text("You do not plan for this colleague.", "您无权为该同事排班。"))
    if planner.pk == staff_id:
        raise NotAllowed(Text("Somebody else has to approve it.", "须由他人审批。"), code="four_eyes")


def _locked(leave_id: str) -> Leave:
    leave = Leave.objects.select_for_update().filter(pk=leave_id).first()
    if leave is None:
        raise NotFound(Text("There is no such leave.", "不存在该请假。"))
    return leave
