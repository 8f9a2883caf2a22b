"""State of what the guard knows by sight: pictures, where they were shown, people's portraits, impersonators.

Never a picture itself: fingerprints, codes and words only.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from guildhall.channels.models import Message, Space
from guildhall.core import clock
from guildhall.core.ids import IdField
from guildhall.guard.models.base import ACTOR_LENGTH
from guildhall.people.models import Account


class Picture(models.Model):
    """A picture by the platform's own id of its bytes. `fingerprint`: see `vision.alike`, null when unread or
    all of one colour. `problem` {en, zh}: why it could not be read.
    """

    class State(models.TextChoices):
        UNDECIDED = "", _("not decided")
        BAD = "bad", _("known to be bad")
        FINE = "fine", _("known to be fine")

    id = IdField()
    key = models.CharField(max_length=230, unique=True)
    """`platform:hash`."""
    ref = models.CharField(max_length=255)
    receiver = models.CharField(max_length=64, blank=True)
    fingerprint = models.BigIntegerField(null=True)
    codes = models.JSONField(default=list)
    words = models.TextField(blank=True)
    state = models.CharField(max_length=4, choices=State.choices, default=State.UNDECIDED, blank=True)
    decided_by = models.CharField(max_length=ACTOR_LENGTH, blank=True)
    decided_at = models.DateTimeField(null=True)
    problem = models.JSONField(default=dict)
    first_seen = models.DateTimeField(default=clock.now)
    read_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("picture")
        verbose_name_plural = _("pictures")
        indexes = (
            models.Index(fields=["read_at"], name="picture_read"),
            models.Index(fields=["state"], name="picture_state", condition=~Q(state="")),
        )

    def __str__(self) -> str:
        return self.key


class Shown(models.Model):
    """A message that showed a picture."""

    picture = models.ForeignKey(Picture, on_delete=models.CASCADE, related_name="shown")
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="pictures")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["message", "picture"], name="shown_once"),)
        indexes = (models.Index(fields=["picture", "at"], name="shown_picture"),)

    def __str__(self) -> str:
        return f"{self.message_id}: {self.picture_id}"


class Portrait(models.Model):
    """What an account shows of itself, looked at now and then. `looks_like`: whose picture it copies."""

    account = models.OneToOneField(Account, on_delete=models.CASCADE, related_name="portrait")
    fingerprint = models.BigIntegerField(null=True)
    bio = models.TextField(blank=True)
    looks_like = models.CharField(max_length=120, blank=True)
    looked_at = models.DateTimeField()
    problem = models.JSONField(default=dict)

    class Meta:
        indexes = (
            models.Index(fields=["account"], name="portrait_copies", condition=~Q(looks_like="")),
            models.Index(fields=["looked_at"], name="portrait_looked"),
        )

    def __str__(self) -> str:
        return self.account_id


class Suspect(models.Model):
    """Somebody who seems to pretend to be staff, a partner, a bot or the brand. `reasons`: as in verdicts."""

    class Occasion(models.TextChoices):
        JOIN = "join", _("on joining")
        RENAME = "rename", _("on a new name")
        MESSAGE = "message", _("on the first message")
        PROFILE = "profile", _("by picture or bio")

    class State(models.TextChoices):
        OPEN = "open", _("open")
        CONFIRMED = "confirmed", _("impersonator")
        FINE = "fine", _("fine")

    id = IdField()
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="suspicions")
    space = models.ForeignKey(Space, on_delete=models.CASCADE, null=True, related_name="+")
    occasion = models.CharField(max_length=8, choices=Occasion.choices)
    reasons = models.JSONField(default=list)
    score = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    opened_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=ACTOR_LENGTH, blank=True)

    class Meta:
        verbose_name = _("suspected impersonator")
        verbose_name_plural = _("suspected impersonators")
        constraints = (
            models.UniqueConstraint(fields=["account"], condition=Q(state="open"), name="suspect_one_open"),
        )
        indexes = (models.Index(fields=["state", "-id"], name="suspect_queue"),)

    def __str__(self) -> str:
        return f"{self.account_id}: {self.state}"
