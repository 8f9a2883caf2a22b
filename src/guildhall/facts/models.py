"""What the facts room keeps in state: rows waiting to be shipped, rows put aside, what each shipment brought,
and what the tables looked like when they were last measured.

Facts themselves are never here. Everything but `Staged` and the decisions about `Aside` can be made again.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from guildhall.core import clock
from guildhall.core.ids import IdField


class Staged(models.Model):
    """A row born in the transaction of its cause; the shipper takes it away once it stands in its table."""

    id = models.BigAutoField(primary_key=True)
    table = models.CharField(max_length=40)
    row = models.JSONField()
    at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes = (models.Index(fields=["table", "id"], name="facts_staged_table"),)

    def __str__(self) -> str:
        return f"{self.table} {self.pk}"


class Aside(models.Model):
    """A row that was not taken in: in conflict with a fact of the same key, or refused for what it holds.

    `came` is the row in full, `there` the fact it contradicts; `digest` names key and body, so that the same
    row again is not put aside twice.
    """

    class Kind(models.TextChoices):
        CONFLICT = "conflict", _("conflict")
        REFUSED = "refused", _("refused")

    class State(models.TextChoices):
        OPEN = "open", _("undecided")
        ACCEPTED = "accepted", _("accepted as a correction")
        RESUBMITTED = "resubmitted", _("sent again")
        DISMISSED = "dismissed", _("dismissed")

    id = IdField()
    table = models.CharField(max_length=40)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    state = models.CharField(max_length=12, choices=State.choices, default=State.OPEN)
    digest = models.CharField(max_length=32)
    key = models.JSONField(default=dict)
    came = models.JSONField()
    there = models.JSONField(null=True)
    why = models.JSONField(default=dict)
    """A sentence {en, zh}."""
    batch_id = models.CharField(max_length=200)
    source = models.CharField(max_length=120)
    at = models.DateTimeField(default=clock.now)
    decided_by = models.CharField(max_length=60, blank=True)
    decided_at = models.DateTimeField(null=True)
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name = _("row put aside")
        verbose_name_plural = _("rows put aside")
        constraints = (models.UniqueConstraint(fields=["table", "digest"], name="factsaside_once"),)
        indexes = (models.Index(fields=["state", "table", "id"], name="facts_aside_state"),)

    def __str__(self) -> str:
        return f"{self.table} {self.kind} {self.pk}"


class Shipment(models.Model):
    """What one batch brought to one table. `version` is the table's after it."""

    id = IdField()
    table = models.CharField(max_length=40)
    batch_id = models.CharField(max_length=200)
    source = models.CharField(max_length=120)
    at = models.DateTimeField(default=clock.now)
    new = models.BigIntegerField(default=0)
    same = models.BigIntegerField(default=0)
    conflicts = models.BigIntegerField(default=0)
    refused = models.BigIntegerField(default=0)
    version = models.BigIntegerField()

    class Meta:
        indexes = (models.Index(fields=["table", "id"], name="facts_shipment_table"),)

    def __str__(self) -> str:
        return f"{self.table} {self.batch_id}"


class Measure(models.Model):
    """A table as it was last measured. `months`: rows and bytes of each month; `days`: rows of each day."""

    table = models.CharField(max_length=40, primary_key=True)
    version = models.BigIntegerField()
    rows = models.BigIntegerField()
    files = models.BigIntegerField()
    size = models.BigIntegerField()
    months = models.JSONField(default=dict)
    days = models.JSONField(default=dict)
    at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return self.table
