"""The pages of the demo itself: what it is, what a removal would take, and the button that does it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from guildhall.core.errors import GuildhallError
from guildhall.demo import actions, banner, queries
from guildhall.people.access import requires
from guildhall.people.models import Staff


@requires("settings.edit")
@require_safe
def about(request: HttpRequest) -> HttpResponse:
    """What of the house is made up, and the button that removes it."""
    world = queries.world()
    is_there = queries.is_there(world)
    context = {
        "world": world,
        "is_there": is_there,
        "is_moving": queries.is_moving(world),
        "has": queries.belongings(world) if world is not None and is_there else None,
    }
    return render(request, "demo/about.html", context)


@requires("today.view")
@require_safe
def line(request: HttpRequest) -> HttpResponse:
    """The line above the pages, asked for while it changes."""
    queries.forget()
    return HttpResponse(banner.draw(request))


@requires("settings.edit")
@require_POST
def remove(request: HttpRequest) -> HttpResponse:
    """Have the demo taken away."""
    assert isinstance(request.user, Staff)
    try:
        actions.remove(request.user.actor)
    except GuildhallError as error:
        messages.error(request, str(error.text))
    else:
        messages.success(request, _("The demo is being removed. This page shows how far it is."))
    response = HttpResponseRedirect(reverse("demo:about"))
    response.status_code = 303
    return response
