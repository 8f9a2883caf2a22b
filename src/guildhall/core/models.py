"""State that belongs to no room in particular: audit, secrets, proposals, and how the processes are."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from guildhall.core import clock
from guildhall.core.ids import IdField


class AuditSeal(models.Model):
    """One link of the chain: `hash` (SHA-256, hex) covers the link before, this row and its `leaves`.

    `leaves` holds the 32-byte hash of each entry in id order, so that a broken link names the broken entry.
    """

    seq = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField(default=clock.now)
    count = models.PositiveIntegerField()
    first_id = models.CharField(max_length=26)
    last_id = models.CharField(max_length=26)
    prev_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)
    leaves = models.BinaryField()


class AuditEntry(models.Model):
    """One deed. Database triggers refuse every change but the setting of `seal`, and every removal."""

    id = IdField()
    at = models.DateTimeField()
    actor = models.CharField(max_length=80)
    verb = models.CharField(max_length=60)
    subject = models.CharField(max_length=120)
    data = models.JSONField(default=dict)
    seal = models.ForeignKey(AuditSeal, models.PROTECT, null=True, related_name="entries")

    class Meta:
        verbose_name_plural = "audit entries"
        indexes = [
            models.Index(fields=["subject", "id"], name="audit_subject"),
            models.Index(fields=["actor", "id"], name="audit_actor"),
            models.Index(fields=["verb", "id"], name="audit_verb"),
            models.Index(fields=["id"], name="audit_unsealed", condition=Q(seal=None)),
        ]


class Secret(models.Model):
    """A value encrypted at rest; `key_id` names the key of the ring that opens it."""

    name = models.CharField(max_length=120, primary_key=True)
    ciphertext = models.BinaryField()
    key_id = models.CharField(max_length=40)
    updated_at = models.DateTimeField(default=clock.now)


class Proposal(models.Model):
    """Something that needs a second pair of eyes before it is carried out."""

    class State(models.TextChoices):
        PROPOSED = "proposed"
        CARRIED_OUT = "carried_out"
        REJECTED = "rejected"
        WITHDRAWN = "withdrawn"
        EXPIRED = "expired"
        FAILED = "failed"

    id = IdField()
    kind = models.CharField(max_length=60)
    subject = models.CharField(max_length=120)
    payload = models.JSONField()
    content_hash = models.CharField(max_length=64)
    state = models.CharField(max_length=12, choices=State.choices, default=State.PROPOSED)
    proposed_by = models.CharField(max_length=80)
    proposed_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=80, default="", blank=True)
    decided_at = models.DateTimeField(null=True)
    reason = models.TextField(default="", blank=True)

    class Meta:
        indexes = [models.Index(fields=["state", "id"], name="proposal_state")]


class ProposalApproval(models.Model):
    """One yes. It holds for the content whose hash it names and for no other."""

    id = models.BigAutoField(primary_key=True)
    proposal = models.ForeignKey(Proposal, models.CASCADE, related_name="approvals")
    by = models.CharField(max_length=80)
    at = models.DateTimeField(default=clock.now)
    content_hash = models.CharField(max_length=64)
    voided_at = models.DateTimeField(null=True)


class Beat(models.Model):
    """A sign of life of one process, renewed every few seconds. `id` is `process@host:pid`."""

    id = models.CharField(max_length=200, primary_key=True)
    process = models.CharField(max_length=100)
    host = models.CharField(max_length=80)
    pid = models.PositiveIntegerField()
    started_at = models.DateTimeField()
    at = models.DateTimeField()
    detail = models.JSONField(default=dict)
