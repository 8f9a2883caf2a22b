"""Settings: how this installation is set up, its keys and its API tokens. Secrets are never shown again.

What comes from the environment can only be read here; what lives in the database is changed by the actions
of its room.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from guildhall.console.house_answers import attempt, carry_out
from guildhall.console.house_words import known
from guildhall.core import clock, keyring, secrets
from guildhall.core.models import Secret
from guildhall.core.settings import SETTINGS, settings, variable
from guildhall.people import queries
from guildhall.people.access import requires
from guildhall.people.actions.keys import create_token, revoke_token
from guildhall.people.models import ApiToken, Staff
from guildhall.people.permissions import SCOPES, scopes_of

TABS = (
    ("settings", gettext_lazy("Installation"), "console:settings", "settings.view"),
    ("telegram", "Telegram", "console:telegram", "settings.view"),
    ("discord", "Discord", "console:discord", "settings.view"),
    ("wechat", gettext_lazy("WeChat"), "console:wechat", "settings.view"),
    ("mailboxes", gettext_lazy("Mailboxes"), "console:mailboxes", "settings.view"),
    ("pagers", gettext_lazy("Pagers"), "console:pagers", "pages.view"),
    ("escalation", gettext_lazy("Escalation"), "console:plans", "paging.manage"),
    ("tokens", gettext_lazy("API tokens"), "console:tokens", "tokens.manage"),
    ("webhooks", gettext_lazy("Webhooks"), "console:webhooks", "settings.view"),
    ("compliance", gettext_lazy("Compliance"), "console:compliance", "compliance.view"),
    ("lists", gettext_lazy("Domains and names"), "console:lists", "policies.view"),
    ("imports", gettext_lazy("Import"), "console:imports", "settings.view"),
    ("quarantine", gettext_lazy("Quarantine"), "console:quarantine", "quarantine.view"),
    ("keys", gettext_lazy("Secrets"), "console:keys", "settings.view"),
)
_LIVES = (
    ("30", gettext_lazy("30 days")),
    ("90", gettext_lazy("90 days")),
    ("365", gettext_lazy("1 year")),
    ("0", gettext_lazy("until revoked")),
)


def tabs(request: HttpRequest, current: str) -> list[dict[str, Any]]:
    """The tabs of Settings that the reader may open."""
    me = known(request)
    return [
        {"label": label, "href": reverse(url), "current": key == current}
        for key, label, url, permission in TABS
        if me.may(permission)
    ]


@dataclass(frozen=True, slots=True)
class Effective:
    """One setting as it counts now. `value` of a secret says only whether there is one."""

    name: str
    value: str | Promise
    is_set: bool
    help: object
    secret: bool


def effective(environ: Mapping[str, str]) -> list[Effective]:
    """Every setting, its value in force, and whether the environment gives it."""
    by_variable = {variable(name): getattr(settings, name) for name in settings.__dataclass_fields__}
    found = []
    for one in SETTINGS:
        value = by_variable[one.name]
        given = bool(environ.get(one.name, "").strip())
        shown: str | Promise = _plain(value)
        if one.secret:
            shown = gettext_lazy("set, not shown") if given else gettext_lazy("not set")
        found.append(Effective(one.name, shown, given, one.help, one.secret))
    return found


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple):
        return ", ".join(str(part) for part in value)
    return str(value)


@requires("settings.view")
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """Every setting in force."""
    context = {"tabs": tabs(request, "settings"), "rows": effective(os.environ)}
    return render(request, "console/house/settings.html", context)


class TokenForm(forms.Form):
    """A new API token for oneself."""

    name = forms.CharField(
        label=gettext_lazy("Name of the token"),
        max_length=120,
        help_text=gettext_lazy("What uses it, such as “BI export”."),
    )
    scopes = forms.MultipleChoiceField(label=gettext_lazy("Scopes"), widget=forms.CheckboxSelectMultiple)
    days = forms.ChoiceField(label=gettext_lazy("Lives"), choices=_LIVES, initial="90")

    def __init__(self, *args: Any, owner: Staff, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._owner = owner
        choice = self.fields["scopes"]
        assert isinstance(choice, forms.MultipleChoiceField)
        allowed = scopes_of(owner.roles)
        choice.choices = [(scope, scope) for scope in SCOPES if scope in allowed]

    def clean_name(self) -> str:
        """A live token of the same name is nearly always a form sent twice."""
        name = str(self.cleaned_data["name"]).strip()
        live = [token for token in queries.tokens(self._owner) if token.revoked_at is None]
        if any(token.name == name for token in live):
            raise forms.ValidationError(
                _("You have a live token of this name. Revoke it or choose another name.")
            )
        return name


@requires("tokens.manage")
@never_cache
@require_safe
def tokens(request: HttpRequest) -> HttpResponse:
    """The tokens, and a form for one more."""
    return _tokens_page(request, TokenForm(owner=known(request)))


@requires("tokens.manage", confirm=True)
@never_cache
@require_POST
def token_new(request: HttpRequest) -> HttpResponse:
    """Make a token; its text is shown once."""
    me = known(request)
    form = TokenForm(request.POST, owner=me)
    made: list[str] = []

    def deed() -> None:
        said = form.cleaned_data
        days = int(said["days"])
        expires = clock.now() + timedelta(days=days) if days else None
        made.append(create_token(me, said["name"], said["scopes"], by=me, expires_at=expires).text)

    if attempt(form, deed):
        context = {
            "secret": made[0],
            "name": form.cleaned_data["name"],
            "back": reverse("console:tokens"),
            "what": "token",
        }
        return render(request, "console/house/shown_once.html", context)
    return _tokens_page(request, form, status=422)


@requires("tokens.manage", confirm=True)
@require_POST
def token_revoke(request: HttpRequest, token_id: str) -> HttpResponse:
    """Make a token useless at once."""
    me = known(request)
    return carry_out(
        request,
        lambda: revoke_token(token_id, by=me),
        _("The token no longer works."),
        reverse("console:tokens"),
    )


def _tokens_page(request: HttpRequest, form: TokenForm, status: int = 200) -> HttpResponse:
    now = clock.now()
    rows = [{"token": token, "state": _token_state(token, now)} for token in queries.tokens()]
    context = {"tabs": tabs(request, "tokens"), "rows": rows, "form": form}
    return render(request, "console/house/tokens.html", context, status=status)


def _token_state(token: ApiToken, now: Any) -> str:
    if token.revoked_at is not None:
        return "revoked"
    if not token.staff.is_active or (token.expires_at is not None and token.expires_at <= now):
        return "expired"
    return "live"


@requires("settings.view")
@require_safe
def keys(request: HttpRequest) -> HttpResponse:
    """Which secrets are kept, under which key."""
    ring = keyring.ring()
    rows = list(Secret.objects.order_by("name").values("name", "key_id", "updated_at"))
    context = {
        "tabs": tabs(request, "keys"),
        "rows": rows,
        "newest": ring.newest.id,
        "stale": sum(row["key_id"] != ring.newest.id for row in rows),
        "is_file": keyring.is_file(),
        "may_edit": known(request).may("settings.edit"),
    }
    return render(request, "console/house/keys.html", context)


@requires("settings.edit", confirm=True)
@require_POST
def keys_rotate(request: HttpRequest) -> HttpResponse:
    """Encrypt every secret with a fresh key."""
    by = known(request).actor
    said = _("Every secret was encrypted anew.")
    return carry_out(request, lambda: secrets.rotate(by=by), said, reverse("console:keys"))
