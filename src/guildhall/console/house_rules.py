"""The rules the guard judges by: families, words, weights and sources, and how right each family was here."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from guildhall.core.text import Text
from guildhall.guard import measured, policies, policy, punishing, rulebook
from guildhall.guard.rules.evidence import Rule
from guildhall.guard.types import FamilySetting, Measured
from guildhall.guard.types import Policy as Parsed
from guildhall.people.access import requires

_NO_EVIDENCE = "GUARD"
_PLACE = re.compile(r"\{\w+\}")


@dataclass(frozen=True, slots=True)
class Family:
    """A family under one policy: what it may do, and how right verdicts it led were in this house."""

    key: str
    name: Text
    setting: FamilySetting
    rules: tuple[tuple[Rule, Text, int], ...]
    decided: int
    share: str
    low: str


@requires("policies.view")
@require_safe
def rules_page(request: HttpRequest) -> HttpResponse:
    """Every family with its rules, their weights under the house's policy, and where they come from."""
    shown = policies.active(policies.DEFAULT)
    return render(request, "console/house/rules.html", {"families": families_of(shown), "policy": shown})


def families_of(shown: Parsed, *, with_rules: bool = True) -> list[Family]:
    """The families of evidence as a policy has them."""
    counts = measured.current().at("", "")
    out = []
    for key, name in rulebook.FAMILIES.items():
        if key == _NO_EVIDENCE and not with_rules:
            continue
        found = [rule for rule in rulebook.all_rules().values() if punishing.family_of(rule.id) == key]
        count = counts[key][-1] if key in counts else Measured(0, 0)
        low, _high = punishing.interval(count.right, count.decided)
        out.append(
            Family(
                key,
                name,
                punishing.setting(shown, key),
                tuple((rule, _plain(rule.text), policy.effective_weight(shown, rule.id)) for rule in found)
                if with_rules
                else (),
                count.decided,
                punishing.percent(count.right / count.decided) if count.decided else "",
                punishing.percent(low) if count.decided else "",
            )
        )
    return out


def _plain(text: Text) -> Text:
    """A rule's words with an ellipsis where a verdict names what it found."""
    return Text(_PLACE.sub("…", text.en), _PLACE.sub("…", text.zh))
