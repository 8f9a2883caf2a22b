"""Shifts changed by hand: added, moved, cancelled, and taken over by somebody else for all or a part of them.

What is changed here is left alone by the pattern or roster it came from. Everything can be taken back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from guildhall.core import audit, clock
from guildhall.core.errors import BadInput, Conflict, NotFound
from guildhall.core.text import Text
from guildhall.people.models import Staff
from guildhall.work.duty import queries
from guildhall.work.duty.actions.shifts import NewShift, check_rows, new_row, take_over
from guildhall.work.duty.pieces import Span
from guildhall.work.duty.rest import meet
from guildhall.work.models import Cover, Shift

_LONGEST_WHY = 200
_AROUND = timedelta(days=3)


def add_shift(row: NewShift, *, by: str) -> Shift:
    """Write one shift. Raises BadInput, Conflict when the person is on duty then already."""
    check_rows([row])
    with transaction.atomic():
        if row.staff_id is not None:
            _free(row.staff_id, row.kind, [(row.starts_at, row.ends_at)])
        shift = new_row(replace(row, key=""), None, by, clock.now())
        shift.edited = True
        shift.save(force_insert=True)
        audit.record(by, "shift.added", f"shift:{shift.pk}", _told(shift))
    return shift


def change_shift(shift_id: str, row: NewShift, *, by: str) -> Shift:
    """Move a shift, or give it to somebody else for good. Covers without bounds of their own go along.

    Raises NotFound, BadInput, Conflict.
    """
    check_rows([row])
    with transaction.atomic():
        shift = locked(shift_id)
        if row.staff_id is not None:
            _free(row.staff_id, row.kind, [(row.starts_at, row.ends_at)], but=shift.pk)
        was = _told(shift)
        if take_over(shift, row, clock.now()):
            shift.edited = True
            shift.save()
            audit.record(by, "shift.changed", f"shift:{shift.pk}", _told(shift) | {"was": was["from"]})
    return shift


def cancel_shift(shift_id: str, *, by: str) -> Shift:
    """It does not take place; calendars say so. `restore_shift` takes it back. Raises NotFound."""
    return _switch(shift_id, Shift.State.CANCELLED, "shift.cancelled", by)


def restore_shift(shift_id: str, *, by: str) -> Shift:
    """It takes place after all. Raises NotFound."""
    return _switch(shift_id, Shift.State.PLANNED, "shift.restored", by)


def cover(
    shift_id: str,
    staff_id: int | None,
    *,
    by: str,
    start: datetime | None = None,
    end: datetime | None = None,
    why: str = "",
) -> Cover:
    """Put somebody (None: nobody) into a shift in place of whoever is there, in all of it or from `start` to
    `end`. Raises NotFound, BadInput, Conflict when they are on duty then already or have leave.
    """
    with transaction.atomic():
        shift = locked(shift_id)
        if shift.state != Shift.State.PLANNED:
            raise Conflict(Text("This shift was cancelled.", "该班次已取消。"))
        start = None if start is not None and start <= shift.starts_at else start
        end = None if end is not None and end >= shift.ends_at else end
        span = (start or shift.starts_at, end or shift.ends_at)
        if not (span[0] < span[1] and span[0] < shift.ends_at and span[1] > shift.starts_at):
            raise BadInput(Text("That is no part of the shift.", "所选时间不在该班次之内。"), field="start")
        if staff_id is not None:
            person = Staff.objects.filter(pk=staff_id, is_active=True).first()
            if person is None:
                raise NotFound(Text("There is no such colleague.", "不存在该同事。"))
            _free(staff_id, shift.kind, [span], but=shift.pk)
        made = Cover.objects.create(
            shift=shift, staff_id=staff_id, starts_at=start, ends_at=end, why=why.strip()[:_LONGEST_WHY],
            made_by=by, made_at=clock.now(),
        )  # fmt: skip
        touch([shift.pk])
        audit.record(by, "shift.covered", f"shift:{shift.pk}", {"staff": staff_id})
    return made


def uncover(cover_id: str, *, by: str) -> Shift:
    """Take a cover back. Twice changes nothing. Raises NotFound."""
    with transaction.atomic():
        one = Cover.objects.select_for_update().filter(pk=cover_id).first()
        if one is None:
            raise NotFound(Text("There is no such cover.", "不存在该顶班记录。"))
        if one.removed_at is None:
            one.removed_at, one.removed_by = clock.now(), by
            one.save(update_fields=["removed_at", "removed_by"])
            touch([one.shift_id])
            audit.record(by, "shift.uncovered", f"shift:{one.shift_id}", {"staff": one.staff_id})
    return locked_read(one.shift_id)


def touch(shift_ids: Sequence[str]) -> None:
    """Note that somebody else is there now, so that calendars hear of it. Joins the caller's transaction."""
    Shift.objects.filter(pk__in=shift_ids).update(revision=F("revision") + 1, changed_at=clock.now())


def locked(shift_id: str) -> Shift:
    """The shift, held until the transaction ends. Raises NotFound."""
    shift = Shift.objects.select_for_update().filter(pk=shift_id).first()
    if shift is None:
        raise NotFound(Text("There is no such shift.", "不存在该班次。"))
    return shift


def locked_read(shift_id: str) -> Shift:
    """The shift as it stands. Raises NotFound."""
    shift = Shift.objects.filter(pk=shift_id).select_related("team").first()
    if shift is None:
        raise NotFound(Text("There is no such shift.", "不存在该班次。"))
    return shift


def _free(staff_id: int, kind: str, spans: Sequence[Span], *, but: str = "") -> None:
    """Raises Conflict when somebody has a duty of the same kind, or leave, in one of these times."""
    start, end = min(a for a, _ in spans), max(b for _, b in spans)
    for one in queries.shifts(start, end, staff=staff_id, kind=kind):
        if one.shift_id != but and any(meet((one.starts_at, one.ends_at), span) for span in spans):
            raise Conflict(Text("They are on duty then already.", "该时段已有值班安排。"), code="overlap")
    away = queries.absences([staff_id], start - _AROUND, end + _AROUND).get(staff_id, [])
    if any(meet(gone, span) for gone in away for span in spans):
        raise Conflict(Text("They have leave then.", "该时段正在休假。"), code="leave")


def _switch(shift_id: str, state: str, verb: str, by: str) -> Shift:
    with transaction.atomic():
        shift = locked(shift_id)
        if shift.state != state:
            shift.state, shift.edited, shift.changed_at = state, True, clock.now()
            shift.revision += 1
            shift.save(update_fields=["state", "edited", "changed_at", "revision"])
            audit.record(by, verb, f"shift:{shift.pk}", {"staff": shift.staff_id})
    return shift


def _told(shift: Shift) -> dict[str, object]:
    return {
        "staff": shift.staff_id,
        "from": shift.starts_at.isoformat(),
        "until": shift.ends_at.isoformat(),
        "kind": shift.kind,
    }
