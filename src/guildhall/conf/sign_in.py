"""How people sign in: django-allauth's settings, sessions and passwords, from the house's own settings.

Imported whole by `conf.settings`. What is not possible here (sign-up, codes by mail, phone numbers) has no
route either.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from guildhall.core.settings import settings

AUTH_USER_MODEL = "people.Staff"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
     "OPTIONS": {"user_attributes": ("email", "name")}},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]  # fmt: skip

_secure = settings.public_url.startswith("https:")
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_NAME = "guildhall_session"
SESSION_COOKIE_AGE = settings.session_hours * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = _secure
CSRF_COOKIE_NAME = "guildhall_csrf"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = _secure
CSRF_FAILURE_VIEW = "guildhall.people.views.csrf_failure"
LANGUAGE_COOKIE_NAME = "guildhall_language"

ACCOUNT_ADAPTER = "guildhall.people.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
# Addresses are vouched for by whoever invited the person, and by the invitation reaching them.
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_NOTIFICATIONS = not settings.email_url.startswith("console:")
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_LOGIN_ON_PASSWORD_RESET = False
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 600
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if _secure else "http"
# Counted in the shared cache, so that many processes count together. `login_failed` also throttles codes.
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": "10/m/ip,5/5m/key",
    "reset_password": "10/h/ip,3/h/key",
    "reset_password_from_key": "20/m/ip",
    "reauthenticate": "10/m/user",
    "change_password": "5/m/user",
    "signup": "10/h/ip",
}

MFA_ADAPTER = "guildhall.people.adapter.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_TOLERANCE = 1
MFA_TOTP_ISSUER = settings.name
MFA_RECOVERY_CODE_COUNT = 10
MFA_RECOVERY_CODE_DIGITS = 10
MFA_FORMS = {
    "authenticate": "guildhall.people.forms.OneTimeAuthenticateForm",
    "reauthenticate": "guildhall.people.forms.OneTimeReauthenticateForm",
    "activate_totp": "guildhall.people.forms.OneTimeActivateForm",
}

USERSESSIONS_TRACK_ACTIVITY = False

# A form that starts single sign-on leads there: the content security policy must know.
CSP_FORM_TARGETS = tuple(
    f"{url.scheme}://{url.netloc}" for url in [urlsplit(settings.oidc_issuer)] if url.netloc
)

SOCIALACCOUNT_ADAPTER = "guildhall.people.adapter.SocialAccountAdapter"
SOCIALACCOUNT_LOGIN_ON_GET = False
SOCIALACCOUNT_STORE_TOKENS = False
# The operator chose this provider: an address it has verified is the staff member with that address.
SOCIALACCOUNT_EMAIL_AUTHENTICATION = True
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
SOCIALACCOUNT_PROVIDERS: dict[str, Any] = {
    "openid_connect": {
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                "provider_id": "sso",
                "name": settings.oidc_name,
                "client_id": settings.oidc_client_id,
                "secret": settings.oidc_client_secret,
                "settings": {"server_url": settings.oidc_issuer},
            }
        ]
        if settings.oidc_issuer
        else [],
    }
}
