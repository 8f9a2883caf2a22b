"""Words that the pages of the house share: who acted, what a deed of the audit means, where a subject is to
be found.

The audit stores short names (`case.undone`, `staff:7`); people read sentences. A deed without words here is
shown by its short name, and a test asks for its words.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from guildhall.console.house_deeds import DEEDS, FACTS
from guildhall.people import queries
from guildhall.people.models import Staff


def known(request: HttpRequest) -> Staff:
    """Whoever is signed in; the doors let nobody else through to these pages."""
    assert isinstance(request.user, Staff)
    return request.user


def actor_names(actors: Iterable[str]) -> dict[str, str]:
    """How each actor is called on a page."""
    actors = set(actors)
    names = queries.staff_by_actor(actors)
    return {actor: names.get(actor) or _actor_name(actor) for actor in actors}


def _actor_name(actor: str) -> str:
    kind, _colon, key = actor.partition(":")
    match kind:
        case "system":
            return _("Guildhall (%(room)s)") % {"room": key}
        case "member":
            return _("Member %(id)s") % {"id": key[-6:]}
        case "token":
            return _("API token %(id)s") % {"id": key[-6:]}
        case "staff":
            return _("Former colleague %(id)s") % {"id": key}
    return actor


def deed(verb: str) -> str | Promise:
    """What a verb of the audit means."""
    return DEEDS.get(verb, verb)


def fact_label(key: str) -> str | Promise:
    """What a key of an entry's data means."""
    return FACTS.get(key, key.replace("_", " "))


_PAGES = {
    "task": "console:task",
    "vendor": "console:vendor",
    "vendor_invoice": "console:vendor-invoice",
    "review": "console:quality-review",
    "scorecard": "console:quality-card",
    "sampling_rule": "console:quality-rule",
    "handover": "console:handover",
    "checklist": "console:checklist",
    "case": "console:case",
    "ticket": "console:ticket",
    "member": "console:member",
    "staff": "console:staff-member",
    "effect": "console:effect",
    "proposal": "console:approval",
    "policy": "console:policy",
    "campaign": "console:campaign",
    "raid": "console:raid",
    "broadcast": "console:broadcast",
    "partner": "console:partner",
    "settlement": "console:settlement",
    "whatif": "console:what-if",
    "facts_row": "console:facts-aside-row",
}


def subject_href(subject: str) -> str:
    """The page of a subject such as `case:01H…`; empty when it has none."""
    kind, _colon, key = subject.partition(":")
    name = _PAGES.get(kind)
    if not name or not key:
        return ""
    try:
        return reverse(name, args=[key])
    except NoReverseMatch:
        return ""
