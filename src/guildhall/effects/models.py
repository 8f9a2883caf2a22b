"""The rows of the engine. Everything that claims or counts goes through partial indexes.

A million finished effects therefore cost a claim nothing: finished rows are in none of the indexes it
reads. `waiting_for` says why a queued effect is not ready: its time, an earlier effect of its key, or a
bucket's tokens.
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q

from guildhall.core import clock
from guildhall.core.ids import IdField
from guildhall.effects.fields import JsonText
from guildhall.effects.types import Mode, State


class Effect(models.Model):
    """Something to be done later or outside. `id` grows in commit order within one `order_key`."""

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=80)
    payload = JsonText(default=dict)
    mode = models.CharField(max_length=10, choices=[(m.value, m.value) for m in Mode])
    order_key = models.CharField(max_length=200, default="", db_default="")
    buckets = JsonText(default=list)
    unique_key = models.CharField(max_length=200, null=True)
    priority = models.SmallIntegerField(default=100)
    due_at = models.DateTimeField(default=clock.now)
    state = models.CharField(max_length=10, default="queued", db_default="queued")
    waiting_for = models.CharField(max_length=120, default="", db_default="")
    attempts = models.IntegerField(default=0, db_default=0)
    lease_owner = models.CharField(max_length=100, default="", db_default="")
    lease_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=clock.now)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    error = models.TextField(default="", db_default="")
    result = JsonText(null=True)
    cause = models.CharField(max_length=200, default="", db_default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["unique_key"], condition=Q(unique_key__isnull=False), name="effect_unique_key"
            ),
            models.CheckConstraint(
                condition=Q(state__in=[s.value for s in State]), name="effect_state_is_known"
            ),
            models.CheckConstraint(
                condition=Q(mode="once") | ~Q(state__in=["running", "uncertain"]),
                name="effect_only_once_can_be_uncertain",
            ),
        ]
        indexes = [
            models.Index(
                fields=["waiting_for", "priority", "id"], name="effect_queue", condition=Q(state="queued")
            ),
            models.Index(
                fields=["due_at"], name="effect_due", condition=Q(state="queued", waiting_for="time")
            ),
            models.Index(
                fields=["order_key", "id"],
                name="effect_key_live",
                condition=Q(order_key__gt="", state__in=["queued", "leased", "running"]),
            ),
            models.Index(
                fields=["order_key"],
                name="effect_key_in_hand",
                condition=Q(order_key__gt="", state__in=["leased", "running"]),
            ),
            models.Index(
                fields=["lease_until"], name="effect_lease", condition=Q(state__in=["leased", "running"])
            ),
            # For pages and reports, which may list by state, kind or cause among a million.
            models.Index(fields=["state", "id"], name="effect_state"),
            models.Index(fields=["kind", "id"], name="effect_kind"),
            models.Index(fields=["cause", "id"], name="effect_cause"),
            models.Index(
                fields=["finished_at"], name="effect_finished", condition=Q(state__in=["done", "cancelled"])
            ),
        ]


class Bucket(models.Model):
    """One token bucket's level: pico-tokens at a microsecond. `wake_at` is set while effects wait for
    it.
    """

    name = models.CharField(max_length=100, primary_key=True)
    tokens = models.BigIntegerField()
    at = models.BigIntegerField()
    wake_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["wake_at"], name="bucket_wake", condition=Q(wake_at__isnull=False))]


class ScheduleState(models.Model):
    """How far a schedule has come: ticks up to `last_at` are queued or, after a pause, collapsed."""

    name = models.CharField(max_length=100, primary_key=True)
    expression = models.CharField(max_length=100)
    zone = models.CharField(max_length=60)
    last_at = models.DateTimeField()


class Leader(models.Model):
    """Who does a thing that only one process should do, until when."""

    name = models.CharField(max_length=40, primary_key=True)
    owner = models.CharField(max_length=100)
    until = models.DateTimeField()


class WebhookEndpoint(models.Model):
    """A receiver of announcements. Its signing secret is in `core.secrets` under `secret_name`.

    `failing_since`: no delivery got through since then (null: the last one did); `failures` counts them.
    Until `quiet_until` an endpoint that keeps failing is spared. `disabled_at`: when the house gave it up by
    itself. `old_secret_until`: requests are signed with the secret before, too, until then.
    """

    id = IdField()
    url = models.CharField(max_length=500)
    events = models.JSONField(default=list)
    enabled = models.BooleanField(default=True)
    note = models.CharField(max_length=200, default="", blank=True)
    created_at = models.DateTimeField(default=clock.now)
    failing_since = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)
    quiet_until = models.DateTimeField(null=True)
    disabled_at = models.DateTimeField(null=True)
    old_secret_until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.url

    @property
    def secret_name(self) -> str:
        return f"webhook:{self.id}"

    @property
    def old_secret_name(self) -> str:
        return f"webhook:{self.id}:before"

    def wants(self, event: str) -> bool:
        """Whether it subscribed to an event: by its name, by `family.*`, or to all by `*`."""
        return any(
            pattern in ("*", event) or (pattern.endswith(".*") and event.startswith(pattern[:-1]))
            for pattern in self.events
        )


class WebhookDelivery(models.Model):
    """One announcement on its way to one endpoint, and what became of every try.

    `announcement` is the Idempotency-Key and the `id` in `body`: the same for every endpoint and every try.
    `round` counts how often it was queued (1, and one more each time a person sent it again), `step` the
    tries of this round, `attempts` all of them. `tries`: the latest ones, oldest first, each
    {at, status, ms, said}; `status` is HTTP's, 0 when nothing answered.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        DELIVERED = "delivered"
        FAILED = "failed"

    id = IdField()
    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.CASCADE, related_name="deliveries")
    announcement = models.CharField(max_length=26)
    event = models.CharField(max_length=80)
    body = models.TextField()
    state = models.CharField(
        max_length=10, choices=State.choices, default=State.WAITING, db_default="waiting"
    )
    round = models.PositiveSmallIntegerField(default=1, db_default=1)
    step = models.PositiveSmallIntegerField(default=0, db_default=0)
    attempts = models.PositiveIntegerField(default=0, db_default=0)
    tries = JsonText(default=list)
    announced_at = models.DateTimeField(default=clock.now)
    queued_at = models.DateTimeField(default=clock.now)
    next_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["endpoint", "announcement"], name="webhook_delivery_once"),
        ]
        indexes = [
            models.Index(fields=["endpoint", "state", "id"], name="webhook_delivery_state"),
            models.Index(fields=["announced_at"], name="webhook_delivery_age"),
            models.Index(fields=["next_at"], name="webhook_delivery_due", condition=Q(state="waiting")),
        ]

    def __str__(self) -> str:
        return self.id

    @property
    def last(self) -> dict[str, Any]:
        """The latest try; empty before the first."""
        return self.tries[-1] if self.tries else {}
