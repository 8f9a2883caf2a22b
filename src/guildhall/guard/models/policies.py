"""State of the guard's policies: how right verdicts of each kind were measured, and what checks before a
policy comes into force found.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from guildhall.core.ids import IdField
from guildhall.guard.models.base import ACTOR_LENGTH, Policy


class MeasuredKind(models.Model):
    """Decided verdicts that called for punishment, counted by the family that led them: in one space, in one
    language, or (both empty) in the whole house. Written by the job `guard.measure` alone.
    """

    family = models.CharField(max_length=10)
    space_id = models.CharField(max_length=26, blank=True)
    language = models.CharField(max_length=10, blank=True)
    decided = models.PositiveIntegerField()
    right = models.PositiveIntegerField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["family", "space_id", "language"], name="measuredkind_once"),
        )

    def __str__(self) -> str:
        return f"{self.family} {self.space_id or self.language}: {self.right}/{self.decided}"


class ReachCheck(models.Model):
    """Whom a policy would have punished over the last seven days, worked out before it may come into force.

    `intent` is what it was worked out for: {"version": id} or {"space": id}; `sha256` is of the source that
    was judged, `against` says which policies were in force then. `result`: see `guard.reach.empty`.
    `why` {en, zh} stands beside a refusal and where it could not be finished.
    """

    class State(models.TextChoices):
        RUNNING = "running", _("being checked")
        PASSED = "passed", _("passed")
        REFUSED = "refused", _("refused")
        UNFINISHED = "unfinished", _("not finished")
        VOID = "void", _("void")

    id = IdField()
    policy = models.ForeignKey(Policy, on_delete=models.CASCADE, related_name="checks")
    number = models.PositiveIntegerField()
    source_yaml = models.TextField()
    sha256 = models.CharField(max_length=64)
    against = models.CharField(max_length=64)
    intent = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State.choices, default=State.RUNNING)
    why = models.JSONField(default=dict)
    since = models.DateTimeField()
    until = models.DateTimeField()
    cursor = models.CharField(max_length=26, blank=True)
    seen = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    result = models.JSONField(default=dict)
    proposal_id = models.CharField(max_length=40, blank=True)
    """The request to let it pass all the same, if somebody made one."""
    started_at = models.DateTimeField()
    started_by = models.CharField(max_length=ACTOR_LENGTH)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (models.Index(fields=["sha256", "-id"], name="reachcheck_source"),)

    def __str__(self) -> str:
        return f"{self.policy_id} {self.number}: {self.state}"
