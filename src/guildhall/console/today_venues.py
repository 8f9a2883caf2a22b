"""What connections to exchanges ask for on Today: keys that were refused, pulls that fail. Nobody is asked
anything here.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _

from guildhall.console.today_lines import Need, page
from guildhall.console.venue_connections import line
from guildhall.exchange.venues import queries
from guildhall.people.models import Staff


def connections(_reader: Staff) -> Iterator[Need]:
    """Connections with a problem, the longest first."""
    for one in queries.in_trouble().order_by("problem_since")[:5]:
        shown = line(one)
        yield Need(
            _("Exchange"),
            shown.colour,
            f"{one.venue}: {shown.what}",
            _("Nothing is lost: the next pull that works brings it all."),
            page("venue", one.pk),
            _("Look"),
            one.problem_since,
        )
