"""What Today says of tasks: how many wait for this reader, and whether some are late."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from guildhall.console.today_lines import Need, page
from guildhall.core import clock
from guildhall.people.models import Staff
from guildhall.ui import paging
from guildhall.work import queries

_CAP = 99


def mine(reader: Staff) -> Iterator[Need]:
    """One line for all tasks of this reader."""
    waiting = queries.for_staff(reader)
    count = paging.capped_count(waiting, _CAP)
    if not count.number:
        return
    late = paging.capped_count(queries.late(waiting, clock.now()), _CAP)
    yield Need(
        _("To do"),
        "amber" if late.number else "blue",
        ngettext("%(n)s task waits for you", "%(n)s tasks wait for you", count.number) % {"n": count},
        ngettext("%(n)s is late", "%(n)s are late", late.number) % {"n": late}
        if late.number
        else _("group by group, with a phone"),
        page("tasks"),
        _("Begin"),
        waiting.exclude(due_at=None).order_by("due_at").values_list("due_at", flat=True).first(),
    )
