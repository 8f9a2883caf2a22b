"""How the desk is set up: what questions can be about, and the way to every other setting of the desk."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from guildhall.console.house_words import known
from guildhall.desk import queries
from guildhall.desk.fields import fields_of
from guildhall.desk.models import Ticket
from guildhall.people.access import requires

ELSEWHERE: tuple[tuple[str, str, Promise, Promise], ...] = (
    (
        "sla",
        "desk.policies",
        gettext_lazy("SLA policies"),
        gettext_lazy("How soon whom is answered, on which calendar."),
    ),
    (
        "chains",
        "desk.policies",
        gettext_lazy("Escalation chains"),
        gettext_lazy("Who hears of it when a promise is about to be broken, or was."),
    ),
    (
        "doors",
        "desk.manage",
        gettext_lazy("Doors"),
        gettext_lazy("Which messages of a group become a ticket."),
    ),
    (
        "agents",
        "desk.manage",
        gettext_lazy("Agents"),
        gettext_lazy("What each colleague takes, and how much at once."),
    ),
    (
        "assignment-rules",
        "desk.manage",
        gettext_lazy("Assignment"),
        gettext_lazy("How an owner is found, and what happens when nobody is on duty."),
    ),
    (
        "escalation-teams",
        "desk.manage",
        gettext_lazy("Teams of the exchange"),
        gettext_lazy("Who is asked about risk, finance and the product."),
    ),
    (
        "webhooks",
        "desk.manage",
        gettext_lazy("Webhooks"),
        gettext_lazy("Which other systems hear of tickets."),
    ),
)
"""(address, permission, name, what it is for) of settings that have pages of their own."""


@requires("desk.manage")
@require_safe
def desk_setup(request: HttpRequest) -> HttpResponse:
    """The categories, and where everything else is set up."""
    wants_archived = request.GET.get("show") == "archived"
    shown = [
        one
        for one in queries.categories(archived=wants_archived)
        if (one.archived_at is not None) == wants_archived
    ]
    lines = [
        {
            "one": one,
            "name": str(one.called),
            "priority": Ticket.Priority(one.priority).label,
            "fields": [str(each.label) for each in fields_of(one.fields)],
            "required": [str(each.label) for each in fields_of(one.fields) if each.required],
        }
        for one in shown
    ]
    context = {
        "lines": lines,
        "archived": wants_archived,
        "tabs": tabs("categories"),
        "elsewhere": _elsewhere(request),
    }
    return render(request, "console/desk_setup/page.html", context)


def tabs(current: str) -> list[dict[str, Any]]:
    """The tabs of the settings of the desk."""
    return [
        {
            "label": _("Categories"),
            "href": reverse("console:desk-setup"),
            "current": current == "categories",
            "count": None,
        },
        {
            "label": _("Macros"),
            "href": reverse("console:macros"),
            "current": current == "macros",
            "count": None,
        },
    ]


def _elsewhere(request: HttpRequest) -> list[dict[str, Any]]:
    """The other settings this colleague may open."""
    me = known(request)
    return [
        {"href": reverse(f"console:{name}"), "label": label, "about": about}
        for name, permission, label, about in ELSEWHERE
        if me.may(permission)
    ]
