"""What feeds of exchanges ask for on Today: one that has fallen silent or fails, rows to mend, a file
that waits for its mapping.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from guildhall.console.today_lines import Need, page
from guildhall.core.text import Text
from guildhall.exchange import queries
from guildhall.people.models import Staff

_SHOWN = 5


def feeds(_reader: Staff) -> Iterator[Need]:
    """Feeds that need somebody, failing ones first."""
    found = [one for one in queries.healths() if one.needs_somebody or one.bad_rows]
    found.sort(key=lambda one: (one.state != queries.FAILING, one.state != queries.SILENT, one.feed.name))
    for one in found[:_SHOWN]:
        where, look = page("exchange-feed", one.feed.pk), _("Look")
        since = one.last.at if one.last else one.feed.at
        if one.state == queries.FAILING:
            problem = one.feed.problem or (one.last.problem if one.last else {})
            why = str(Text.from_json(problem)) if problem else ""
            title = _("%(name)s: the last batch failed") % {"name": one.feed.name}
            yield Need(_("Exchange feed"), "red", title, why, where, look, since)
        elif one.state == queries.SILENT:
            title = _("%(name)s has fallen silent") % {"name": one.feed.name}
            note = _("Nothing has come for longer than is normal; figures and commission wait for it.")
            yield Need(_("Exchange feed"), "red", title, note, where, look, since)
        else:
            title = ngettext("%(n)s row to mend: %(name)s", "%(n)s rows to mend: %(name)s", one.bad_rows)
            said = title % {"n": one.bad_rows, "name": one.feed.name}
            note = _("They are kept in full; mend and resubmit them, or put them away.")
            yield Need(_("Exchange feed"), "amber", said, note, where, _("Mend"), since)
