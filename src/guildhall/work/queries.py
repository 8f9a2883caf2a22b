"""What pages ask of tasks: whose they are, what goes together, what comes next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from guildhall.people.models import Staff
from guildhall.work import kinds
from guildhall.work.asking import Proofs
from guildhall.work.models import Task

MOST_LISTED = 120
"""Open tasks that one page lists group by group; more are counted and come after."""
MOST_TOGETHER = 400
"""Open tasks that are put together by what they ask for."""


def seen_by(staff: Staff) -> QuerySet[Task]:
    """The tasks this person may see and do, open or not: some kinds are their people's alone."""
    return Task.objects.filter(kinds.seen_by(staff))


def open_tasks() -> QuerySet[Task]:
    """Everything to do, the most pressing first; what has no time comes last."""
    return Task.objects.filter(state=Task.State.OPEN).select_related("space", "assigned_to", "checklist")


def for_staff(staff: Staff) -> QuerySet[Task]:
    """What this person should do: given to them, or to nobody and for everybody or one of their roles."""
    free = Q(assigned_to=None) & (Q(role="") | Q(role__in=[role.value for role in staff.roles]))
    return open_tasks().filter(kinds.seen_by(staff), Q(assigned_to=staff) | free)


def in_order(tasks: QuerySet[Task]) -> QuerySet[Task]:
    """Group by group as they stand on a phone, due ones first within each."""
    return tasks.order_by("space__name", "space_id", "due_at", "id")


def next_after(task: Task, staff: Staff) -> Task | None:
    """What this person does next: the same group first, then the next group's."""
    mine = for_staff(staff).exclude(pk=task.pk)
    here = mine.filter(space_id=task.space_id).order_by("due_at", "id").first()
    return here or in_order(mine).first()


@dataclass(frozen=True, slots=True)
class Group:
    """Tasks of one group, or of none: `name` is '' then."""

    name: str
    space_id: str
    tasks: tuple[Task, ...]


@dataclass(frozen=True, slots=True)
class Batch:
    """Tasks that ask for the same thing in different groups, such as one post to fifty of them."""

    first: Task
    tasks: tuple[Task, ...]

    @property
    def is_plain(self) -> bool:
        """Whether a tick is all it takes: nothing to answer and no picture needed."""
        return not any(ask.required for ask in self.first.questions) and (
            self.first.proofs_wanted != Proofs.REQUIRED
        )


def by_group(tasks: Sequence[Task]) -> list[Group]:
    """The tasks in order, put together by group."""
    found: dict[str, list[Task]] = {}
    for task in tasks:
        found.setdefault(task.space_id or "", []).append(task)
    return [
        Group(several[0].space.name if several[0].space else "", key, tuple(several))
        for key, several in found.items()
    ]


def by_batch(tasks: Sequence[Task]) -> list[Batch]:
    """The tasks put together by what they ask for: the line of a checklist, or the words to paste."""
    found: dict[tuple[str, ...], list[Task]] = {}
    for task in tasks:
        own = (task.checklist_id or "", task.item, task.day) if task.checklist_id else (task.kind, task.paste)
        key = own if any(own[1:]) else (task.pk,)
        found.setdefault(key, []).append(task)
    return [Batch(several[0], tuple(several)) for several in found.values()]


def late(tasks: QuerySet[Task], now: datetime) -> QuerySet[Task]:
    """Those whose time is over."""
    return tasks.filter(due_at__lt=now)
