"""Kinds of tasks, and what follows when one is closed. Rooms add theirs when Django starts.

A listener runs inside the transaction that closes the task, so what it says and what follows are one
decision. A task of a kind nobody knows is an ordinary one: nothing follows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from django.db.models import Q

from guildhall.core.text import Text

if TYPE_CHECKING:
    from guildhall.people.models import Staff
    from guildhall.work.models import Task

Closed: TypeAlias = "Callable[[Task, str], None]"
"""Given the task as it stands after it was closed, and the actor."""
Whose: TypeAlias = "Callable[[Staff], Q | None]"
"""Which tasks of the kind a colleague may see and do; None: all of them."""


@dataclass(frozen=True, slots=True)
class KindOfTask:
    """`done` when it was done, `given_up` when it was skipped, missed or cancelled. `whose`: for a kind that
    is not everybody's; without it whoever sees tasks sees those of the kind.
    """

    name: str
    label: Text
    done: Closed | None = None
    given_up: Closed | None = None
    whose: Whose | None = None


ITEM = KindOfTask("item", Text("Checklist", "清单事项"))
BY_HAND = KindOfTask("by_hand", Text("By hand", "人工处理"))
_kinds: dict[str, KindOfTask] = {ITEM.name: ITEM, BY_HAND.name: BY_HAND}


def add(kind: KindOfTask) -> None:
    """Make a kind known; a second one of the same name replaces the first."""
    _kinds[kind.name] = kind


def of(name: str) -> KindOfTask:
    """The kind of that name; one nobody knows is like a task by hand."""
    return _kinds.get(name) or KindOfTask(name, BY_HAND.label)


def seen_by(staff: Staff) -> Q:
    """The condition that a task is one this colleague may see and do."""
    seen = Q()
    for kind in _kinds.values():
        own = kind.whose(staff) if kind.whose is not None else None
        if own is not None:
            seen &= ~Q(kind=kind.name) | own
    return seen
