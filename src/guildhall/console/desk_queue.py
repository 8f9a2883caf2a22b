"""The lists of the inbox: views with their counts, filters, the order by what is due first, each quick at a
hundred thousand tickets.

Which tickets somebody may see at all is `desk.scope`'s business, what a view holds that of `desk.queries`;
this module only orders, pages and counts. Tickets that nothing is due on come after those with a due time,
in both databases the same way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from guildhall.channels.models import Space
from guildhall.console import desk_words, words
from guildhall.console.remembered import remembered
from guildhall.desk import finding, queries, scope, searching
from guildhall.desk.models import Category, Entry, Ticket
from guildhall.people.models import Staff
from guildhall.ui import paging, tables

SIZE = 50
BESIDE = 30
"""How many of the list stand beside an open ticket."""
CAP = 999
COUNTED = ("mine", "unassigned", "at_risk", "breached", "mentions", "open", "snoozed")
_PEOPLE = ("account", "member", "space", "assignee")
_SHOWN = (
    "number", "subject", "status", "priority", "tier", "way", "next_due_at", "breached", "waiting_since",
    "changed_at", "vendor", "account__display_name", "account__username", "account__external_id",
    "account__member", "member__display_name", "member__erased_at", "space__name", "assignee__name",
    "assignee__email",
)  # fmt: skip
_OLD = ("all", "solved", "spam")
_NULLABLE = {"due": "next_due_at", "waiting": "waiting_since"}
SORTS = (
    ("due", _("due first")),
    ("waiting", _("waiting longest")),
    ("-new", _("newest first")),
    ("new", _("oldest first")),
    ("-changed", _("changed last")),
)


@dataclass(frozen=True, slots=True)
class Place:
    """Which list somebody works through: the view and its filters, as the address carries them."""

    view: str
    query: str

    def with_query(self, address: str, **more: str) -> str:
        """An address that leads back here afterwards."""
        added = urlencode(more)
        whole = "&".join(part for part in (self.query, added) if part)
        return f"{address}?{whole}" if whole else address


@dataclass(frozen=True, slots=True)
class Page:
    """One screenful of tickets; `next_key` when more follow."""

    rows: Sequence[Ticket]
    next_key: Sequence[Any] | None

    def around(self, ticket_id: str) -> tuple[str, str]:
        """The tickets before and after one; '' where there is none. For one not in it: none and the first."""
        ids = [row.pk for row in self.rows]
        if ticket_id not in ids:
            return "", next(iter(ids), "")
        at = ids.index(ticket_id)
        return (ids[at - 1] if at else ""), (ids[at + 1] if at + 1 < len(ids) else "")


def spec(staff: Staff) -> tables.Spec:
    """The filters as they can be set now, for this reader."""
    choices = remembered(("desk-filters", staff.pk), 20.0, lambda: _choices(staff))
    return tables.Spec(
        columns=(
            tables.Column("due", "", sort=("next_due_at",)),
            tables.Column("waiting", "", sort=("waiting_since",)),
            tables.Column("new", "", sort=("id",)),
            tables.Column("changed", "", sort=("changed_at",)),
        ),
        filters=(
            tables.Filter("q", _("Find"), "search", placeholder=_("Words, #number, member")),
            tables.Filter("language", _("Language"), choices=choices["language"]),
            tables.Filter("space", _("Space"), choices=choices["space"]),
            tables.Filter("category", _("Category"), choices=choices["category"]),
            tables.Filter("tier", _("Tier"), choices=choices["tier"]),
            tables.Filter(
                "priority",
                _("Priority"),
                choices=tuple((key, word[0]) for key, word in desk_words.PRIORITIES.items()),
            ),
            tables.Filter("who", _("Assigned to"), choices=choices["who"]),
            tables.Filter("way", _("Came"), choices=tuple(desk_words.WAYS.items())),
        ),
        default_sort="due",
        page_size=SIZE,
    )


def _choices(staff: Staff) -> dict[str, tuple[tuple[str, str | Promise], ...]]:
    spaces = Space.objects.filter(archived_at=None).exclude(kind="private")
    if scope.is_outsourced(staff):
        spaces = spaces.filter(pk__in=scope.tickets_for(staff).values("space_id"))
    tiers = sorted(set(spaces.exclude(tier="").values_list("tier", flat=True)))
    who = scope.colleagues_of(staff).filter(is_active=True).order_by("name").values_list("pk", "name")
    return {
        "language": tuple((code, words.LANGUAGES[code]) for code in ("en", "zh-hans", "zh-hant")),
        "space": tuple(spaces.order_by("name").values_list("slug", "name")[:500]),
        "category": tuple(
            (one.slug, str(one.called)) for one in Category.objects.filter(archived_at=None).order_by("order")
        ),
        "tier": tuple((tier, tier) for tier in tiers),
        "who": (("none", _("nobody")), *((str(pk), name) for pk, name in who[:500])),
    }


def read(params: Any, staff: Staff) -> tuple[tables.State, Place]:
    """The list an address asks for."""
    view = params.get("view", "")
    view = view if view in queries.VIEWS else "mine"
    state = tables.read(spec(staff), params, keep=("view",))
    chosen = {key: value for key, value in state.values.items() if value}
    written = ("-" if state.descending else "") + state.sort
    if written != state.spec.default_sort:
        chosen["sort"] = written
    if view != "mine":
        chosen = {"view": view, **chosen}
    return state, Place(view, urlencode(chosen))


def tickets(view: str, state: tables.State, staff: Staff) -> QuerySet[Ticket]:
    """The tickets of a view under its filters, unordered."""
    found, sought = _filtered(view, state, staff), state.value("q")
    return searching.search(sought, found, staff) if sought else found


def listed(view: str, state: tables.State, staff: Staff, size: int = 0, *, beside: bool = False) -> Page:
    """One screenful of a view as a page shows it. What is found among all tickets, the old ones too, comes
    newest first: hardly anything of it is due.
    """
    size = size or SIZE
    sought = state.value("q")
    is_old = view in _OLD and state.sort == "due"
    if not sought or not is_old or scope.is_outsourced(staff):
        return page(with_people(tickets(view, state, staff), beside=beside), state, size)
    after = Ticket.objects.filter(pk=state.after[1]).first() if state.after else None
    among = with_people(_filtered(view, state, staff), beside=beside)
    rows = finding.newest(sought, among, size + 1, before=after.number if after else 0)
    return Page(rows[:size], ("", rows[size - 1].pk) if len(rows) > size else None)


def _filtered(view: str, state: tables.State, staff: Staff) -> QuerySet[Ticket]:
    found = queries.view(view, staff)
    if state.value("language"):
        found = found.filter(language=state.value("language"))
    if state.value("space"):
        found = found.filter(space__slug=state.value("space"))
    for key in ("category", "tier", "priority", "way"):
        if state.value(key):
            found = found.filter(**{f"{key}_id" if key == "category" else key: state.value(key)})
    who = state.value("who")
    if who:
        found = found.filter(assignee=None) if who == "none" else found.filter(assignee_id=int(who))
    return found


def page(found: QuerySet[Ticket], state: tables.State, size: int = 0) -> Page:
    """One screenful in the order asked for."""
    size = size or SIZE
    field = _NULLABLE.get(state.sort)
    if field is None:
        table = paging.fetch(found, replace(state, spec=replace(state.spec, page_size=size), before=None))
        return Page(table.rows, table.next_key)
    rows: list[Ticket] = []
    after = state.after
    if after is None or isinstance(after[0], datetime):
        timed = found.filter(**{f"{field}__isnull": False})
        if after is not None:
            timed = timed.filter(paging.behind((field, "id"), after))
        if not state.value("q"):
            timed = found.filter(pk__in=_first(timed, field, size + 1))
        rows = list(timed.order_by(field, "id")[: size + 1])
        after = None
    if len(rows) <= size:
        rest = found.filter(**{f"{field}__isnull": True})
        if after is not None:
            rest = rest.filter(pk__lt=after[1])
        rows += list(rest.order_by("-id")[: size + 1 - len(rows)])
    more, rows = len(rows) > size, rows[:size]
    return Page(rows, (getattr(rows[-1], field) or "", rows[-1].pk) if more else None)


def _first(timed: QuerySet[Ticket], field: str, most: int) -> list[str]:
    """The ids of the first tickets in the order of a time. Each status has its own order in the index, so the
    first of each are read and merged instead of sorting all that are open.
    """
    keys: list[tuple[datetime, str]] = []
    for status in Ticket.Status.values:
        of_status = timed.filter(status=status).order_by(field, "id").values_list(field, "pk")
        keys += of_status[:most]
    return [pk for _at, pk in sorted(keys)[:most]]


def with_people(found: QuerySet[Ticket], *, beside: bool = False) -> QuerySet[Ticket]:
    """The same tickets with what a line shows of them and nothing else; a line beside a ticket shows less."""
    if beside:
        return found.select_related(*_PEOPLE).only(*_SHOWN)
    said = Entry.objects.filter(ticket=OuterRef("pk"), kind__in=(Entry.Kind.CUSTOMER, Entry.Kind.REPLY))
    last = said.order_by("-id")
    return (
        found.select_related(*_PEOPLE, "category")
        .only(*_SHOWN, "category__name")
        .annotate(last_text=Subquery(last.values("text")[:1]), last_kind=Subquery(last.values("kind")[:1]))
    )


def counts(staff: Staff) -> dict[str, tables.Count]:
    """How many tickets the views hold, no further than the cap; remembered for some seconds."""
    return {
        view: remembered(
            ("desk-count", view, *_whose(view, staff)),
            4.0,
            lambda view=view: paging.capped_count(queries.view(view, staff), CAP),  # type: ignore[misc]
        )
        for view in COUNTED
    }


def _whose(view: str, staff: Staff) -> tuple[object, ...]:
    if view in ("mine", "mentions"):
        return (staff.pk,)
    vendor = scope.vendor_of(staff)
    return (vendor.pk if vendor else "", scope.is_outsourced(staff))


def overdue() -> int:
    """How many tickets somebody waits for longer than promised; for the menu."""
    found = Ticket.objects.filter(status=Ticket.Status.OPEN, breached=True, merged_into=None)
    return paging.capped_count(found, 99).number
