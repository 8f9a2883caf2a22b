"""State of personal WeChat groups, where a person is the only way in: who looks after each, what waits to be
pasted, what was counted by hand.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from guildhall.core import clock
from guildhall.core.ids import IdField


class AssistedGroup(models.Model):
    """What we know of a personal group beside its space. `heads` is the last count (null: never counted).

    `phone` says in which WeChat account it lies ("Mei's phone", "+65 2"), for whoever picks up the phone.
    """

    space = models.OneToOneField(
        "channels.Space", on_delete=models.CASCADE, primary_key=True, related_name="assisted"
    )
    caretaker = models.ForeignKey(
        "people.Staff", on_delete=models.SET_NULL, null=True, related_name="assisted_groups"
    )
    phone = models.CharField(max_length=60, blank=True)
    capacity = models.PositiveIntegerField(default=500)
    heads = models.PositiveIntegerField(null=True)
    heads_at = models.DateTimeField(null=True)
    heads_by = models.CharField(max_length=60, blank=True)

    class Meta:
        verbose_name = _("assisted group")
        verbose_name_plural = _("assisted groups")
        indexes = (models.Index(fields=["caretaker", "space"], name="assistedgroup_caretaker"),)

    def __str__(self) -> str:
        return self.space_id


class AssistedPost(models.Model):
    """Words that wait for a person to paste them, and what became of them.

    One for each effect, so that carrying the effect out twice asks once. `cause` is the effect's. The
    message of the space is written when somebody says it was posted, not before.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("waits for a person")
        POSTED = "posted", _("posted by hand")
        DROPPED = "dropped", _("not posted")

    id = IdField()
    space = models.ForeignKey(
        "channels.Space", on_delete=models.CASCADE, related_name="assisted_posts", db_index=False
    )
    verb = models.CharField(max_length=12)
    text = models.TextField()
    media = models.JSONField(default=list)
    """Ids of the files to go along, in order."""
    addressee = models.ForeignKey("people.Account", on_delete=models.SET_NULL, null=True, related_name="+")
    """Whom it is for alone (a warning); null: the group."""
    reply_to = models.CharField(max_length=190, blank=True)
    """Platform id of the message it answers."""
    effect_id = models.BigIntegerField(null=True, unique=True)
    cause = models.CharField(max_length=200, blank=True)
    asked_by = models.CharField(max_length=60)
    asked_at = models.DateTimeField(default=clock.now)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    message = models.ForeignKey("channels.Message", on_delete=models.SET_NULL, null=True, related_name="+")
    settled_by = models.CharField(max_length=60, blank=True)
    settled_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name = _("assisted post")
        verbose_name_plural = _("assisted posts")
        indexes = (
            models.Index(fields=["id"], name="assistedpost_waiting", condition=Q(state="waiting")),
            models.Index(fields=["space", "id"], name="assistedpost_space"),
        )

    def __str__(self) -> str:
        return self.id


class AssistedEntry(models.Model):
    """What a person counted in a group on one day (of the group's own calendar); null is not counted.

    A later entry of the same day fills in and corrects; the audit keeps what stood before.
    """

    id = IdField()
    space = models.ForeignKey(
        "channels.Space", on_delete=models.CASCADE, related_name="assisted_entries", db_index=False
    )
    day = models.DateField()
    heads = models.PositiveIntegerField(null=True)
    messages = models.PositiveIntegerField(null=True)
    active = models.PositiveIntegerField(null=True)
    joined = models.PositiveIntegerField(null=True)
    left = models.PositiveIntegerField(null=True)
    by = models.CharField(max_length=60)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("entry by hand")
        verbose_name_plural = _("entries by hand")
        constraints = (models.UniqueConstraint(fields=["space", "day"], name="assistedentry_day"),)
        indexes = (models.Index(fields=["day"], name="assistedentry_all"),)

    def __str__(self) -> str:
        return f"{self.space_id} {self.day}"
