"""allauth's views, each with its door declared. What we do not want (sign-up, changing one's address, phone
numbers, codes by mail) is simply not here. Names are allauth's own, because its code reverses them.
"""

from __future__ import annotations

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from allauth.socialaccount import views as social
from allauth.socialaccount.providers.openid_connect import views as oidc
from allauth.usersessions import views as sessions
from django.urls import path, re_path
from django.views.decorators.cache import never_cache

from guildhall.people.access import enrolment, public, requires

_RESET_KEY = r"^accounts/password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$"

urlpatterns = [
    # Anybody: getting in.
    path("accounts/login/", public(account.login), name="account_login"),
    path("accounts/logout/", public(account.logout), name="account_logout"),
    path("accounts/inactive/", public(account.account_inactive), name="account_inactive"),
    path("accounts/signup/", public(account.signup), name="account_signup"),
    path("accounts/password/reset/", public(account.password_reset), name="account_reset_password"),
    path(
        "accounts/password/reset/done/",
        public(account.password_reset_done),
        name="account_reset_password_done",
    ),
    re_path(_RESET_KEY, public(account.password_reset_from_key), name="account_reset_password_from_key"),
    path(
        "accounts/password/reset/key/done/",
        public(account.password_reset_from_key_done),
        name="account_reset_password_from_key_done",
    ),
    path("accounts/2fa/authenticate/", public(never_cache(mfa.authenticate)), name="mfa_authenticate"),
    path(
        "accounts/2fa/webauthn/login/",
        public(never_cache(webauthn.login_webauthn)),
        name="mfa_login_webauthn",
    ),
    path("accounts/oidc/<str:provider_id>/login/", public(oidc.login), name="openid_connect_login"),
    path(
        "accounts/oidc/<str:provider_id>/login/callback/",
        public(oidc.callback),
        name="openid_connect_callback",
    ),
    path(
        "accounts/3rdparty/login/cancelled/",
        public(social.login_cancelled),
        name="socialaccount_login_cancelled",
    ),
    path("accounts/3rdparty/login/error/", public(social.login_error), name="socialaccount_login_error"),
    # Signed in, perhaps still without a second factor: setting one up.
    path("accounts/reauthenticate/", enrolment(account.reauthenticate), name="account_reauthenticate"),
    path("accounts/password/change/", enrolment(account.password_change), name="account_change_password"),
    path("accounts/password/set/", enrolment(account.password_set), name="account_set_password"),
    path("accounts/2fa/", enrolment(never_cache(mfa.index)), name="mfa_index"),
    path("accounts/2fa/reauthenticate/", enrolment(mfa.reauthenticate), name="mfa_reauthenticate"),
    path("accounts/2fa/totp/activate/", enrolment(never_cache(totp.activate_totp)), name="mfa_activate_totp"),
    path("accounts/2fa/totp/deactivate/", enrolment(totp.deactivate_totp), name="mfa_deactivate_totp"),
    path(
        "accounts/2fa/recovery-codes/",
        enrolment(never_cache(recovery_codes.view_recovery_codes)),
        name="mfa_view_recovery_codes",
    ),
    path(
        "accounts/2fa/recovery-codes/generate/",
        enrolment(recovery_codes.generate_recovery_codes),
        name="mfa_generate_recovery_codes",
    ),
    path(
        "accounts/2fa/recovery-codes/download/",
        enrolment(recovery_codes.download_recovery_codes),
        name="mfa_download_recovery_codes",
    ),
    path("accounts/2fa/webauthn/", enrolment(webauthn.list_webauthn), name="mfa_list_webauthn"),
    path(
        "accounts/2fa/webauthn/add/", enrolment(never_cache(webauthn.add_webauthn)), name="mfa_add_webauthn"
    ),
    path(
        "accounts/2fa/webauthn/reauthenticate/",
        enrolment(never_cache(webauthn.reauthenticate_webauthn)),
        name="mfa_reauthenticate_webauthn",
    ),
    path(
        "accounts/2fa/webauthn/keys/<int:pk>/remove/",
        enrolment(webauthn.remove_webauthn),
        name="mfa_remove_webauthn",
    ),
    path(
        "accounts/2fa/webauthn/keys/<int:pk>/edit/",
        enrolment(webauthn.edit_webauthn),
        name="mfa_edit_webauthn",
    ),
    # Staff with their second factor.
    path(
        "accounts/sessions/", requires("account.view")(sessions.list_usersessions), name="usersessions_list"
    ),
    path(
        "accounts/3rdparty/", requires("account.view")(social.connections), name="socialaccount_connections"
    ),
]
