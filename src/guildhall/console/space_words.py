"""What members of a space read when they ask for the rules, and where its reports and appeals are told."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from guildhall.channels import actions as channel_actions
from guildhall.channels import registry
from guildhall.channels.models import Space
from guildhall.channels.port import Verb
from guildhall.console.house_answers import SeeOther, attempt
from guildhall.console.house_words import known
from guildhall.guard import house_rules
from guildhall.guard.alerts import REPORTS_TO
from guildhall.people.access import requires

_MOST = 500


class WordsForm(forms.Form):
    """Rules in both languages, and the space where staff hears of reports."""

    rules_en = forms.CharField(
        label=gettext_lazy("Rules in English"),
        required=False,
        max_length=3000,
        widget=forms.Textarea(attrs={"rows": 5, "lang": "en"}),
        help_text=gettext_lazy("Empty: the rules that come with the house."),
    )
    rules_zh = forms.CharField(
        label=gettext_lazy("Rules in Chinese"),
        required=False,
        max_length=3000,
        widget=forms.Textarea(attrs={"rows": 5, "lang": "zh-Hans"}),
        help_text=gettext_lazy("Traditional Chinese is derived from it."),
    )
    reports_to = forms.ChoiceField(
        label=gettext_lazy("Reports and appeals are told in"),
        required=False,
        help_text=gettext_lazy(
            "A space where only staff talks, such as the group of the administrators. It gets a line with a "
            "link, never what a member wrote."
        ),
    )

    def __init__(self, *args: Any, space: Space, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        speaking = [one.platform for one in registry.all() if one.capabilities[Verb.SEND].supported]
        others = Space.objects.filter(archived_at__isnull=True, platform__in=speaking)
        others = others.exclude(pk=space.pk).exclude(kind="private").order_by("name", "pk")
        choice = self.fields["reports_to"]
        assert isinstance(choice, forms.ChoiceField)
        choice.choices = [("", _("nowhere")), *others.values_list("pk", "name")[:_MOST]]


def picture(request: HttpRequest, space: Space) -> dict[str, Any]:
    """What the page of a space shows of it."""
    initial = {key: space.settings.get(key, "") for key in ("rules_en", "rules_zh", REPORTS_TO)}
    own = bool(initial["rules_en"] or initial["rules_zh"])
    return {
        "words_form": WordsForm(initial=initial, space=space) if space.kind != "private" else None,
        "rules": house_rules.rules_of(space.settings),
        "has_own_rules": own,
    }


@requires("spaces.edit")
@require_POST
def space_words(request: HttpRequest, slug: str) -> HttpResponse:
    """Change the rules members read and where reports are told."""
    space = Space.objects.filter(slug=slug).exclude(kind="private").first()
    if space is None:
        raise Http404
    form = WordsForm(request.POST, space=space)

    def deed() -> None:
        channel_actions.edit_space(space.pk, by=known(request).actor, **form.cleaned_data)

    if attempt(form, deed):
        messages.success(request, _("Saved."))
    else:
        for errors in form.errors.values():
            messages.error(request, " ".join(str(one) for one in errors))
    return SeeOther(reverse("console:space", args=[space.slug]))
