"""Shifts: written many at once by a pattern, a roster or a hand; changed, cancelled, and taken over in part.

Writing the same shifts again changes nothing. What a person changed by hand is left alone by its source.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from guildhall.core import audit, clock
from guildhall.core.errors import BadInput
from guildhall.core.ids import new_id
from guildhall.core.text import Text
from guildhall.people.models import Staff, Team
from guildhall.work.duty.queries import LONGEST_SHIFT
from guildhall.work.duty.wall import zone_of
from guildhall.work.models import DutyKind, Pattern, Shift

MOST_AT_ONCE = 20_000
_LONGEST_NOTE = 200
_FIELDS = ("team_id", "staff_id", "kind", "layer", "starts_at", "ends_at", "zone", "languages", "note")


@dataclass(frozen=True, slots=True)
class NewShift:
    """One shift as its source wants it. `key` names it within its source ('' only when written by hand);
    `staff_id` None: open, for somebody to take. Times are aware, [starts_at, ends_at).
    """

    team_id: int
    staff_id: int | None
    starts_at: datetime
    ends_at: datetime
    key: str = ""
    kind: str = DutyKind.SHIFT
    layer: int = 1
    zone: str = "UTC"
    languages: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Put:
    """What became of shifts that were written: ids of those made and changed, how many stayed as they were,
    how many were left alone because somebody had changed them by hand, how many went away.
    """

    made: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    same: int = 0
    kept: int = 0
    cancelled: int = 0


def put_shifts(
    rows: Sequence[NewShift],
    *,
    by: str,
    source: str,
    replace: tuple[datetime, datetime] | None = None,
    pattern: Pattern | None = None,
) -> Put:
    """Write the shifts of a source in one transaction; the same again changes nothing.

    source: a short word such as `roster:01H…`; with the key of a row it names the shift for good.
    replace: shifts of this source that begin in that span and are not among `rows` are cancelled (not those
    that somebody changed by hand). Raises BadInput naming row and field.
    """
    check_rows(rows)
    with transaction.atomic():
        keyed = {f"{source}:{row.key}": row for row in rows if row.key}
        there = {one.key or "": one for one in Shift.objects.select_for_update().filter(key__in=keyed)}
        made, changed, same, kept, now = [], [], 0, 0, clock.now()
        for row in rows:
            key = f"{source}:{row.key}" if row.key else None
            known = there.get(key or "")
            if known is None:
                made.append(new_row(row, key, by, now, pattern))
            elif known.edited:
                kept += 1
            elif take_over(known, row, now):
                changed.append(known)
            else:
                same += 1
        Shift.objects.bulk_create(made, batch_size=500)
        Shift.objects.bulk_update(changed, [*_FIELDS, "state", "revision", "changed_at"], batch_size=200)
        gone = _cancel_missing(source, set(keyed), replace, now) if replace else 0
        result = Put(tuple(s.pk for s in made), tuple(s.pk for s in changed), same, kept, gone)
        if made or changed or gone:
            counts = {"added": len(made), "altered": len(changed), "cancelled": gone}
            audit.record(by, "shifts.put", f"shifts:{source}", counts)
    return result


def new_row(row: NewShift, key: str | None, by: str, now: datetime, pattern: Pattern | None = None) -> Shift:
    """A shift as it is stored, not saved yet."""
    made = Shift(id=new_id(), key=key, made_by=by, made_at=now, changed_at=now, pattern=pattern)
    for name, value in _values(row).items():
        setattr(made, name, value)
    return made


def _values(row: NewShift) -> dict[str, Any]:
    return {
        "team_id": row.team_id, "staff_id": row.staff_id, "kind": str(row.kind), "layer": row.layer,
        "starts_at": row.starts_at, "ends_at": row.ends_at, "zone": row.zone,
        "languages": list(row.languages), "note": row.note[:_LONGEST_NOTE],
    }  # fmt: skip


def take_over(known: Shift, row: NewShift, now: datetime) -> bool:
    """Make a stored shift what its source says; whether that changed anything."""
    values: Mapping[str, Any] = _values(row) | {"state": Shift.State.PLANNED}
    if all(getattr(known, name) == value for name, value in values.items()):
        return False
    for name, value in values.items():
        setattr(known, name, value)
    known.revision += 1
    known.changed_at = now
    return True


def _cancel_missing(source: str, keys: set[str], span: tuple[datetime, datetime], now: datetime) -> int:
    rows = Shift.objects.select_for_update().filter(
        key__startswith=f"{source}:", starts_at__gte=span[0], starts_at__lt=span[1],
        edited=False, state=Shift.State.PLANNED,
    )  # fmt: skip
    gone = [one for one in rows if one.key not in keys]
    for one in gone:
        one.state, one.changed_at = Shift.State.CANCELLED, now
        one.revision += 1
    Shift.objects.bulk_update(gone, ["state", "revision", "changed_at"], batch_size=200)
    return len(gone)


def check_rows(rows: Sequence[NewShift]) -> None:
    """Raises BadInput naming the row and the field that make no sense."""
    if len(rows) > MOST_AT_ONCE:
        raise BadInput(Text(f"At most {MOST_AT_ONCE} shifts at once.", f"一次最多 {MOST_AT_ONCE} 个班次。"))
    keys = [row.key for row in rows if row.key]
    if len(keys) != len(set(keys)):
        raise BadInput(Text("The same key stands there twice.", "标识重复。"), field="key")
    teams = set(Team.objects.filter(pk__in={row.team_id for row in rows}).values_list("pk", flat=True))
    wanted = {row.staff_id for row in rows if row.staff_id is not None}
    people = set(Staff.objects.filter(pk__in=wanted).values_list("pk", flat=True))
    for zone in {row.zone for row in rows}:
        zone_of(zone)
    for number, row in enumerate(rows, 1):
        _check_row(number, row, teams, people)


def _check_row(number: int, row: NewShift, teams: set[int], people: set[int]) -> None:
    if row.team_id not in teams:
        raise _bad("team_id", number, "There is no such team.", "不存在该团队。")
    if row.staff_id is not None and row.staff_id not in people:
        raise _bad("staff_id", number, "There is no such colleague.", "不存在该同事。")
    if row.starts_at.tzinfo is None or row.ends_at.tzinfo is None:
        raise _bad("starts_at", number, "Times need a zone.", "时间须带时区。")
    if not row.starts_at < row.ends_at:
        raise _bad("ends_at", number, "A shift ends after it begins.", "班次的结束须晚于开始。")
    if row.ends_at - row.starts_at > LONGEST_SHIFT:
        raise _bad("ends_at", number, "A shift lasts 15 days at most.", "班次最长 15 天。")
    if row.kind not in set(DutyKind) or not 1 <= row.layer <= 9:
        raise _bad("kind", number, "There is no such kind of duty.", "不存在该值班类型。")


def _bad(field: str, row: int, en: str, zh: str) -> BadInput:
    return BadInput(Text(en, zh), field=field, row=row)
