"""Settings, Import: ban lists, rules and chat history of before are uploaded, looked at, carried out and
undone.

Reading and working off happen in effects; these pages show how far they are, and the tab may be closed.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_POST, require_safe

from guildhall.channels.models import Space
from guildhall.console import imports_words as words
from guildhall.console.house_answers import SeeOther, attempt, carry_out
from guildhall.console.house_settings import tabs
from guildhall.console.house_words import actor_names, known
from guildhall.console.imports_upload import ToDisk
from guildhall.core.text import Text
from guildhall.intake.importing import actions, files, queries
from guildhall.intake.importing.records import FORMATS
from guildhall.intake.models import Import
from guildhall.people.access import requires
from guildhall.ui import paging, tables

_MANY_STRANGERS = 5_000
SPEC = tables.Spec(
    columns=(
        tables.Column("file", gettext_lazy("File"), css="lead"),
        tables.Column("kind", gettext_lazy("What it holds")),
        tables.Column("space", gettext_lazy("Space"), css="desk"),
        tables.Column("state", gettext_lazy("State")),
        tables.Column("rows", gettext_lazy("Rows"), css="num"),
        tables.Column("at", gettext_lazy("When"), sort=("id",)),
    ),
    default_sort="-at",
    tie="",
    page_size=25,
)


class UploadForm(forms.Form):
    """A file, and where its contents belong."""

    file = forms.FileField(label=gettext_lazy("File"))

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind = kind
        spaces: QuerySet[Space] = Space.objects.filter(archived_at__isnull=True).exclude(kind="private")
        if kind == Import.Kind.BANS:
            self.fields["spaces"] = forms.ModelMultipleChoiceField(
                spaces.order_by("platform", "name"),
                label=gettext_lazy("Ban in these spaces"),
                widget=forms.CheckboxSelectMultiple,
            )
        else:
            self.fields["space"] = forms.ModelChoiceField(
                spaces.order_by("platform", "name"), label=gettext_lazy("Space")
            )
        most = files.largest(kind)
        shown = f"{most // 1024**3} GB" if most >= 1024**3 else f"{most // 1024**2} MB"
        self.fields["file"].help_text = _("At most %(size)s. Deleted after %(days)s days.") % {
            "size": shown, "days": files.KEEP_DAYS,
        }  # fmt: skip

    @property
    def chosen(self) -> list[Space]:
        """The spaces that were chosen."""
        said = self.cleaned_data
        return list(said["spaces"]) if self.kind == Import.Kind.BANS else [said["space"]]


@requires("settings.view")
@require_safe
def imports(request: HttpRequest) -> HttpResponse:
    """What was imported, and a form for another file."""
    return _list(request, _kind(request.GET.get("kind", "")))


@csrf_exempt  # checked below, after the handler for the file has been put in its place
@requires("settings.edit")
@require_POST
def import_upload(request: HttpRequest, kind: str) -> HttpResponse:
    """Take a file and have it read."""
    handler = ToDisk(_kind(kind))
    request.upload_handlers = [handler]
    try:
        answer: HttpResponse = _uploaded(request, handler)
    except BaseException:
        handler.give_up()
        raise
    return answer


@csrf_protect
def _uploaded(request: HttpRequest, handler: ToDisk) -> HttpResponse:
    kind = handler._kind
    form = UploadForm(request.POST, request.FILES, kind=kind)
    made: list[Import] = []

    def deed() -> None:
        assert handler.taken is not None
        name = str(form.cleaned_data["file"].name)
        made.append(
            actions.begin(kind, handler.taken, file_name=name, spaces=form.chosen, by=known(request).actor)
        )

    if handler.problem is not None:
        form.is_valid()
        form.errors.pop("file", None)
        form.add_error("file", str(handler.problem.text))
    elif attempt(form, deed):
        return SeeOther(reverse("console:import", args=[made[0].pk]))
    handler.give_up()
    return _list(request, kind, form, status=422)


@requires("settings.view")
@require_safe
def import_page(request: HttpRequest, import_id: str) -> HttpResponse:
    """One import: its preview, how far it is, or what became of it."""
    one = get_object_or_404(Import, pk=import_id)
    return render(request, "console/imports/page.html", _shown(request, one))


@requires("settings.edit", confirm=True)
@require_POST
def import_confirm(request: HttpRequest, import_id: str) -> HttpResponse:
    """Carry it out."""
    me = known(request)
    options: dict[str, Any] = {"only_known": request.POST.get("only_known") == "yes"}
    one = get_object_or_404(Import, pk=import_id)
    if one.kind == Import.Kind.RULES:
        options = {
            "rules_text": request.POST.get("rules_text") == "yes",
            "on_list": request.POST.get("on_list") == "yes" and me.may("policies.approve"),
        }
    elif one.kind == Import.Kind.HISTORY:
        chat = request.POST.get("chat", "")
        options = {"chat": int(chat)} if chat.isdecimal() and len(chat) < 16 else {}
    return carry_out(
        request,
        lambda: actions.confirm(import_id, me.actor, options),
        _("The import has begun."),
        _page(import_id),
    )


@requires("settings.edit")
@require_POST
def import_cancel(request: HttpRequest, import_id: str) -> HttpResponse:
    """Stop it where it stands."""
    by = known(request).actor
    return carry_out(
        request, lambda: actions.cancel(import_id, by), _("The import was stopped."), _page(import_id)
    )


@requires("settings.edit", confirm=True)
@require_POST
def import_undo(request: HttpRequest, import_id: str) -> HttpResponse:
    """Take back what it brought."""
    by = known(request).actor
    said = _("What the import brought is being taken back.")
    return carry_out(request, lambda: actions.undo(import_id, by), said, _page(import_id))


@requires("settings.edit")
@require_POST
def import_file_remove(request: HttpRequest, import_id: str) -> HttpResponse:
    """Delete the file now."""
    by = known(request).actor
    return carry_out(
        request, lambda: actions.remove_file(import_id, by), _("The file was deleted."), _page(import_id)
    )


@requires("settings.edit")
@require_safe
def import_bad_rows(request: HttpRequest, import_id: str) -> StreamingHttpResponse:
    """The rows that could not be read, whole, as a table."""
    one = get_object_or_404(Import, pk=import_id)
    response = StreamingHttpResponse(_bad_lines(one.id), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="bad-rows-{one.id}.csv"'
    return response


class _Line:
    """What a CSV writer writes to: gives each line back."""

    def write(self, line: str) -> str:
        return line


def _bad_lines(import_id: str) -> Iterator[str]:
    writer = csv.writer(_Line())
    yield "\ufeff" + writer.writerow(("row", "field", "reason", "原因", "raw"))
    for row in files.bad_rows(import_id):
        reason = Text.from_json(row["reason"])
        raw = row["raw"]
        # A spreadsheet must not take somebody's words for a formula.
        guarded = f"'{raw}" if raw[:1] in ("=", "+", "@", "\t", "\r") else raw
        yield writer.writerow((row["row"], row["field"], reason.en, reason.zh, guarded))


def _shown(request: HttpRequest, one: Import) -> dict[str, Any]:
    me, state = known(request), Import.State
    format_ = FORMATS.get(one.format)
    context: dict[str, Any] = {
        "tabs": tabs(request, "imports"),
        "one": one,
        "kind": words.KINDS[Import.Kind(one.kind)],
        "state": words.STATES[state(one.state)],
        "format": format_.name if format_ else "",
        "spaces": list(one.spaces.all()),
        "by": actor_names([one.by])[one.by],
        "progress": queries.progress(one),
        "figures": words.figures(one),
        "is_busy": one.state in (state.READING, state.RUNNING, state.UNDOING),
        "problem": Text.from_json(one.problem) if one.problem else "",
        "may_edit": me.may("settings.edit"),
        "may_list": me.may("policies.approve"),
        "may_undo": one.started_at is not None and one.state in (state.DONE, state.CANCELLED, state.FAILED),
        "may_cancel": one.state in (state.READING, state.PREVIEW, state.RUNNING),
        "result": one.result,
        "carried": [Text.from_json(text) for text in one.result.get("carried", ())],
        "left": [Text.from_json(text) for text in one.result.get("left", ())],
        "kept": Text.from_json(one.result["kept"]) if one.result.get("kept") else "",
        "strangers": one.counts.get("new", 0) > _MANY_STRANGERS,
    }
    if one.kind == Import.Kind.BANS and one.state not in (state.READING, state.PREVIEW):
        done = queries.carried_out(one)
        context["effects"] = done
        context["is_busy"] = context["is_busy"] or bool(done.waiting)
    context["has_acts"] = context["may_edit"] and (
        context["may_undo"] or (one.has_file and (bool(one.bad_rows) or not context["is_busy"]))
    )
    if one.kind == Import.Kind.HISTORY:
        own = {space.external_id for space in context["spaces"]}
        context["chats"] = [{**chat, "is_same": chat["id"] in own} for chat in one.result.get("chats", ())]
        context["is_other"] = bool(context["chats"]) and not any(chat["is_same"] for chat in context["chats"])
    return context


def _list(request: HttpRequest, kind: str, form: UploadForm | None = None, status: int = 200) -> HttpResponse:
    state = tables.read(SPEC, request.GET, keep=("kind",))
    table = paging.fetch(Import.objects.prefetch_related("spaces"), state)
    rows = [
        {
            "one": row,
            "kind": words.KINDS[Import.Kind(row.kind)],
            "state": words.STATES[Import.State(row.state)],
            "spaces": ", ".join(space.name for space in row.spaces.all()),
        }
        for row in table.rows
    ]
    context = {
        "tabs": tabs(request, "imports"),
        "kinds": [
            {"label": label, "href": f"?kind={key}", "current": key == kind}
            for key, label in words.KINDS.items()
        ],
        "kind": kind,
        "about": words.ABOUT[Import.Kind(kind)],
        "form": form or UploadForm(kind=kind),
        "table": tables.Table(state, rows, table.next_key, table.previous_key),
        "may_edit": known(request).may("settings.edit"),
    }
    return render(request, "console/imports/list.html", context, status=status)


def _kind(given: str) -> str:
    return given if given in Import.Kind.values else Import.Kind.BANS.value


def _page(import_id: str) -> str:
    return reverse("console:import", args=[import_id])
