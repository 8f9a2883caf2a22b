"""What Today says of shifts: a note to write, a handover to take over, actions that are late."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from guildhall.console.today_lines import Need, page
from guildhall.core import clock
from guildhall.desk import showing
from guildhall.desk.handover import queries
from guildhall.people.models import Staff
from guildhall.ui import paging

_SHOWN = 3
_CAP = 99


def handovers(reader: Staff) -> Iterator[Need]:
    """The reader's own: to write, to take over, to do."""
    now, eyes = clock.now(), showing.for_reader(reader)
    for note in queries.to_write(reader)[:_SHOWN]:
        title = _("Write your handover") if note.ends_at > now else _("Your shift is over: hand over")
        colour = "amber" if note.ends_at > now else "red"
        said = ngettext("%(n)s open ticket", "%(n)s open tickets", note.lines.count())
        yield Need(
            _("Handover"),
            colour,
            title,
            said % {"n": note.lines.count()},
            page("handover", note.pk),
            _("Write"),
            note.ends_at,
        )
    for note in queries.to_accept(reader)[:_SHOWN]:
        yield Need(
            _("Handover"),
            "red" if note.escalated_at else "amber",
            _("Take over from %(name)s") % {"name": eyes.colleague(note.staff)},
            str(note.get_severity_display()),
            page("handover", note.pk),
            _("Read"),
            note.given_at,
        )
    late = paging.capped_count(queries.late(queries.my_actions(reader), now), _CAP)
    if late.number:
        title = ngettext(
            "%(n)s action you took over is late", "%(n)s actions you took over are late", late.number
        )
        yield Need(_("Handover"), "red", title % {"n": late}, "", page("handovers"), _("Look"))
