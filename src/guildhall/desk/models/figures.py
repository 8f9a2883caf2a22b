"""State of figures: each day's tickets in columns, made anew when one of them changes, and what we aim at."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from guildhall.core import clock


class FigureDay(models.Model):
    """The tickets that were opened on one UTC day, as `desk.figures.columns` packs them. A copy: it can be
    made anew from tickets and clocks at any time.
    """

    day = models.DateField(primary_key=True)
    body = models.BinaryField()
    tickets = models.PositiveIntegerField()
    made_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("figures of a day")
        verbose_name_plural = _("figures of days")

    def __str__(self) -> str:
        return self.day.isoformat()


class FigureMark(models.Model):
    """Up to when changes of tickets have gone into the figures; one row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    upto = models.DateTimeField()

    class Meta:
        verbose_name = _("state of the figures")
        verbose_name_plural = _("states of the figures")

    def __str__(self) -> str:
        return self.upto.isoformat()


class FigureTarget(models.Model):
    """What share (per cent) a figure is meant to reach; `figure` as `desk.figures.targets` names it."""

    figure = models.CharField(primary_key=True, max_length=24)
    percent = models.PositiveSmallIntegerField()
    changed_by = models.CharField(max_length=60)
    changed_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("target of a figure")
        verbose_name_plural = _("targets of figures")

    def __str__(self) -> str:
        return f"{self.figure} {self.percent}%"
