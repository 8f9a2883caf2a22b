"""Setting quality up: scorecards in versions, and the rules by which answers are drawn."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from guildhall.console import quality_words
from guildhall.console.house_answers import SeeOther, attempt, carry_out
from guildhall.console.house_words import actor_names, known
from guildhall.core.text import Text
from guildhall.desk.actions import quality as actions
from guildhall.desk.models import Category, SamplingRule, Scorecard, ScorecardVersion, Vendor
from guildhall.desk.quality import scorecards
from guildhall.desk.quality.scorecards import Card, Criterion
from guildhall.people.access import requires
from guildhall.people.models import LANGUAGES

ROWS = 12
_SCALES = {
    1: gettext_lazy("yes or no"),
    2: gettext_lazy("0 to 2"),
    3: gettext_lazy("0 to 3"),
    4: gettext_lazy("0 to 4"),
    9: gettext_lazy("0 to 9"),
}


class CardForm(forms.Form):
    """A scorecard with up to twelve criteria; a row without a name is left out."""

    name_en = forms.CharField(label=gettext_lazy("Name in English"), max_length=80)
    name_zh = forms.CharField(label=gettext_lazy("Name in Chinese"), max_length=80)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for n in range(ROWS):
            self.fields[f"key_{n}"] = forms.CharField(required=False, max_length=30, widget=forms.HiddenInput)
            self.fields[f"en_{n}"] = forms.CharField(
                label=_("Question in English"), required=False, max_length=80
            )
            self.fields[f"zh_{n}"] = forms.CharField(
                label=_("Question in Chinese"), required=False, max_length=80
            )
            self.fields[f"weight_{n}"] = forms.IntegerField(
                label=_("Weight"), required=False, min_value=0, max_value=100
            )
            self.fields[f"scale_{n}"] = forms.ChoiceField(
                label=_("Marks"), choices=list(_SCALES.items()), required=False
            )
            self.fields[f"critical_{n}"] = forms.BooleanField(label=_("A miss makes it 0"), required=False)

    def rows(self) -> list[dict[str, Any]]:
        """The fields of each criterion, for the page."""
        parts = ("key", "en", "zh", "weight", "scale", "critical")
        return [{"number": n + 1} | {part: self[f"{part}_{n}"] for part in parts} for n in range(ROWS)]

    def card(self) -> Card:
        """What was written."""
        given = self.cleaned_data
        criteria = []
        for n in range(ROWS):
            if given[f"en_{n}"].strip() or given[f"zh_{n}"].strip():
                criteria.append(
                    Criterion(
                        given[f"key_{n}"] or f"c{n + 1}",
                        Text(given[f"en_{n}"].strip(), given[f"zh_{n}"].strip()),
                        given[f"weight_{n}"] or 0,
                        int(given[f"scale_{n}"] or 1),
                        given[f"critical_{n}"],
                    )
                )
        return Card(tuple(criteria))


class RuleForm(forms.Form):
    """A sampling rule. Shares are whole percents here."""

    name = forms.CharField(label=gettext_lazy("What the rule is called"), max_length=80)
    scorecard = forms.ModelChoiceField(
        label=gettext_lazy("Scorecard"), queryset=Scorecard.objects.filter(archived_at=None)
    )
    share = forms.IntegerField(
        label=gettext_lazy("Of every hundred solved tickets"), min_value=0, max_value=100, initial=5,
        help_text=gettext_lazy("A few in a hundred are usual; rounded up."),
    )  # fmt: skip
    at_least = forms.IntegerField(
        label=gettext_lazy("Of each agent at least, every week"), min_value=0, max_value=50, initial=2
    )
    second = forms.IntegerField(
        label=gettext_lazy("Of these judged twice, of every hundred"), min_value=0, max_value=100, initial=10,
        help_text=gettext_lazy("Somebody else judges them blind: that shows whether judges agree."),
    )  # fmt: skip
    categories = forms.MultipleChoiceField(label=gettext_lazy("Only these categories"), required=False)
    languages = forms.MultipleChoiceField(
        label=gettext_lazy("Only these languages"), required=False, choices=LANGUAGES
    )
    vendors = forms.MultipleChoiceField(label=gettext_lazy("Only answers of"), required=False)
    ratings = forms.MultipleChoiceField(
        label=gettext_lazy("Only rated"), required=False, choices=[(str(n), str(n)) for n in range(1, 6)]
    )
    breached = forms.ChoiceField(
        label=gettext_lazy("Promises of time"), required=False,
        choices=[
            ("", gettext_lazy("all")), ("yes", gettext_lazy("only where one was broken")),
            ("no", gettext_lazy("only where all were kept")),
        ],
    )  # fmt: skip
    order = forms.IntegerField(label=gettext_lazy("Order"), min_value=1, max_value=999, initial=100)
    is_on = forms.BooleanField(label=gettext_lazy("In use"), required=False, initial=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        categories = [
            (one.pk, str(one.called)) for one in Category.objects.filter(archived_at=None).order_by("order")
        ]
        vendors = [("house", _("our own people")), *Vendor.objects.order_by("name").values_list("pk", "name")]
        for name, choices in (("categories", categories), ("vendors", vendors)):
            field = self.fields[name]
            assert isinstance(field, forms.MultipleChoiceField)
            field.choices = choices

    def columns(self) -> dict[str, Any]:
        """As `actions.save_rule` takes it."""
        given = self.cleaned_data
        match: dict[str, Any] = {name: given[name] for name in ("categories", "languages", "vendors")}
        match["ratings"] = [int(one) for one in given["ratings"]]
        if given["breached"]:
            match["breached"] = given["breached"] == "yes"
        return {
            "name": given["name"], "scorecard": given["scorecard"], "share_bp": given["share"] * 100,
            "at_least": given["at_least"], "second_bp": given["second"] * 100, "order": given["order"],
            "is_on": given["is_on"], "match": match,
        }  # fmt: skip


@requires("quality.manage")
@require_safe
def cards(request: HttpRequest) -> HttpResponse:
    """Every scorecard in use."""
    rows = [(card, card.versions.order_by("-number").first()) for card in _cards()]
    context = {"tabs": quality_words.tabs(known(request), "quality-cards"), "cards": rows}
    return render(request, "console/quality/cards.html", context)


@requires("quality.manage")
@never_cache
def card_edit(request: HttpRequest, card_id: str = "") -> HttpResponse:
    """Write a scorecard, or a new version of one."""
    card = get_object_or_404(Scorecard, pk=card_id, archived_at=None) if card_id else None
    newest = card.versions.order_by("-number").first() if card else None
    form = CardForm(request.POST if request.method == "POST" else None, initial=_initial(card, newest))

    def deed() -> None:
        name = Text(form.cleaned_data["name_en"], form.cleaned_data["name_zh"])
        actions.save_card(card, name=name, content=form.card(), by=known(request))

    if request.method == "POST" and attempt(form, deed):
        messages.success(request, _("Saved; what is judged from now on is judged by it."))
        return SeeOther(reverse("console:quality-cards"))
    versions = list(card.versions.order_by("-number")[:20]) if card else []
    names = actor_names(one.made_by for one in versions)
    context = {
        "form": form,
        "card": card,
        "versions": [(one, names[one.made_by]) for one in versions],
        "tabs": quality_words.tabs(known(request), "quality-cards"),
    }
    return render(request, "console/quality/card.html", context, status=422 if form.is_bound else 200)


@requires("quality.manage")
@require_POST
def card_archive(request: HttpRequest, card_id: str) -> HttpResponse:
    """Judge by it no longer."""
    return carry_out(
        request,
        lambda: actions.archive_card(card_id, known(request)),
        _("Put away; what was judged by it stays."),
        reverse("console:quality-cards"),
    )


@requires("quality.manage")
@require_safe
def rules(request: HttpRequest) -> HttpResponse:
    """Every sampling rule."""
    found = SamplingRule.objects.select_related("scorecard").order_by("order", "pk")
    rows = [{"rule": one, "share": one.share_bp // 100, "second": one.second_bp // 100} for one in found]
    context = {
        "tabs": quality_words.tabs(known(request), "quality-rules"),
        "rules": rows,
        "has_cards": _cards().exists(),
    }
    return render(request, "console/quality/rules.html", context)


@requires("quality.manage")
@never_cache
def rule_edit(request: HttpRequest, rule_id: str = "") -> HttpResponse:
    """Write a rule."""
    rule = get_object_or_404(SamplingRule, pk=rule_id) if rule_id else None
    form = RuleForm(request.POST if request.method == "POST" else None, initial=_rule(rule))
    if request.method == "POST" and attempt(
        form, lambda: actions.save_rule(rule, form.columns(), known(request))
    ):
        messages.success(request, _("Saved; it holds from the next draw."))
        return SeeOther(reverse("console:quality-rules"))
    context = {"form": form, "rule": rule, "tabs": quality_words.tabs(known(request), "quality-rules")}
    return render(request, "console/quality/rule.html", context, status=422 if form.is_bound else 200)


@requires("quality.manage")
@require_POST
def rule_remove(request: HttpRequest, rule_id: str) -> HttpResponse:
    """Draw by it no longer."""
    back = reverse("console:quality-rules")
    return carry_out(request, lambda: actions.remove_rule(rule_id, known(request)), _("Removed."), back)


def _cards() -> Any:
    return Scorecard.objects.filter(archived_at=None).order_by("pk")


def _initial(card: Scorecard | None, newest: ScorecardVersion | None) -> dict[str, Any]:
    """The card in force, or for a new one the card to begin with."""
    shown = newest.card if newest else scorecards.starter()
    name = card.called if card else Text("Answers to members", "用户回复")
    said: dict[str, Any] = {"name_en": name.en, "name_zh": name.zh}
    for n, one in enumerate(shown.criteria[:ROWS]):
        said |= {
            f"key_{n}": one.key, f"en_{n}": one.name.en, f"zh_{n}": one.name.zh, f"weight_{n}": one.weight,
            f"scale_{n}": one.scale, f"critical_{n}": one.critical,
        }  # fmt: skip
    return said


def _rule(rule: SamplingRule | None) -> dict[str, Any]:
    if rule is None:
        return {}
    match = rule.match
    breached = {True: "yes", False: "no"}.get(match.get("breached"), "")
    return {
        "name": rule.name, "scorecard": rule.scorecard_id, "share": rule.share_bp // 100,
        "at_least": rule.at_least, "second": rule.second_bp // 100, "order": rule.order, "is_on": rule.is_on,
        "categories": match.get("categories", []), "languages": match.get("languages", []),
        "vendors": match.get("vendors", []), "ratings": [str(n) for n in match.get("ratings", [])],
        "breached": breached,
    }  # fmt: skip
