"""Gates of spaces, who stood at them, and who is on trial after passing.

One waiting attempt and one running trial for an account in a space, by constraint. A question is stored as
its kind and seed; what was answered is not kept.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from guildhall.channels.models import JoinRequest, Message, Space
from guildhall.core import clock
from guildhall.core.ids import IdField
from guildhall.guard.models.base import ACTOR_LENGTH
from guildhall.people.models import Account


class Gate(models.Model):
    """How newcomers come into one space. `settings` as `guard.gates.settings` reads them.

    opened_at: when it was last switched on; whoever joined before is not asked. hard_until: until then the
    gate is on whatever `is_on` says, and asks harder (a raid). board_*: the one message a busy group shows
    for everybody who is to answer in private: under which key it was asked for, and when.
    """

    space = models.OneToOneField(Space, on_delete=models.CASCADE, primary_key=True, related_name="gate")
    is_on = models.BooleanField(default=False)
    settings = models.JSONField(default=dict)
    opened_at = models.DateTimeField(null=True)
    hard_until = models.DateTimeField(null=True)
    hard_by = models.CharField(max_length=ACTOR_LENGTH, blank=True)
    board_key = models.CharField(max_length=80, blank=True)
    board_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField(default=clock.now)
    changed_by = models.CharField(max_length=ACTOR_LENGTH, blank=True)

    class Meta:
        verbose_name = _("gate")
        verbose_name_plural = _("gates")

    def __str__(self) -> str:
        return str(self.space_id)


class GateAttempt(models.Model):
    """One person's passage through a gate.

    came_at: when the platform says they came or asked. seed: what the present question follows from; `round`
    counts questions, so that the buttons of an old one are known. held: the platform keeps them silent
    because of this attempt. message: the first one of somebody whose words are withheld until they answered.
    post_key: the key of the effect that put the question, so that it can be taken away.
    """

    class Way(models.TextChoices):
        JOINED = "joined", _("after joining")
        REQUEST = "request", _("request to join")
        FIRST = "first", _("first message")

    class State(models.TextChoices):
        WAITING = "waiting", _("at the gate")
        PASSED = "passed", _("passed")
        LET_IN = "let_in", _("let in by hand")
        FAILED = "failed", _("did not pass")
        EXPIRED = "expired", _("ran out of time")
        DECLINED = "declined", _("turned away by hand")
        LEFT = "left", _("left")

    class Stage(models.TextChoices):
        CAPTCHA = "captcha", _("question")
        RULES = "rules", _("rules to accept")
        PERSON = "person", _("waits for a person")

    id = IdField()
    space = models.ForeignKey(Space, on_delete=models.CASCADE, related_name="gate_attempts", db_index=False)
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="gate_attempts", db_index=False
    )
    way = models.CharField(max_length=8, choices=Way.choices)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    stage = models.CharField(max_length=8, choices=Stage.choices, default=Stage.CAPTCHA)
    why = models.CharField(max_length=20, blank=True)
    """Why a person has to decide, or why they failed: asked, unreachable, unasked, tries, too_often."""
    kind = models.CharField(max_length=8)
    seed = models.CharField(max_length=32)
    is_hard = models.BooleanField(default=False)
    round = models.PositiveSmallIntegerField(default=1)
    wrong = models.PositiveSmallIntegerField(default=0)
    tries = models.PositiveSmallIntegerField()
    language = models.CharField(max_length=10)
    place = models.CharField(max_length=8, blank=True)
    post_key = models.CharField(max_length=80, blank=True)
    invite = models.CharField(max_length=190, blank=True)
    rules_version = models.CharField(max_length=16, blank=True)
    rules_at = models.DateTimeField(null=True)
    held = models.BooleanField(default=False)
    request = models.ForeignKey(JoinRequest, on_delete=models.SET_NULL, null=True, related_name="+")
    message = models.ForeignKey(Message, on_delete=models.SET_NULL, null=True, related_name="+")
    came_at = models.DateTimeField()
    started_at = models.DateTimeField()
    deadline = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=ACTOR_LENGTH, blank=True)

    class Meta:
        verbose_name = _("attempt at a gate")
        verbose_name_plural = _("attempts at a gate")
        constraints = (
            models.UniqueConstraint(
                fields=["space", "account"], condition=Q(state="waiting"), name="gateattempt_one_waiting"
            ),
        )
        indexes = (
            models.Index(fields=["space", "state", "id"], name="gateattempt_space"),
            models.Index(fields=["account", "space", "id"], name="gateattempt_whom"),
            models.Index(fields=["space", "ended_at"], name="gateattempt_ended"),
        )

    def __str__(self) -> str:
        return self.id


class Probation(models.Model):
    """Somebody's trial in a space. `clean_left`: clean messages to go, null where they do not count; `broken`
    counts messages that kept to no limit. Over when `ended_at` is set.
    """

    id = IdField()
    space = models.ForeignKey(Space, on_delete=models.CASCADE, related_name="+", db_index=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_index=False)
    attempt = models.ForeignKey(GateAttempt, on_delete=models.SET_NULL, null=True, related_name="+")
    clean_left = models.PositiveIntegerField(null=True)
    until = models.DateTimeField(null=True)
    broken = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=ACTOR_LENGTH, blank=True)

    class Meta:
        verbose_name = _("newcomer's trial")
        verbose_name_plural = _("newcomers' trials")
        constraints = (
            models.UniqueConstraint(
                fields=["space", "account"], condition=Q(ended_at__isnull=True), name="probation_one_running"
            ),
        )
        indexes = (models.Index(fields=["account", "space", "id"], name="probation_whom"),)

    def __str__(self) -> str:
        return self.id
