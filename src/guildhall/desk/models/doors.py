"""State of doors: where questions come in by which rules, and a house's own words of what they are about."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from guildhall.channels.models import Space
from guildhall.core import clock
from guildhall.core.ids import IdField
from guildhall.desk.models.tickets import Category


class DoorRule(models.Model):
    """One door: that of a space, or that of all private talks on a platform (`space` null).

    `rules` as `desk.doors.Rules` reads them.
    """

    id = IdField()
    space = models.OneToOneField(Space, on_delete=models.CASCADE, null=True, related_name="door")
    platform = models.CharField(max_length=30, blank=True)
    rules = models.JSONField(default=dict)
    enabled = models.BooleanField(default=True)
    changed_by = models.CharField(max_length=60)
    changed_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("door")
        verbose_name_plural = _("doors")
        constraints = (
            models.UniqueConstraint(
                fields=["platform"], name="door_private_once", condition=Q(space__isnull=True)
            ),
            models.CheckConstraint(
                name="door_is_of_space_or_platform",
                condition=Q(space__isnull=False, platform="") | (Q(space__isnull=True) & ~Q(platform="")),
            ),
        )

    def __str__(self) -> str:
        return self.space.name if self.space is not None else self.platform


class DoorWords(models.Model):
    """Words of a house's own that tell a category, beside ours."""

    category = models.OneToOneField(
        Category, on_delete=models.CASCADE, primary_key=True, related_name="door_words"
    )
    words = models.JSONField(default=list)
    changed_by = models.CharField(max_length=60)
    changed_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("words of a category")
        verbose_name_plural = _("words of categories")

    def __str__(self) -> str:
        return str(self.pk)
