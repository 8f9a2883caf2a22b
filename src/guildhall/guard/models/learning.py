"""What the house learns from its own moderators: labelled texts, second looks, text models, and how they
compare; and the day's counts that the figures are made of.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from guildhall.channels.models import Space
from guildhall.core import clock
from guildhall.core.ids import IdField
from guildhall.guard.models.base import ACTOR_LENGTH, Case


class TrainingRow(models.Model):
    """A text with the label a person gave it. Only rows in state `reviewed` teach a model.

    `member_key` and `group_key` (near copies share one) bound what one member or one campaign can teach;
    `held_back` rows measure models and never teach one. `asks` > 0: a second look is worth having, the more
    the sooner. Texts go with their case, and with the member when they are erased.
    """

    class Label(models.TextChoices):
        SCAM = "scam", _("scam or spam")
        FINE = "fine", _("fine")

    class Source(models.TextChoices):
        DECISION = "decision", _("a decision")
        TAUGHT = "taught", _("kept as an example")
        IMPORT = "import", _("an import")

    class State(models.TextChoices):
        WAITING = "waiting", _("waits for a look")
        REVIEWED = "reviewed", _("reviewed")
        DISCARDED = "discarded", _("discarded")

    id = IdField()
    case = models.OneToOneField(Case, on_delete=models.CASCADE, related_name="training_row", null=True)
    text = models.TextField()
    label = models.CharField(max_length=4, choices=Label.choices)
    language = models.CharField(max_length=12, blank=True)
    source = models.CharField(max_length=8, choices=Source.choices)
    member_key = models.CharField(max_length=32, blank=True)
    group_key = models.CharField(max_length=32)
    held_back = models.BooleanField(default=False)
    state = models.CharField(max_length=9, choices=State.choices, default=State.WAITING)
    in_conflict = models.BooleanField(default=False)
    """Near copies of this text carry another label; none of them teaches until a person has chosen."""
    decided_by = models.CharField(max_length=ACTOR_LENGTH)
    decided_at = models.DateTimeField()
    looked_by = models.CharField(max_length=ACTOR_LENGTH, blank=True)
    looked_at = models.DateTimeField(null=True)
    probability = models.FloatField(null=True)
    """What the model thought of it when it was last asked."""
    asks = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("training row")
        verbose_name_plural = _("training rows")
        indexes = (
            models.Index(fields=["-asks", "id"], name="trainingrow_queue", condition=Q(asks__gt=0)),
            models.Index(fields=["state", "id"], name="trainingrow_state"),
            models.Index(fields=["group_key"], name="trainingrow_group"),
            models.Index(fields=["member_key"], name="trainingrow_member"),
            models.Index(fields=["looked_by", "looked_at"], name="trainingrow_looked"),
        )

    def __str__(self) -> str:
        return f"{self.id}: {self.label}"


class TrainingBand(models.Model):
    """One band of a text's sketch; texts that share a band may be near copies of each other."""

    row = models.ForeignKey(TrainingRow, on_delete=models.CASCADE, related_name="bands")
    band = models.BigIntegerField(db_index=True)

    def __str__(self) -> str:
        return f"{self.row_id} {self.band}"


class TrainingLook(models.Model):
    """A second look: what it found, so that it can be taken back. `before`: [{id, label, state, ...}]."""

    id = IdField()
    row = models.ForeignKey(TrainingRow, on_delete=models.CASCADE, related_name="looks")
    by = models.CharField(max_length=ACTOR_LENGTH)
    at = models.DateTimeField()
    answer = models.CharField(max_length=9)
    before = models.JSONField(default=list)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (models.Index(fields=["by", "-id"], name="traininglook_by"),)

    def __str__(self) -> str:
        return f"{self.row_id}: {self.answer}"


class ModelVersion(models.Model):
    """A text model trained here, whole. No row is live: the shipped model judges.

    `rows_hash` is over the rows it learned from, so that the same training again is recognised; `base` is
    the version of the shipped model it was adapted from.
    """

    class State(models.TextChoices):
        TRAINED = "trained", _("trained")
        LIVE = "live", _("in force")
        RETIRED = "retired", _("retired")
        REFUSED = "refused", _("not better")

    id = IdField()
    number = models.PositiveIntegerField(unique=True)
    name = models.CharField(max_length=60)
    blob = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField()
    base = models.CharField(max_length=60)
    seed = models.PositiveIntegerField(default=1)
    rows = models.JSONField(default=dict)
    """What it learned from: {scam, fine, members, groups, held_back, conflicts}."""
    rows_hash = models.CharField(max_length=64)
    state = models.CharField(max_length=8, choices=State.choices, default=State.TRAINED)
    made_at = models.DateTimeField(default=clock.now)
    made_by = models.CharField(max_length=ACTOR_LENGTH)
    cpu_seconds = models.FloatField(default=0)
    live_at = models.DateTimeField(null=True)
    live_by = models.CharField(max_length=ACTOR_LENGTH, blank=True)
    retired_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("model version")
        verbose_name_plural = _("model versions")
        constraints = (
            models.UniqueConstraint(
                fields=["state"], condition=Q(state="live"), name="modelversion_one_live"
            ),
        )

    def __str__(self) -> str:
        return f"{self.number} {self.name}"


class Evaluation(models.Model):
    """A candidate beside the model in force on the decisions kept back. `result`: see
    `guard.learning.comparing.Comparison`.
    """

    id = IdField()
    candidate = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="evaluations")
    against = models.CharField(max_length=60)
    outcome = models.CharField(max_length=10)
    result = models.JSONField(default=dict)
    at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return f"{self.candidate_id}: {self.outcome}"


class GuardDay(models.Model):
    """What the guard said in a space on a UTC day under one policy version and one model, and what people
    found of it since.

    `stratum`: allowed, flagged (put before a person) or punished (acted on by itself). `seen` is counted as
    messages come; everything else is counted again by a job. `weight*` are sums over decided draws of the
    daily sample, weight being 1 / probability of being drawn.
    """

    class Stratum(models.TextChoices):
        ALLOWED = "allowed", _("left alone")
        FLAGGED = "flagged", _("put before a person")
        PUNISHED = "punished", _("acted on")

    id = models.BigAutoField(primary_key=True)
    day = models.DateField()
    space = models.ForeignKey(Space, on_delete=models.CASCADE, related_name="+", db_index=False)
    policy = models.CharField(max_length=80)
    model = models.CharField(max_length=60, blank=True)
    stratum = models.CharField(max_length=8, choices=Stratum.choices)
    seen = models.PositiveIntegerField(default=0, db_default=0)
    bad = models.PositiveIntegerField(default=0, db_default=0)
    fine = models.PositiveIntegerField(default=0, db_default=0)
    drawn = models.PositiveIntegerField(default=0, db_default=0)
    answered = models.PositiveIntegerField(default=0, db_default=0)
    weight = models.FloatField(default=0, db_default=0)
    weight_squared = models.FloatField(default=0, db_default=0)
    weight_bad = models.FloatField(default=0, db_default=0)
    appeals = models.PositiveIntegerField(default=0, db_default=0)
    granted = models.PositiveIntegerField(default=0, db_default=0)
    refused = models.PositiveIntegerField(default=0, db_default=0)
    delays = models.JSONField(default=dict)
    """From received to removed: bucket of `guard.figures.delays` -> messages."""

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["day", "space", "policy", "model", "stratum"], name="guardday_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.day} {self.stratum}"


class RuleDay(models.Model):
    """How often a rule spoke in cases of a UTC day, and what people found of those messages."""

    id = models.BigAutoField(primary_key=True)
    day = models.DateField()
    rule = models.CharField(max_length=20)
    stratum = models.CharField(max_length=8, choices=GuardDay.Stratum.choices)
    cases = models.PositiveIntegerField(default=0)
    bad = models.PositiveIntegerField(default=0)
    fine = models.PositiveIntegerField(default=0)
    answered = models.PositiveIntegerField(default=0)
    weight = models.FloatField(default=0)
    weight_squared = models.FloatField(default=0)
    weight_bad = models.FloatField(default=0)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["day", "rule", "stratum"], name="ruleday_once"),)

    def __str__(self) -> str:
        return f"{self.day} {self.rule}"
