"""State of the work room: tasks, their proofs, and the checklists they come back from.

A task is written by `actions` only and is never deleted while somebody may ask what was done; what it says
to people stands in both languages. The dedupe key holds what must not be asked for twice.
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from guildhall.channels.models import Space
from guildhall.core import clock
from guildhall.core.ids import IdField
from guildhall.core.text import Text
from guildhall.people.models import Staff
from guildhall.work.asking import Ask, Proofs
from guildhall.work.models_duty import (
    Cover,
    DutyKind,
    FeedKey,
    Leave,
    Need,
    Pattern,
    Shift,
    Swap,
)

__all__ = [
    "Checklist",
    "Cover",
    "DutyKind",
    "FeedKey",
    "Leave",
    "Need",
    "Pattern",
    "Proof",
    "Shift",
    "Swap",
    "Task",
]


class Checklist(models.Model):
    """What is to be done again on every given weekday, once for the house or once for each of its groups.

    `weekdays` counts Monday as 0; `opens` and `due` are minutes of the day in `zone`, the due one at least
    the opening one. `items` as `asking.Item` reads them. `name` is English and Chinese ({en, zh}).
    """

    id = IdField()
    name = models.JSONField(default=dict)
    weekdays = models.JSONField(default=list)
    opens = models.PositiveSmallIntegerField(default=9 * 60)
    due = models.PositiveSmallIntegerField(default=18 * 60)
    zone = models.CharField(max_length=60, default="UTC")
    items = models.JSONField(default=list)
    spaces: models.ManyToManyField[Space, Any] = models.ManyToManyField(
        Space, related_name="checklists", blank=True
    )
    role = models.CharField(max_length=30, blank=True)
    assigned_to = models.ForeignKey(Staff, on_delete=models.SET_NULL, null=True, related_name="+")
    paused_at = models.DateTimeField(null=True)
    archived_at = models.DateTimeField(null=True)
    made_by = models.CharField(max_length=60)
    made_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("checklist")
        verbose_name_plural = _("checklists")

    def __str__(self) -> str:
        return str(self.called)

    @property
    def called(self) -> Text:
        """Its name."""
        return Text.from_json(self.name)


class Task(models.Model):
    """One thing a person has to do. `kind` is known to `kinds`, which says what follows when it is done.

    `paste` is what is to be copied, ready as it is. `asks` are the questions answered with it, `result` the
    answers by name. `data` belongs to the room that opened it. `day` (ISO) is set for a checklist's.
    """

    class State(models.TextChoices):
        OPEN = "open", _("to do")
        DONE = "done", _("done")
        SKIPPED = "skipped", _("skipped")
        MISSED = "missed", _("missed")
        CANCELLED = "cancelled", _("no longer needed")

    id = IdField()
    kind = models.CharField(max_length=40)
    title = models.JSONField(default=dict)
    notes = models.JSONField(default=dict)
    paste = models.TextField(blank=True)
    subject = models.CharField(max_length=80, blank=True)
    """What it is about, as audit names it: `broadcast:01H…`, `assisted_post:01H…`."""
    space = models.ForeignKey(
        Space, on_delete=models.CASCADE, null=True, related_name="tasks", db_index=False
    )
    due_at = models.DateTimeField(null=True)
    role = models.CharField(max_length=30, blank=True)
    assigned_to = models.ForeignKey(Staff, on_delete=models.SET_NULL, null=True, related_name="tasks")
    proofs_wanted = models.CharField(
        max_length=8, choices=[(each.value, each.value) for each in Proofs], default=Proofs.OPTIONAL.value
    )
    asks = models.JSONField(default=list)
    data = models.JSONField(default=dict)
    state = models.CharField(max_length=9, choices=State.choices, default=State.OPEN)
    result = models.JSONField(default=dict)
    reason = models.CharField(max_length=300, blank=True)
    """Why it was skipped or is no longer needed."""
    dedupe_key = models.CharField(max_length=190, null=True, unique=True)
    checklist = models.ForeignKey(Checklist, on_delete=models.SET_NULL, null=True, related_name="tasks")
    item = models.CharField(max_length=26, blank=True)
    day = models.CharField(max_length=10, blank=True)
    made_by = models.CharField(max_length=60)
    made_at = models.DateTimeField(default=clock.now)
    closed_by = models.CharField(max_length=60, blank=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("task")
        verbose_name_plural = _("tasks")
        indexes = (
            models.Index(fields=["due_at", "id"], name="task_open", condition=Q(state="open")),
            models.Index(fields=["space", "id"], name="task_space"),
            models.Index(fields=["subject"], name="task_subject"),
            models.Index(fields=["closed_at", "id"], name="task_closed"),
        )

    def __str__(self) -> str:
        return str(self.called)

    @property
    def called(self) -> Text:
        """Its title."""
        return Text.from_json(self.title)

    @property
    def explained(self) -> Text:
        """Its notes."""
        return Text.from_json(self.notes or {"en": "", "zh": ""})

    @property
    def questions(self) -> tuple[Ask, ...]:
        """What is answered with it."""
        return tuple(Ask.from_json(one) for one in self.asks)


class Proof(models.Model):
    """A picture that shows that a task was done. Kept in the database, so that a backup has it too.

    `digest` is the SHA-256 of the bytes as kept, `size` in bytes.
    """

    id = IdField()
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="proofs")
    name = models.CharField(max_length=120)
    mime = models.CharField(max_length=80)
    size = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    body = models.BinaryField()
    by = models.CharField(max_length=60)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("proof")
        verbose_name_plural = _("proofs")
        constraints = (models.UniqueConstraint(fields=["task", "digest"], name="proof_once"),)

    def __str__(self) -> str:
        return self.name
