"""Lists that others keep: feeds of bad domains and of people, and services asked about one person."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from guildhall.core import clock
from guildhall.core.ids import IdField
from guildhall.guard.models.base import ACTOR_LENGTH
from guildhall.people.models import Account


class Feed(models.Model):
    """A list at an address, fetched every so often. `problem` {en, zh} says why the last fetch changed
    nothing.
    """

    class About(models.TextChoices):
        DOMAINS = "domains", _("bad domains")
        PEOPLE = "people", _("people known as spammers")

    class Format(models.TextChoices):
        AUTO = "auto", _("recognised by itself")
        SCAMSNIFFER = "scamsniffer", "ScamSniffer"
        POLKADOT = "polkadot", "polkadot-js/phishing"
        METAMASK = "metamask", "MetaMask config.json"
        LINES = "lines", _("lines, hosts file or ad-blocker list")
        IDS = "ids", _("ids of people (CSV or lines)")

    class State(models.TextChoices):
        ACTIVE = "active", _("subscribed")
        PAUSED = "paused", _("paused")

    id = IdField()
    name = models.CharField(_("feed name"), max_length=60, unique=True)
    about = models.CharField(max_length=8, choices=About.choices, default=About.DOMAINS)
    url = models.CharField(max_length=500)
    format = models.CharField(max_length=12, choices=Format.choices, default=Format.AUTO)
    every_hours = models.PositiveSmallIntegerField(default=6)
    state = models.CharField(max_length=8, choices=State.choices, default=State.ACTIVE)
    entries = models.PositiveIntegerField(default=0)
    left_out = models.PositiveIntegerField(default=0)
    etag = models.CharField(max_length=200, blank=True)
    modified = models.CharField(max_length=80, blank=True)
    digest = models.CharField(max_length=64, blank=True)
    problem = models.JSONField(default=dict, blank=True)
    due_at = models.DateTimeField(default=clock.now)
    tried_at = models.DateTimeField(null=True)
    ok_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField(null=True)
    added_by = models.CharField(max_length=ACTOR_LENGTH)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("feed")
        verbose_name_plural = _("feeds")
        constraints = (
            models.CheckConstraint(condition=Q(every_hours__gte=1, every_hours__lte=168), name="feed_every"),
        )
        indexes = (models.Index(fields=["state", "due_at"], name="feed_due"),)

    def __str__(self) -> str:
        return self.name


class FeedContent(models.Model):
    """What a feed named when it was last believed: sorted 64-bit hashes, eight bytes each."""

    feed = models.OneToOneField(Feed, on_delete=models.CASCADE, primary_key=True, related_name="content")
    hashes = models.BinaryField()

    def __str__(self) -> str:
        return self.feed_id


class LookUpList(models.Model):
    """A service that says of one person whether they are known as a spammer. `{id}` in the address is their
    id on `platform`; they are when the answer's `field` is true.
    """

    id = IdField()
    name = models.CharField(_("list name"), max_length=60, unique=True)
    url = models.CharField(max_length=500)
    field = models.CharField(max_length=60)
    platform = models.CharField(max_length=20, default="telegram")
    is_on = models.BooleanField(default=True)
    problem = models.JSONField(default=dict, blank=True)
    ok_at = models.DateTimeField(null=True)
    added_by = models.CharField(max_length=ACTOR_LENGTH)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("look-up list")
        verbose_name_plural = _("look-up lists")

    def __str__(self) -> str:
        return self.name


class LookedUp(models.Model):
    """What a look-up list said of an account, good until `until`."""

    list = models.ForeignKey(LookUpList, on_delete=models.CASCADE, related_name="answers", db_index=False)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    is_listed = models.BooleanField()
    until = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["list", "account"], name="lookedup_once"),)
        indexes = (models.Index(fields=["until"], name="lookedup_until"),)

    def __str__(self) -> str:
        return f"{self.list_id} {self.account_id}"
