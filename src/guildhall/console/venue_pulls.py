"""One pull from an exchange: what it booked, what is not whole and why, rows that were put aside, and every
answer by its hash.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from guildhall.console.venue_connections import PULL_COLOURS, line
from guildhall.core.text import Text
from guildhall.exchange.venues import queries
from guildhall.exchange.venues.models import Pull
from guildhall.people.access import requires
from guildhall.ui import paging, tables

ANSWERS = tables.Spec(
    columns=(
        tables.Column("number", gettext_lazy("Answer"), sort=("number",), css="num"),
        tables.Column("ask", gettext_lazy("Asked for"), css="lead"),
        tables.Column("when", gettext_lazy("When")),
        tables.Column("size", gettext_lazy("Bytes"), css="num"),
        tables.Column("hash", gettext_lazy("SHA-256"), css="desk"),
    ),
    default_sort="number",
    tie="",
    page_size=50,
)


@requires("feeds.view")
@never_cache
@require_safe
def venue_pull_page(request: HttpRequest, pull_id: str) -> HttpResponse:
    """What a pull did."""
    pull = get_object_or_404(Pull.objects.select_related("connection"), pk=pull_id)
    state = tables.read(ANSWERS, request.GET)
    table = paging.fetch(queries.answers(pull.pk), state)
    context = {
        "pull": pull,
        "line": line(pull.connection),
        "colour": PULL_COLOURS.get(Pull.State(pull.state), "blue"),
        "under_way": pull.state in (Pull.State.READING, Pull.State.BOOKING),
        "problem": str(Text.from_json(pull.problem)) if pull.problem else "",
        "notes": [str(Text.from_json(note)) for note in pull.notes],
        "bad": [bad | {"why": str(Text.from_json(bad))} for bad in pull.bad],
        "counts": _counts(pull.counts),
        "table": table,
    }
    return render(request, "console/venues/pull.html", context)


def _counts(counts: dict[str, int]) -> list[tuple[str, Any]]:
    """The numbers of a pull in words, those that are zero left out but for the first two."""
    words = {
        "accounts": _("Accounts named"),
        "rows": _("Days booked"),
        "new_accounts": _("New accounts"),
        "corrected": _("Days corrected"),
        "reversed": _("Days taken back"),
        "baselines": _("Only noted, being older than the first day that counts"),
        "missing": _("No longer named"),
        "gone": _("Not ours, says the exchange"),
        "below_known": _("Fell below what was booked"),
        "at_least": _("Known as a lower bound"),
    }
    shown = [(word, counts.get(name, 0), name) for name, word in words.items()]
    return [(word, count) for word, count, name in shown if count or name in ("accounts", "rows")]
