"""State of the partners room: partners, their deals, who is bound to whom, settlements, what they posted.

Terms are never changed once somebody approved them; a settlement keeps the terms it used, so that every
amount can be computed again. The unique constraints hold one open binding for each account and one amount in
force for each partner, day, asset and kind.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from guildhall.core import clock
from guildhall.core.ids import IdField
from guildhall.people.models import Member


class Partner(models.Model):
    """Somebody who brings traders and earns by a deal. Engine, facts and ledger know only the id.

    `member` is who they are in the community, where known: accounts of that member count as their own.
    """

    class State(models.TextChoices):
        ACTIVE = "active", _("active")
        PAUSED = "paused", _("takes no new accounts")
        ENDED = "ended", _("ended")

    id = IdField()
    name = models.CharField(_("name"), max_length=120)
    handle = models.SlugField(_("short name"), max_length=60, unique=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.ACTIVE)
    note = models.TextField(_("note"), blank=True)
    member = models.ForeignKey(
        Member, null=True, blank=True, on_delete=models.SET_NULL, related_name="partners"
    )
    created_by = models.CharField(max_length=60)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("partner")
        verbose_name_plural = _("partners")
        indexes = (models.Index(fields=["state", "id"], name="partner_state"),)

    def __str__(self) -> str:
        return self.name


class Code(models.Model):
    """An invitation code or link of a partner at a venue, as registrations name it."""

    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="codes")
    venue = models.CharField(max_length=40)
    code = models.CharField(max_length=120)
    created_by = models.CharField(max_length=60)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["venue", "code"], name="partner_code_once"),)

    def __str__(self) -> str:
        return f"{self.venue} {self.code}"


class OwnAccount(models.Model):
    """An account at a venue that is the partner's own: it can never be bound to them."""

    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="own_accounts")
    venue = models.CharField(max_length=40)
    account = models.CharField(max_length=64)
    """The account's pseudonym."""
    created_by = models.CharField(max_length=60)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["venue", "account"], name="own_account_once"),)

    def __str__(self) -> str:
        return f"{self.venue} {self.account}"


class Review(models.Model):
    """An account under review: what it earns for anybody waits until the review ends. Evidence holds
    pseudonyms and references only.
    """

    id = IdField()
    venue = models.CharField(max_length=40)
    account = models.CharField(max_length=64)
    reason = models.CharField(max_length=300)
    evidence = models.JSONField(default=dict)
    opened_by = models.CharField(max_length=60)
    opened_at = models.DateTimeField(default=clock.now)
    closed_by = models.CharField(max_length=60, blank=True)
    closed_at = models.DateTimeField(null=True)
    closed_why = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name = _("review of an account")
        verbose_name_plural = _("reviews of accounts")
        constraints = (
            models.UniqueConstraint(
                fields=["venue", "account"], name="review_open_once", condition=Q(closed_at__isnull=True)
            ),
        )

    def __str__(self) -> str:
        return f"{self.venue} {self.account}"


class DealVersion(models.Model):
    """One version of a partner's terms. `terms` is one object of the deals of `guildhall partners settle`,
    with the further terms of later steps; its dates say when it holds, which a later version may cut short
    (`valid_from`, `valid_to`: what holds now).
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        PROPOSED = "proposed", _("waits for approval")
        IN_FORCE = "in_force", _("in force")
        SUPERSEDED = "superseded", _("superseded")
        DISCARDED = "discarded", _("put away")

    id = IdField()
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="deals", db_index=False)
    version = models.PositiveIntegerField()
    terms = models.JSONField()
    note = models.TextField(blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    valid_from = models.DateTimeField(null=True)
    valid_to = models.DateTimeField(null=True)
    edits = models.PositiveIntegerField(default=0)
    """Grows with every change of the draft: whoever saves says which one they read."""
    proposal = models.CharField(max_length=26, blank=True)
    created_by = models.CharField(max_length=60)
    created_at = models.DateTimeField(default=clock.now)
    approved_by = models.CharField(max_length=60, blank=True)
    approved_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("deal")
        verbose_name_plural = _("deals")
        constraints = (models.UniqueConstraint(fields=["partner", "version"], name="deal_version_once"),)
        indexes = (models.Index(fields=["state", "partner"], name="deal_state"),)

    def __str__(self) -> str:
        return f"{self.partner_id} v{self.version}"


class Binding(models.Model):
    """An account at a venue brought by a partner, from `valid_from` up to, not including, `valid_to` (UTC).

    `evidence` is why it stands: {"how": "code"|"link"|"registration"|"import"|"person"|"rebind", …}; it holds
    pseudonyms and references only.
    """

    id = IdField()
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="bindings", db_index=False)
    venue = models.CharField(max_length=40)
    account = models.CharField(max_length=64)
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True)
    evidence = models.JSONField(default=dict)
    created_by = models.CharField(max_length=60)
    created_at = models.DateTimeField(default=clock.now)
    ended_by = models.CharField(max_length=60, blank=True)
    ended_why = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name = _("binding")
        verbose_name_plural = _("bindings")
        constraints = (
            models.UniqueConstraint(
                fields=["venue", "account"], name="binding_open_once", condition=Q(valid_to__isnull=True)
            ),
            models.UniqueConstraint(fields=["venue", "account", "valid_from"], name="binding_once"),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gt=models.F("valid_from")),
                name="binding_not_empty",
            ),
        )
        indexes = (models.Index(fields=["partner", "valid_from"], name="binding_partner"),)

    def __str__(self) -> str:
        return f"{self.venue} {self.account} → {self.partner_id}"


class Run(models.Model):
    """One settlement. `versions`, `deals` and `digest` pin what it read; an attempt that pins other things
    gets another digest.
    """

    class State(models.TextChoices):
        PLANNED = "planned", _("waits its turn")
        RUNNING = "running", _("running")
        FINISHED = "finished", _("finished")
        FAILED = "failed", _("failed")
        STOPPED = "stopped", _("stopped")

    class Step(models.TextChoices):
        READING = "reading", _("reading what happened")
        SETTLING = "settling", _("computing every trade")
        EXPLAINING = "explaining", _("writing why")
        POSTING = "posting", _("posting to the ledger")
        DONE = "done", _("done")

    id = IdField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.PLANNED)
    step = models.CharField(max_length=12, choices=Step.choices, default=Step.READING)
    wanted = models.JSONField(default=list)
    """Months asked for as "2026-10"; empty: those in which something changed; ["all"]: every one."""
    months = models.JSONField(default=list)
    """Months it settled."""
    attempt = models.PositiveIntegerField(default=0)
    versions = models.JSONField(default=dict)
    """Table of facts → version read."""
    deals = models.JSONField(default=list)
    """The terms it used, cut to when they held: the deals of `guildhall partners settle`."""
    digest = models.CharField(max_length=64, blank=True)
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(default=0)
    """Trades looked at, and how many there are."""
    totals = models.JSONField(default=list)
    """[{"asset", "kind", "units" (text)}] of the months settled."""
    reasons = models.JSONField(default=dict)
    """Reason → trades."""
    carried = models.JSONField(default=list)
    """Each month of a deal with carry-over (SET-23), in the engine's words, units as text."""
    posted_new = models.PositiveIntegerField(default=0)
    posted_changed = models.PositiveIntegerField(default=0)
    posted_reversed = models.PositiveIntegerField(default=0)
    posted_same = models.PositiveIntegerField(default=0)
    error = models.JSONField(default=dict)
    """Why it failed: {en, zh}."""
    previous = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="next_runs")
    started_by = models.CharField(max_length=60)
    started_at = models.DateTimeField(default=clock.now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("settlement")
        verbose_name_plural = _("settlements")
        indexes = (models.Index(fields=["state", "id"], name="partnerrun_state"),)

    def __str__(self) -> str:
        return self.id

    @property
    def settlement(self) -> str:
        """How facts name what this run computed."""
        return f"{self.id}.{self.digest[:12]}"


class SettledMonth(models.Model):
    """The settlement that counts for a month ("2026-10"). `mark`: digest of all it depended on; `settlement`:
    how its explains are named in facts; `rows`: what facts held of the month then.
    """

    month = models.CharField(max_length=7, primary_key=True)
    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="counts_for")
    settlement = models.CharField(max_length=60)
    mark = models.CharField(max_length=80)
    """Ends with "@" and a day (UTC) when some amounts are of days to come: it holds for that day only."""
    rows = models.BigIntegerField()
    at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return self.month


class MonthVolume(models.Model):
    """The volume of a partner's month as the settlement that counts found it (SET-3), in 1e-8 of the
    reference asset; as text, because it may be past 64 bits.
    """

    month = models.CharField(max_length=7)
    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="volumes", db_index=False)
    volume = models.CharField(max_length=40)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["partner", "month"], name="month_volume_once"),)
        indexes = (models.Index(fields=["month"], name="month_volume_month"),)

    def __str__(self) -> str:
        return f"{self.partner_id} {self.month}"


class Posted(models.Model):
    """What the ledger holds of one partner, day, asset and kind under one version of one deal at one venue.

    `partner` is credited; `source` is whose deal it comes from (another for an override). `units`: 1e-8 of
    the asset, 0 when it was reversed. `revision` counts the amounts it had; `ledger_key` is the posting in
    force, '' for none.
    """

    id = IdField()
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="+", db_index=False)
    source = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="+", db_index=False)
    deal_version = models.PositiveIntegerField()
    venue = models.CharField(max_length=40)
    day = models.DateField()
    asset = models.CharField(max_length=30)
    kind = models.CharField(max_length=20)
    units = models.BigIntegerField()
    revision = models.PositiveIntegerField(default=0)
    ledger_key = models.CharField(max_length=200, blank=True)
    payable_on = models.DateField(null=True)
    """From this day (UTC) it may become payable; null: not by itself."""
    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="posted")
    at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("accrual")
        verbose_name_plural = _("accruals")
        constraints = (
            models.UniqueConstraint(
                fields=["day", "partner", "source", "deal_version", "venue", "asset", "kind"],
                name="posted_once",
            ),
        )
        indexes = (models.Index(fields=["partner", "day"], name="posted_partner"),)

    def __str__(self) -> str:
        return f"{self.partner_id} {self.day} {self.asset} {self.kind}"


class Change(models.Model):
    """What a run changed of one accrual: units before and after. The difference of a run to what stood before
    it is the list of these.
    """

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="changes", db_index=False)
    posted = models.ForeignKey(Posted, on_delete=models.PROTECT, related_name="changes", db_index=False)
    before = models.BigIntegerField()
    after = models.BigIntegerField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["run", "posted"], name="change_once"),)

    def __str__(self) -> str:
        return f"{self.run_id}: {self.before} → {self.after}"


class WhatIf(models.Model):
    """A changed deal run over what really happened. `asked` and `result` are documented in `whatif`."""

    class State(models.TextChoices):
        PLANNED = "planned", _("waits its turn")
        RUNNING = "running", _("running")
        FINISHED = "finished", _("finished")
        FAILED = "failed", _("failed")

    id = IdField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.PLANNED)
    name = models.CharField(max_length=120, blank=True)
    asked = models.JSONField()
    versions = models.JSONField(default=dict)
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(default=0)
    result = models.JSONField(default=dict)
    error = models.JSONField(default=dict)
    started_by = models.CharField(max_length=60)
    started_at = models.DateTimeField(default=clock.now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("what-if")
        verbose_name_plural = _("what-ifs")

    def __str__(self) -> str:
        return self.name or self.id
