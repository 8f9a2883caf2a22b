"""State of SLA policies: which promises hold for which tickets, each version of them kept for good."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from guildhall.core import clock
from guildhall.core.ids import IdField
from guildhall.core.text import Text


class SlaPolicy(models.Model):
    """Promises for a kind of ticket. The first by `order` whose `match` fits a ticket holds for it.

    `name` is {en, zh}; `match` as `desk.policies.Match` reads it.
    """

    id = IdField()
    name = models.JSONField(default=dict)
    order = models.PositiveSmallIntegerField(default=100)
    match = models.JSONField(default=dict)
    created_by = models.CharField(max_length=60)
    created_at = models.DateTimeField(default=clock.now)
    changed_at = models.DateTimeField(default=clock.now)
    archived_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("SLA policy")
        verbose_name_plural = _("SLA policies")

    def __str__(self) -> str:
        return str(self.called)

    @property
    def called(self) -> Text:
        """Its name."""
        return Text.from_json(self.name)


class PolicyVersion(models.Model):
    """One version of a policy; once in force its content never changes. Tickets and clocks name it by `pk`.

    `content`: calendars, targets and pause as docs/clocks.md writes them; `warn`: at which shares of a target
    (per cent) somebody is warned; `chain`: the id of the escalation chain, '' for none.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        IN_FORCE = "in_force", _("in force")
        SUPERSEDED = "superseded", _("superseded")
        DISCARDED = "discarded", _("put away")

    number = models.BigAutoField(primary_key=True)
    policy = models.ForeignKey(SlaPolicy, on_delete=models.PROTECT, related_name="versions")
    version = models.PositiveIntegerField()
    content = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    note = models.CharField(max_length=1000, blank=True)
    edits = models.PositiveIntegerField(default=0)
    """Counts changes, so that two people do not overwrite each other."""
    created_by = models.CharField(max_length=60)
    created_at = models.DateTimeField(default=clock.now)
    in_force_by = models.CharField(max_length=60, blank=True)
    in_force_at = models.DateTimeField(null=True)
    superseded_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("version of an SLA policy")
        verbose_name_plural = _("versions of SLA policies")
        constraints = (
            models.UniqueConstraint(fields=["policy", "version"], name="sla_version_once"),
            models.UniqueConstraint(
                fields=["policy"], name="sla_one_in_force", condition=Q(state="in_force")
            ),
        )

    def __str__(self) -> str:
        return f"{self.policy} v{self.version}"
