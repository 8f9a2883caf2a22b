"""What the exchange room keeps: who stands behind a pseudonym, feeds, batches and the rows that could not be
read.

The unique constraints are what makes a batch that comes twice one batch, and an account one pseudonym.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from guildhall.core import clock
from guildhall.core.ids import IdField
from guildhall.people.models import Member


class VenueAccount(models.Model):
    """A UID at a venue and the pseudonym facts know it by. Deleting the row is the erasure: facts then lead
    to nobody. `member` is who it belongs to, where that is known.
    """

    id = IdField()
    venue = models.CharField(max_length=40)
    uid = models.CharField(max_length=120)
    pseudonym = models.CharField(max_length=64, unique=True)
    member = models.ForeignKey(
        Member, null=True, blank=True, on_delete=models.SET_NULL, related_name="venue_accounts"
    )
    at = models.DateTimeField(default=clock.now)
    """When this house first heard of it, UTC."""

    class Meta:
        verbose_name = _("account at a venue")
        verbose_name_plural = _("accounts at venues")
        constraints = (models.UniqueConstraint(fields=["venue", "uid"], name="venue_account_once"),)

    def __str__(self) -> str:
        return self.pseudonym


class Feed(models.Model):
    """One way rows of a venue reach this house. `slug` stands in its address; its secret is kept by
    `core.secrets`. `options`: a bucket's address, how long silence is normal (`quiet_hours`), until when the
    secret of before still counts (`old_secret_until`).
    """

    class Way(models.TextChoices):
        HTTP = "http", _("signed batches over HTTP")
        FOLDER = "folder", _("watched folder")
        BUCKET = "bucket", _("watched bucket")
        FILE = "file", _("files by hand")

    class State(models.TextChoices):
        ON = "on", _("on")
        PAUSED = "paused", _("paused")

    id = IdField()
    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    venue = models.CharField(max_length=40)
    way = models.CharField(max_length=10, choices=Way.choices)
    table = models.CharField(max_length=40, default="trades")
    mapping = models.JSONField(default=dict, blank=True)
    """How its columns are read; empty when they have our names."""
    options = models.JSONField(default=dict, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.ON)
    problem = models.JSONField(default=dict, blank=True)
    """Why the last look at a folder or bucket failed (a text as {en, zh}); empty when it did not."""
    looked_at = models.DateTimeField(null=True, blank=True)
    by = models.CharField(max_length=60)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("feed")
        verbose_name_plural = _("feeds")

    def __str__(self) -> str:
        return self.slug


class Batch(models.Model):
    """Rows that came together, and how far they are. `key` is the sender's; the same key twice is one batch.

    `counts`: rows, good, bad, repeated, then new, same, conflicts, refused of the tables. `progress` is how
    many rows have been read or shipped in the present step.
    """

    class State(models.TextChoices):
        ARRIVING = "arriving", _("arriving")
        MAPPING = "mapping", _("waiting for a mapping")
        RECEIVED = "received", _("received")
        READ = "read", _("read")
        SHIPPED = "shipped", _("in the tables")
        FAILED = "failed", _("failed")
        DROPPED = "dropped", _("dropped")

    id = IdField()
    feed = models.ForeignKey(Feed, on_delete=models.PROTECT, related_name="batches")
    key = models.CharField(max_length=200)
    table = models.CharField(max_length=40)
    file_name = models.CharField(max_length=255, blank=True)
    format = models.CharField(max_length=10, blank=True)
    mapping = models.JSONField(default=dict, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    size = models.BigIntegerField(default=0)
    state = models.CharField(max_length=10, choices=State.choices, default=State.RECEIVED)
    counts = models.JSONField(default=dict)
    progress = models.BigIntegerField(default=0)
    problem = models.JSONField(default=dict, blank=True)
    has_file = models.BooleanField(default=True)
    mends = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="mended_by"
    )
    by = models.CharField(max_length=60)
    at = models.DateTimeField(default=clock.now)
    shipped_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("batch")
        verbose_name_plural = _("batches")
        constraints = (models.UniqueConstraint(fields=["feed", "key"], name="batch_once"),)
        indexes = (models.Index(fields=["at"], name="batch_with_file", condition=models.Q(has_file=True)),)

    def __str__(self) -> str:
        return self.id


class BadRow(models.Model):
    """A row of a batch that was not taken, in full. `mended` is what a person wrote instead."""

    class State(models.TextChoices):
        OPEN = "open", _("to mend")
        MENDED = "mended", _("mended")
        SENT = "sent", _("resubmitted")
        DROPPED = "dropped", _("dropped")

    id = models.BigAutoField(primary_key=True)
    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="bad_rows", db_index=False)
    line = models.BigIntegerField()
    field = models.CharField(max_length=40, blank=True)
    reason = models.JSONField()
    raw = models.TextField()
    mended = models.TextField(blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    by = models.CharField(max_length=60, blank=True)

    class Meta:
        verbose_name = _("bad row")
        verbose_name_plural = _("bad rows")
        indexes = (models.Index(fields=["batch", "state", "line"], name="badrow_of_batch"),)

    def __str__(self) -> str:
        return f"{self.batch_id}:{self.line}"


class SeenFile(models.Model):
    """A file of a watched folder or bucket that was taken or is being watched until it is whole. `stamp` is
    its size and time; a file that changes is another file.
    """

    feed = models.ForeignKey(Feed, on_delete=models.CASCADE, related_name="seen", db_index=False)
    name = models.CharField(max_length=500)
    stamp = models.CharField(max_length=60)
    batch = models.ForeignKey(Batch, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    problem = models.JSONField(default=dict, blank=True)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("seen file")
        verbose_name_plural = _("seen files")
        constraints = (models.UniqueConstraint(fields=["feed", "name", "stamp"], name="seen_file_once"),)

    def __str__(self) -> str:
        return self.name


class MappingProfile(models.Model):
    """A mapping kept under a name, for the next file of the same shape."""

    name = models.CharField(max_length=80, unique=True)
    table = models.CharField(max_length=40)
    mapping = models.JSONField()
    by = models.CharField(max_length=60)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("mapping")
        verbose_name_plural = _("mappings")

    def __str__(self) -> str:
        return self.name


# State of the look-up and of the affiliate APIs stands beside what uses it; Django finds it here.
from guildhall.exchange.lookup.models import BackOffice, LookUp  # noqa: E402, F401
from guildhall.exchange.venues.models import (  # noqa: E402, F401
    DayRow,
    Invitee,
    Pull,
    Snapshot,
    VenueConnection,
)
