"""What gates ask for on Today: people who wait for a person, and gates that cannot do their work."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from guildhall.console.today_lines import Need, page
from guildhall.guard import gate_queries
from guildhall.people.models import Staff

SPACES_SHOWN = 3


def waiting(_reader: Staff) -> Iterator[Need]:
    """Spaces where somebody at the gate waits for a person."""
    for space, n, since in gate_queries.for_a_person(SPACES_SHOWN):
        title = ngettext(
            "%(n)s newcomer to %(space)s waits for a person",
            "%(n)s newcomers to %(space)s wait for a person",
            n,
        ) % {"n": n, "space": space.name}
        yield Need(
            _("Gate"),
            "blue",
            title,
            _("asked for one, could not be asked, or did not pass"),
            page("space-gate", space.slug),
            _("Decide"),
            since,
        )


def powerless(_reader: Staff) -> Iterator[Need]:
    """Gates that are on and can hold nobody."""
    for space, reason in gate_queries.powerless(SPACES_SHOWN):
        yield Need(
            _("Gate"),
            "amber",
            _("The gate of %(space)s cannot work") % {"space": space.name},
            str(reason),
            page("space-gate", space.slug),
            _("Look"),
        )
