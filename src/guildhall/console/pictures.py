"""What a person says of a picture itself, beside the message that showed it: bad, fine, or undecided."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from guildhall.console.house_answers import carry_out
from guildhall.console.house_words import known
from guildhall.guard import actions
from guildhall.people.access import requires

_SAID = {"bad": "bad", "fine": "fine", "undecided": ""}


@requires("cases.review")
@require_POST
def picture_decide(request: HttpRequest, picture_id: str) -> HttpResponse:
    """Remember a picture as bad or fine, or forget what was said of it."""
    state = _SAID.get(request.POST.get("state", ""), "?")
    by = known(request).actor
    back = reverse("console:message", args=[request.POST.get("message", "")[:26] or "-"])
    return carry_out(
        request,
        lambda: actions.decide_picture(picture_id, state, by),
        _("The picture is remembered so."),
        back,
    )
