"""Quarantine: input nobody could read, kept whole with the reason, sent through again or discarded by a
person.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from guildhall.channels import actions
from guildhall.channels.models import Quarantine
from guildhall.console.house_answers import carry_out
from guildhall.console.house_settings import tabs
from guildhall.console.house_words import actor_names, known
from guildhall.core import clock
from guildhall.core.text import Text
from guildhall.people.access import requires
from guildhall.ui import paging, tables

_SHOWN_BYTES = 20_000
_EXCERPT = 120
COLOURS = {Quarantine.State.NEW: "amber", Quarantine.State.RELEASED: "green", Quarantine.State.DISCARDED: ""}

SPEC = tables.Spec(
    columns=(
        tables.Column("what", gettext_lazy("What came"), css="lead"),
        tables.Column("platform", gettext_lazy("Platform")),
        tables.Column("state", gettext_lazy("State")),
        tables.Column("at", gettext_lazy("When"), sort=("id",)),
    ),
    filters=(tables.Filter("state", gettext_lazy("State"), "choice", tuple(Quarantine.State.choices)),),
    default_sort="-at",
    tie="",
)


@requires("quarantine.view")
@require_safe
def quarantine(request: HttpRequest) -> HttpResponse:
    """What was put aside."""
    state = tables.read(SPEC, request.GET)
    found = Quarantine.objects.all()
    if state.value("state"):
        found = found.filter(state=state.value("state"))
    table = paging.fetch(found, state)
    rows = [
        {
            "entry": row,
            "excerpt": readable(bytes(row.raw[:_EXCERPT])),
            "reason": _reason(row),
            "colour": COLOURS[Quarantine.State(row.state)],
        }
        for row in table.rows
    ]
    context = {
        "tabs": tabs(request, "quarantine"),
        "table": tables.Table(state, rows, table.next_key, table.previous_key),
    }
    return render(request, "console/house/quarantine.html", context)


@requires("quarantine.view")
@require_safe
def quarantined(request: HttpRequest, entry_id: str) -> HttpResponse:
    """One piece of input, raw."""
    row = get_object_or_404(Quarantine, pk=entry_id)
    raw = bytes(row.raw)
    context = {
        "tabs": tabs(request, "quarantine"),
        "entry": row,
        "reason": _reason(row),
        "colour": COLOURS[Quarantine.State(row.state)],
        "raw": readable(raw[:_SHOWN_BYTES]),
        "size": len(raw),
        "is_cut": len(raw) > _SHOWN_BYTES,
        "by": actor_names([row.decided_by])[row.decided_by] if row.decided_by else "",
        "may_decide": known(request).may("quarantine.decide") and row.state == Quarantine.State.NEW,
    }
    return render(request, "console/house/quarantined.html", context)


@requires("quarantine.decide")
@require_POST
def quarantine_release(request: HttpRequest, entry_id: str) -> HttpResponse:
    """Send it through once more, after the adapter has learnt to read it."""
    by = known(request).actor
    said = _("It was sent through again.")
    return carry_out(request, lambda: actions.release(entry_id, by, _through_again), said, _page(entry_id))


@requires("quarantine.decide")
@require_POST
def quarantine_discard(request: HttpRequest, entry_id: str) -> HttpResponse:
    """Put it away for good."""
    by = known(request).actor
    return carry_out(request, lambda: actions.discard(entry_id, by), _("It was discarded."), _page(entry_id))


def _through_again(platform: str, raw: bytes) -> None:
    from guildhall.intake import (
        pipeline,
    )  # loads every adapter's reader: only when somebody sends something again

    pipeline.ingest([pipeline.Raw(platform, raw, clock.now())])


def readable(raw: bytes) -> str:
    """Bytes as text; what is not UTF-8 as the escapes it would have in code."""
    return raw.decode("utf-8", "backslashreplace")


def _reason(row: Quarantine) -> Text:
    reason = row.reason or {}
    return Text(str(reason.get("en", "")), str(reason.get("zh", reason.get("en", ""))))


def _page(entry_id: str) -> str:
    return reverse("console:quarantined", args=[entry_id])
