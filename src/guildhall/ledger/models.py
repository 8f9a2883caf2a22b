"""What the ledger room keeps. Everything but holds and balances is written once: triggers (`guard`) refuse
every change and removal, let the last leg of a posting in only when its legs sum to zero, and keep balances.
"""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from guildhall.core import clock
from guildhall.core.ids import IdField


class Asset(models.Model):
    """A currency or token; one whole coin is 10**scale base units. Never changes once opened."""

    code = models.CharField(max_length=30, primary_key=True)
    scale = models.PositiveSmallIntegerField()
    opened_at = models.DateTimeField(default=clock.now)


class Account(models.Model):
    """One place for one asset, named by a code such as `partner:7:payable`; opened by its first posting."""

    id = models.BigAutoField(primary_key=True)
    code = models.CharField(max_length=160)
    asset = models.ForeignKey(Asset, models.PROTECT, related_name="+")
    opened_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["code", "asset"], name="ledger_account_once")]


class Balance(models.Model):
    """The sum of an account's legs in base units: `high` * 2**32 + `low`, `low` from 0 to 2**32 - 1.

    Two halves, because a sum of 64-bit legs may need more than 64 bits and SQLite has no more.
    """

    account = models.OneToOneField(Account, models.PROTECT, primary_key=True, related_name="balance")
    high = models.BigIntegerField(default=0)
    low = models.BigIntegerField(default=0)
    legs = models.BigIntegerField(default=0)

    @property
    def units(self) -> int:
        """Base units; positive when the account has been given more than was taken."""
        return (self.high << 32) + self.low


class Posting(models.Model):
    """Something that happened to money. `id` counts from 1 without gaps, in order of commit.

    `effective_on`: the UTC day it belongs to; `booked_on`: the day it is counted in, later when that day was
    closed already. `pin`: the terms it was reckoned by, such as `deal:7:v3`; a mirror keeps its original's.
    """

    id = models.BigIntegerField(primary_key=True)
    key = models.CharField(max_length=200)
    body_hash = models.CharField(max_length=64)
    kind = models.CharField(max_length=40)
    # The legs' trigger compares the asset with that of every account, so it needs no check of its own.
    asset = models.ForeignKey(Asset, models.PROTECT, related_name="+", db_constraint=False, db_index=False)
    effective_on = models.DateField()
    booked_on = models.DateField()
    matures_on = models.DateField(null=True)
    pin = models.CharField(max_length=120, default="", blank=True)
    subject = models.CharField(max_length=160, default="", blank=True)
    details = models.JSONField(default=dict)
    reverses = models.ForeignKey("self", models.PROTECT, null=True, related_name="mirrors", db_index=False)
    legs_count = models.PositiveSmallIntegerField()
    # Checked at COMMIT: no posting without its last leg, and that leg comes in only when the sum is zero.
    # Its index is for SQLite, which looks for waiting postings at every leg.
    last_leg = models.ForeignKey("Leg", models.PROTECT, related_name="+")
    by = models.CharField(max_length=80)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            # Not `unique=True`, which on PostgreSQL makes a second index for LIKE.
            models.UniqueConstraint(fields=["key"], name="ledger_key_once"),
            models.UniqueConstraint(
                fields=["reverses"], condition=Q(reverses__isnull=False), name="ledger_reversed_once"
            ),
            models.CheckConstraint(
                condition=Q(booked_on__gte=F("effective_on")), name="ledger_booked_after_effective"
            ),
            models.CheckConstraint(condition=Q(legs_count__gte=2), name="ledger_two_legs"),
        ]
        indexes = [
            models.Index(fields=["booked_on", "id"], name="ledger_posting_day"),
            models.Index(fields=["subject", "id"], name="ledger_posting_subject"),
        ]


class Leg(models.Model):
    """Base units given to (positive) or taken from (negative) an account. The legs of a posting have
    consecutive ids that end with its `last_leg`.
    """

    id = models.BigIntegerField(primary_key=True)
    posting = models.ForeignKey(
        Posting, models.PROTECT, related_name="legs", db_constraint=False, db_index=False
    )
    account = models.ForeignKey(
        Account, models.PROTECT, related_name="legs", db_constraint=False, db_index=False
    )
    units = models.BigIntegerField()

    class Meta:
        indexes = [models.Index(fields=["account", "id"], name="ledger_leg_account")]


class Day(models.Model):
    """A closed day (UTC). `hash` (SHA-256, hex) covers the day before and every posting booked on it."""

    day = models.DateField(primary_key=True)
    closed_at = models.DateTimeField()
    closed_by = models.CharField(max_length=80)
    postings = models.BigIntegerField()
    late = models.BigIntegerField()
    hash = models.CharField(max_length=64)


class Seal(models.Model):
    """One link of the ledger's chain over postings `first_id` to `last_id`, as the audit's seals are."""

    seq = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    count = models.PositiveIntegerField()
    first_id = models.BigIntegerField()
    last_id = models.BigIntegerField()
    prev_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)
    leaves = models.BinaryField()


class Hold(models.Model):
    """Money of an owner (such as `partner:7`) that must not be paid out for now.

    `units` None: everything payable, also what becomes payable while the hold is open, and nothing is paid.
    `asset` empty: every asset.
    """

    id = IdField()
    owner = models.CharField(max_length=140)
    asset = models.CharField(max_length=30, default="", blank=True)
    units = models.BigIntegerField(null=True)
    reason = models.TextField()
    evidence = models.JSONField(default=dict)
    placed_at = models.DateTimeField(default=clock.now)
    placed_by = models.CharField(max_length=80)
    released_at = models.DateTimeField(null=True)
    released_by = models.CharField(max_length=80, default="", blank=True)
    release_reason = models.TextField(default="", blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["owner"], name="ledger_hold_open", condition=Q(released_at=None)),
            models.Index(fields=["owner", "id"], name="ledger_hold_owner"),
        ]
