"""State of internal escalations: which teams of the exchange can be asked, what they were asked, and what
they said.

A team sees what it was asked and nothing else of the ticket. The steps are only added; the clock of an
escalation is reckoned from them by the same rules as those of tickets (docs/clocks.md).
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from guildhall.core import clock
from guildhall.core.ids import IdField
from guildhall.core.text import Text
from guildhall.desk.models.tickets import Ticket
from guildhall.people.models import Team
from guildhall.work.models import Task


class ExchangeTeam(models.Model):
    """A team outside the desk that can be asked: risk, finance, product. `name` is {en, zh}; its people are
    the members of `team`; `promise` is the policy its clock runs by, in the form of docs/clocks.md with the
    one metric `resolution`.
    """

    slug = models.SlugField(primary_key=True, max_length=40)
    name = models.JSONField(default=dict)
    team = models.OneToOneField(Team, on_delete=models.PROTECT, related_name="exchange_team")
    promise = models.JSONField(default=dict)
    order = models.PositiveSmallIntegerField(default=100)
    archived_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("team of the exchange")
        verbose_name_plural = _("teams of the exchange")

    def __str__(self) -> str:
        return str(self.called)

    @property
    def called(self) -> Text:
        """Its name."""
        return Text.from_json(self.name)


class Escalation(models.Model):
    """One question to a team about one ticket. `shared` are the facts it was given ([name, value] pairs).

    `due_at`: when the answer is promised at the latest, null while it is the desk's turn or nothing is
    promised; `breached_at`: the instant the promise was broken.
    """

    class State(models.TextChoices):
        ASKED = "asked", _("with the team")
        RETURNED = "returned", _("the team asks back")
        ANSWERED = "answered", _("the team has answered")
        WITHDRAWN = "withdrawn", _("called back")

    class Outcome(models.TextChoices):
        DONE = "done", _("settled")
        REFUSED = "refused", _("cannot be done")
        KNOWN = "known", _("known, being worked on")

    id = IdField()
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="escalations")
    team = models.ForeignKey(ExchangeTeam, on_delete=models.PROTECT, related_name="escalations")
    task = models.OneToOneField(Task, on_delete=models.SET_NULL, null=True, related_name="escalation")
    priority = models.CharField(max_length=8, choices=Ticket.Priority.choices, default=Ticket.Priority.NORMAL)
    question = models.TextField()
    shared = models.JSONField(default=list)
    promise = models.JSONField(default=dict)
    """The team's promise as it was when it was asked."""
    state = models.CharField(max_length=9, choices=State.choices, default=State.ASKED)
    outcome = models.CharField(max_length=8, choices=Outcome.choices, blank=True)
    answer = models.TextField(blank=True)
    asked_by = models.CharField(max_length=60)
    asked_at = models.DateTimeField(default=clock.now)
    answered_by = models.CharField(max_length=60, blank=True)
    answered_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    breached_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("internal escalation")
        verbose_name_plural = _("internal escalations")
        indexes = (
            models.Index(fields=["state", "due_at", "id"], name="escalation_state"),
            models.Index(
                fields=["due_at"], name="escalation_running", condition=Q(state="asked", breached_at=None)
            ),
        )

    def __str__(self) -> str:
        return self.id

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to say something."""
        return self.state in (self.State.ASKED, self.State.RETURNED)


class EscalationStep(models.Model):
    """One thing said or done in an escalation, only ever added."""

    class Kind(models.TextChoices):
        ASKED = "asked", _("asked the team")
        RETURNED = "returned", _("asked back")
        SUPPLIED = "supplied", _("gave more")
        ANSWERED = "answered", _("gave the answer")
        WITHDRAWN = "withdrawn", _("called it back")

    escalation = models.ForeignKey(Escalation, on_delete=models.CASCADE, related_name="steps")
    kind = models.CharField(max_length=9, choices=Kind.choices)
    text = models.TextField(blank=True)
    by = models.CharField(max_length=60)
    at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return f"{self.escalation_id} {self.kind}"
