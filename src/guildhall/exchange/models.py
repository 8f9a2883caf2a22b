"""What the exchange room keeps: who stands behind a pseudonym, feeds, batches and the rows that could not be
read.

The unique constraints are what makes a batch that comes twice one batch, and an account one pseudonym.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from guildhall.core import clock
from guildhall.core.ids import IdField
from guildhall.people.models import Member


class VenueAccount(models.Model):
    """A UID at a venue and the pseudonym facts know it by. Deleting the row is the erasure: facts then lead
    to nobody. `member` is who it belongs to, where that is known.
    """

    id = IdField()
    venue = models.CharField(max_length=40)
    uid = models.CharField(max_length=120)
    pseudonym = models.CharField(max_length=64, unique=True)
    member = models.ForeignKey(
        Member, null=True, blank=True, on_delete=models.SET_NULL, related_name="venue_accounts"
    )
    at = models.DateTimeField(default=clock.now)
    """When this house first heard of it, UTC."""

    class Meta:
        verbose_name = _("account at a venue")
        verbose_name_plural = _("accounts at venues")
        constraints = (models.UniqueConstraint(fields=["venue", "uid"], name="venue_account_once"),)

    def __str__(self) -> str:
        return self.pseudonym
