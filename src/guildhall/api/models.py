"""The one thing the API remembers: how it answered a write that carried an idempotency key."""

from __future__ import annotations

from django.db import models

from guildhall.core import clock


class IdempotentCall(models.Model):
    """One answered write. The same caller and key get the same answer; with another request they get a
    conflict."""

    id = models.BigAutoField(primary_key=True)
    actor = models.CharField(max_length=80)
    key = models.CharField(max_length=120)
    request_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    answer = models.JSONField()
    at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["actor", "key"], name="idempotent_once")]
        indexes = [models.Index(fields=["at"], name="idempotent_at")]
