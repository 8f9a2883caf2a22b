"""Words that are said often: everybody's and one's own, in both languages, as they will read.

Everybody who works at the desk keeps macros of their own; those of the house are kept by whoever sets up the
desk.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from guildhall.console.desk_setup import tabs
from guildhall.console.house_answers import SeeOther, attempt, carry_out
from guildhall.console.house_words import known
from guildhall.core.text import Text
from guildhall.desk import queries
from guildhall.desk.actions import macros as actions
from guildhall.desk.models import Macro, Ticket
from guildhall.desk.placeholders import PLACES
from guildhall.people.access import requires
from guildhall.people.models import Staff

MANAGE = "desk.manage"


class MacroForm(forms.Form):
    """The words, and what is set beside them."""

    name_en = forms.CharField(label=gettext_lazy("Name (English)"), max_length=80, required=False)
    name_zh = forms.CharField(label=gettext_lazy("Name (Chinese)"), max_length=80, required=False)
    text_en = forms.CharField(
        label=gettext_lazy("Words (English)"),
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    text_zh = forms.CharField(
        label=gettext_lazy("Words (Chinese)"),
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    category = forms.ChoiceField(
        label=gettext_lazy("Offered first for"),
        required=False,
        help_text=gettext_lazy("Tickets of this category see it at the top."),
    )
    status = forms.ChoiceField(label=gettext_lazy("Sets the status to"), required=False)
    priority = forms.ChoiceField(label=gettext_lazy("Sets the priority to"), required=False)
    does_category = forms.ChoiceField(label=gettext_lazy("Sets the category to"), required=False)
    house = forms.BooleanField(label=gettext_lazy("for everybody at the desk"), required=False, initial=True)

    def __init__(self, *args: Any, may_manage: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = [(one.pk, str(one.called)) for one in queries.categories()]
        for field, choices in (
            ("category", named),
            ("does_category", named),
            ("status", Ticket.Status.choices),
            ("priority", Ticket.Priority.choices),
        ):
            box = self.fields[field]
            assert isinstance(box, forms.ChoiceField)
            box.choices = [("", "-"), *choices]
        if not may_manage:
            del self.fields["house"]


@requires("desk.work")
@require_safe
def macros(request: HttpRequest) -> HttpResponse:
    """Those a colleague may use, the most used first."""
    me = known(request)
    words = request.GET.get("q", "").strip()[:80]
    wants_archived = request.GET.get("show") == "archived"
    found = _archived(me) if wants_archived else queries.macros(me, words=words)
    context = {
        "lines": [_shown(one, me) for one in found[:300]],
        "q": words,
        "archived": wants_archived,
        "tabs": tabs("macros") if me.may(MANAGE) else [],
    }
    return render(request, "console/desk_setup/macros.html", context)


def _archived(me: Staff) -> list[Macro]:
    found = Macro.objects.filter(archived_at__isnull=False).order_by("-archived_at")
    return [one for one in found if one.owner_id in (None, me.pk)]


def _shown(one: Macro, me: Staff) -> dict[str, Any]:
    text = Text.from_json({"en": "", "zh": "", **one.text})
    return {
        "one": one,
        "name": str(one.called),
        "text": str(text) or text.en or text.zh,
        "languages": [label for label, said in (("EN", text.en), ("中文", text.zh)) if said],
        "own": one.owner_id is not None,
        "may_edit": _may_edit(one, me),
    }


def _may_edit(one: Macro, me: Staff) -> bool:
    return one.owner_id == me.pk or (one.owner_id is None and me.may(MANAGE))


@requires("desk.work")
def macro_new(request: HttpRequest) -> HttpResponse:
    """Write one."""
    return _form(request, None, {"house": known(request).may(MANAGE)})


@requires("desk.work")
def macro(request: HttpRequest, macro_id: str) -> HttpResponse:
    """Change one."""
    one = _mine(request, macro_id)
    text = Text.from_json({"en": "", "zh": "", **one.text})
    initial = {
        "name_en": one.called.en,
        "name_zh": one.called.zh,
        "text_en": text.en,
        "text_zh": text.zh,
        "category": one.category_id or "",
        "status": one.does.get("status", ""),
        "priority": one.does.get("priority", ""),
        "does_category": one.does.get("category", ""),
    }
    return _form(request, one, initial)


def _mine(request: HttpRequest, macro_id: str) -> Macro:
    """A macro this colleague may change; one that is somebody else's own is not there for them."""
    me = known(request)
    one = get_object_or_404(Macro, pk=macro_id, owner_id__in=(me.pk,)) if _is_own(macro_id) else None
    one = one or get_object_or_404(Macro, pk=macro_id, owner__isnull=True)
    if not _may_edit(one, me):
        raise PermissionDenied
    return one


def _is_own(macro_id: str) -> bool:
    return Macro.objects.filter(pk=macro_id, owner__isnull=False).exists()


def _form(request: HttpRequest, one: Macro | None, initial: dict[str, Any]) -> HttpResponse:
    me = known(request)
    may_choose = me.may(MANAGE) and one is None
    form = MacroForm(request.POST or None, initial=initial, may_manage=may_choose)

    def deed() -> None:
        said = form.cleaned_data
        does = {"status": said["status"], "priority": said["priority"], "category": said["does_category"]}
        actions.save_macro(
            one.pk if one else "",
            name=Text(said["name_en"], said["name_zh"]),
            text=Text(said["text_en"], said["text_zh"]),
            category=said["category"],
            does=does,
            owner_id=None if said.get("house") else me.pk,
            by=me,
        )

    if request.method == "POST" and attempt(form, deed):
        messages.success(request, _("Saved."))
        return SeeOther(reverse("console:macros"))
    context = {
        "form": form,
        "one": one,
        "places": [(f"{{{key}}}", label) for key, label in PLACES.items()],
        "tabs": tabs("macros") if me.may(MANAGE) else [],
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "console/desk_setup/macro.html", context, status=status)


@requires("desk.work")
@require_POST
def macro_archive(request: HttpRequest, macro_id: str) -> HttpResponse:
    """Put it away, or bring it back."""
    one = _mine(request, macro_id)
    away = one.archived_at is None
    return carry_out(
        request,
        lambda: actions.set_archived(macro_id, away, known(request)),
        _("Put away. It can be brought back.") if away else _("It can be used again."),
        reverse("console:macros"),
    )
