"""Keys people are given: one-time links that sign a person in, and API tokens. Shown once, stored as hashes.

A link is used up by one UPDATE that only one of any number of simultaneous clicks can win.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.urls import reverse

from guildhall.core import audit, clock
from guildhall.core.errors import BadInput, NotAllowed, NotFound
from guildhall.core.settings import settings
from guildhall.core.text import Text
from guildhall.people import tokens
from guildhall.people.authority import actor_of, require_rank_over
from guildhall.people.models import ApiToken, SignInLink, Staff
from guildhall.people.permissions import SCOPES, scopes_of

SIGN_IN_TTL = timedelta(hours=1)
INVITATION_TTL = timedelta(days=7)
Purpose = SignInLink.Purpose


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token just made. `text` is the only time its secret can be read."""

    token: ApiToken
    text: str


def make_sign_in_link(
    staff: Staff,
    ttl: timedelta = SIGN_IN_TTL,
    *,
    by: Staff | str = "system:people",
    purpose: str = Purpose.SIGN_IN,
) -> str:
    """An address that signs `staff` in once, within `ttl`. Whoever has set up a second factor is still
    asked for it.

    Raises NotAllowed for somebody inactive, or above the rank of `by`.
    """
    require_rank_over(by, staff)
    if not staff.is_active:
        raise NotAllowed(Text("This person has been deactivated.", "该员工已停用。"))
    secret = tokens.new_secret()
    now = clock.now()
    with transaction.atomic():
        link = SignInLink.objects.create(
            staff=staff,
            token_hash=tokens.hash_of(secret),
            purpose=purpose,
            created_by=actor_of(by),
            created_at=now,
            expires_at=now + ttl,
        )
        audit.record(actor_of(by), "link.made", staff.actor, {"link": link.pk, "purpose": str(purpose)})
    return settings.public_url.rstrip("/") + reverse("people:sign_in_link", args=[secret])


def invite(staff: Staff, *, by: Staff | str) -> str:
    """The address a new colleague opens to choose a password. An earlier invitation stops working."""
    with transaction.atomic():
        SignInLink.objects.filter(staff=staff, purpose=Purpose.INVITATION, used_at__isnull=True).update(
            used_at=clock.now()
        )
        return make_sign_in_link(staff, INVITATION_TTL, by=by, purpose=Purpose.INVITATION)


def find_link(secret: str) -> SignInLink | None:
    """The link of this secret if it can still be used; looking at it does not use it up."""
    if len(secret) > 100:
        return None
    return (
        SignInLink.objects.select_related("staff")
        .filter(
            token_hash=tokens.hash_of(secret),
            used_at__isnull=True,
            expires_at__gt=clock.now(),
            staff__is_active=True,
        )
        .first()
    )


def consume_sign_in_link(secret: str) -> SignInLink | None:
    """Use the link up and return it; None when it was used, has expired or never was."""
    link = find_link(secret)
    if link is None:
        return None
    now = clock.now()
    with transaction.atomic():
        won = SignInLink.objects.filter(pk=link.pk, used_at__isnull=True, expires_at__gt=now).update(
            used_at=now
        )
        if not won:
            return None
        audit.record(
            link.staff.actor, "link.used", link.staff.actor, {"link": link.pk, "purpose": link.purpose}
        )
    return link


def create_token(
    staff: Staff, name: str, scopes: Iterable[str], *, by: Staff | str, expires_at: datetime | None = None
) -> NewToken:
    """Make an API token that acts for `staff`. Raises BadInput for an unknown scope or a missing name,
    NotAllowed for a scope they could not use themselves.
    """
    require_rank_over(by, staff)
    wanted = sorted(set(scopes))
    name = name.strip()
    if not name or len(name) > 120:
        raise BadInput(
            Text("A token needs a name of 1 to 120 characters.", "令牌名称须为 1 至 120 个字符。"),
            field="name",
        )
    unknown = [scope for scope in wanted if scope not in SCOPES]
    if unknown or not wanted:
        known = ", ".join(SCOPES)
        raise BadInput(
            Text(f"Choose at least one of these scopes: {known}.", f"请至少选择一个权限范围：{known}。"),
            field="scopes",
        )
    missing = [scope for scope in wanted if scope not in scopes_of(staff.roles)]
    if missing:
        listed = ", ".join(missing)
        raise NotAllowed(
            Text(f"The owner of this token may not use: {listed}.", f"令牌所有者无权使用：{listed}。")
        )
    text, prefix, token_hash = tokens.new_token()
    with transaction.atomic():
        token = ApiToken.objects.create(
            staff=staff,
            name=name,
            prefix=prefix,
            token_hash=token_hash,
            scopes=wanted,
            created_by=actor_of(by),
            expires_at=expires_at,
        )
        audit.record(actor_of(by), "token.made", token.actor, {"staff": staff.pk, "scopes": wanted})
    return NewToken(token, text)


def revoke_token(token_id: str, *, by: Staff | str) -> bool:
    """Make a token useless at once; False when it already was. Raises NotFound."""
    token = ApiToken.objects.select_related("staff").filter(pk=token_id).first()
    if token is None:
        raise NotFound(Text("There is no such token.", "没有此令牌。"))
    require_rank_over(by, token.staff)
    with transaction.atomic():
        revoked = ApiToken.objects.filter(pk=token_id, revoked_at__isnull=True).update(revoked_at=clock.now())
        if revoked:
            audit.record(actor_of(by), "token.revoked", token.actor, {"staff": token.staff_id})
    return bool(revoked)
