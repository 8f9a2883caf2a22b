"""What is kept of affiliate APIs: the connections, each pull with every answer as evidence, and what is
known of each account so that the next totals can be compared.

Accounts stand here by pseudonym; only a snapshot's body, dropped after its time, holds UIDs.
"""

from __future__ import annotations

import gzip
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from guildhall.core import clock
from guildhall.core.ids import IdField


class VenueConnection(models.Model):
    """An affiliate account of ours at a venue. Its keys are kept by `core.secrets` under `secret_name`.

    `venue` is how facts name it; `count_from` the first UTC day whose trading counts; `skew_ms` how far the
    venue's clock is ahead of ours; `problem` {code, en, zh, do_en, do_zh} or null.
    """

    class State(models.TextChoices):
        ACTIVE = "active", _("at work")
        PAUSED = "paused", _("paused")
        REFUSED = "refused", _("key refused")

    id = IdField()
    platform = models.CharField(_("exchange"), max_length=20)
    venue = models.SlugField(_("name in reports"), max_length=30, unique=True)
    origin = models.CharField(_("web address"), max_length=300, blank=True)
    count_from = models.DateField(_("counts from"))
    every_min = models.PositiveIntegerField(_("minutes between pulls"), default=60)
    state = models.CharField(max_length=10, choices=State.choices, default=State.ACTIVE)
    problem = models.JSONField(null=True)
    problem_since = models.DateTimeField(null=True)
    skew_ms = models.IntegerField(default=0)
    begun_at = models.DateTimeField(null=True)
    pulled_at = models.DateTimeField(null=True)
    """When a pull last came to its end."""
    made_by = models.CharField(max_length=60)
    made_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("venue connection")
        verbose_name_plural = _("venue connections")

    def __str__(self) -> str:
        return self.venue

    @property
    def secret_name(self) -> str:
        return f"exchange.venue.{self.pk}"


class Pull(models.Model):
    """One reading of everything a venue tells. `queue` is what is still to be asked, as `wire.Ask` is
    written.

    `since`, `until`: the UTC days it asks about, both in. `counts`: numbers for people. `notes`: what is not
    whole ([{code, en, zh}]); `bad`: rows put aside ([{snapshot, row, field, en, zh}], at most a hundred).
    """

    class State(models.TextChoices):
        READING = "reading", _("reading")
        BOOKING = "booking", _("booking")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")

    id = IdField()
    connection = models.ForeignKey(VenueConnection, on_delete=models.CASCADE, related_name="pulls")
    state = models.CharField(max_length=10, choices=State.choices, default=State.READING)
    started_at = models.DateTimeField()
    moved_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    since = models.DateField()
    until = models.DateField()
    queue = models.JSONField(default=list)
    turn = models.PositiveIntegerField(default=0)
    answers = models.PositiveIntegerField(default=0)
    rows = models.PositiveIntegerField(default=0)
    is_second_look = models.BooleanField(default=False)
    """Whether it has asked again about accounts that were not in the list."""
    counts = models.JSONField(default=dict)
    notes = models.JSONField(default=list)
    bad = models.JSONField(default=list)
    bad_count = models.PositiveIntegerField(default=0)
    problem = models.JSONField(null=True)
    asked_by = models.CharField(max_length=60)

    class Meta:
        verbose_name = _("pull")
        verbose_name_plural = _("pulls")
        constraints = (
            models.UniqueConstraint(
                fields=["connection"],
                condition=models.Q(state__in=["reading", "booking"]),
                name="pull_one_at_a_time",
            ),
        )
        indexes = (models.Index(fields=["connection", "id"], name="pull_of"),)

    def __str__(self) -> str:
        return f"{self.connection_id} {self.started_at:%Y-%m-%d %H:%M}"


class Snapshot(models.Model):
    """One answer as it came: gzip of the body, and the SHA-256 of the body, which stays when the body
    goes.
    """

    id = IdField()
    pull = models.ForeignKey(Pull, on_delete=models.CASCADE, related_name="snapshots")
    number = models.PositiveIntegerField()
    ask = models.JSONField()
    at = models.DateTimeField()
    status = models.PositiveSmallIntegerField()
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField()
    packed = models.BinaryField(null=True)

    class Meta:
        verbose_name = _("answer of a venue")
        verbose_name_plural = _("answers of venues")
        constraints = (models.UniqueConstraint(fields=["pull", "number"], name="snapshot_once"),)
        indexes = (models.Index(fields=["at"], name="snapshot_at"),)

    def __str__(self) -> str:
        return f"{self.pull_id}/{self.number}"

    @property
    def body(self) -> bytes | None:
        """What the venue answered; None once its time is over."""
        return None if self.packed is None else gzip.decompress(bytes(self.packed))


class Invitee(models.Model):
    """What was last seen of an account at a connection. `totals`: {asset: {window: {measure: 1e-8}}}.

    `registered`, `checked`: revision and hash of what facts were told, so that only news is told again.
    `missing_since`: when the venue stopped naming it; `is_gone` when it says the account is not ours.
    """

    id = models.BigAutoField(primary_key=True)
    connection = models.ForeignKey(VenueConnection, on_delete=models.CASCADE, related_name="invitees")
    account = models.CharField(max_length=64)
    joined_at = models.DateTimeField(null=True)
    totals: models.JSONField[Any, Any] = models.JSONField(default=dict)
    first_day = models.DateField()
    seen_at = models.DateTimeField()
    seen_in = models.CharField(max_length=26)
    missing_since = models.DateTimeField(null=True)
    is_gone = models.BooleanField(default=False)
    registered: models.JSONField[Any, Any] = models.JSONField(default=dict)
    checked: models.JSONField[Any, Any] = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("account brought to a venue")
        verbose_name_plural = _("accounts brought to venues")
        constraints = (models.UniqueConstraint(fields=["connection", "account"], name="invitee_once"),)
        indexes = (models.Index(fields=["connection", "seen_in"], name="invitee_seen"),)

    def __str__(self) -> str:
        return self.account


class DayRow(models.Model):
    """The row of a day that is in force, as facts were told it (1e-8; `kind` day, deposit or withdrawal)."""

    id = models.BigAutoField(primary_key=True)
    connection = models.ForeignKey(VenueConnection, on_delete=models.CASCADE, related_name="days")
    account = models.CharField(max_length=64)
    day = models.DateField()
    kind = models.CharField(max_length=10, default="day")
    asset = models.CharField(max_length=30)
    notional = models.BigIntegerField(default=0)
    fee = models.BigIntegerField(default=0)
    volume = models.BigIntegerField(default=0)
    trades = models.BigIntegerField(null=True)
    revision = models.PositiveIntegerField(default=0)
    is_reversed = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("day of an account")
        verbose_name_plural = _("days of accounts")
        constraints = (
            models.UniqueConstraint(
                fields=["connection", "account", "kind", "asset", "day"], name="dayrow_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.account} {self.day}"
