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


class VendorRoute(models.Model):
    """Which tickets go into a vendor's queue; the first route that fits, by order, decides. `match` as
    `vendors.routing.Match`.
    """

    id = IdField()
    vendor = models.ForeignKey(Vendor, on_delete=models.CASCADE, related_name="routes")
    order = models.PositiveSmallIntegerField(default=100)
    match = models.JSONField(default=dict)
    is_on = models.BooleanField(default=True)
    changed_by = models.CharField(max_length=60)
    changed_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("route to a vendor")
        verbose_name_plural = _("routes to vendors")
        indexes = (models.Index(fields=["order", "id"], name="vendorroute_order"),)

    def __str__(self) -> str:
        return self.id


class VendorInvoice(models.Model):
    """What a vendor is owed for a month. `month`: its first day, in the zone of the terms it was reckoned by.

    `content` as `vendors.invoicing.Reckoning` writes it; `total_minor` in minor units of `currency`. A frozen
    one never changes.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        PROPOSED = "proposed", _("waits for approval")
        FROZEN = "frozen", _("frozen")

    id = IdField()
    vendor = models.ForeignKey(Vendor, on_delete=models.PROTECT, related_name="invoices")
    month = models.DateField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.DRAFT)
    currency = models.CharField(max_length=10)
    terms = models.JSONField()
    content = models.JSONField()
    total_minor = models.BigIntegerField()
    reckoned_by = models.CharField(max_length=60)
    reckoned_at = models.DateTimeField()
    proposed_by = models.CharField(max_length=60, blank=True)
    frozen_by = models.CharField(max_length=60, blank=True)
    frozen_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("invoice of a vendor")
        verbose_name_plural = _("invoices of vendors")
        constraints = (
            models.UniqueConstraint(fields=["vendor", "month"], name="vendorinvoice_once"),
            models.CheckConstraint(
                condition=~models.Q(state="frozen") | models.Q(frozen_at__isnull=False),
                name="vendorinvoice_frozen_when",
            ),
        )

    def __str__(self) -> str:
        return f"{self.vendor_id} {self.month:%Y-%m}"


class BilledTicket(models.Model):
    """A ticket that stands on a frozen invoice: no ticket is ever paid for twice. `ticket_id` is a plain id,
    because what was paid stays known when the ticket is gone.
    """

    ticket_id = models.CharField(max_length=26, unique=True)
    invoice = models.ForeignKey(VendorInvoice, on_delete=models.PROTECT, related_name="tickets")

    class Meta:
        verbose_name = _("ticket on an invoice")
        verbose_name_plural = _("tickets on invoices")

    def __str__(self) -> str:
        return self.ticket_id
