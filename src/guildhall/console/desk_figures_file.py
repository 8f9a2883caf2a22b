"""The table of the desk's figures as a file, and what the desk aims at."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from guildhall.console.desk_figures import SHARES, Asked, lines, read, what
from guildhall.console.house_answers import SeeOther, attempt
from guildhall.console.house_words import known
from guildhall.desk.figures.summary import METRICS, Share
from guildhall.desk.figures.targets import FIGURES, set_targets, targets
from guildhall.people.access import requires

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_HEAD = (
    "key", "name", "opened", "solved",
    *(f"{metric}_{what}" for metric in METRICS for what in (
        "met", "counted_median_s", "counted_p90_s", "passed_median_s", "passed_p90_s", "in_time", "decided",
    )),
    "satisfied", "rated", "rating_mean", "at_first_contact", "of_solved", "reopened", "of_ever_solved",
)  # fmt: skip


@requires("desk.export")
@require_safe
@never_cache
def figures_csv(request: HttpRequest) -> StreamingHttpResponse:
    """The table asked for: times in whole seconds, shares as the two numbers they are made of."""
    asked = what(request, known(request))
    answer = StreamingHttpResponse(_rows(asked), content_type="text/csv; charset=utf-8")
    name = f"desk-{asked.by}-{asked.first}-{asked.last}.csv"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@requires("desk.manage")
@require_http_methods(["GET", "HEAD", "POST"])
def targets_page(request: HttpRequest) -> HttpResponse:
    """What the shares are meant to reach."""
    form = TargetsForm(request.POST or None, initial=targets())

    def deed() -> None:
        set_targets({name: form.cleaned_data[name] for name in FIGURES}, by=known(request).actor)

    if request.method == "POST" and attempt(form, deed):
        messages.success(request, _("Saved."))
        return SeeOther(reverse("console:desk-figures"))
    status = 422 if request.method == "POST" else 200
    return render(request, "console/desk_figures/targets.html", {"form": form}, status=status)


class TargetsForm(forms.Form):
    """A percentage for each share."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in FIGURES:
            self.fields[name] = forms.IntegerField(label=str(SHARES[name]), min_value=1, max_value=100)


class _Line:
    def write(self, text: str) -> str:
        return text


def _rows(asked: Asked) -> Iterator[str]:
    writer = csv.writer(_Line())
    yield "\ufeff"  # so that spreadsheets read it as UTF-8
    yield writer.writerow(_HEAD)
    for line in lines(asked, read(asked)):
        one = line.figures
        cells: list[Any] = [_plain(line.key), _plain(line.name), one.opened, one.solved]
        for metric in METRICS:
            times = one.times[metric]
            cells += [times.count, times.median, times.p90, times.passed_median, times.passed_p90]
            cells += _both(one.kept[metric])
        cells += [*_both(one.good), f"{one.rating:.2f}" if one.rating is not None else None]
        cells += [*_both(one.at_once), *_both(one.reopened)]
        yield writer.writerow(["" if cell is None else cell for cell in cells])


def _both(share: Share) -> list[int]:
    return [share.part, share.whole]


def _plain(text: str) -> str:
    """Words of others never begin a formula in somebody's spreadsheet."""
    return f"'{text}" if text.startswith(_FORMULA) else text
