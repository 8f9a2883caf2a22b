"""What is kept about look-ups: where each exchange's back office answers, and who asked what and why.

Never an answer, and never a UID: an account stands here by the pseudonym that facts use.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from guildhall.core import clock
from guildhall.core.ids import IdField
from guildhall.core.text import Text
from guildhall.exchange.lookup.protocol import Kind


class BackOffice(models.Model):
    """One exchange's back office. Its shared secret is kept by `core.secrets` under `secret_name`.

    `timeout_s` bounds a whole question; `person_minute` and `house_minute` how often anybody may ask.
    """

    id = IdField()
    venue = models.SlugField(_("exchange"), max_length=30, unique=True)
    url = models.CharField(_("web address"), max_length=300)
    is_on = models.BooleanField(_("in use"), default=True)
    timeout_s = models.PositiveSmallIntegerField(_("time limit in seconds"), default=8)
    person_minute = models.PositiveSmallIntegerField(_("questions a person may ask in a minute"), default=20)
    house_minute = models.PositiveSmallIntegerField(_("questions of the house in a minute"), default=120)
    made_by = models.CharField(max_length=60)
    made_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("back office")
        verbose_name_plural = _("back offices")

    def __str__(self) -> str:
        return self.venue

    @property
    def secret_name(self) -> str:
        return f"exchange.back_office.{self.pk}"


class LookUp(models.Model):
    """That somebody asked. `state` says whether an answer came, not what it was."""

    class State(models.TextChoices):
        ASKED = "asked", _("asked")
        ANSWERED = "answered", _("answer came")
        FAILED = "failed", _("no answer")

    id = IdField()
    venue = models.CharField(max_length=30)
    account = models.CharField(max_length=64)
    kind = models.CharField(max_length=12)
    purpose = models.CharField(max_length=12)
    reference = models.CharField(max_length=100, blank=True)
    by = models.CharField(max_length=80)
    at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.ASKED)
    problem = models.CharField(max_length=40, blank=True)
    took_ms = models.PositiveIntegerField(null=True)

    class Meta:
        verbose_name = _("look-up")
        verbose_name_plural = _("look-ups")
        indexes = (
            models.Index(fields=["by", "at"], name="lookup_by"),
            models.Index(fields=["venue", "at"], name="lookup_venue"),
            models.Index(fields=["account", "id"], name="lookup_account"),
        )

    @property
    def words(self) -> Text:
        """What was asked for."""
        return Kind(self.kind).label

    def __str__(self) -> str:
        return f"{self.venue} {self.kind} {self.at:%Y-%m-%d %H:%M}"
