"""State of handovers: what one shift gives to the next, in five parts, and how queues are given out.

The parts: how serious (`severity`), what is going on (`summary`, and a line for each ticket), what has to be
done by whom by when (`HandoverAction`), what to watch and what to do if it happens (`watches`), and the
receiver's reading back (`readback`).
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from guildhall.core import clock
from guildhall.core.ids import IdField
from guildhall.desk.models.tickets import Ticket
from guildhall.desk.models.vendors import Vendor
from guildhall.people.models import Staff


class AssignmentRules(models.Model):
    """One row: how the house gives out tickets and hands over.

    patience_s: how long a ticket may stay in the queue because everybody is full or nobody is on duty, before
    somebody owns it all the same. write_before_min: how long before the end of a shift the note is opened,
    filled from facts. accept_within_min: how long a note may wait for its receiver before somebody is paged.
    """

    patience_s = models.PositiveIntegerField(default=300)
    write_before_min = models.PositiveSmallIntegerField(default=30)
    accept_within_min = models.PositiveSmallIntegerField(default=15)
    changed_by = models.CharField(max_length=60, blank=True)
    changed_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = (models.CheckConstraint(condition=Q(pk=1), name="assignment_rules_once"),)

    def __str__(self) -> str:
        return "assignment rules"


class Handover(models.Model):
    """What one person hands over at the end of one shift.

    `to_staff` null: whoever of the next shift accepts it. `watches`: [{"if", "then", "ticket"}], the ticket's
    id or ''. `facts`: what the house knew when the note was opened, as `handover.facts` writes it.
    `accept_by`: when somebody is paged for want of a receiver. `by_house`: its author went home without
    writing it, and the house gave it from facts.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("being written")
        GIVEN = "given", _("waiting to be accepted")
        ACCEPTED = "accepted", _("handed over")
        VOID = "void", _("nothing to hand over")

    class Severity(models.TextChoices):
        STABLE = "stable", _("calm")
        WATCH = "watch", _("needs watching")
        CRITICAL = "critical", _("critical")

    id = IdField()
    staff = models.ForeignKey(Staff, on_delete=models.CASCADE, related_name="handovers")
    shift = models.CharField(max_length=60, blank=True)
    """The id of the shift in the roster; '' where somebody hands over without one."""
    vendor = models.ForeignKey(Vendor, on_delete=models.SET_NULL, null=True, related_name="+")
    ends_at = models.DateTimeField()
    to_staff = models.ForeignKey(Staff, on_delete=models.SET_NULL, null=True, related_name="+")
    state = models.CharField(max_length=8, choices=State.choices, default=State.DRAFT)
    severity = models.CharField(max_length=8, choices=Severity.choices, default=Severity.STABLE)
    summary = models.TextField(blank=True)
    watches = models.JSONField(default=list)
    nothing_to_watch = models.BooleanField(default=False)
    nothing_to_do = models.BooleanField(default=False)
    facts = models.JSONField(default=list)
    by_house = models.BooleanField(default=False)
    opened_at = models.DateTimeField(default=clock.now)
    given_at = models.DateTimeField(null=True)
    accept_by = models.DateTimeField(null=True)
    escalated_at = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(Staff, on_delete=models.SET_NULL, null=True, related_name="+")
    readback = models.TextField(blank=True)
    revision = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("handover")
        verbose_name_plural = _("handovers")
        constraints = (
            models.UniqueConstraint(fields=["staff", "shift"], name="handover_once", condition=~Q(shift="")),
            models.CheckConstraint(
                condition=~Q(state="accepted") | Q(accepted_at__isnull=False), name="handover_accepted_when"
            ),
        )
        indexes = (
            models.Index(fields=["state", "accept_by", "id"], name="handover_state"),
            models.Index(fields=["staff", "-ends_at"], name="handover_staff"),
        )

    def __str__(self) -> str:
        return self.id


class HandoverLine(models.Model):
    """One ticket in a handover: how serious, a word on it, and who owns it from now on."""

    handover = models.ForeignKey(Handover, on_delete=models.CASCADE, related_name="lines")
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="+")
    severity = models.CharField(
        max_length=8, choices=Handover.Severity.choices, default=Handover.Severity.STABLE
    )
    note = models.CharField(max_length=300, blank=True)
    to_staff = models.ForeignKey(Staff, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = (models.UniqueConstraint(fields=["handover", "ticket"], name="handover_line_once"),)

    def __str__(self) -> str:
        return f"{self.handover_id}: {self.ticket_id}"


class HandoverAction(models.Model):
    """Something that has to be done after the handover. `owner` null: whoever accepts the note."""

    id = IdField()
    handover = models.ForeignKey(Handover, on_delete=models.CASCADE, related_name="actions")
    ticket = models.ForeignKey(Ticket, on_delete=models.SET_NULL, null=True, related_name="+")
    text = models.CharField(max_length=300)
    owner = models.ForeignKey(Staff, on_delete=models.SET_NULL, null=True, related_name="+")
    due_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    done_by = models.CharField(max_length=60, blank=True)

    class Meta:
        indexes = (
            models.Index(
                fields=["owner", "due_at"], name="handover_action_open", condition=Q(done_at__isnull=True)
            ),
        )

    def __str__(self) -> str:
        return self.id
