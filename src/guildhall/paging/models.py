"""State of the paging room: pagers, escalation plans, pages, and who was told of each by what means.

Tokens and keys are not here: `core.secrets` keeps them under `secret_name(pager id)`. Rows are written by
`actions` only.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from guildhall.core import clock
from guildhall.core.ids import IdField
from guildhall.core.text import Text
from guildhall.paging.kinds import Means, NoticeState, PageState, Severity, What
from guildhall.people.models import Staff


def secret_name(pager_id: str) -> str:
    """Under which name `core.secrets` keeps what a pager signs in with."""
    return f"paging.{pager_id}"


class Pager(models.Model):
    """One way to reach one person, or the house's own incident service (`staff` null).

    `address`: an e-mail address, our id of the private space with our Telegram bot, or a URL. `quiet_from`
    and `quiet_to` are minutes of the day in `zone`; equal means never quiet.
    """

    id = IdField()
    staff = models.ForeignKey(Staff, on_delete=models.CASCADE, null=True, related_name="pagers")
    means = models.CharField(max_length=12, choices=Means.choices)
    address = models.CharField(max_length=500)
    label = models.CharField(max_length=80, blank=True)
    enabled = models.BooleanField(default=True)
    verified_at = models.DateTimeField(null=True)
    """When somebody acknowledged a page through it; before that it is not relied on."""
    quiet_from = models.PositiveSmallIntegerField(default=0)
    quiet_to = models.PositiveSmallIntegerField(default=0)
    zone = models.CharField(max_length=60, default="UTC")
    least = models.CharField(max_length=10, choices=Severity.choices, default=Severity.WARNING)
    last_error = models.CharField(max_length=300, blank=True)
    last_sent_at = models.DateTimeField(null=True)
    created_by = models.CharField(max_length=60)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("pager")
        verbose_name_plural = _("pagers")
        constraints = (models.UniqueConstraint(fields=["staff", "means", "address"], name="pager_once"),)

    def __str__(self) -> str:
        return self.label or self.address


class Plan(models.Model):
    """Who is tried after how long for which kinds of page. `kinds` empty: for all that no other plan names.

    `steps` as `escalating.Step` reads them; after the last one it begins again after `again_min` minutes, at
    most `rounds` times in all.
    """

    id = IdField()
    name = models.CharField(max_length=80)
    kinds = models.JSONField(default=list)
    steps = models.JSONField(default=list)
    again_min = models.PositiveSmallIntegerField(default=15)
    rounds = models.PositiveSmallIntegerField(default=3)
    changed_by = models.CharField(max_length=60)
    changed_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("escalation plan")
        verbose_name_plural = _("escalation plans")

    def __str__(self) -> str:
        return self.name


class Page(models.Model):
    """Something that needs somebody now. `title` and `body` are {en, zh}; `link` is a path of the console.

    One open page a `dedupe_key`: raised again it counts, it does not ring again. `step` and `round` say how
    far the escalation is; `plan` is kept as it was when the page was raised.
    """

    id = IdField()
    kind = models.CharField(max_length=60)
    severity = models.CharField(max_length=10, choices=Severity.choices, default=Severity.WARNING)
    title = models.JSONField(default=dict)
    body = models.JSONField(default=dict)
    link = models.CharField(max_length=300, blank=True)
    dedupe_key = models.CharField(max_length=190)
    state = models.CharField(max_length=14, choices=PageState.choices, default=PageState.OPEN)
    plan = models.JSONField(default=dict)
    step = models.PositiveSmallIntegerField(default=0)
    round = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(null=True)
    count = models.PositiveIntegerField(default=1)
    raised_by = models.CharField(max_length=60)
    raised_at = models.DateTimeField(default=clock.now)
    last_at = models.DateTimeField(default=clock.now)
    acknowledged_by = models.CharField(max_length=60, blank=True)
    acknowledged_at = models.DateTimeField(null=True)
    resolved_by = models.CharField(max_length=60, blank=True)
    resolved_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("page")
        verbose_name_plural = _("pages")
        constraints = (
            models.UniqueConstraint(
                fields=["dedupe_key"], name="page_open_once", condition=~Q(state=PageState.RESOLVED.value)
            ),
        )
        indexes = (models.Index(fields=["state", "id"], name="page_state"),)

    def __str__(self) -> str:
        return str(self.called)

    @property
    def called(self) -> Text:
        """Its title."""
        return Text.from_json(self.title)

    @property
    def says(self) -> Text:
        """Its body."""
        return Text.from_json(self.body)


class Notice(models.Model):
    """One pager told of one page. `step` and `round` are those of the escalation it was told in."""

    id = IdField()
    page = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="notices")
    pager = models.ForeignKey(Pager, on_delete=models.SET_NULL, null=True, related_name="notices")
    staff = models.ForeignKey(Staff, on_delete=models.SET_NULL, null=True, related_name="+")
    means = models.CharField(max_length=12, choices=Means.choices)
    what = models.CharField(max_length=8, choices=What.choices, default=What.RAISED)
    step = models.PositiveSmallIntegerField(default=0)
    round = models.PositiveSmallIntegerField(default=0)
    state = models.CharField(max_length=10, choices=NoticeState.choices, default=NoticeState.PLANNED)
    due_at = models.DateTimeField(default=clock.now)
    sent_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name = _("notice of a page")
        verbose_name_plural = _("notices of pages")

    def __str__(self) -> str:
        return self.id
