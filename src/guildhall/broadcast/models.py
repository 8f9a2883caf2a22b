"""State of the broadcast room: what is to be said, each sending of it, and what became of it in every place.

A version is never changed once written; a run pins one, so that what went out can always be read again. What
is held, sent or in doubt is a column with a constraint; who may change it is decided in `actions`.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from guildhall.core import clock
from guildhall.core.ids import IdField


class Broadcast(models.Model):
    """Something said to many. `origin` names the room that asked for it, '' when a person wrote it; `subject`
    is what it is about there (`campaign:01H…`).
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        WAITING = "waiting", _("waits for approval")
        ARMED = "armed", _("scheduled")
        ENDED = "ended", _("sent")
        DISCARDED = "discarded", _("put away")

    id = IdField()
    name = models.CharField(max_length=120)
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    version = models.PositiveIntegerField(default=1)
    """The number of the version that counts now."""
    next_at = models.DateTimeField(null=True)
    """While scheduled: when the next sending begins."""
    proposal = models.CharField(max_length=26, blank=True)
    origin = models.CharField(max_length=40, blank=True)
    subject = models.CharField(max_length=80, blank=True)
    created_by = models.CharField(max_length=60)
    created_at = models.DateTimeField(default=clock.now)
    changed_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("broadcast")
        verbose_name_plural = _("broadcasts")
        indexes = (
            models.Index(fields=["state", "id"], name="broadcast_state"),
            models.Index(fields=["next_at"], name="broadcast_next", condition=Q(next_at__isnull=False)),
        )

    def __str__(self) -> str:
        return self.name


class Version(models.Model):
    """One wording of a broadcast with its audience and schedule, whole. `act` is what compliance is asked
    for; `approved_targets` how many places were approved, null when nobody had to.
    """

    broadcast = models.ForeignKey(
        Broadcast, on_delete=models.CASCADE, related_name="versions", db_index=False
    )
    number = models.PositiveIntegerField()
    act = models.CharField(max_length=20)
    content = models.JSONField()
    audience = models.JSONField()
    schedule = models.JSONField()
    by = models.CharField(max_length=60)
    at = models.DateTimeField(default=clock.now)
    approved_by = models.CharField(max_length=60, blank=True)
    approved_targets = models.PositiveIntegerField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["broadcast", "number"], name="broadcastversion_once"),)

    def __str__(self) -> str:
        return f"{self.broadcast_id} v{self.number}"


class Run(models.Model):
    """One sending. `chain` counts the turns' chains: an effect of an older one does nothing."""

    class State(models.TextChoices):
        PLANNED = "planned", _("being planned")
        RUNNING = "running", _("going out")
        PAUSED = "paused", _("paused")
        STOPPED = "stopped", _("stopped")
        FINISHED = "finished", _("finished")
        MISSED = "missed", _("missed its time")
        BLOCKED = "blocked", _("needs approval again")

    id = IdField()
    broadcast = models.ForeignKey(Broadcast, on_delete=models.PROTECT, related_name="runs", db_index=False)
    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="runs")
    due_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.PLANNED)
    targets = models.PositiveIntegerField(default=0)
    chain = models.PositiveIntegerField(default=0)
    turned_at = models.DateTimeField(null=True)
    started_by = models.CharField(max_length=60)
    started_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=60, blank=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["broadcast", "due_at"], name="broadcastrun_once"),)
        indexes = (models.Index(fields=["state", "id"], name="broadcastrun_state"),)

    def __str__(self) -> str:
        return self.id


class Rendering(models.Model):
    """What one kind of place gets in a run: the words with what compliance added, or why it gets nothing.

    `reasons` are those of compliance (`rule`, `version`, `en`, `zh`, `blocks`); `why` is a sentence {en, zh}
    when nothing goes, `held` whose word that is: compliance, wording or platform.
    """

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="renderings", db_index=False)
    platform = models.CharField(max_length=30)
    language = models.CharField(max_length=10)
    region = models.CharField(max_length=6, blank=True)
    said_in = models.CharField(max_length=10, blank=True)
    text = models.TextField(blank=True)
    buttons = models.JSONField(default=list)
    files = models.JSONField(default=list)
    reasons = models.JSONField(default=list)
    held = models.CharField(max_length=12, blank=True)
    why = models.JSONField(default=dict)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["run", "platform", "language", "region"], name="rendering_once"),
        )

    def __str__(self) -> str:
        return f"{self.run_id} {self.platform} {self.language} {self.region}"


class Delivery(models.Model):
    """A run in one place. `attempt` counts its sendings from 1; with it an effect's key is made.

    `afterwards` is what was asked of it once it stood there: taken back or corrected.
    """

    class State(models.TextChoices):
        PLANNED = "planned", _("not yet sent")
        HELD = "held", _("held back")
        QUEUED = "queued", _("on its way")
        WAITING = "waiting", _("waits for a person")
        SENT = "sent", _("sent")
        FAILED = "failed", _("failed")
        UNCERTAIN = "uncertain", _("uncertain")
        CANCELLED = "cancelled", _("cancelled")

    class After(models.TextChoices):
        NOTHING = "", _("as sent")
        CORRECTING = "correcting", _("being corrected")
        CORRECTED = "corrected", _("corrected")
        REMOVING = "removing", _("being taken back")
        REMOVED = "removed", _("taken back")
        CANNOT = "cannot", _("cannot be changed there")

    id = IdField()
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="deliveries", db_index=False)
    space = models.ForeignKey("channels.Space", on_delete=models.PROTECT, related_name="+")
    thread_id = models.CharField(max_length=190, blank=True)
    account = models.ForeignKey("people.Account", on_delete=models.SET_NULL, null=True, related_name="+")
    rendering = models.ForeignKey(
        Rendering, on_delete=models.PROTECT, related_name="deliveries", db_index=False
    )
    lane = models.CharField(max_length=120)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PLANNED)
    due_at = models.DateTimeField()
    attempt = models.PositiveIntegerField(default=1)
    effect_id = models.BigIntegerField(null=True)
    message_id = models.CharField(max_length=26, blank=True)
    why = models.JSONField(default=dict)
    """Why it was held, failed or cannot be changed: {en, zh}."""
    settled_at = models.DateTimeField(null=True)
    afterwards = models.CharField(max_length=10, choices=After.choices, blank=True)
    after_effect = models.BigIntegerField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["run", "space", "thread_id"], name="delivery_once"),
            models.CheckConstraint(
                condition=Q(state__in=("planned", "held", "cancelled")) | Q(effect_id__isnull=False),
                name="delivery_sent_by_an_effect",
            ),
        )
        indexes = (
            models.Index(fields=["run", "state", "lane", "due_at", "id"], name="broadcast_delivery_state"),
            models.Index(
                fields=["run"],
                name="broadcast_delivery_after",
                condition=Q(afterwards__in=("correcting", "removing")),
            ),
        )

    def __str__(self) -> str:
        return self.id

    @property
    def effect_key(self) -> str:
        """The unique key of the effect that sends it."""
        return f"broadcast:{self.id}:{self.attempt}"


class Correction(models.Model):
    """Other words for what a run has already said. Carried out when somebody else approved it, if the run is
    large.
    """

    id = IdField()
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="corrections")
    content = models.JSONField()
    by = models.CharField(max_length=60)
    at = models.DateTimeField(default=clock.now)
    proposal = models.CharField(max_length=26, blank=True)
    carried_out_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.id
