"""Campaigns: one text from many accounts, put before a moderator as one thing instead of forty. Confirm and
all of it goes, in every space; clear and the text is fine from now on; take either back in one step.
"""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from guildhall.channels.models import Space
from guildhall.console.house_answers import carry_out
from guildhall.console.house_words import actor_names, known
from guildhall.guard import actions
from guildhall.guard.models import Campaign, CampaignMessage
from guildhall.people.access import requires
from guildhall.ui import paging, tables

State = Campaign.State
COLOURS = {State.SUSPECTED: "amber", State.CONFIRMED: "red", State.CLEARED: "green"}
SPACES_SHOWN = 30
SPEC = tables.Spec(
    columns=(
        tables.Column("text", gettext_lazy("Text"), css="lead text"),
        tables.Column("accounts", gettext_lazy("Accounts"), css="num"),
        tables.Column("spaces", gettext_lazy("Spaces"), css="num"),
        tables.Column("messages", gettext_lazy("Messages"), css="num"),
        tables.Column("seen", gettext_lazy("Most recent"), sort=("last_seen", "id")),
        tables.Column("state", gettext_lazy("State")),
    ),
    filters=(
        tables.Filter(
            "state",
            gettext_lazy("State"),
            "choice",
            tuple(State.choices),
            gettext_lazy("All but cleared ones"),
        ),
    ),
    default_sort="-seen",
    tie="",
)
MESSAGES = tables.Spec(
    columns=(
        tables.Column("text", gettext_lazy("Message"), css="lead text"),
        tables.Column("sender", gettext_lazy("Sender")),
        tables.Column("space", gettext_lazy("Space")),
        tables.Column("at", gettext_lazy("When"), sort=("at", "id")),
        tables.Column("state", gettext_lazy("State")),
    ),
    default_sort="-at",
    tie="",
)

KEYS = (
    ("Y", gettext_lazy("confirm")),
    ("F", gettext_lazy("it is fine")),
    ("U", gettext_lazy("undo")),
)


@requires("cases.view")
@require_safe
def campaigns(request: HttpRequest) -> HttpResponse:
    """All campaigns, the latest first; the cleared ones only when asked for."""
    state = tables.read(SPEC, request.GET)
    found = Campaign.objects.select_related("sample")
    if state.value("state"):
        found = found.filter(state=state.value("state"))
    else:
        found = found.exclude(state=State.CLEARED)
    table = paging.fetch(found, state)
    rows = [{"campaign": row, "colour": COLOURS[State(row.state)]} for row in table.rows]
    context = {"table": tables.Table(state, rows, table.next_key, table.previous_key)}
    return render(request, "console/campaigns/list.html", context)


@requires("cases.view")
@require_safe
def campaign(request: HttpRequest, campaign_id: str) -> HttpResponse:
    """One campaign: its text, who posted it where, and what can be done."""
    return render(request, "console/campaigns/page.html", _picture(request, _campaign(campaign_id)))


def _picture(request: HttpRequest, one: Campaign) -> dict[str, Any]:
    me = known(request)
    state = tables.read(MESSAGES, request.GET)
    links = CampaignMessage.objects.filter(campaign=one).select_related("message", "space", "account")
    table = paging.fetch(links, state)
    removed = links.filter(message__removed_at__isnull=False).order_by().count()
    return {
        "one": one,
        "colour": COLOURS[State(one.state)],
        "table": table,
        "spaces": Space.objects.filter(pk__in=one.in_spaces).order_by("name")[:SPACES_SHOWN],
        "removed": removed,
        "decided_by": actor_names([one.decided_by]).get(one.decided_by, "") if one.decided_by else "",
        "may_decide": me.may("cases.review"),
        "may_measure": me.may("members.restrict"),
        "page_keys": KEYS if me.may("cases.review") else (),
    }


@requires("cases.review")
@require_POST
def campaign_confirm(request: HttpRequest, campaign_id: str) -> HttpResponse:
    """Spam or a scam: all of it goes."""
    me, measure = known(request), request.POST.get("measure", "")
    if measure and not me.may("members.restrict"):
        measure = ""
    note = request.POST.get("note", request.POST.get("reason", "")).strip()[:2000]
    return carry_out(
        request,
        lambda: actions.confirm_campaign(campaign_id, me.actor, measure=measure, note=note),
        _("Confirmed. Every message of it is being removed, in every space."),
        reverse("console:campaign", args=[campaign_id]),
    )


@requires("cases.review")
@require_POST
def campaign_clear(request: HttpRequest, campaign_id: str) -> HttpResponse:
    """A meme or an announcement: no harm."""
    note = request.POST.get("note", "").strip()[:2000]
    return carry_out(
        request,
        lambda: actions.clear_campaign(campaign_id, known(request).actor, note),
        _("Cleared. This text is fine from now on."),
        reverse("console:campaign", args=[campaign_id]),
    )


@requires("cases.review")
@require_POST
def campaign_undo(request: HttpRequest, campaign_id: str) -> HttpResponse:
    """Take the decision back."""
    return carry_out(
        request,
        lambda: actions.undo_campaign(campaign_id, known(request).actor),
        _("Taken back. What it removed comes back, and its cases wait again."),
        reverse("console:campaign", args=[campaign_id]),
    )


def of_message(message_id: str) -> Campaign | None:
    """The campaign a message belongs to, for the page of its case."""
    link = CampaignMessage.objects.filter(message_id=message_id).select_related("campaign").first()
    return link.campaign if link is not None else None


def waiting() -> int:
    """How many campaigns nobody has decided on, for the menu."""
    return paging.capped_count(Campaign.objects.filter(state=State.SUSPECTED), 99).number


def _campaign(campaign_id: str) -> Campaign:
    one = Campaign.objects.select_related("sample").filter(pk=campaign_id).first()
    if one is None:
        raise Http404
    return one
