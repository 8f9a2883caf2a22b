"""What broadcasts ask for on Today: sendings that wait for a decision, and recent failures and doubts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from guildhall.broadcast import queries
from guildhall.console import broadcast_words as words
from guildhall.console.today_lines import Need, page
from guildhall.core import clock
from guildhall.people.models import Staff

LATELY = timedelta(days=2)
SHOWN = 4


def needs(_reader: Staff) -> Iterator[Need]:
    """Missed and outgrown sendings first, then those with doubts or failures of the last two days."""
    for run in queries.needing_somebody()[:SHOWN]:
        word, colour = words.RUNS[run.state]
        yield Need(
            _("Broadcast"),
            colour,
            f"{run.broadcast.name}: {word}",
            _("nothing is sent until a person decides"),
            page("broadcast-run", run.pk),
            _("Decide"),
            run.due_at,
        )
    for run, failed, unsure in queries.doubtful(clock.now() - LATELY)[:SHOWN]:
        parts = []
        if unsure:
            parts.append(ngettext("%(n)s in doubt", "%(n)s in doubt", unsure) % {"n": unsure})
        if failed:
            parts.append(ngettext("%(n)s failed", "%(n)s failed", failed) % {"n": failed})
        yield Need(
            _("Broadcast"),
            "amber",
            run.broadcast.name,
            " · ".join(parts),
            page("broadcast-run", run.pk),
            _("Look"),
            run.started_at,
        )
