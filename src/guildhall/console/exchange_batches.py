"""One batch of an exchange: how far it is, what became of its rows, and the rows that were not taken, to be
mended and resubmitted.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from typing import Any

import orjson
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from guildhall.console import feeds_words as words
from guildhall.console.house_answers import SeeOther, carry_out
from guildhall.console.house_words import actor_names, known
from guildhall.core.errors import GuildhallError
from guildhall.core.text import Text
from guildhall.exchange import queries
from guildhall.exchange.actions import batches, mending
from guildhall.exchange.actions.working import MOST_LISTED
from guildhall.exchange.models import BadRow, Batch
from guildhall.people.access import requires
from guildhall.ui import paging, tables

State = Batch.State
_HIDDEN = gettext_lazy("Hidden: it may name accounts.")
SPEC = tables.Spec(
    columns=(
        tables.Column("line", gettext_lazy("Line"), sort=("line",), css="lead"),
        tables.Column("reason", gettext_lazy("Why it was not taken"), css="text"),
        tables.Column("state", gettext_lazy("State")),
    ),
    filters=(
        tables.Filter(
            "state",
            gettext_lazy("State"),
            choices=tuple((str(code), word) for code, (word, _colour) in words.ROWS.items()),
        ),
        tables.Filter("field", gettext_lazy("Field"), "text"),
        tables.Filter("q", gettext_lazy("Find"), "search", placeholder=gettext_lazy("Anything in the row")),
    ),
    default_sort="line",
    page_size=25,
)


@requires("feeds.view")
@require_safe
def exchange_batch(request: HttpRequest, batch_id: str) -> HttpResponse:
    """One batch."""
    batch = get_object_or_404(Batch.objects.select_related("feed", "mends"), pk=batch_id)
    me = known(request)
    state = tables.read(SPEC, request.GET)
    found = batch.bad_rows.all()
    for name in ("state", "field"):
        if state.value(name):
            found = found.filter(**{name: state.value(name)})
    may_see = me.may("members.identity")
    # Whoever may not read a row may not try out either whose account it names.
    if state.value("q"):
        found = found.filter(raw__icontains=state.value("q")) if may_see else found.none()
    table = paging.fetch(found, state)
    rows = [
        {
            "one": row,
            "reason": Text.from_json(row.reason) if may_see or row.field != "uid" else _HIDDEN,
            "state": words.ROWS[BadRow.State(row.state)],
            "raw": (row.mended or row.raw)[:300] if may_see else "",
        }
        for row in table.rows
    ]
    open_rows = queries.open_bad_rows(batch)
    total = batch.counts.get("good" if batch.state == State.READ else "rows", 0)
    context: dict[str, Any] = {
        "batch": batch,
        "feed": batch.feed,
        "word": words.BATCHES[State(batch.state)],
        "what": words.TABLES.get(batch.table, batch.table),
        "counts": words.counts(batch),
        "problem": Text.from_json(batch.problem) if batch.problem else "",
        "by": "" if batch.by.startswith("feed:") else actor_names([batch.by])[batch.by],
        "table": tables.Table(state, rows, table.next_key, table.previous_key),
        "fields": queries.reasons_of(batch),
        "open": open_rows,
        "total_bad": sum(open_rows.values()),
        "unlisted": max(0, batch.counts.get("bad", 0) - MOST_LISTED),
        "is_busy": batch.state in batches.BUSY or batch.state == State.ARRIVING,
        "percent": min(100, batch.progress * 100 // total) if total and batch.state == State.READ else None,
        "mended_as": batch.mended_by.order_by("id")[:10],
        "may_manage": me.may("feeds.manage"),
        "may_drop": batch.state in (State.ARRIVING, State.MAPPING, State.FAILED),
        "may_map": batch.state in (State.MAPPING, State.FAILED) and batch.has_file,
        "may_remove": batch.state in batches.ENDED and batch.has_file,
    }
    return render(request, "console/feeds/batch.html", context)


@requires("feeds.manage")
@require_POST
def exchange_batch_deed(request: HttpRequest, batch_id: str, deed: str) -> HttpResponse:
    """Try again, put away, forget the file, resubmit what was mended."""
    by, back = known(request).actor, _page(batch_id)
    if deed == "resubmit":
        return _resubmit(request, batch_id, by)
    todo: dict[str, tuple[Callable[[], object], str]] = {
        "retry": (lambda: batches.retry(batch_id, by), _("It is being read again.")),
        "drop": (lambda: batches.drop(batch_id, by), _("The batch was put away.")),
        "file": (lambda: batches.remove_file(batch_id, by), _("The file was deleted.")),
        "rows": (lambda: mending.put_all_away(batch_id, by), _("The rows were put away.")),
    }
    if deed not in todo:
        raise Http404
    act, said = todo[deed]
    return carry_out(request, act, said, back)


def _resubmit(request: HttpRequest, batch_id: str, by: str) -> HttpResponse:
    try:
        fresh = mending.resubmit(batch_id, by)
    except GuildhallError as error:
        messages.error(request, str(error.text))
        return SeeOther(_page(batch_id))
    messages.success(request, _("The mended rows are a batch of their own; this is it."))
    return SeeOther(_page(fresh.pk))


@requires("feeds.manage")
@require_http_methods(["GET", "POST"])
def exchange_bad_row(request: HttpRequest, row_id: int) -> HttpResponse:
    """One bad row: what came, why it was not taken, and a form to write it anew."""
    row = get_object_or_404(BadRow.objects.select_related("batch__feed"), pk=row_id)
    me, batch = known(request), row.batch
    cells = mending.cells_of(batch, row)
    error, status = "", 200
    if request.method == "POST":
        try:
            if request.POST.get("deed") == "drop":
                mending.put_away([row_id], batch.pk, me.actor)
                messages.success(request, _("The row was put away."))
            else:
                mending.mend(row_id, _written(request, cells), me.actor)
                messages.success(request, _("Mended. Resubmit it with the others when you are done."))
            return SeeOther(_next(row))
        except GuildhallError as refused:
            error, status = str(refused.text), 422
    context = {
        "row": row,
        "batch": batch,
        "reason": Text.from_json(row.reason),
        "word": words.ROWS[BadRow.State(row.state)],
        "cells": [
            (f"cell-{number}", name, "" if value is None else value, name == _column(batch, row.field))
            for number, (name, value) in enumerate((cells or {}).items())
        ],
        "may_see": me.may("members.identity"),
        "is_open": row.state in (BadRow.State.OPEN, BadRow.State.MENDED),
        "error": error,
    }
    return render(request, "console/feeds/row_page.html", context, status=status)


def _written(request: HttpRequest, cells: dict[str, Any] | None) -> str:
    """The row as it was written in the form: JSON as it is, or the cells put together. A cell nobody touched
    keeps its kind.
    """
    if cells is None:
        return request.POST.get("mended", "")
    said = {}
    for number, (name, value) in enumerate(cells.items()):
        given = request.POST.get(f"cell-{number}", "")
        said[name] = value if given == ("" if value is None else str(value)) else given
    return orjson.dumps(said).decode()


def _column(batch: Batch, field: str) -> str:
    """The column of the file a field was read from."""
    source = (batch.mapping.get("fields") or {}).get(field, field)
    return source.get("column", "") if isinstance(source, dict) else str(source)


def _next(row: BadRow) -> str:
    """The next row to mend, or the batch when there is none."""
    after = BadRow.objects.filter(batch=row.batch_id, state=BadRow.State.OPEN, line__gt=row.line)
    following = after.order_by("line").first()
    if following is not None:
        return reverse("console:exchange-bad-row", args=[following.pk])
    return _page(row.batch_id)


@requires("feeds.manage")
@require_safe
def exchange_bad_rows(request: HttpRequest, batch_id: str) -> StreamingHttpResponse:
    """The rows that were not taken, whole, as a table."""
    batch = get_object_or_404(Batch, pk=batch_id)
    response = StreamingHttpResponse(_lines(batch), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="bad-rows-{batch.pk}.csv"'
    return response


class _Line:
    """What a CSV writer writes to: gives each line back."""

    def write(self, line: str) -> str:
        return line


def _lines(batch: Batch) -> Iterator[str]:
    writer = csv.writer(_Line())
    yield "\ufeff" + writer.writerow(("line", "field", "reason", "原因", "raw"))
    for row in batch.bad_rows.order_by("line").iterator(chunk_size=500):
        reason = Text.from_json(row.reason)
        yield writer.writerow(
            (row.line, row.field, _guarded(reason.en), _guarded(reason.zh), _guarded(row.raw))
        )


def _guarded(text: str) -> str:
    """A cell that no spreadsheet takes for a formula: a reason begins with what somebody sent, too."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _page(batch_id: str) -> str:
    return reverse("console:exchange-batch", args=[batch_id])
