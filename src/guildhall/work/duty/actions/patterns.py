"""Patterns: written, changed, ended; and each night turned into the shifts of the coming weeks.

What has begun is never changed by a pattern, and what somebody changed by hand neither. A shift keeps its
row, and with it whoever covers it, when the hours of its pattern change.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from guildhall.core import audit, clock
from guildhall.core.errors import BadInput, NotFound
from guildhall.core.ids import new_id
from guildhall.core.text import Text
from guildhall.people.models import Staff, Team
from guildhall.work.duty.actions.shifts import NewShift, Put, put_shifts
from guildhall.work.duty.patterns import Line, Repeat, Slot, check, expand
from guildhall.work.duty.speaking import short
from guildhall.work.models import DutyKind, Pattern, Shift

AHEAD = timedelta(weeks=12)
"""How far patterns are turned into shifts."""
_SYSTEM = "system:work"


@dataclass(frozen=True, slots=True)
class Draft:
    """A pattern as somebody writes it."""

    team_id: int
    name: str
    shape: str
    repeat: Repeat
    kind: str = DutyKind.SHIFT
    layer: int = 1
    languages: tuple[str, ...] = ()


def save_pattern(draft: Draft, *, by: str, pattern_id: str = "") -> tuple[Pattern, Put]:
    """Write a pattern or change one, and lay out its shifts from now on. Raises BadInput naming the field,
    NotFound.
    """
    _check(draft)
    repeat, now = draft.repeat, clock.now()
    with transaction.atomic():
        if pattern_id:
            one = _locked(pattern_id)
        else:
            one = Pattern(id=new_id(), made_by=by, made_at=now)
        one.team_id, one.name, one.shape = draft.team_id, draft.name.strip(), draft.shape
        one.kind, one.layer, one.changed_at = draft.kind, draft.layer, now
        one.zone, one.anchor, one.until, one.cycle = repeat.zone, repeat.anchor, repeat.until, repeat.cycle
        one.slots = [slot.to_json() for slot in repeat.slots]
        one.people = [line.to_json() for line in repeat.people]
        one.languages = sorted({short(language) for language in draft.languages if language})
        one.save()
        put = _lay_out(one, now)
        told = {"people": len(one.people), "added": len(put.made), "altered": len(put.changed)}
        audit.record(by, "pattern.saved", f"pattern:{one.pk}", told)
    return one, put


def end_pattern(pattern_id: str, *, by: str) -> Put:
    """Plan no more shifts by it; those to come that nobody changed are cancelled. Raises NotFound."""
    return _switch(pattern_id, ended=True, by=by)


def resume_pattern(pattern_id: str, *, by: str) -> Put:
    """Plan by it again. Raises NotFound."""
    return _switch(pattern_id, ended=False, by=by)


def lay_out_all(now: datetime) -> Put:
    """Turn every pattern into the shifts of the coming weeks; done again it changes nothing, but for what a
    new time zone table makes of the same wall clocks.
    """
    made: list[str] = []
    changed: list[str] = []
    same = 0
    for key in Pattern.objects.filter(archived_at=None).order_by("id").values_list("pk", flat=True):
        with transaction.atomic():
            put = _lay_out(_locked(key), now)
        made, changed, same = [*made, *put.made], [*changed, *put.changed], same + put.same
    return Put(tuple(made), tuple(changed), same)


def repeat_of(pattern: Pattern) -> Repeat:
    """What a stored pattern repeats."""
    return Repeat(
        pattern.zone, pattern.anchor, pattern.cycle,
        tuple(Slot.from_json(one) for one in pattern.slots),
        tuple(Line.from_json(one) for one in pattern.people),
        pattern.until,
    )  # fmt: skip


def _lay_out(one: Pattern, now: datetime) -> Put:
    """Joins the caller's transaction. Shifts that have begun are not looked at; where none goes on, one that
    would be going on is laid out too, so that a new pattern counts at once.
    """
    source, repeat = f"pattern:{one.pk}", repeat_of(one)
    begun = set(Shift.objects.filter(pattern=one, starts_at__lte=now).values_list("key", flat=True))
    goes_on = Shift.objects.filter(pattern=one, starts_at__lte=now, ends_at__gt=now).exists()
    active = set(
        Staff.objects.filter(pk__in=[line.staff for line in repeat.people], is_active=True).values_list(
            "pk", flat=True
        )
    )
    rows = []
    if one.archived_at is None:
        for planned in expand(repeat, now, now + AHEAD):
            if f"{source}:{planned.key}" in begun or (planned.starts_at <= now and goes_on):
                continue
            rows.append(
                NewShift(
                    one.team_id,
                    planned.staff if planned.staff in active else None,
                    planned.starts_at, planned.ends_at, planned.key, one.kind, one.layer, one.zone,
                    tuple(one.languages),
                )
            )  # fmt: skip
    return put_shifts(
        rows,
        by=_SYSTEM,
        source=source,
        replace=(now + timedelta(microseconds=1), now + 2 * AHEAD),
        pattern=one,
    )


def _switch(pattern_id: str, *, ended: bool, by: str) -> Put:
    with transaction.atomic():
        one = _locked(pattern_id)
        if (one.archived_at is not None) == ended:
            return Put()
        one.archived_at = clock.now() if ended else None
        one.save(update_fields=["archived_at"])
        put = _lay_out(one, clock.now())
        audit.record(by, "pattern.ended" if ended else "pattern.resumed", f"pattern:{one.pk}")
    return put


def _locked(pattern_id: str) -> Pattern:
    one = Pattern.objects.select_for_update().filter(pk=pattern_id).first()
    if one is None:
        raise NotFound(Text("There is no such pattern.", "不存在该排班规律。"))
    return one


def _check(draft: Draft) -> None:
    if not draft.name.strip():
        raise BadInput(Text("Give it a name.", "请填写名称。"), field="name")
    if draft.shape not in set(Pattern.Shape) or draft.kind not in set(DutyKind):
        raise BadInput(Text("There is no such kind of duty.", "不存在该值班类型。"), field="kind")
    if not 1 <= draft.layer <= 9:
        raise BadInput(Text("A layer is 1 to 9.", "层级须为 1 至 9。"), field="layer")
    if not Team.objects.filter(pk=draft.team_id).exists():
        raise BadInput(Text("There is no such team.", "不存在该团队。"), field="team")
    check(draft.repeat)
    _check_people([line.staff for line in draft.repeat.people])


def _check_people(people: Sequence[int]) -> None:
    if Staff.objects.filter(pk__in=people).count() != len(set(people)):
        raise BadInput(Text("There is no such colleague.", "不存在该同事。"), field="people")
