"""The page behind the link under a notice: what happened, and one button that says "I am on it".

Whoever holds the link was told of that page; it lets them take it and see its title, and nothing else.
Looking at it changes nothing, so that a mail program that opens links takes no page for anybody.
"""

from __future__ import annotations

import json

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from guildhall.paging import links
from guildhall.paging.actions import acknowledge, resolve
from guildhall.paging.models import Page
from guildhall.people.access import public
from guildhall.people.models import Staff

_MOST_BYTES = 4096


@public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, token: str) -> HttpResponse:
    """Look at a page, or take it."""
    holder, found = _known(token)
    if request.method == "POST":
        found = acknowledge(found.pk, holder.actor, pager_id=holder.pager)
    by = found.acknowledged_by.partition(":")
    person = Staff.objects.filter(pk=int(by[2])).first() if by[0] == "staff" and by[2].isdigit() else None
    context = {
        "page": found,
        "name": person.name if person else "",
        "is_mine": found.acknowledged_by == holder.actor,
        "token": token,
        "look": links.console_address(found.link),
    }
    return render(request, "public/page.html", context)


@csrf_exempt
@public
@require_POST
def act(request: HttpRequest, token: str) -> HttpResponse:
    """The same for programs: take the page, or say that it is over. The token says who is asking."""
    holder, found = _known(token, for_programs=True)
    deed = "acknowledge"
    if len(request.body) <= _MOST_BYTES and request.body[:1] == b"{":
        try:
            deed = str(json.loads(request.body).get("action", deed))
        except (ValueError, AttributeError):
            return JsonResponse({"error": "bad_input"}, status=422)
    if deed == "resolve":
        found = resolve(found.pk, holder.actor)
    elif deed == "acknowledge":
        found = acknowledge(found.pk, holder.actor, pager_id=holder.pager)
    else:
        return JsonResponse({"error": "bad_input"}, status=422)
    return JsonResponse({"page": found.pk, "state": found.state})


def _known(token: str, *, for_programs: bool = False) -> tuple[links.Holder, Page]:
    """Whose link it is, and its page. Raises Http404."""
    holder = links.holder_of(token, for_programs=for_programs)
    found = Page.objects.filter(pk=holder.page).first() if holder is not None else None
    if holder is None or found is None:
        raise Http404
    return holder, found
