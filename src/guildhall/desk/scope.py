"""Which tickets and which words in them a colleague may read at all.

Our own people read every ticket; whoever holds the role vendor agent reads the queue of the one vendor they
work for, whatever else they hold; everybody else reads none. How what may be read is shown is decided in
`desk.showing`.
"""

from __future__ import annotations

from django.db.models import Q, QuerySet

from guildhall.desk.models import Entry, Ticket, Vendor
from guildhall.people.models import Staff, TeamMembership
from guildhall.people.roles import Role

PERMISSION = "desk.view"
_ABOUT_VENDORS = ("vendor", "escalated")
"""Notes of the house that name another vendor, or a team of the exchange."""


def is_outsourced(staff: Staff | None) -> bool:
    """Whether this is somebody of a vendor. Nobody at all (None) is treated as one: the less trusted way."""
    return staff is None or Role.VENDOR_AGENT in staff.roles


def vendor_of(staff: Staff | None) -> Vendor | None:
    """The vendor an outsourced agent works for; None for our own people, for a vendor that is shut, and for
    somebody in the teams of two vendors, who would otherwise carry one's data to the other.
    """
    if staff is None or not is_outsourced(staff):
        return None
    found = list(
        Vendor.objects.filter(team__memberships__staff_id=staff.pk).select_related("team").order_by("pk")[:2]
    )
    return found[0] if len(found) == 1 and found[0].is_active else None


def leads_vendor(staff: Staff | None) -> Vendor | None:
    """The vendor whose team this outsourced agent leads, or None."""
    vendor = vendor_of(staff)
    if vendor is None or staff is None:
        return None
    leads = TeamMembership.objects.filter(team_id=vendor.team_id, staff_id=staff.pk, is_lead=True)
    return vendor if leads.exists() else None


def tickets_for(staff: Staff | None) -> QuerySet[Ticket]:
    """The tickets `staff` may read: all, those in the queue of their vendor, or none."""
    if staff is None or not staff.may(PERMISSION):
        return Ticket.objects.none()
    if not is_outsourced(staff):
        return Ticket.objects.all()
    vendor = vendor_of(staff)
    return Ticket.objects.none() if vendor is None else Ticket.objects.filter(vendor_id=vendor.pk)


def may_see(staff: Staff | None, ticket: Ticket) -> bool:
    """Whether `staff` may read this ticket."""
    if staff is None or not staff.may(PERMISSION):
        return False
    if not is_outsourced(staff):
        return True
    vendor = vendor_of(staff)
    return vendor is not None and ticket.vendor_id == vendor.pk


def colleagues_of(staff: Staff) -> QuerySet[Staff]:
    """The colleagues `staff` may see, name and assign to: everybody, or those of their own vendor."""
    if not is_outsourced(staff):
        return Staff.objects.all()
    vendor = vendor_of(staff)
    if vendor is None:
        return Staff.objects.filter(pk=staff.pk)
    return Staff.objects.filter(memberships__team_id=vendor.team_id)


def entries_for(staff: Staff | None, ticket: Ticket) -> QuerySet[Entry]:
    """What of a ticket `staff` may read. An outsourced agent reads what the member and we said to each
    other and what the house noted, and of the internal notes only those of their own vendor's people and
    those that mention one of them.
    """
    if not may_see(staff, ticket):
        return Entry.objects.none()
    return among_entries(staff, Entry.objects.filter(ticket_id=ticket.pk))


def among_entries(staff: Staff | None, entries: QuerySet[Entry]) -> QuerySet[Entry]:
    """Of `entries`, all in tickets that `staff` may see, those they may read."""
    if staff is None:
        return entries.none()
    if not is_outsourced(staff):
        return entries
    own = list(colleagues_of(staff).values_list("pk", flat=True))
    mentioned = Entry.mentions.through.objects.filter(staff_id__in=own)
    return entries.filter(
        ~Q(kind=Entry.Kind.NOTE) | Q(author_id__in=own) | Q(pk__in=mentioned.values("entry_id"))
    ).exclude(kind=Entry.Kind.SYSTEM, data__what__in=_ABOUT_VENDORS)
