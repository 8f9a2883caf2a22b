"""Django's settings, derived from the house's own (`core.settings`); the one place that lists all rooms.

Nothing here is set by hand: what an operator may change is a row of the table in docs/settings.md.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from guildhall.conf.database import database
from guildhall.conf.mail import mail
from guildhall.conf.sign_in import *  # noqa: F403
from guildhall.core import keyring, log
from guildhall.core.settings import settings as house

HOUSE = Path(__file__).resolve().parents[1]
ROOMS = (
    "core", "effects", "ui", "facts", "people", "channels", "guard", "compliance", "work", "paging",
    "exchange", "ledger", "spaces", "broadcast", "knowledge", "partners", "desk", "intake", "console", "api",
    "public", "demo",
)  # fmt: skip

house.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)

SECRET_KEY = keyring.django_key()
SECRET_KEY_FALLBACKS = keyring.django_fallback_keys()
DEBUG = house.debug
ALLOWED_HOSTS = list(house.allowed_hosts)
CSRF_TRUSTED_ORIGINS = [house.public_url]

INSTALLED_APPS = [
    *(f"guildhall.{room}" for room in ROOMS),
    "guildhall.people.admin_config.OwnerAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "django_htmx",
    "ninja",
]
MIDDLEWARE = [
    "guildhall.core.middleware.RequestLog",
    "guildhall.api.metrics.CountRequests",
    "guildhall.api.probes.Probes",
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "guildhall.people.sessions.SessionSeenMiddleware",
    "guildhall.ui.middleware.ReaderMiddleware",
    "guildhall.ui.middleware.SecurityHeadersMiddleware",
    "guildhall.people.access.AccessMiddleware",
    "guildhall.people.mfa.SecondFactorMiddleware",
]
ROOT_URLCONF = "guildhall.conf.urls"
WSGI_APPLICATION = "guildhall.conf.wsgi.application"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "guildhall.people.context.who",
            ]
        },
    }
]

DATABASES = {"default": database(house.database_url)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "django_cache",
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    }
}

globals().update(mail(house.email_url, house.email_from))

USE_TZ = True
TIME_ZONE = house.time_zone
USE_I18N = True
LANGUAGE_CODE = house.language
LANGUAGES = [("en", "English"), ("zh-hans", "简体中文"), ("zh-hant", "繁體中文")]
LOCALE_PATHS = [HOUSE / room / "locale" for room in ROOMS if (HOUSE / room / "locale").is_dir()]

STATIC_URL = "/static/"
STATIC_ROOT = house.data_dir / "static"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1 << 20
FILE_UPLOAD_MAX_MEMORY_SIZE = 1 << 20
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "SAMEORIGIN"
LOGGING = log.config(house.log_level, house.log_format)
