"""Checklists: written, paused, closed, and each day turned into tasks.

A day's tasks are made once, by their dedupe key, whenever the schedule looks; those of an earlier day that
are still open are then noted as missed, so that the list of today is today's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db import transaction

from guildhall.channels.models import Space
from guildhall.channels.wecom.assisted_models import AssistedGroup
from guildhall.core import audit, clock
from guildhall.core.errors import BadInput, NotFound
from guildhall.core.ids import new_id
from guildhall.core.text import Text
from guildhall.people.models import Staff
from guildhall.people.roles import Role
from guildhall.work.actions.tasks import miss
from guildhall.work.asking import Item, check_asks
from guildhall.work.clearing import Cleared, cleared
from guildhall.work.days import DAY_MINUTES, Day, day_now
from guildhall.work.models import Checklist, Task

MOST_ITEMS = 40
MOST_SPACES = 500
_SYSTEM = "system:work"
_REFUSED = Text("The words may not be posted here:", "内容不得发布到该群：")


@dataclass(frozen=True, slots=True)
class Plan:
    """A checklist as somebody writes it. `opens` and `due`: minutes of the day in `zone`, opens < due."""

    name: Text
    items: tuple[Item, ...]
    weekdays: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6)
    opens: int = 9 * 60
    due: int = 18 * 60
    zone: str = "UTC"
    space_ids: tuple[str, ...] = ()
    role: str = ""
    staff_id: int | None = None


def save_checklist(plan: Plan, *, by: str, checklist_id: str = "") -> Checklist:
    """Write a checklist, or change one; what is open from it today stays as it was asked.

    Raises BadInput naming the field, NotFound.
    """
    _check(plan)
    with transaction.atomic():
        one = (
            _locked(checklist_id) if checklist_id else Checklist(id=new_id(), made_by=by, made_at=clock.now())
        )
        one.name, one.items = plan.name.to_json(), [item.to_json() for item in plan.items]
        one.weekdays, one.opens, one.due, one.zone = (
            sorted(set(plan.weekdays)),
            plan.opens,
            plan.due,
            plan.zone,
        )
        one.role, one.assigned_to_id = plan.role, plan.staff_id
        one.save()
        one.spaces.set(Space.objects.filter(pk__in=plan.space_ids))
        audit.record(
            by,
            "checklist.saved",
            f"checklist:{one.pk}",
            {"items": len(plan.items), "spaces": len(plan.space_ids)},
        )
    return one


def pause_checklist(checklist_id: str, *, by: str) -> None:
    """Make no tasks for a while."""
    with transaction.atomic():
        one = _locked(checklist_id)
        if one.paused_at is None:
            one.paused_at = clock.now()
            one.save(update_fields=["paused_at"])
            audit.record(by, "checklist.paused", f"checklist:{one.pk}")


def resume_checklist(checklist_id: str, *, by: str) -> None:
    """Make tasks again."""
    with transaction.atomic():
        one = _locked(checklist_id)
        if one.paused_at is not None:
            one.paused_at = None
            one.save(update_fields=["paused_at"])
            audit.record(by, "checklist.resumed", f"checklist:{one.pk}")


def archive_checklist(checklist_id: str, *, by: str) -> None:
    """Close it for good; what was done stays, what is open is no longer needed."""
    with transaction.atomic():
        one = _locked(checklist_id)
        if one.archived_at is not None:
            return
        one.archived_at = now = clock.now()
        one.save(update_fields=["archived_at"])
        Task.objects.filter(checklist=one, state=Task.State.OPEN).update(
            state=Task.State.CANCELLED, closed_by=by, closed_at=now
        )
        audit.record(by, "checklist.archived", f"checklist:{one.pk}")


def make_tasks(now: datetime) -> int:
    """Open what is wanted today of every checklist; returns how many tasks are new."""
    made = 0
    for one in Checklist.objects.filter(paused_at=None, archived_at=None).order_by("id"):
        day = day_now(one.weekdays, one.opens, one.due, one.zone, now)
        if day is not None:
            made += _open_day(one, day)
    return made


def make_tasks_of(checklist_id: str, now: datetime) -> int:
    """The same for one checklist, right after it was written."""
    one = Checklist.objects.filter(pk=checklist_id, paused_at=None, archived_at=None).first()
    day = day_now(one.weekdays, one.opens, one.due, one.zone, now) if one is not None else None
    return _open_day(one, day) if one is not None and day is not None else 0


def _open_day(one: Checklist, day: Day) -> int:
    told = day.date.isoformat()
    wanted = {_key(one, item, space, told): (item, space) for item, space in _wanted(one)}
    with transaction.atomic():
        there = set(Task.objects.filter(dedupe_key__in=wanted).values_list("dedupe_key", flat=True))
        fresh = [(key, *pair) for key, pair in wanted.items() if key not in there]
        if not fresh:
            return 0
        Task.objects.bulk_create(_tasks(one, fresh, day), ignore_conflicts=True, batch_size=200)
        late = Task.objects.select_for_update().filter(checklist=one, state=Task.State.OPEN, day__lt=told)
        miss(list(late), by=_SYSTEM)
    return len(fresh)


def _wanted(one: Checklist) -> list[tuple[Item, Space | None]]:
    """Each line once, or once for each of its groups that are open."""
    spaces = list(one.spaces.filter(archived_at__isnull=True).order_by("name", "id"))
    if not spaces and one.spaces.exists():
        return []
    each: list[Space | None] = [*spaces] or [None]
    return [(Item.from_json(item), space) for space in each for item in one.items]


def _key(one: Checklist, item: Item, space: Space | None, day: str) -> str:
    return f"{one.pk}:{item.id}:{space.pk if space else ''}:{day}"


def _tasks(one: Checklist, fresh: Sequence[tuple[str, Item, Space | None]], day: Day) -> list[Task]:
    """The tasks of a day, each with words that may be said in its group's region."""
    groups = [space.pk for _key, _item, space in fresh if space is not None]
    caretakers = dict(
        AssistedGroup.objects.filter(space_id__in=groups).values_list("space_id", "caretaker_id")
    )
    known: dict[tuple[str, str, str], Cleared] = {}
    out = []
    for key, item, space in fresh:
        language, region = (space.language, space.region) if space else ("en", "")
        way = (item.id, region, language)
        if way not in known:
            words = item.paste.for_language(language) or item.paste.en
            known[way] = cleared(item.act, region, words, language)
        caretaker = caretakers.get(space.pk) if space else None
        out.append(_task(one, item, space, known[way], day, caretaker, key))
    return out


def _task(
    one: Checklist, item: Item, space: Space | None, words: Cleared, day: Day, caretaker: int | None, key: str
) -> Task:
    told, notes = day.date.isoformat(), item.notes
    if words.refusal is not None:
        notes = Text(
            f"{notes.en} {_REFUSED.en} {words.refusal.en}".strip(),
            f"{notes.zh}{_REFUSED.zh}{words.refusal.zh}",
        )
    return Task(
        id=new_id(),
        kind=item.kind,
        title=item.title.to_json(),
        notes=notes.to_json(),
        paste=words.words,
        subject=f"checklist:{one.pk}",
        space=space,
        due_at=day.due_at,
        role=one.role,
        assigned_to_id=one.assigned_to_id or caretaker,
        proofs_wanted=item.proofs.value,
        asks=[ask.to_json() for ask in item.asks],
        dedupe_key=key,
        checklist=one,
        item=item.id,
        day=told,
        made_by=_SYSTEM,
        made_at=clock.now(),
    )


def _locked(checklist_id: str) -> Checklist:
    one = Checklist.objects.select_for_update().filter(pk=checklist_id).first()
    if one is None:
        raise NotFound(Text("There is no such checklist.", "不存在该清单。"))
    return one


def _check(plan: Plan) -> None:
    if not (plan.name.en.strip() and plan.name.zh.strip()):
        raise BadInput(Text("Give the checklist a name.", "请填写清单名称。"), field="name")
    if not 1 <= len(plan.items) <= MOST_ITEMS:
        raise BadInput(
            Text(f"A checklist has 1 to {MOST_ITEMS} lines.", f"清单须有 1 至 {MOST_ITEMS} 项。"),
            field="items",
        )
    for item in plan.items:
        if not (item.title.en.strip() and item.title.zh.strip()):
            raise BadInput(Text("Every line needs words.", "每一项都需要填写内容。"), field="items")
        check_asks(item.asks)
    if not plan.weekdays or not set(plan.weekdays) <= set(range(7)):
        raise BadInput(Text("Choose at least one day.", "请至少选择一天。"), field="weekdays")
    if not 0 <= plan.opens < plan.due <= DAY_MINUTES:
        raise BadInput(
            Text("It is due after it begins, on the same day.", "截止时间须晚于开始时间，且在同一天内。"),
            field="due",
        )
    try:
        ZoneInfo(plan.zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise BadInput(Text("There is no such time zone.", "不存在该时区。"), field="zone") from error
    _check_who(plan.space_ids, plan.role, plan.staff_id)


def _check_who(space_ids: Sequence[str], role: str, staff_id: int | None) -> None:
    if len(space_ids) > MOST_SPACES or Space.objects.filter(pk__in=space_ids).count() != len(set(space_ids)):
        raise BadInput(Text("A group is not there any more.", "部分群已不存在。"), field="spaces")
    if role and role not in set(Role):
        raise BadInput(Text("There is no such role.", "不存在该角色。"), field="role")
    if staff_id is not None and not Staff.objects.filter(pk=staff_id, is_active=True).exists():
        raise NotFound(Text("There is no such colleague.", "不存在该同事。"))
