"""State of intake: imports of what other bots and platforms exported, and whom each of them touched.

What an import brought must be found again exactly, so that it can be undone: bans and memberships are one
row each in `ImportedMember` with what stood there before; messages carry the import's id in `extra`.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from guildhall.channels.models import Space
from guildhall.core import clock
from guildhall.core.ids import IdField
from guildhall.people.models import Account


class Import(models.Model):
    """One uploaded file and what became of it. `cursor` is how far it is worked off: a byte or a row.

    `options` is what a person chose, `counts` what was found and done, `result` what is shown at the end
    (texts as `{en, zh}`), `problem` why it failed.
    """

    class Kind(models.TextChoices):
        BANS = "bans", _("ban list")
        RULES = "rules", _("rules")
        HISTORY = "history", _("chat history")

    class State(models.TextChoices):
        READING = "reading", _("being read")
        PREVIEW = "preview", _("waiting for you")
        RUNNING = "running", _("under way")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")
        UNDOING = "undoing", _("being undone")
        UNDONE = "undone", _("undone")

    id = IdField()
    kind = models.CharField(max_length=10, choices=Kind.choices)
    format = models.CharField(max_length=40, blank=True)
    file_name = models.CharField(max_length=255)
    file_size = models.BigIntegerField(default=0)
    digest = models.CharField(max_length=64, blank=True)
    has_file = models.BooleanField(default=True)
    spaces = models.ManyToManyField(Space, related_name="+")
    state = models.CharField(max_length=10, choices=State.choices, default=State.READING)
    options = models.JSONField(default=dict)
    counts = models.JSONField(default=dict)
    result = models.JSONField(default=dict)
    problem = models.JSONField(default=dict)
    cursor = models.BigIntegerField(default=0)
    rows_done = models.BigIntegerField(default=0)
    rows_total = models.BigIntegerField(default=0)
    bad_rows = models.BigIntegerField(default=0)
    busy_ms = models.BigIntegerField(default=0)
    """Milliseconds worked on it, for the rate that is shown."""
    by = models.CharField(max_length=60)
    at = models.DateTimeField(default=clock.now)
    confirmed_by = models.CharField(max_length=60, blank=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        indexes = (models.Index(fields=["at"], name="import_with_file", condition=Q(has_file=True)),)

    def __str__(self) -> str:
        return self.id


class ImportedMember(models.Model):
    """One account in one space that an import touched: `before` is what stood there, for undoing.

    `reason` and `until` belong to a ban.
    """

    imported = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="members", db_index=False)
    space = models.ForeignKey(Space, on_delete=models.CASCADE, related_name="+")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    is_new_account = models.BooleanField(default=False)
    is_new_member = models.BooleanField(default=False)
    before = models.JSONField(default=dict)
    reason = models.CharField(max_length=500, blank=True)
    until = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["imported", "space", "account"], name="importedmember_once"),
        )

    def __str__(self) -> str:
        return f"{self.imported_id}/{self.space_id}/{self.account_id}"
