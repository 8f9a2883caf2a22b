"""API tokens and one-time links: how secrets are made, shown once, stored as hashes and found again.

A token speaks for the staff member it belongs to: it is dead when they are deactivated, and it never
carries a scope they could not use themselves. Making and revoking stand in `actions`.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q

from guildhall.core import clock
from guildhall.people.models import ApiToken, Staff
from guildhall.people.permissions import scopes_of

PREFIX = "gh_"
_SHOWN = len(PREFIX) + 8
# Writing the time of every call would make each read of the API a write.
LAST_USED_EVERY = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Principal:
    """Who calls the API. `actor` is what audit rows name: the token, or the staff member of a session."""

    staff: Staff
    actor: str
    scopes: frozenset[str]


def new_secret() -> str:
    """256 bits of chance, safe in a URL."""
    return secrets.token_urlsafe(32)


def hash_of(secret: str) -> str:
    """What is stored of a secret. It is long and random, so a plain digest cannot be searched."""
    return hashlib.sha256(secret.encode()).hexdigest()


def new_token() -> tuple[str, str, str]:
    """A fresh API token: the whole text (shown once), the prefix that stays visible, and its hash."""
    text = PREFIX + new_secret()
    return text, text[:_SHOWN], hash_of(text)


def principal(text: str) -> Principal | None:
    """Who a bearer token speaks for; None for a token that is unknown, revoked, expired or whose owner has
    left.
    """
    if not text.startswith(PREFIX) or len(text) > 200:
        return None
    now = clock.now()
    token = (
        ApiToken.objects.select_related("staff")
        .filter(
            Q(expires_at__isnull=True) | Q(expires_at__gt=now),
            token_hash=hash_of(text),
            revoked_at__isnull=True,
        )
        .first()
    )
    if token is None or not token.staff.is_active:
        return None
    if token.last_used_at is None or now - token.last_used_at > LAST_USED_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
    return Principal(token.staff, token.actor, frozenset(token.scopes) & scopes_of(token.staff.roles))
