"""Impersonators: who seems to pretend to be staff, a partner, a bot or the brand, and what was made of it.

Whoever only writes to others in private never posts a message that could be judged, so they are shown here
from the moment they join or take a new name.
"""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from guildhall.console.house_answers import SeeOther, carry_out
from guildhall.console.house_words import actor_names, known
from guildhall.core.errors import GuildhallError
from guildhall.guard import actions, records, rulebook
from guildhall.guard.models import Suspect
from guildhall.people import queries
from guildhall.people.access import requires
from guildhall.ui import navigation, paging, tables

State = Suspect.State
COLOURS = {State.OPEN: "amber", State.CONFIRMED: "red", State.FINE: "green"}

SPEC = tables.Spec(
    columns=(
        tables.Column("who", gettext_lazy("Who"), css="lead"),
        tables.Column("why", gettext_lazy("Why")),
        tables.Column("space", gettext_lazy("Where"), css="desk"),
        tables.Column("at", gettext_lazy("Noticed"), sort=("id",)),
        tables.Column("do", gettext_lazy("Decide")),
    ),
    filters=(
        tables.Filter(
            "state",
            gettext_lazy("State"),
            "choice",
            (
                *(choice for choice in State.choices if choice[0] != State.OPEN),
                ("all", gettext_lazy("all of them")),
            ),
            gettext_lazy("Not decided"),
        ),
        tables.Filter("occasion", gettext_lazy("How noticed"), "choice", tuple(Suspect.Occasion.choices)),
    ),
    default_sort="-at",
    tie="",
)


@requires("members.view")
@require_safe
def suspects(request: HttpRequest) -> HttpResponse:
    """Whom to look at; those not decided unless another state is asked for."""
    me = known(request)
    state = tables.read(SPEC, request.GET)
    found = Suspect.objects.select_related("account", "space")
    if state.value("state") != "all":
        found = found.filter(state=state.value("state") or State.OPEN)
    if state.value("occasion"):
        found = found.filter(occasion=state.value("occasion"))
    table = paging.fetch(found, state)
    by = actor_names({row.decided_by for row in table.rows if row.decided_by})
    may_name = me.may("members.identity")
    rows = [
        {
            "suspect": row,
            "name": queries.mask_account(row.account, me),
            "username": row.account.username if may_name else "",
            "colour": COLOURS[State(row.state)],
            "by": by.get(row.decided_by, ""),
            "why": [
                rulebook.text(one.rule_id, one.params if may_name else {})
                for one in records.reasons(row.reasons)
            ],
        }
        for row in table.rows
    ]
    context = {
        "table": tables.Table(state, rows, table.next_key, table.previous_key),
        "may_decide": me.may("members.restrict"),
    }
    return render(request, "console/members/suspects.html", context)


@requires("members.restrict")
@require_POST
def suspect_confirm(request: HttpRequest, suspect_id: str) -> HttpResponse:
    """An impersonator: out of every space."""
    try:
        settled = actions.confirm_suspect(suspect_id, known(request).actor)
    except GuildhallError as error:
        messages.error(request, str(error.text))
        return SeeOther(reverse("console:suspects"))
    navigation.forget_badges()
    said = ngettext("Banned from %(n)s space.", "Banned from %(n)s spaces.", settled.banned)
    messages.success(request, said % {"n": settled.banned})
    for failed in settled.failed:
        messages.warning(request, str(failed))
    return SeeOther(reverse("console:suspects"))


@requires("members.restrict")
@require_POST
def suspect_clear(request: HttpRequest, suspect_id: str) -> HttpResponse:
    """They are who they say."""
    by = known(request).actor
    said = _("Cleared. They will not be asked about again for these looks.")
    return carry_out(
        request, lambda: actions.clear_suspect(suspect_id, by), said, reverse("console:suspects")
    )


def waiting() -> int:
    """How many wait for a person, for the menu."""
    return paging.capped_count(Suspect.objects.filter(state=State.OPEN), 99).number
