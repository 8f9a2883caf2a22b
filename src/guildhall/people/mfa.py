"""Whether somebody must have a second factor, whether they have one, and the middleware that insists.

A staff member whose role needs a second factor and who has none is led to the page where one is set up and
reaches nothing else. The first owner alone may work without one, until their grace runs out. The codes and
keys themselves belong to allauth.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from guildhall.core import keyring, secrets
from guildhall.core.settings import settings
from guildhall.people.declared import Door, access_of
from guildhall.people.models import Staff

ENROL_URL_NAME = "mfa_index"
SEALED_FOR = "second-factor"
FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def must_have_second_factor(staff: Staff) -> bool:
    """Whether any role of `staff` is among those the settings ask a second factor of."""
    return not staff.roles.isdisjoint(settings.mfa_roles)


def has_second_factor(staff: Staff) -> bool:
    """Whether an authenticator app or a passkey is set up; recovery codes alone do not count."""
    return Authenticator.objects.filter(user_id=staff.pk, type__in=FACTORS).exists()


def is_satisfied(staff: Staff) -> bool:
    """Whether nothing more is asked of `staff` now. Read once for each request's user object."""
    known = staff.__dict__.get("_second_factor_satisfied")
    if known is None:
        known = not must_have_second_factor(staff) or has_second_factor(staff) or staff.in_mfa_grace()
        staff.__dict__["_second_factor_satisfied"] = known
    return bool(known)


def works_in_grace(staff: Staff) -> bool:
    """Whether `staff` gets in only because the grace of the first days has not run out: the banner is
    shown.
    """
    return staff.in_mfa_grace() and must_have_second_factor(staff) and not has_second_factor(staff)


def enrol_response(request: HttpRequest) -> HttpResponse:
    """Leads a browser to the enrolment page; tells a program why it is refused."""
    if wants_json(request):
        body = {"code": "second_factor_needed", "message": _("Set up a second factor first.")}
        return JsonResponse(body, status=403)
    return redirect_page(request, reverse(ENROL_URL_NAME))


def redirect_page(request: HttpRequest, url: str) -> HttpResponse:
    """A redirect of the whole page, also when htmx asked for a part of one."""
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(status=204, headers={"HX-Redirect": url})
    return HttpResponseRedirect(url)


def wants_json(request: HttpRequest) -> bool:
    """Whether the asker is a program rather than a browser page."""
    return request.path.startswith("/api/") or request.headers.get("Accept", "") == "application/json"


def reseal() -> int:
    """Encrypt the seeds of all codes with the newest key; called when the house's keys are rotated."""
    newest = keyring.ring().newest.id + "."
    moved = 0
    sealed = Authenticator.objects.exclude(type=Authenticator.Type.WEBAUTHN)
    for pk in list(sealed.values_list("pk", flat=True)):
        with transaction.atomic():
            factor = sealed.select_for_update().filter(pk=pk).first()
            old = (
                {}
                if factor is None
                else {name: factor.data[name] for name in ("secret", "seed") if name in factor.data}
            )
            if factor is None or all(text.startswith(newest) for text in old.values()):
                continue
            for name, text in old.items():
                factor.data[name] = secrets.seal(secrets.unseal(text, SEALED_FOR), SEALED_FOR)
            factor.save(update_fields=["data"])
            moved += 1
    return moved


class SecondFactorMiddleware:
    """Insists on the second factor before any view that is not open to everyone or needed to set one up."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        declared = access_of(view)
        if declared is not None and declared.door in (Door.PUBLIC, Door.ENROLMENT):
            return None
        if isinstance(request.user, Staff) and not is_satisfied(request.user):
            return enrol_response(request)
        return None
