"""Doors: where questions come in and by which rules; a house's own words of what they are about."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from guildhall.channels import registry
from guildhall.channels.models import Space
from guildhall.console.house_answers import SeeOther, attempt, carry_out
from guildhall.console.house_words import known
from guildhall.core.errors import BadInput
from guildhall.desk import queries
from guildhall.desk.actions import doors as actions
from guildhall.desk.doors import FOR_PRIVATE, Rules, from_json
from guildhall.desk.models import DoorRule, DoorWords, Ticket
from guildhall.people.access import requires

SHOWN = 500
FLAGS = ("command", "mention", "reply", "question", "words", "everything", "tells", "rates")
NOT_PRIVATE = frozenset({"replay", "wechat"})
"""Platforms on which nobody writes to us alone."""


class DoorForm(forms.Form):
    """The rules of a door."""

    command = forms.BooleanField(label=gettext_lazy("A command: /ask, /ticket, /help me …"), required=False)
    mention = forms.BooleanField(label=gettext_lazy("Our bot is named"), required=False)
    reply = forms.BooleanField(
        label=gettext_lazy("A question under a message of ours or of a colleague"), required=False
    )
    question = forms.BooleanField(label=gettext_lazy("Any question"), required=False)
    words = forms.BooleanField(
        label=gettext_lazy("A question that speaks of a category (deposit, KYC …)"), required=False
    )
    everything = forms.BooleanField(label=gettext_lazy("Whatever a member says"), required=False)
    topics = forms.CharField(
        label=gettext_lazy("Only in these topics"),
        max_length=2000,
        required=False,
        help_text=gettext_lazy(
            "Numbers of topics or threads apart by spaces. The last three rules hold there only; "
            "commands, mentions and replies hold everywhere."
        ),
    )
    window = forms.IntegerField(
        label=gettext_lazy("Minutes in which more words belong to the same ticket"),
        min_value=0,
        max_value=7 * 24 * 60,
    )
    category = forms.ChoiceField(label=gettext_lazy("Category where words tell none"), required=False)
    priority = forms.ChoiceField(
        label=gettext_lazy("Priority"),
        required=False,
        choices=(("", gettext_lazy("that of the category")), *Ticket.Priority.choices),
    )
    tells = forms.BooleanField(label=gettext_lazy("The asker is told number, place and wait"), required=False)
    rates = forms.BooleanField(label=gettext_lazy("The asker is asked for a rating"), required=False)
    enabled = forms.BooleanField(label=gettext_lazy("The door is open"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["category"]
        assert isinstance(field, forms.ChoiceField)
        found = [(one.pk, str(one.called)) for one in queries.categories()]
        field.choices = [("", _("none")), *found]

    def rules(self) -> Rules:
        """What was chosen."""
        said = self.cleaned_data
        flags = {name: bool(said[name]) for name in FLAGS}
        return replace(
            Rules(),
            **flags,
            topics=tuple(dict.fromkeys(said["topics"].split())),
            window_s=said["window"] * 60,
            category=said["category"],
            priority=said["priority"],
        )


class WordsForm(forms.Form):
    """A house's own words for a category."""

    words = forms.CharField(
        label=gettext_lazy("Words"),
        max_length=8000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("One a line, in any language, beside those we know."),
    )


@requires("desk.manage")
@require_safe
def door_list(request: HttpRequest) -> HttpResponse:
    """Every door, and the spaces that have none."""
    rows = {(one.space_id or "", one.platform): one for one in DoorRule.objects.select_related("space")}
    groups = Space.objects.filter(archived_at=None).exclude(kind="private").order_by("name")[:SHOWN]
    own = {one.category_id: one.words for one in DoorWords.objects.all()}
    context = {
        "private": [
            {"adapter": one, "door": rows.get(("", one.platform))}
            for one in registry.all()
            if one.platform not in NOT_PRIVATE
        ],
        "places": [
            {"space": one, "door": rows.get((one.pk, "")), "says": _says(rows.get((one.pk, "")))}
            for one in groups
        ],
        "none_open": not any(key[1] for key in rows),
        "categories": [(one, len(own.get(one.pk, ()))) for one in queries.categories()],
    }
    return render(request, "console/doors/list.html", context)


@requires("desk.manage")
@require_POST
def door_open_usual(request: HttpRequest) -> HttpResponse:
    """Open the doors for private talks of every platform."""
    by = known(request).actor

    def deed() -> None:
        for one in registry.all():
            if one.platform in NOT_PRIVATE:
                continue
            if not DoorRule.objects.filter(space=None, platform=one.platform).exists():
                actions.set_door(FOR_PRIVATE, by, platform=one.platform)

    said = _("Whoever writes to us alone now asks us.")
    return carry_out(request, deed, said, reverse("console:doors"))


@requires("desk.manage")
def door_space(request: HttpRequest, space_id: str) -> HttpResponse:
    """The door of a space."""
    space = Space.objects.filter(pk=space_id).exclude(kind="private").first()
    if space is None:
        raise Http404
    row = DoorRule.objects.filter(space=space).first()
    return _edit(request, space.name, row, Rules(), space_id=space.pk)


@requires("desk.manage")
def door_private(request: HttpRequest, platform: str) -> HttpResponse:
    """The door for private talks on a platform."""
    adapter = next((one for one in registry.all() if one.platform == platform), None)
    if adapter is None or platform in NOT_PRIVATE:
        raise Http404
    row = DoorRule.objects.filter(space=None, platform=platform).first()
    name = _("Private talks: %(platform)s") % {"platform": adapter.name}
    return _edit(request, name, row, FOR_PRIVATE, platform=platform)


@requires("desk.manage")
@require_POST
def door_remove(request: HttpRequest, door_id: str) -> HttpResponse:
    """Shut a door for good."""
    by = known(request).actor
    said = _("The door is shut. Its tickets stay.")
    return carry_out(request, lambda: actions.remove_door(door_id, by), said, reverse("console:doors"))


@requires("desk.manage")
def door_words(request: HttpRequest, slug: str) -> HttpResponse:
    """A house's own words for a category."""
    category = next((one for one in queries.categories() if one.pk == slug), None)
    if category is None:
        raise Http404
    row = DoorWords.objects.filter(category=category).first()
    initial = {"words": "\n".join(row.words) if row is not None else ""}
    form = WordsForm(request.POST if request.method == "POST" else None, initial=initial)
    by = known(request).actor
    if request.method == "POST" and attempt(
        form, lambda: actions.set_words(slug, form.cleaned_data["words"].splitlines(), by)
    ):
        messages.success(request, _("Saved."))
        return SeeOther(reverse("console:doors"))
    context = {"category": category, "form": form}
    return render(request, "console/doors/words.html", context, status=422 if form.is_bound else 200)


def _edit(
    request: HttpRequest,
    name: str,
    row: DoorRule | None,
    usual: Rules,
    *,
    space_id: str = "",
    platform: str = "",
) -> HttpResponse:
    initial = _initial(row, usual)
    form = DoorForm(request.POST if request.method == "POST" else None, initial=initial)
    by = known(request).actor

    def deed() -> None:
        actions.set_door(
            form.rules(), by, space_id=space_id, platform=platform, enabled=form.cleaned_data["enabled"]
        )

    if request.method == "POST" and attempt(form, deed):
        messages.success(request, _("Saved. It counts within a second."))
        return SeeOther(reverse("console:doors"))
    context = {"name": name, "door": row, "form": form, "is_private": bool(platform)}
    return render(request, "console/doors/door.html", context, status=422 if form.is_bound else 200)


def _initial(row: DoorRule | None, usual: Rules) -> dict[str, Any]:
    rules = usual
    if row is not None:
        try:
            rules = from_json(row.rules)
        except BadInput:
            rules = usual
    return {
        **{name: getattr(rules, name) for name in FLAGS},
        "topics": " ".join(rules.topics),
        "window": rules.window_s // 60,
        "category": rules.category,
        "priority": rules.priority,
        "enabled": row.enabled if row is not None else True,
    }


_SHORT = {
    "command": gettext_lazy("commands"),
    "mention": gettext_lazy("mentions"),
    "reply": gettext_lazy("replies"),
    "question": gettext_lazy("questions"),
    "words": gettext_lazy("words of categories"),
    "everything": gettext_lazy("everything said"),
}


def _says(row: DoorRule | None) -> list[str]:
    """What a door takes, in a few words."""
    return [] if row is None else [str(word) for name, word in _SHORT.items() if row.rules.get(name)]
