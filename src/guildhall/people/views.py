"""The pages of one's own account: the one-time link, the overview, web sign-ins, and the answers to refused
forms.

Everything else of signing in is allauth's, in our templates; see `account_urls`.
"""

from __future__ import annotations

from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings as django_settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from guildhall.core.errors import BadInput
from guildhall.core.settings import settings
from guildhall.people import actions, mfa
from guildhall.people.access import public, requires
from guildhall.people.actions.keys import find_link
from guildhall.people.forms import ProfileForm
from guildhall.people.models import SignInLink, Staff


@public
@never_cache
@sensitive_variables("token")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in_link(request: HttpRequest, token: str) -> HttpResponseBase:
    """Looking at the link shows a button; pressing it uses the link up. A chat's link preview thus burns
    nothing.
    """
    if request.method != "POST":
        link = find_link(token)
        return render(request, "people/sign_in_link.html", {"link": link}, status=200 if link else 410)
    used = actions.consume_sign_in_link(token)
    if used is None:
        return render(request, "people/sign_in_link.html", {"link": None}, status=410)
    if request.user.is_authenticated and request.user.pk != used.staff_id:
        logout(request)
    record_authentication(request, used.staff, "sign_in_link")
    newcomer = used.purpose == SignInLink.Purpose.INVITATION and not used.staff.has_usable_password()
    target = reverse("account_set_password") if newcomer else None
    return perform_login(request, Login(user=used.staff, redirect_url=target, email_verification="none"))


@requires("account.view")
@never_cache
def account(request: HttpRequest) -> HttpResponse:
    """One's own name, language and zone, and how one signs in."""
    staff = request.user
    assert isinstance(staff, Staff)
    initial = {"name": staff.name, "language": staff.language, "zone": staff.zone}
    form = ProfileForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            actions.change_profile(staff, by=staff, **form.cleaned_data)
        except BadInput as wrong:
            form.add_error(wrong.field, str(wrong.text))
        else:
            messages.success(request, _("Saved."))
            response = redirect("people:account")
            response.set_cookie(
                django_settings.LANGUAGE_COOKIE_NAME,
                staff.language,
                max_age=365 * 86400,
                samesite="Lax",
                secure=request.is_secure(),
                httponly=True,
            )
            return response
    factors = Authenticator.objects.filter(user_id=staff.pk)
    context = {
        "form": form,
        "roles": sorted(staff.roles, key=lambda role: -role.rank),
        "has_password": staff.has_usable_password(),
        "authenticator_app": any(factor.type == Authenticator.Type.TOTP for factor in factors),
        "passkeys": sum(factor.type == Authenticator.Type.WEBAUTHN for factor in factors),
        "recovery_codes": any(factor.type == Authenticator.Type.RECOVERY_CODES for factor in factors),
        "sessions": UserSession.objects.filter(user_id=staff.pk).count(),
        "needs_second_factor": mfa.must_have_second_factor(staff) and not mfa.has_second_factor(staff),
        "single_sign_on": bool(settings.oidc_issuer),
    }
    return render(request, "people/account.html", context)


@requires("account.view")
@require_POST
def end_session(request: HttpRequest, session_id: int) -> HttpResponse:
    """End one of one's own web sign-ins."""
    session = UserSession.objects.filter(pk=session_id, user_id=request.user.pk).first()
    if session is None:
        raise Http404
    was_current = session.session_key == request.session.session_key
    session.end()
    if was_current:
        logout(request)
        return redirect("account_login")
    messages.success(request, _("That browser has been signed out."))
    return redirect("usersessions_list")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that is too old, was sent twice after signing in again, or came from another site."""
    return render(request, "people/form_refused.html", status=403)
