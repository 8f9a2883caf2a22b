"""Policies and their versions, lists, verdicts, cases, reports, measures by hand, examples, trial runs."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from guildhall.channels.models import Message, Space
from guildhall.core import clock
from guildhall.core.ids import IdField
from guildhall.people.models import Account

ACTOR_LENGTH = 60


class Policy(models.Model):
    """A named line of policy versions. Spaces point at the policy; which version judges is the active one."""

    id = IdField()
    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(_("policy name"), max_length=120)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("policy")
        verbose_name_plural = _("policies")

    def __str__(self) -> str:
        return self.name


class PolicyVersion(models.Model):
    """One version, as written. Once active it never changes: verdicts quote it by number."""

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        PROPOSED = "proposed", _("proposed")
        ACTIVE = "active", _("in force")
        RETIRED = "retired", _("retired")

    id = IdField()
    policy = models.ForeignKey(Policy, on_delete=models.PROTECT, related_name="versions")
    version = models.PositiveIntegerField()
    source_yaml = models.TextField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    note = models.TextField(blank=True)
    proposal_id = models.CharField(max_length=40, blank=True)
    created_at = models.DateTimeField(default=clock.now)
    created_by = models.CharField(max_length=ACTOR_LENGTH)
    activated_at = models.DateTimeField(null=True)
    activated_by = models.CharField(max_length=ACTOR_LENGTH, blank=True)

    class Meta:
        verbose_name = _("policy version")
        verbose_name_plural = _("policy versions")
        constraints = (
            models.UniqueConstraint(fields=["policy", "version"], name="policyversion_number"),
            models.UniqueConstraint(
                fields=["policy"], condition=Q(state="active"), name="policyversion_one_active"
            ),
        )

    def __str__(self) -> str:
        return f"{self.policy_id} v{self.version}"


class SpacePolicy(models.Model):
    """Which policy judges a space. A space without one is judged by the policy `default`."""

    space = models.OneToOneField(Space, on_delete=models.CASCADE, related_name="guard_policy")
    policy = models.ForeignKey(Policy, on_delete=models.PROTECT, related_name="spaces")
    at = models.DateTimeField(default=clock.now)
    by = models.CharField(max_length=ACTOR_LENGTH)

    def __str__(self) -> str:
        return f"{self.space_id}: {self.policy_id}"


class VerdictRecord(models.Model):
    """What the guard said about one version of a message. `reasons`: [{rule, weight, spans, params}]."""

    id = IdField()
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="verdicts")
    message_version = models.PositiveIntegerField()
    space = models.ForeignKey(Space, on_delete=models.PROTECT, related_name="+", db_index=False)
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="+", null=True, db_index=False
    )
    policy_slug = models.CharField(max_length=60)
    policy_version = models.PositiveIntegerField()
    mode = models.CharField(max_length=8)
    score = models.PositiveSmallIntegerField()
    action = models.CharField(max_length=10)
    reasons = models.JSONField(default=list)
    at = models.DateTimeField()
    model = models.CharField(max_length=60, blank=True, default="", db_default="")
    """The text model that was asked; '' when none was."""

    def __str__(self) -> str:
        return f"{self.message_id}: {self.action}"


class Case(models.Model):
    """Something for a person to decide: a verdict, a sample of what was allowed, a report, an appeal.

    `action` is the measure called for; `enacted` what has been done about it, [{measure, duration_s}].
    `truth` is what the decision says of the message: bad, fine, or '' while open. `manual_step` {en, zh}
    stands where a platform could not act.
    """

    class Kind(models.TextChoices):
        VERDICT = "verdict", _("verdict")
        SAMPLE = "sample", _("sample")
        REPORT = "report", _("report")
        APPEAL = "appeal", _("appeal")

    class State(models.TextChoices):
        OPEN = "open", _("open")
        UPHELD = "upheld", _("upheld")
        UNDONE = "undone", _("undone")
        DISMISSED = "dismissed", _("dismissed")

    id = IdField()
    kind = models.CharField(max_length=8, choices=Kind.choices)
    verdict = models.ForeignKey(VerdictRecord, on_delete=models.SET_NULL, related_name="cases", null=True)
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="cases")
    message_version = models.PositiveIntegerField(default=1)
    space = models.ForeignKey(Space, on_delete=models.PROTECT, related_name="+", db_index=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="cases", null=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    priority = models.PositiveSmallIntegerField(default=0)
    score = models.PositiveSmallIntegerField(default=0)
    action = models.CharField(max_length=10, default="allow")
    mode = models.CharField(max_length=8, default="review")
    enacted = models.JSONField(default=list)
    manual_step = models.JSONField(default=dict)
    opened_at = models.DateTimeField()
    opened_by = models.CharField(max_length=ACTOR_LENGTH, default="system:guard")
    statement = models.TextField(blank=True)
    """What the member wrote in an appeal, or the reporter in a report."""
    reports = models.PositiveIntegerField(default=0)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=ACTOR_LENGTH, blank=True)
    note = models.TextField(blank=True)
    truth = models.CharField(max_length=4, blank=True)
    parent = models.ForeignKey("self", on_delete=models.SET_NULL, related_name="children", null=True)
    sample_share = models.FloatField(null=True)
    """With which probability it was drawn for the daily sample; null: it was not drawn."""

    class Meta:
        verbose_name = _("case")
        verbose_name_plural = _("cases")
        constraints = (
            models.UniqueConstraint(fields=["message"], condition=Q(kind="appeal"), name="case_one_appeal"),
            models.UniqueConstraint(
                fields=["message", "message_version"], condition=Q(kind="verdict"), name="case_one_verdict"
            ),
            models.UniqueConstraint(
                fields=["message"], condition=Q(kind="report", state="open"), name="case_one_open_report"
            ),
        )
        indexes = (
            models.Index(fields=["state", "-priority", "id"], name="case_queue"),
            models.Index(fields=["space", "state", "id"], name="case_space"),
            models.Index(fields=["state", "-id"], name="case_state"),
            models.Index(fields=["decided_at"], name="case_decided", condition=~Q(state="open")),
            models.Index(fields=["state", "-id"], name="case_drawn", condition=Q(sample_share__isnull=False)),
        )

    def __str__(self) -> str:
        return self.id


class Report(models.Model):
    """One member's report of a message; a second one from the same account changes nothing."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="report_rows")
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="+")
    reporter = models.CharField(max_length=ACTOR_LENGTH)
    text = models.TextField(blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["message", "reporter"], name="report_once"),)

    def __str__(self) -> str:
        return f"{self.message_id} by {self.reporter}"


class HandMeasure(models.Model):
    """What a person did about a member by hand: a warning, a mute, a ban, or the lifting of one.

    `until` ends a mute or ban (null: until lifted); of a lifting it is when the lifted one would have ended.
    `because_of` is the warning whose strike made the ladder ask for this one. `key` makes the same command,
    delivered twice, one measure.
    """

    class Kind(models.TextChoices):
        WARN = "warn", _("warning")
        MUTE = "mute", _("mute")
        BAN = "ban", _("ban by hand")
        UNMUTE = "unmute", _("mute lifted")
        UNBAN = "unban", _("ban lifted by hand")

    class Via(models.TextChoices):
        CHAT = "chat", _("in the chat")
        CONSOLE = "console", _("in the console")
        API = "api", _("through the API")
        LADDER = "ladder", _("by the ladder")

    id = IdField()
    space = models.ForeignKey(Space, on_delete=models.PROTECT, related_name="+", db_index=False)
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="hand_measures", db_index=False
    )
    message = models.ForeignKey(Message, on_delete=models.SET_NULL, null=True, related_name="hand_measures")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    until = models.DateTimeField(null=True)
    reason = models.CharField(max_length=500, blank=True)
    by = models.CharField(max_length=ACTOR_LENGTH)
    at = models.DateTimeField()
    via = models.CharField(max_length=8, choices=Via.choices)
    because_of = models.ForeignKey("self", on_delete=models.CASCADE, null=True, related_name="followed_by")
    key = models.CharField(max_length=80, null=True, unique=True)
    undone_at = models.DateTimeField(null=True)
    undone_by = models.CharField(max_length=ACTOR_LENGTH, blank=True)

    class Meta:
        verbose_name = _("measure by hand")
        verbose_name_plural = _("measures by hand")
        indexes = (models.Index(fields=["account", "space", "id"], name="handmeasure_whom"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.account_id}"


class Pause(models.Model):
    """Something said in a space that shall not be said again before `until`."""

    key = models.CharField(max_length=160, primary_key=True)
    until = models.DateTimeField()

    class Meta:
        indexes = (models.Index(fields=["until"], name="pause_until"),)

    def __str__(self) -> str:
        return self.key


class Example(models.Model):
    """A message labelled by a person, for training later models and for measuring policies now."""

    class Label(models.TextChoices):
        SCAM = "scam", _("scam or spam")
        FINE = "fine", _("fine")

    case = models.OneToOneField(Case, on_delete=models.CASCADE, related_name="example")
    text = models.TextField()
    label = models.CharField(max_length=4, choices=Label.choices)
    by = models.CharField(max_length=ACTOR_LENGTH)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.case_id}: {self.label}"


class DomainEntry(models.Model):
    """A domain the whole installation allows or blocks."""

    class Kind(models.TextChoices):
        ALLOW = "allow", _("allowed")
        BLOCK = "block", _("blocked")

    domain = models.CharField(max_length=253, unique=True)
    kind = models.CharField(max_length=5, choices=Kind.choices)
    source = models.CharField(max_length=120, blank=True)
    added_by = models.CharField(max_length=ACTOR_LENGTH)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("listed domain")
        verbose_name_plural = _("listed domains")

    def __str__(self) -> str:
        return self.domain


class ProtectedName(models.Model):
    """A name nobody else may pretend to be, beside the staff's own and the brands of the house."""

    class Kind(models.TextChoices):
        BRAND = "brand", _("brand")
        STAFF = "staff", _("staff name")
        BOT = "bot", _("bot")
        PARTNER = "partner", _("partner")

    name = models.CharField(max_length=80, unique=True)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    domains = models.JSONField(default=list)
    added_by = models.CharField(max_length=ACTOR_LENGTH)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("protected name")
        verbose_name_plural = _("protected names")

    def __str__(self) -> str:
        return self.name


class Stamp(models.Model):
    """Says that something cached has changed: `lists` or `policies`; the value is a fresh id each time."""

    name = models.CharField(max_length=20, primary_key=True)
    value = models.CharField(max_length=26)

    def __str__(self) -> str:
        return f"{self.name} {self.value}"


class SampleDay(models.Model):
    """How many allowed and how many punished messages a space had on a UTC day, and how many of each were
    drawn for the sample.
    """

    space = models.ForeignKey(Space, on_delete=models.CASCADE, related_name="+", db_index=False)
    day = models.DateField()
    seen = models.PositiveIntegerField(default=0)
    taken = models.PositiveIntegerField(default=0)
    punished = models.PositiveIntegerField(default=0, db_default=0)
    punished_taken = models.PositiveIntegerField(default=0, db_default=0)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["space", "day"], name="sampleday_once"),)

    def __str__(self) -> str:
        return f"{self.space_id} {self.day}"


class ShadowRun(models.Model):
    """A version of a policy tried on stored messages beside the one that is active. `result`: see
    `guard.shadow.Tally`.
    """

    class State(models.TextChoices):
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        STOPPED = "stopped", _("stopped")

    id = IdField()
    version = models.ForeignKey(PolicyVersion, on_delete=models.CASCADE, related_name="shadow_runs")
    against = models.CharField(max_length=80)
    """The version it was compared with, as `slug@number`."""
    source_yaml = models.TextField()
    against_yaml = models.TextField()
    since = models.DateTimeField()
    until = models.DateTimeField()
    most = models.PositiveIntegerField()
    scope = models.CharField(max_length=26, default="judged")
    """Whose messages: `judged` by this policy, `all`, or a space's id."""
    state = models.CharField(max_length=8, choices=State.choices, default=State.RUNNING)
    cursor = models.CharField(max_length=26, blank=True)
    seen = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    result = models.JSONField(default=dict)
    started_at = models.DateTimeField(default=clock.now)
    started_by = models.CharField(max_length=ACTOR_LENGTH)
    finished_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.id
