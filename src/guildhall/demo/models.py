"""State of the demo: one row that says what was made up, so that exactly that can be taken away again."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from guildhall.core import clock

ONLY = 1
"""There is one world at most, and this is its key."""


class World(models.Model):
    """The demo of this house. The row stays when the demo is gone: then it does not come back by itself.

    `ends`: the moment its past ends at. `done` of `total` steps of building or removing are taken. `spaces`,
    `accounts` (those met in the demo's spaces, noted for removal) and `staff` are keys of what belongs to it.
    """

    class State(models.TextChoices):
        BUILDING = "building", _("being built")
        READY = "ready", _("ready")
        REMOVING = "removing", _("being removed")
        REMOVED = "removed", _("gone")

    id = models.PositiveSmallIntegerField(primary_key=True, default=ONLY)
    seed = models.BigIntegerField()
    ends = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State.choices)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    spaces = models.JSONField(default=list)
    staff = models.JSONField(default=list)
    accounts = models.JSONField(default=list)
    changed_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = (models.CheckConstraint(condition=Q(id=ONLY), name="world_only_one"),)

    def __str__(self) -> str:
        return f"seed {self.seed}, {self.state}"

    @property
    def percent(self) -> int:
        """How far building or removing has come."""
        return 100 * self.done // self.total if self.total else 0
