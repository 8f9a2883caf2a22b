"""The quiet line on every page of the console while demo data are in the house."""

from __future__ import annotations

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from guildhall.demo import queries
from guildhall.demo.models import World
from guildhall.people.models import Staff


def draw(request: HttpRequest) -> SafeString | str:
    """The line, or nothing where there is no demo."""
    world = queries.glance()
    if world is None or not queries.is_there(world) or not isinstance(request.user, Staff):
        return ""
    context = {
        "world": world,
        "is_building": world.state == World.State.BUILDING,
        "is_removing": world.state == World.State.REMOVING,
        "may_remove": request.user.may("settings.edit"),
    }
    return render_to_string("demo/banner.html", context, request=request)
