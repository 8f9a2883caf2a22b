"""Find across the house: what the header's search field leads to. An id leads straight to its page."""

from __future__ import annotations

from urllib.parse import quote_plus

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from guildhall.channels import queries as channel_queries
from guildhall.channels.models import Message, Space
from guildhall.console.house_words import known
from guildhall.core.ids import is_id
from guildhall.guard.models import Case
from guildhall.partners import queries as partner_queries
from guildhall.partners.models import Partner
from guildhall.people import queries
from guildhall.people.access import requires
from guildhall.people.models import Member, Staff

MOST = 8


@requires("today.view")
@require_safe
def find(request: HttpRequest) -> HttpResponse:
    """Members, messages, spaces and partners that a few words find, as far as the reader may see them."""
    me = known(request)
    sought = request.GET.get("q", "").replace("\x00", "").strip()[:200]
    straight = _by_id(sought.upper(), me) if sought else ""
    if straight:
        return HttpResponseRedirect(straight)
    context = {
        "sought": sought,
        "quoted": quote_plus(sought),
        "members": [],
        "written": [],
        "spaces": [],
        "partners": [],
        "sees_names": me.may("members.identity"),
    }
    if sought:
        if me.may("members.view") and me.may("members.identity"):
            found = queries.with_accounts(queries.members(queries.MemberFilter(q=sought)))[:MOST]
            context["members"] = [(member, queries.mask_identity(member, me)) for member in found]
        if me.may("messages.view"):
            context["written"] = list(
                channel_queries.search(sought).select_related("space", "account").order_by("-id")[:MOST]
            )
        if me.may("spaces.view"):
            context["spaces"] = list(Space.objects.filter(name__icontains=sought).order_by("name")[:MOST])
        if me.may("partners.view"):
            context["partners"] = list(partner_queries.partners(q=sought).order_by("name")[:MOST])
    return render(request, "console/find.html", context)


def _by_id(sought: str, reader: Staff) -> str:
    """The page of exactly this id; empty when it is none the reader may open."""
    if not is_id(sought):
        return ""
    if reader.may("members.view") and Member.objects.filter(pk=sought).exists():
        return reverse("console:member", args=[sought])
    if reader.may("messages.view") and Message.objects.filter(pk=sought).exists():
        return reverse("console:message", args=[sought])
    if reader.may("cases.view") and Case.objects.filter(pk=sought).exists():
        return reverse("console:case", args=[sought])
    if reader.may("partners.view") and Partner.objects.filter(pk=sought).exists():
        return reverse("console:partner", args=[sought])
    return ""
