"""Which tickets stand in which view, and what belongs to one ticket. Pages, API and reports share these.

Every question is asked for a colleague: what `desk.scope` does not let them read is in no view, no count and
no search. A ticket that was put away for later stands in `snoozed` alone until it comes back.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Count, Q, QuerySet

from guildhall.core import clock
from guildhall.core.text import Text
from guildhall.desk import scope, searching
from guildhall.desk.models import Category, Entry, Macro, Ticket
from guildhall.people.models import Staff

AT_RISK = timedelta(minutes=30)
"""A promise that falls due within it is at risk."""
OPEN = (Ticket.Status.OPEN, Ticket.Status.PENDING)
ENDED = (Ticket.Status.SOLVED, Ticket.Status.CLOSED)
VIEWS: dict[str, Text] = {
    "mine": Text("Mine", "我的"),
    "unassigned": Text("Unassigned", "未分配"),
    "at_risk": Text("At risk", "即将超时"),
    "breached": Text("Overdue", "已超时"),
    "mentions": Text("Mentions of me", "提及我的"),
    "snoozed": Text("Later", "稍后处理"),
    "open": Text("All open", "全部未解决"),
    "solved": Text("Solved", "已解决"),
    "spam": Text("Spam", "垃圾消息"),
    "all": Text("All", "全部"),
}


def view(name: str, staff: Staff, *, now: datetime | None = None) -> QuerySet[Ticket]:
    """The tickets of one of `VIEWS` that a colleague may read. Unordered. Raises KeyError for another."""
    among = scope.tickets_for(staff)
    if name == "spam":
        return among.filter(is_spam=True)
    among = among.filter(is_spam=False)
    return among if name == "all" else among.filter(_conditions(staff, now or clock.now())[name])


def counts(staff: Staff, *, now: datetime | None = None) -> dict[str, int]:
    """How many tickets stand in the views of what is not solved yet, in one question."""
    conditions = _conditions(staff, now or clock.now())
    asked = {name: one for name, one in conditions.items() if name != "solved"}
    among = scope.tickets_for(staff).filter(status__in=OPEN, merged_into__isnull=True, is_spam=False)
    found: dict[str, int] = among.aggregate(**{name: Count("id", filter=one) for name, one in asked.items()})
    return found


def _conditions(staff: Staff, now: datetime) -> dict[str, Q]:
    in_hand = Q(status__in=OPEN, merged_into__isnull=True)
    here = in_hand & Q(snoozed_until__isnull=True)
    called = Entry.mentions.through.objects.filter(staff_id=staff.pk).values("entry__ticket_id")
    return {
        "mine": here & Q(assignee_id=staff.pk),
        "unassigned": here & Q(assignee__isnull=True),
        "at_risk": in_hand & Q(breached=False, next_due_at__lte=now + AT_RISK),
        "breached": in_hand & Q(breached=True),
        "mentions": in_hand & Q(pk__in=called),
        "snoozed": in_hand & Q(snoozed_until__isnull=False),
        "open": in_hand,
        "solved": Q(status__in=ENDED, merged_into__isnull=True),
    }


def search(words: str, staff: Staff) -> QuerySet[Ticket]:
    """The tickets a colleague may read that hold all of these words or have this number.

    Words that would tell a vendor whose address or number they are find nothing for them.
    """
    return searching.search(words, scope.tickets_for(staff), staff)


def thread(ticket: Ticket, staff: Staff) -> QuerySet[Entry]:
    """What was said in a ticket and in those merged into it, as far as a colleague may read it, oldest
    first.
    """
    mine = scope.entries_for(staff, ticket)
    for part in merged_into(ticket):
        mine = mine | scope.entries_for(staff, part)
    return mine.distinct().select_related("author", "message", "ticket").order_by("at", "id")


def merged_into(ticket: Ticket) -> list[Ticket]:
    """The tickets that became a part of this one, also by way of another."""
    found: dict[str, Ticket] = {}
    heads = [ticket.pk]
    while heads:
        parts = [one for one in Ticket.objects.filter(merged_into_id__in=heads) if one.pk not in found]
        found.update({one.pk: one for one in parts})
        heads = [one.pk for one in parts]
    return list(found.values())


def past(ticket: Ticket, staff: Staff, most: int = 20) -> list[Ticket]:
    """Other tickets of the same person that a colleague may read, newest first."""
    if ticket.member_id is None and ticket.account_id is None:
        return []
    same = Q(member_id=ticket.member_id) if ticket.member_id else Q(account_id=ticket.account_id)
    others = scope.tickets_for(staff).filter(same).exclude(pk=ticket.pk)
    return list(others.select_related("category").order_by("-id")[:most])


def by_number(number: int, staff: Staff) -> Ticket | None:
    """The ticket people call by this number, if a colleague may read it."""
    return scope.tickets_for(staff).filter(number=number).first()


def of_message(message_id: str) -> list[str]:
    """Ids of the tickets a message stands in, the oldest first."""
    rows = Entry.objects.filter(message_id=message_id).order_by("pk")
    return list(rows.values_list("ticket_id", flat=True))


def open_ticket_of(account_id: str, *, space_id: str = "", since: datetime | None = None) -> Ticket | None:
    """The newest ticket of an account (in a space, '' for any) that is not over, or was heard of since a
    time.
    """
    found = Ticket.objects.filter(account_id=account_id, merged_into__isnull=True, is_spam=False)
    if space_id:
        found = found.filter(space_id=space_id)
    alive = Q(status__in=OPEN)
    if since is not None:
        alive |= Q(last_customer_at__gte=since) | Q(last_reply_at__gte=since)
    return found.filter(alive).order_by("-id").first()


def categories(*, archived: bool = False) -> list[Category]:
    """What questions can be about, in the house's order."""
    found = Category.objects.all() if archived else Category.objects.filter(archived_at__isnull=True)
    return list(found.order_by("order", "slug"))


def macros(staff: Staff, *, category: str = "", words: str = "") -> list[Macro]:
    """The macros a colleague may use: everybody's and their own, those of the category first, then by use."""
    found = Macro.objects.filter(archived_at__isnull=True).filter(Q(owner__isnull=True) | Q(owner=staff))
    rows = sorted(found, key=lambda one: (one.category_id != (category or None), -one.used, one.name["en"]))
    sought = words.strip().casefold()
    if not sought:
        return rows
    return [one for one in rows if any(sought in str(said).casefold() for said in _said(one))]


def _said(macro: Macro) -> list[str]:
    return [str(value) for value in (*macro.name.values(), *macro.text.values())]
