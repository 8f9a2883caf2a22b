"""State of quality: scorecards by version, what is drawn and by which rule, reviews, appeals, coaching.

A version of a card and a finished review never change; an appeal that is granted puts its own marks beside
the first ones.
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from guildhall.core import clock
from guildhall.core.ids import IdField
from guildhall.core.text import Text
from guildhall.desk.models.tickets import Ticket
from guildhall.desk.quality.scorecards import Card
from guildhall.people.models import Staff


class Scorecard(models.Model):
    """What answers are judged by. `name` is {en, zh}; its versions say how."""

    id = IdField()
    name = models.JSONField(default=dict)
    created_by = models.CharField(max_length=60)
    created_at = models.DateTimeField(default=clock.now)
    archived_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("scorecard")
        verbose_name_plural = _("scorecards")

    def __str__(self) -> str:
        return str(self.called)

    @property
    def called(self) -> Text:
        """Its name."""
        return Text.from_json(self.name)


class ScorecardVersion(models.Model):
    """One version of a card; the highest number is in force. `content` as `quality.scorecards.Card`."""

    id = models.BigAutoField(primary_key=True)
    scorecard = models.ForeignKey(Scorecard, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    content = models.JSONField()
    made_by = models.CharField(max_length=60)
    made_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("version of a scorecard")
        verbose_name_plural = _("versions of scorecards")
        constraints = (models.UniqueConstraint(fields=["scorecard", "number"], name="scorecardversion_once"),)

    def __str__(self) -> str:
        return f"{self.scorecard_id} v{self.number}"

    @property
    def card(self) -> Card:
        """The criteria."""
        return Card.from_json(self.content)


class SamplingRule(models.Model):
    """Which tickets are judged. Shares in hundredths of a percent; `match` as `quality.sampling.Match`."""

    id = IdField()
    name = models.CharField(max_length=80)
    order = models.PositiveSmallIntegerField(default=100)
    match = models.JSONField(default=dict)
    share_bp = models.PositiveIntegerField(default=0)
    at_least = models.PositiveSmallIntegerField(default=0)
    second_bp = models.PositiveIntegerField(default=0)
    scorecard = models.ForeignKey(Scorecard, on_delete=models.PROTECT, related_name="rules")
    is_on = models.BooleanField(default=True)
    changed_by = models.CharField(max_length=60)
    changed_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("sampling rule")
        verbose_name_plural = _("sampling rules")

    def __str__(self) -> str:
        return self.name


class Review(models.Model):
    """An answer to be judged, or judged. `week`: the Monday of the week it counts for.

    `first`: set on a second, blind review, which counts for agreement only. `marks`: criterion → mark or
    None; `points` in hundredths of a point; `failed`: critical criteria that were missed. A review whose
    appeal was granted keeps its first marks in `before`.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("to be judged")
        DONE = "done", _("judged")
        DROPPED = "dropped", _("not judged")

    id = IdField()
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="reviews")
    agent = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="reviews")
    version = models.ForeignKey(ScorecardVersion, on_delete=models.PROTECT, related_name="reviews")
    rule = models.ForeignKey(SamplingRule, on_delete=models.SET_NULL, null=True, related_name="reviews")
    """What it was drawn by; null when somebody chose it by hand."""
    first = models.OneToOneField("self", on_delete=models.CASCADE, null=True, related_name="second")
    week = models.DateField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    reviewer = models.ForeignKey(Staff, on_delete=models.SET_NULL, null=True, related_name="+")
    marks = models.JSONField(default=dict)
    comments = models.JSONField(default=dict)
    points = models.PositiveSmallIntegerField(null=True)
    failed = models.JSONField(default=list)
    before = models.JSONField(null=True)
    made_by = models.CharField(max_length=60)
    made_at = models.DateTimeField(default=clock.now)
    done_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)
    """When the agent read it."""

    class Meta:
        verbose_name = _("review of an answer")
        verbose_name_plural = _("reviews of answers")
        constraints = (
            models.UniqueConstraint(
                fields=["ticket", "agent"], name="review_once", condition=Q(first__isnull=True)
            ),
            models.CheckConstraint(
                condition=Q(reviewer__isnull=True) | ~Q(reviewer=F("agent")), name="review_not_oneself"
            ),
            models.CheckConstraint(
                condition=~Q(state="done") | Q(points__isnull=False, done_at__isnull=False),
                name="review_done_has_points",
            ),
        )
        indexes = (
            models.Index(fields=["state", "week", "id"], name="review_state"),
            models.Index(fields=["agent", "state", "week"], name="review_agent"),
        )

    def __str__(self) -> str:
        return self.id


class Appeal(models.Model):
    """The agent does not agree with a review; somebody who judged neither time decides."""

    class State(models.TextChoices):
        OPEN = "open", _("waits for a decision")
        GRANTED = "granted", _("granted")
        REFUSED = "refused", _("refused")

    id = IdField()
    review = models.OneToOneField(Review, on_delete=models.CASCADE, related_name="appeal")
    text = models.TextField()
    by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=clock.now)
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    answer = models.TextField(blank=True)
    decided_by = models.ForeignKey(Staff, on_delete=models.SET_NULL, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("appeal against a review")
        verbose_name_plural = _("appeals against reviews")
        indexes = (models.Index(fields=["state", "id"], name="qualityappeal_state"),)

    def __str__(self) -> str:
        return self.id


class Coaching(models.Model):
    """A word to an agent about how they answer, with or without a review."""

    id = IdField()
    agent = models.ForeignKey(Staff, on_delete=models.CASCADE, related_name="coaching")
    review = models.ForeignKey(Review, on_delete=models.SET_NULL, null=True, related_name="coaching")
    text = models.TextField()
    by = models.ForeignKey(Staff, on_delete=models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(default=clock.now)
    seen_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("coaching note")
        verbose_name_plural = _("coaching notes")
        indexes = (models.Index(fields=["agent", "id"], name="coaching_agent"),)

    def __str__(self) -> str:
        return self.id


def marks_of(data: dict[str, Any]) -> dict[str, int | None]:
    """Marks as they are stored, typed."""
    return {str(key): None if value is None else int(value) for key, value in data.items()}
