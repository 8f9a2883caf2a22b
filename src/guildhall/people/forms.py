"""The forms of one's own account, and allauth's code forms made to refuse a code that was used before."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from allauth.mfa import app_settings as mfa_settings
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from django import forms
from django.core.cache import cache
from django.utils.translation import gettext_lazy as _

from guildhall.people.models import LANGUAGES, Staff


def code_is_fresh(staff_id: int, code: str) -> bool:
    """Whether this code was not used before; from now on it was.

    allauth remembers a code for one period, but with a tolerance of n periods it is good for 2n + 1 of them.
    """
    lifetime = mfa_settings.TOTP_PERIOD * (2 * mfa_settings.TOTP_TOLERANCE + 1)
    digits = "".join(char for char in code if char.isdigit())
    return cache.add(f"people:code-used:{staff_id}:{digits}", "1", timeout=lifetime)


class _CodeOnce:
    user: Staff

    def clean_code(self) -> str:
        code: str = super().clean_code()  # type: ignore[misc]
        if not code_is_fresh(self.user.pk, code):
            raise get_adapter().validation_error("incorrect_code")
        return code


class OneTimeAuthenticateForm(_CodeOnce, AuthenticateForm):
    """Second step of signing in."""


class OneTimeReauthenticateForm(_CodeOnce, ReauthenticateForm):
    """Confirming that one is still oneself."""


class OneTimeActivateForm(_CodeOnce, ActivateTOTPForm):
    """Setting up an authenticator app: the first code cannot sign in a second time."""


class ProfileForm(forms.Form):
    """One's own name, language and time zone."""

    name = forms.CharField(label=_("Name"), max_length=120)
    language = forms.ChoiceField(label=_("Language"), choices=LANGUAGES)
    zone = forms.ChoiceField(label=_("Time zone"), help_text=_("Times on every page are shown in this zone."))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zone = self.fields["zone"]
        assert isinstance(zone, forms.ChoiceField)
        zone.choices = [(name, name.replace("_", " ")) for name in zone_names()]


def zone_names() -> list[str]:
    """The zones people choose from: regions and UTC, without the historical aliases."""
    regions = (
        "Africa/",
        "America/",
        "Antarctica/",
        "Asia/",
        "Atlantic/",
        "Australia/",
        "Europe/",
        "Indian/",
        "Pacific/",
    )
    return ["UTC", *sorted(name for name in available_timezones() if name.startswith(regions))]
