"""One category of questions: its names, how pressing it is, and what has to be known before it is solved."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.functional import lazystr
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from guildhall.console.desk_setup import tabs
from guildhall.console.house_answers import SeeOther, attempt, carry_out
from guildhall.console.house_words import known
from guildhall.core.text import Text
from guildhall.desk.actions import categories as actions
from guildhall.desk.fields import KINDS, MOST_FIELDS, Choice, Field, Kind, fields_of
from guildhall.desk.models import Category, Ticket
from guildhall.people.access import requires

_BLANK_LINES = 2


class CategoryForm(forms.Form):
    """What it is called and how pressing it is."""

    slug = forms.SlugField(
        label=gettext_lazy("Identifier"),
        max_length=40,
        help_text=gettext_lazy("What the API and figures call it. It stays."),
    )
    name_en = forms.CharField(label=gettext_lazy("Name (English)"), max_length=60)
    name_zh = forms.CharField(label=gettext_lazy("Name (Chinese)"), max_length=60)
    priority = forms.ChoiceField(
        label=gettext_lazy("Priority when it is opened"), choices=Ticket.Priority.choices, initial="normal"
    )
    order = forms.IntegerField(label=gettext_lazy("Place in lists"), min_value=0, max_value=9999, initial=100)


class FieldForm(forms.Form):
    """One thing to be known."""

    key = forms.SlugField(label=gettext_lazy("Identifier"), max_length=30, required=False)
    label_en = forms.CharField(label=gettext_lazy("Name (English)"), max_length=60, required=False)
    label_zh = forms.CharField(label=gettext_lazy("Name (Chinese)"), max_length=60, required=False)
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"), choices=[(kind.value, lazystr(label)) for kind, label in KINDS.items()]
    )
    required = forms.BooleanField(label=gettext_lazy("needed before it is solved"), required=False)
    choices = forms.CharField(
        label=gettext_lazy("Answers to choose from"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("One a line: identifier | English | Chinese"),
    )

    def made(self) -> Field | None:
        """The field as written; None for an empty line."""
        said = self.cleaned_data
        if not said.get("key"):
            return None
        kind = Kind(said["kind"])
        label = Text(said["label_en"] or said["label_zh"], said["label_zh"] or said["label_en"])
        choices = _choices(said["choices"]) if kind is Kind.CHOICE else ()
        return Field(said["key"].replace("-", "_"), kind, label, said["required"], choices)


def _choices(written: str) -> tuple[Choice, ...]:
    found = []
    for line in written.splitlines():
        parts = [part.strip() for part in line.split("|")]
        if parts[0]:
            english = parts[1] if len(parts) > 1 and parts[1] else parts[0]
            chinese = parts[2] if len(parts) > 2 and parts[2] else english
            found.append(Choice(parts[0], Text(english, chinese)))
    return tuple(found)


FieldFormSet = forms.formset_factory(FieldForm, extra=_BLANK_LINES, max_num=MOST_FIELDS)


@requires("desk.manage")
def category_new(request: HttpRequest) -> HttpResponse:
    """Write one."""
    return _form(request, None, {}, [])


@requires("desk.manage")
def category(request: HttpRequest, slug: str) -> HttpResponse:
    """Change one; tickets keep what was filled in."""
    one = get_object_or_404(Category, pk=slug)
    initial = {
        "slug": one.pk,
        "name_en": one.called.en,
        "name_zh": one.called.zh,
        "priority": one.priority,
        "order": one.order,
    }
    return _form(request, one, initial, [_line(each) for each in fields_of(one.fields)])


def _line(one: Field) -> dict[str, Any]:
    return {
        "key": one.key,
        "label_en": one.label.en,
        "label_zh": one.label.zh,
        "kind": one.kind.value,
        "required": one.required,
        "choices": "\n".join(f"{each.key} | {each.label.en} | {each.label.zh}" for each in one.choices),
    }


def _form(
    request: HttpRequest, one: Category | None, initial: dict[str, Any], lines: list[dict[str, Any]]
) -> HttpResponse:
    data = request.POST.copy() if request.POST else None
    if data is not None and one is not None:
        data["slug"] = one.pk
    form = CategoryForm(data, initial=initial)
    fields = FieldFormSet(data, initial=lines, prefix="fields")
    if one is not None:
        form.fields["slug"].widget.attrs["readonly"] = True

    def deed() -> None:
        said = form.cleaned_data
        actions.save_category(
            said["slug"],
            name=Text(said["name_en"], said["name_zh"]),
            fields=[made for made in (each.made() for each in fields) if made is not None],
            priority=said["priority"],
            order=said["order"],
            by=known(request),
            new=one is None,
        )

    if request.method == "POST" and fields.is_valid() and attempt(form, deed):
        messages.success(request, _("Saved."))
        return SeeOther(reverse("console:desk-setup"))
    context = {"form": form, "fields": fields, "one": one, "tabs": tabs("categories")}
    status = 422 if request.method == "POST" else 200
    return render(request, "console/desk_setup/category.html", context, status=status)


@requires("desk.manage")
@require_POST
def category_archive(request: HttpRequest, slug: str) -> HttpResponse:
    """Offer it no more, or again."""
    one = get_object_or_404(Category, pk=slug)
    away = one.archived_at is None
    return carry_out(
        request,
        lambda: actions.set_archived(slug, away, known(request)),
        _("Put away. Tickets that have it keep it.") if away else _("Offered again."),
        reverse("console:desk-setup"),
    )
