"""Turns DATABASE_URL into Django's DATABASES: our gated SQLite backend, or PostgreSQL kept connected."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

_KEPT_S = 600


def database(url: str) -> dict[str, Any]:
    """The `default` entry of DATABASES for a URL that `core.settings` has accepted."""
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return {
            "ENGINE": "guildhall.core.sqlite",
            "NAME": unquote(parts.path.removeprefix("/")),
            "CONN_MAX_AGE": None,
            "OPTIONS": {"timeout": 20},
        }
    options = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.removeprefix("/")),
        "USER": options.pop("user", unquote(parts.username or "")),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", unquote(parts.hostname or "")),
        "PORT": options.pop("port", parts.port or ""),
        "CONN_MAX_AGE": _KEPT_S,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"connect_timeout": 5, **options},
    }
