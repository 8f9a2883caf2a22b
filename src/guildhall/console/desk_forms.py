"""What can be filled in on a ticket's page: the composer, and what the ticket is about.

Where an answer can go follows from how it was asked; a vendor's agent sees personal values masked and changes
them only by writing new ones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from guildhall.channels.models import Space
from guildhall.console import desk_words
from guildhall.console.desk_thread import Thread
from guildhall.console.remembered import remembered
from guildhall.core.text import Text
from guildhall.desk import fields as desk_fields
from guildhall.desk import scope, showing
from guildhall.desk.models import Category, Ticket, Vendor
from guildhall.people.models import Staff

Choice = tuple[str, str | Promise]
IN_PUBLIC = (Ticket.Way.GROUP, Ticket.Way.TOPIC)


@dataclass(frozen=True, slots=True)
class Where:
    """One place where words can go."""

    value: str
    label: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Composer:
    """The composer, empty or as somebody left it when their words were refused. `revision`: what they saw."""

    wheres: Sequence[Where]
    revision: int
    text: str = ""
    macro_id: str = ""
    problems: Sequence[str] = ()
    is_stale: bool = False

    @property
    def chosen(self) -> str:
        return next((one.value for one in self.wheres if one.is_chosen), "private")

    @classmethod
    def of(
        cls,
        ticket: Ticket,
        reader: Staff,
        talk: Thread,
        said: Mapping[str, str] | None = None,
        **more: object,
    ) -> Composer:
        """For a ticket; `said`: the form as it was sent."""
        chosen = said.get("where", "") if said else _usual(ticket, talk)
        places = [
            Where(value, label, value == chosen)
            for value, label in (*_places(ticket), ("note", _("Note among us")))
        ]
        text, macro = (said.get("text", ""), said.get("macro_id", "")) if said else ("", "")
        return cls(places, ticket.revision, text, macro, **more)  # type: ignore[arg-type]


def _places(ticket: Ticket) -> list[tuple[str, str]]:
    if ticket.way in IN_PUBLIC:
        return [("group", _("Reply in the group")), ("private", _("Reply in private"))]
    return [("private", _("Reply"))]


def _usual(ticket: Ticket, talk: Thread) -> str:
    """Where the last answer went, else where it was asked."""
    if ticket.way not in IN_PUBLIC:
        return "private"
    last = next((one.entry.where for one in reversed(talk.lines) if one.kind == "reply"), "")
    return last or "group"


@dataclass(frozen=True, slots=True)
class FieldShown:
    """One field of the category. `hint`: what stands there where the value itself may not be shown."""

    key: str
    label: str
    value: str
    hint: str
    kind: str
    choices: Sequence[Choice]
    is_missing: bool


@dataclass(frozen=True, slots=True)
class Properties:
    """What a ticket is about, and the answers there are."""

    categories: Sequence[Choice]
    priorities: Sequence[Choice]
    tiers: Sequence[str]
    vendors: Sequence[Choice]
    fields: Sequence[FieldShown]
    lacking: Sequence[str] = field(default=())

    @classmethod
    def of(cls, ticket: Ticket, reader: Staff) -> Properties:
        is_ours = not scope.is_outsourced(reader)
        shown = _fields(ticket, reader)
        return cls(
            categories=_categories(),
            priorities=[(key, word[0]) for key, word in desk_words.PRIORITIES.items()],
            tiers=_tiers() if is_ours else (),
            vendors=_vendors() if is_ours else (),
            fields=shown,
            lacking=[one.label for one in shown if one.is_missing],
        )


def _categories() -> list[Choice]:
    found: dict[str, Text] = remembered(
        "desk-categories",
        10.0,
        lambda: {one.slug: one.called for one in Category.objects.filter(archived_at=None).order_by("order")},
    )
    return [(slug, str(called)) for slug, called in found.items()]


def _tiers() -> Sequence[str]:
    return remembered(
        "desk-tiers",
        30.0,
        lambda: sorted(set(Space.objects.exclude(tier="").values_list("tier", flat=True))),
    )


def _vendors() -> Sequence[Choice]:
    return remembered(
        "desk-vendors",
        30.0,
        lambda: list(Vendor.objects.filter(is_active=True).order_by("name").values_list("pk", "name")),
    )


def _fields(ticket: Ticket, reader: Staff) -> list[FieldShown]:
    if ticket.category is None:
        return []
    eyes = showing.for_reader(reader)
    wanted = desk_fields.fields_of(ticket.category.fields)
    lacking = {one.key for one in desk_fields.missing(wanted, ticket.fields)}
    found = []
    for one in wanted:
        value = str(ticket.fields.get(one.key, ""))
        hidden = eyes.masked and one.kind in (desk_fields.Kind.UID, desk_fields.Kind.TXID)
        seen = eyes.external_id(value) if hidden else eyes.text(value, ticket)
        found.append(
            FieldShown(
                key=one.key,
                label=str(one.label),
                value="" if seen != value else value,
                hint=seen if seen != value else "",
                kind=one.kind.value,
                choices=[(choice.key, str(choice.label)) for choice in one.choices],
                is_missing=one.key in lacking,
            )
        )
    return found
