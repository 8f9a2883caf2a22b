"""State of live clocks: where each clock of each ticket stands, and chains of what is done when one runs out.

A clock's row is a copy: `desk.clocking` can reckon it anew from the ticket's timeline at any time. What only
the row knows is what was already told of it (`warned_at`, `announced_at`).
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from guildhall.core import clock
from guildhall.core.ids import IdField
from guildhall.desk.models.tickets import Ticket


class Clock(models.Model):
    """One clock of one ticket (docs/clocks.md), as it stood at `as_of`.

    `elapsed_seconds`: counted seconds up to `as_of`; `due_at` as CLK-12, null once breached. `calendar`: the
    name of the target's calendar in `policy_version`, '' without a target. `warn_at`: when `warn_share` per
    cent of the target will be used up, null when nothing is left to warn of; `warned_share`: the largest
    share somebody was warned of. `announced_at`: when the house was told of the breach.
    """

    class Metric(models.TextChoices):
        FIRST_RESPONSE = "first_response", _("first response")
        NEXT_RESPONSE = "next_response", _("next response")
        RESOLUTION = "resolution", _("resolution")

    class State(models.TextChoices):
        RUNNING = "running", _("counting")
        PAUSED = "paused", _("on hold")
        MET = "met", _("met")
        MERGED = "merged", _("ended by merging")

    id = models.BigAutoField(primary_key=True)
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="clocks", db_index=False)
    metric = models.CharField(max_length=16, choices=Metric.choices)
    instance = models.PositiveIntegerField(default=1)
    started_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State.choices)
    elapsed_seconds = models.BigIntegerField(default=0)
    as_of = models.DateTimeField()
    target_seconds = models.BigIntegerField(null=True)
    calendar = models.TextField(blank=True)
    policy_version = models.PositiveBigIntegerField(null=True)
    due_at = models.DateTimeField(null=True)
    warn_at = models.DateTimeField(null=True)
    warn_share = models.PositiveSmallIntegerField(default=0)
    warned_share = models.PositiveSmallIntegerField(default=0)
    warned_at = models.DateTimeField(null=True)
    met_at = models.DateTimeField(null=True)
    breached_at = models.DateTimeField(null=True)
    announced_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("clock")
        verbose_name_plural = _("clocks")
        constraints = (
            models.UniqueConstraint(fields=["ticket", "metric", "instance"], name="clock_once"),
            models.CheckConstraint(
                condition=Q(due_at__isnull=True) | Q(state="running", breached_at__isnull=True),
                name="clock_due_only_while_it_runs",
            ),
        )
        indexes = (
            models.Index(fields=["due_at", "id"], name="clock_due", condition=Q(due_at__isnull=False)),
            models.Index(fields=["warn_at", "id"], name="clock_warn", condition=Q(warn_at__isnull=False)),
            models.Index(
                fields=["breached_at", "id"],
                name="clock_untold",
                condition=Q(breached_at__isnull=False, announced_at__isnull=True),
            ),
            models.Index(
                fields=["id"],
                name="clock_far",
                condition=Q(
                    state="running",
                    due_at__isnull=True,
                    breached_at__isnull=True,
                    target_seconds__isnull=False,
                ),
            ),
        )

    def __str__(self) -> str:
        return f"{self.ticket_id} {self.metric} {self.instance}"

    @property
    def is_unmet(self) -> bool:
        """Whether somebody still has to meet it."""
        return self.state in (self.State.RUNNING, self.State.PAUSED)


class ChainStep(models.Model):
    """A step of a chain that was carried out for a clock, or need not be: `outcome` says what came of it.

    There is one for each step, so that no step is done twice. `number` counts from 0 within the chain.
    """

    class Outcome(models.TextChoices):
        DONE = "done", _("done")
        NOBODY = "nobody", _("nobody was found")
        NOT_NEEDED = "not_needed", _("not needed any more")

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(default=clock.now)
    clock = models.ForeignKey(Clock, on_delete=models.CASCADE, related_name="steps", db_index=False)
    since = models.CharField(max_length=8)
    number = models.PositiveSmallIntegerField()
    do = models.CharField(max_length=10)
    outcome = models.CharField(max_length=10, choices=Outcome.choices)

    class Meta:
        verbose_name = _("step of a chain that was taken")
        verbose_name_plural = _("steps of chains that were taken")
        constraints = (models.UniqueConstraint(fields=["clock", "since", "number"], name="chain_step_once"),)

    def __str__(self) -> str:
        return f"{self.clock_id} {self.since} {self.number}"


class EscalationChain(models.Model):
    """What is done, step by step, when a clock runs short or runs out. `steps` as `desk.chains.Step` reads
    them.
    """

    id = IdField()
    name = models.CharField(max_length=80, unique=True)
    steps = models.JSONField(default=list)
    revision = models.PositiveIntegerField(default=0)
    changed_by = models.CharField(max_length=60)
    changed_at = models.DateTimeField(default=clock.now)
    archived_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("escalation chain")
        verbose_name_plural = _("escalation chains")

    def __str__(self) -> str:
        return self.name
