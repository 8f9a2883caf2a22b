"""State of tickets: the question, what was said in it, what happened to it in time, and what is said often.

A ticket's past is never rewritten: entries and timeline events are only added. Who asked is an account of the
people room; where it was asked is a space of channels.
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from guildhall.channels.models import Message, Space
from guildhall.core import clock
from guildhall.core.ids import IdField
from guildhall.core.text import Text
from guildhall.desk.models.vendors import Vendor
from guildhall.people.models import Account, Member, Staff, Team


class Category(models.Model):
    """What a question is about. `name` is {en, zh}; `fields` as `desk.fields.Field` reads them: what has to
    be known before such a ticket can be solved.
    """

    slug = models.SlugField(primary_key=True, max_length=40)
    name = models.JSONField(default=dict)
    fields = models.JSONField(default=list)
    priority = models.CharField(max_length=8, default="normal")
    order = models.PositiveSmallIntegerField(default=100)
    archived_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")

    def __str__(self) -> str:
        return str(self.called)

    @property
    def called(self) -> Text:
        """Its name."""
        return Text.from_json(self.name)


class Ticket(models.Model):
    """One question. `number` is what people call it by and grows by one.

    `way`: how it was asked. `space`, `thread_id`: where; `account`, `member`: who (null where nobody is
    known: the API). `private_space` is where the asker can be answered alone, when there is such a place.
    `waiting_since`: since when the asker waits for us (null: we wait for them). `next_due_at`: the earliest
    due time among its running clocks, in the past while a broken one still runs; `breached`: a clock of it
    was broken. Both are copies that `desk.clocking` keeps. `revision` counts changes, so that two
    people do not overwrite each other.
    """

    class Status(models.TextChoices):
        OPEN = "open", _("in hand")
        PENDING = "pending", _("waiting for the member")
        SOLVED = "solved", _("solved")
        CLOSED = "closed", _("closed")

    class Priority(models.TextChoices):
        LOW = "low", _("low")
        NORMAL = "normal", _("normal")
        HIGH = "high", _("high")
        URGENT = "urgent", _("urgent")

    class Way(models.TextChoices):
        GROUP = "group", _("in a group")
        PRIVATE = "private", _("private message")
        TOPIC = "topic", _("forum topic")
        WEBCHAT = "webchat", _("in web chat")
        EMAIL = "email", _("by e-mail")
        API = "api", _("by API")

    id = IdField()
    number = models.PositiveBigIntegerField(unique=True)
    subject = models.CharField(max_length=200)
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.OPEN)
    priority = models.CharField(max_length=8, choices=Priority.choices, default=Priority.NORMAL)
    category = models.ForeignKey(Category, on_delete=models.PROTECT, null=True, related_name="tickets")
    fields = models.JSONField(default=dict)
    way = models.CharField(max_length=8, choices=Way.choices)
    language = models.CharField(max_length=10, default="en")
    tier = models.CharField(max_length=40, blank=True)
    space = models.ForeignKey(
        Space, on_delete=models.PROTECT, null=True, related_name="tickets", db_index=False
    )
    thread_id = models.CharField(max_length=190, blank=True)
    private_space = models.ForeignKey(Space, on_delete=models.SET_NULL, null=True, related_name="+")
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, null=True, related_name="tickets", db_index=False
    )
    member = models.ForeignKey(
        Member, on_delete=models.PROTECT, null=True, related_name="tickets", db_index=False
    )
    external_key = models.CharField(max_length=190, null=True, unique=True)
    """What the one who opened it by API calls it; also holds what must not be opened twice."""
    vendor = models.ForeignKey(Vendor, on_delete=models.SET_NULL, null=True, related_name="tickets")
    """Whose queue it is in; null: our own people's."""
    team = models.ForeignKey(Team, on_delete=models.SET_NULL, null=True, related_name="+")
    assignee = models.ForeignKey(
        Staff, on_delete=models.SET_NULL, null=True, related_name="tickets", db_index=False
    )
    assigned_at = models.DateTimeField(null=True)
    policy_version = models.PositiveBigIntegerField(null=True)
    """The version of the SLA policy its clocks run by (see `desk.models.sla`)."""
    opened_at = models.DateTimeField(default=clock.now)
    changed_at = models.DateTimeField(default=clock.now)
    waiting_since = models.DateTimeField(null=True)
    first_reply_at = models.DateTimeField(null=True)
    last_customer_at = models.DateTimeField(null=True)
    last_reply_at = models.DateTimeField(null=True)
    solved_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    reopened = models.PositiveSmallIntegerField(default=0)
    replies = models.PositiveIntegerField(default=0)
    snoozed_until = models.DateTimeField(null=True)
    next_due_at = models.DateTimeField(null=True)
    breached = models.BooleanField(default=False)
    merged_into = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="merged", db_index=False
    )
    split_from = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="splits")
    is_spam = models.BooleanField(default=False)
    rating = models.PositiveSmallIntegerField(null=True)
    """What the member thought of it, 1 to 5."""
    rating_comment = models.TextField(blank=True)
    rated_at = models.DateTimeField(null=True)
    opened_by = models.CharField(max_length=60, blank=True)
    revision = models.PositiveIntegerField(default=0)
    indexed = models.BooleanField(default=False)
    """Whether the search index has it as it is now."""

    class Meta:
        verbose_name = _("ticket")
        verbose_name_plural = _("tickets")
        indexes = (
            models.Index(fields=["status", "next_due_at", "id"], name="ticket_due"),
            models.Index(fields=["assignee", "status", "id"], name="ticket_assignee"),
            models.Index(fields=["vendor", "status", "id"], name="ticket_vendor_queue"),
            models.Index(fields=["space", "status", "id"], name="ticket_space"),
            models.Index(fields=["account", "id"], name="ticket_account"),
            models.Index(fields=["member", "id"], name="ticket_member"),
            models.Index(fields=["status", "changed_at", "id"], name="ticket_changed"),
            models.Index(fields=["changed_at", "id"], name="ticket_lately"),
            models.Index(
                fields=["merged_into"], name="ticket_merged", condition=Q(merged_into__isnull=False)
            ),
            models.Index(fields=["status", "id"], name="ticket_broken", condition=Q(breached=True)),
            models.Index(
                fields=["snoozed_until"], name="ticket_snoozed", condition=Q(snoozed_until__isnull=False)
            ),
            models.Index(
                fields=["id"], name="ticket_unassigned", condition=Q(assignee__isnull=True, status="open")
            ),
            models.Index(fields=["id"], name="ticket_unindexed", condition=Q(indexed=False)),
        )

    def __str__(self) -> str:
        return f"#{self.number}"

    @property
    def is_open(self) -> bool:
        """Whether somebody on our side still has to own it."""
        return self.status in (self.Status.OPEN, self.Status.PENDING) and self.merged_into_id is None


class Entry(models.Model):
    """One thing said in a ticket, by the asker, by us, or among us.

    `message` is the message in channels where there is one (what came in, and what we said once the platform
    has it). `author` is the colleague. `state` belongs to what goes out: held for `send_at` (it can be taken
    back until then), queued, sent, failed, unsent.
    """

    class Kind(models.TextChoices):
        CUSTOMER = "customer", _("from the member")
        REPLY = "reply", _("reply to the member")
        NOTE = "note", _("internal note")
        SYSTEM = "system", _("said by the house")

    class State(models.TextChoices):
        DONE = "done", _("recorded")
        HELD = "held", _("can be taken back")
        QUEUED = "queued", _("being sent")
        SENT = "sent", _("sent")
        FAILED = "failed", _("not sent")
        UNSENT = "unsent", _("withdrawn")

    class Where(models.TextChoices):
        NOWHERE = "", "-"
        GROUP = "group", _("in the group")
        PRIVATE = "private", _("in private")

    id = IdField()
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="entries", db_index=False)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    text = models.TextField(blank=True)
    language = models.CharField(max_length=10, blank=True)
    message = models.ForeignKey(
        Message, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    author = models.ForeignKey(Staff, on_delete=models.SET_NULL, null=True, related_name="+")
    by = models.CharField(max_length=60, blank=True)
    """The actor as audit names them."""
    where = models.CharField(max_length=8, choices=Where.choices, default=Where.NOWHERE, blank=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.DONE)
    send_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=300, blank=True)
    data = models.JSONField(default=dict)
    """What a note of the house is about (who assigned it to whom), what macro was used."""
    mentions: models.ManyToManyField[Staff, Any] = models.ManyToManyField(Staff, related_name="+")
    at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("entry of a ticket")
        verbose_name_plural = _("entries of tickets")
        indexes = (
            models.Index(fields=["ticket", "id"], name="entry_ticket"),
            models.Index(fields=["id"], name="entry_on_its_way", condition=Q(state="queued")),
            models.Index(fields=["message"], name="entry_message", condition=Q(message__isnull=False)),
        )
        constraints = (
            models.UniqueConstraint(
                fields=["ticket", "message"], name="entry_message_once", condition=Q(message__isnull=False)
            ),
        )

    def __str__(self) -> str:
        return self.id


class TicketDoc(models.Model):
    """The search terms of one ticket: of its subject and of everything said in it. The key is the ticket's
    number, so that the full-text index finds tickets by it.
    """

    number = models.PositiveBigIntegerField(primary_key=True)
    ticket = models.OneToOneField(Ticket, on_delete=models.CASCADE, related_name="search")
    terms = models.TextField()

    def __str__(self) -> str:
        return f"#{self.number}"


class Attachment(models.Model):
    """A file in a ticket, kept in the database as it may be shown: checked for type and size, without the
    place and camera it was taken with. `size` in bytes, `digest` the SHA-256 of the bytes as kept.
    """

    id = IdField()
    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="attachments")
    name = models.CharField(max_length=120)
    mime = models.CharField(max_length=80)
    size = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    body = models.BinaryField()
    at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("file in a ticket")
        verbose_name_plural = _("files in tickets")

    def __str__(self) -> str:
        return self.name


class TimelineEvent(models.Model):
    """One event of a ticket as its clocks read it (docs/clocks.md): whole seconds, only ever added."""

    id = models.BigAutoField(primary_key=True)
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="timeline", db_index=False)
    at = models.DateTimeField()
    type = models.CharField(max_length=16)
    value = models.CharField(max_length=40, blank=True)
    """The new status or priority, the ticket merged into, the new policy version."""

    class Meta:
        indexes = (models.Index(fields=["ticket", "id"], name="timeline_ticket"),)

    def __str__(self) -> str:
        return f"{self.ticket_id} {self.type} {self.at:%Y-%m-%dT%H:%M:%SZ}"


class Macro(models.Model):
    """Words that are said often. `name` and `text` are {en, zh}; `text` may hold places such as {member}.

    `does`: what is set beside it ({status, category, priority}). `owner` null: everybody's.
    """

    id = IdField()
    name = models.JSONField(default=dict)
    text = models.JSONField(default=dict)
    category = models.ForeignKey(Category, on_delete=models.SET_NULL, null=True, related_name="macros")
    does = models.JSONField(default=dict)
    owner = models.ForeignKey(Staff, on_delete=models.CASCADE, null=True, related_name="+")
    used = models.PositiveIntegerField(default=0)
    changed_by = models.CharField(max_length=60)
    changed_at = models.DateTimeField(default=clock.now)
    archived_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("macro")
        verbose_name_plural = _("macros")

    def __str__(self) -> str:
        return str(self.called)

    @property
    def called(self) -> Text:
        """Its name."""
        return Text.from_json(self.name)
