"""State of vendors: outsourced teams with queues of their own."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from guildhall.core import clock
from guildhall.core.ids import IdField
from guildhall.people.models import Team


class Vendor(models.Model):
    """An outsourced team. Its agents are the members of `team` who hold the role vendor agent.

    `terms`: what the invoice is reckoned by (see `vendors.terms`).
    """

    id = IdField()
    name = models.CharField(max_length=120, unique=True)
    team = models.OneToOneField(Team, on_delete=models.PROTECT, related_name="vendor")
    terms = models.JSONField(default=dict)
    is_active = models.BooleanField(default=True)
    created_by = models.CharField(max_length=60)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("vendor")
        verbose_name_plural = _("vendors")

    def __str__(self) -> str:
        return self.name
