"""The lists of Review: what waits, appeals, samples, what was decided; each in its own order and cheap at any
size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from guildhall.channels.models import Space
from guildhall.console import words
from guildhall.guard.models import Case
from guildhall.ui import paging, tables

SIZE = 40
CAP = 999

TABS: dict[str, str | Promise] = {
    "open": _("To review"),
    "appeals": _("Appeals"),
    "samples": _("Samples"),
    "decided": _("Decided"),
}
_WAITING = ~Q(kind=Case.Kind.SAMPLE)


@dataclass(frozen=True, slots=True)
class Queue:
    """One screenful of a list. Open cases come most urgent first, decided ones latest first."""

    rows: Sequence[Case]
    more: bool
    next_key: Sequence[Any] | None = None
    previous_key: Sequence[Any] | None = None

    def around(self, case_id: str) -> tuple[str, str]:
        """The cases before and after one; after the last comes the one before it; '' when there is none."""
        ids = [row.pk for row in self.rows]
        if case_id not in ids:
            return "", next(iter(ids), "")
        at = ids.index(case_id)
        before = ids[at - 1] if at else ""
        after = ids[at + 1] if at + 1 < len(ids) else before
        return before, after


def spec() -> tables.Spec:
    """The filters of the lists; the spaces are those that exist now."""
    spaces = tuple(Space.objects.filter(archived_at=None).order_by("name").values_list("slug", "name")[:500])
    return tables.Spec(
        columns=(tables.Column("id", "", sort=("id",)),),
        filters=(
            tables.Filter("space", _("Space"), choices=spaces),
            tables.Filter(
                "language",
                _("Language"),
                choices=tuple((code, words.LANGUAGES[code]) for code in ("zh-hans", "en")),
            ),
            tables.Filter(
                "kind", _("Kind"), choices=tuple((key, word[0]) for key, word in words.CASE_KINDS.items())
            ),
        ),
        default_sort="-id",
        tie="",
        page_size=SIZE,
    )


def queue(tab: str, state: tables.State) -> Queue:
    """The cases of a tab under its filters."""
    found = _filtered(cases(tab), state).select_related("message", "space", "account")
    if tab == "decided":
        table = paging.fetch(found, state)
        return Queue(table.rows, False, table.next_key, table.previous_key)
    rows = list(found.order_by("-priority", "id")[: SIZE + 1])
    return Queue(rows[:SIZE], len(rows) > SIZE)


def cases(tab: str) -> QuerySet[Case]:
    """All cases of a tab, unordered."""
    waiting = Case.objects.filter(state=Case.State.OPEN)
    match tab:
        case "appeals":
            return waiting.filter(kind=Case.Kind.APPEAL)
        case "samples":
            return waiting.filter(Q(sample_share__isnull=False) | Q(kind=Case.Kind.SAMPLE))
        case "decided":
            return Case.objects.exclude(state=Case.State.OPEN)
    return waiting.filter(_WAITING)


def newest(tab: str, state: tables.State) -> str:
    """The id of the case that came last under these filters; empty when there is none."""
    return _filtered(cases(tab), state).order_by("-id").values_list("pk", flat=True).first() or ""


def come_since(tab: str, state: tables.State, case_id: str) -> tables.Count:
    """How many cases came after that one."""
    return paging.capped_count(_filtered(cases(tab), state).filter(pk__gt=case_id), CAP)


def counts() -> dict[str, tables.Count]:
    """How many cases wait in each tab, counted no further than the cap."""
    return {tab: paging.capped_count(cases(tab), CAP) for tab in ("open", "appeals", "samples")}


def waiting() -> int:
    """How many cases wait for a decision; for the navigation."""
    return paging.capped_count(cases("open"), CAP).number


def _filtered(found: QuerySet[Case], state: tables.State) -> QuerySet[Case]:
    if state.value("space"):
        found = found.filter(space__slug=state.value("space"))
    if state.value("language"):
        found = found.filter(space__language__startswith=state.value("language")[:2])
    if state.value("kind"):
        found = found.filter(kind=state.value("kind"))
    return found
