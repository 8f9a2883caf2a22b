"""A file of an exchange by hand: uploaded, its columns mapped with the result in sight, then read like
any other batch.

What the headings suggest is filled in; what a file cannot tell (the asset, the zone of its times) is asked.
"""

from __future__ import annotations

from typing import Any

import orjson
from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods

from guildhall.console import exchange_mapping as mapping_form
from guildhall.console import feeds_words as words
from guildhall.console.exchange_upload import ToBatch
from guildhall.console.house_answers import SeeOther, attempt
from guildhall.console.house_words import known
from guildhall.core import clock
from guildhall.core.errors import GuildhallError
from guildhall.exchange import files
from guildhall.exchange.actions import batches, feeds
from guildhall.exchange.models import Batch, Feed, MappingProfile
from guildhall.exchange.reading import formats, preview
from guildhall.exchange.reading import mapping as mappings
from guildhall.people.access import requires


class UploadForm(forms.Form):
    """A file, whose it is and what it holds."""

    venue = forms.CharField(
        label=gettext_lazy("Exchange"), max_length=40, help_text=gettext_lazy("A short name, such as okx.")
    )
    table = forms.ChoiceField(label=gettext_lazy("What it holds"))
    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy("CSV, JSON lines or Parquet, also packed with gzip; at most 4 GB."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["table"].choices = [(name, str(label)) for name, label in words.TABLES.items()]  # type: ignore[attr-defined]


@csrf_exempt  # checked below, after the handler for the file has been put in its place
@requires("feeds.manage")
@require_http_methods(["GET", "POST"])
def exchange_import(request: HttpRequest) -> HttpResponse:
    """Take a file; its columns are mapped on the next page."""
    handler = ToBatch()
    if request.method == "POST":
        request.upload_handlers = [handler]
    try:
        answer: HttpResponse = _uploaded(request, handler)
        return answer
    finally:
        handler.give_up()


@csrf_protect
def _uploaded(request: HttpRequest, handler: ToBatch) -> HttpResponse:
    venues = Feed.objects.order_by("venue").values_list("venue", flat=True).distinct()
    if request.method != "POST":
        return render(request, "console/feeds/import.html", {"form": UploadForm(), "venues": venues})
    form = UploadForm(request.POST, request.FILES)
    made: list[Batch] = []

    def deed() -> None:
        assert handler.taken is not None
        said, by = form.cleaned_data, known(request).actor
        feed = feeds.feed_of_files(said["venue"], by=by, table=said["table"])
        digest = handler.taken.settled()
        batch, is_new = batches.receive(
            feed, batches.key_of_file(feed, digest, table=said["table"]), handler.taken,
            by=by, table=said["table"], mapping={},
            file_name=str(said["file"].name), state=Batch.State.MAPPING,
        )  # fmt: skip
        made.append(batch)
        if not is_new and batch.state == Batch.State.SHIPPED:
            messages.info(request, _("This file came before; this is what became of it."))

    if handler.problem is not None:
        form.is_valid()
        form.errors.pop("file", None)
        form.add_error("file", str(handler.problem.text))
    elif attempt(form, deed):
        waits = made[0].state in (Batch.State.MAPPING, Batch.State.FAILED)
        return SeeOther(reverse(f"console:exchange-{'mapping' if waits else 'batch'}", args=[made[0].pk]))
    return render(request, "console/feeds/import.html", {"form": form, "venues": venues}, status=422)


@requires("feeds.manage")
@require_http_methods(["GET", "POST"])
def exchange_mapping(request: HttpRequest, batch_id: str) -> HttpResponse:
    """Say what the columns of a file are, see what comes of it, and start."""
    batch = get_object_or_404(Batch.objects.select_related("feed"), pk=batch_id)
    back = reverse("console:exchange-batch", args=[batch_id])
    if batch.state not in (Batch.State.MAPPING, Batch.State.FAILED) or not batch.has_file:
        return SeeOther(back)
    path = files.file_of(batch.pk)
    try:
        shape = formats.look(path)
    except GuildhallError as broken:
        context = {"batch": batch, "unreadable": str(broken.text)}
        return render(request, "console/feeds/mapping.html", context)
    samples = preview.sample(path, shape)
    error, field, status = "", "", 200
    said = _said_at_first(request, batch, shape, samples)
    if request.method == "POST":
        try:
            said = mapping_form.read(batch.table, request.POST, shape.headings)
            if request.POST.get("deed") == "start":
                return _start(request, batch, said, back)
        except GuildhallError as refused:
            error, field, status = str(refused.text), getattr(refused, "field", ""), 422
            said = mapping_form.as_posted(batch.table, request.POST, shape.headings)
    seen = None
    if not error:
        try:
            read = mappings.from_json(said)
            seen = preview.preview(path, shape, read, batch.feed.venue, clock.now())
        except GuildhallError as refused:
            error, field = str(refused.text), getattr(refused, "field", "")
    context = {
        "batch": batch,
        "shape": shape,
        "samples": [[row.get(name, "") for name in shape.headings] for row in samples[:5]],
        "damaged": sorted(preview.damaged(samples, shape.headings)),
        "rows": mapping_form.rows(batch.table, said, shape.headings, samples),
        "assets": " ".join(said.get("assets") or mappings.COMMON_ASSETS),
        "at_par": " ".join(said.get("at_par") or mappings.AT_PAR),
        "as_json": orjson.dumps(said, option=orjson.OPT_INDENT_2).decode(),
        "seen": mapping_form.seen(batch.table, seen) if seen else None,
        "what": words.TABLES[batch.table],
        "profiles": MappingProfile.objects.filter(table=batch.table).order_by("name"),
        "error": error,
        "error_field": field,
    }
    return render(request, "console/feeds/mapping.html", context, status=status)


def _said_at_first(
    request: HttpRequest, batch: Batch, shape: formats.Shape, samples: list[dict[str, str]]
) -> dict[str, Any]:
    """The mapping a page begins with: a kept one, what the batch had, or what the headings suggest."""
    profile = MappingProfile.objects.filter(name=request.GET.get("profile", ""), table=batch.table).first()
    if profile is not None:
        return dict(profile.mapping)
    if batch.mapping:
        return dict(batch.mapping)
    fine = [name for name in shape.headings if name not in preview.damaged(samples, shape.headings)]
    sources = {**mappings.guess(batch.table, shape.headings), **mappings.guess(batch.table, fine)}
    return mappings.to_json(mappings.Mapping(batch.table, sources))


def _start(request: HttpRequest, batch: Batch, said: dict[str, Any], back: str) -> HttpResponse:
    by, name = known(request).actor, request.POST.get("keep_as", "").strip()
    if name:
        feeds.save_profile(name, said, by)
    batches.give_mapping(batch.pk, said, by)
    return SeeOther(back)
