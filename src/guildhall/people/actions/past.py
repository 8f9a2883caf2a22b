"""Accounts that an import names: found, or made without being taken for somebody who is here now.

Joins the caller's transaction. A known account keeps its names, because those of an old file are older; a
new one was last seen when the file says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import ProtectedError

from guildhall.core import bulk
from guildhall.people.actions.accounts import Sighting, resolve_accounts
from guildhall.people.models import Account, Member

_CHUNK = 500


def known_accounts(platform: str, external_ids: list[str]) -> dict[str, str]:
    """Our ids of the accounts among these, by the platform's id."""
    found: dict[str, str] = {}
    for start in range(0, len(external_ids), _CHUNK):
        chunk = external_ids[start : start + _CHUNK]
        found.update(
            Account.objects.filter(platform=platform, external_id__in=chunk).values_list("external_id", "id")
        )
    return found


def accounts_of_the_past(sightings: Mapping[str, tuple[Sighting, datetime]]) -> dict[str, str]:
    """Make the accounts of these platform ids, each with when it was last heard of; returns our ids.

    The caller has looked them up and found none.
    """
    made = resolve_accounts(sighting for sighting, _ in sightings.values())
    seen = {
        account.id: (account.member_id, sightings[external][1]) for (_, external), account in made.items()
    }
    bulk.update_many(Account, "id", ("last_seen_at",), sorted((pk, at) for pk, (_, at) in seen.items()))
    bulk.update_many(Member, "id", ("last_seen_at",), sorted(seen.values()))
    return {external: account.id for (_, external), account in made.items()}


def forget_unused(account_id: str, not_seen_after: datetime) -> bool:
    """Remove an account that only an import made, with its member, unless anything else names it; whether it
    was removed.
    """
    account = Account.objects.select_related("member").filter(pk=account_id).first()
    if account is None or account.last_seen_at > not_seen_after or account.is_staff:
        return False
    member = account.member
    if member.note or member.region or member.accounts.exclude(pk=account_id).exists():
        return False
    try:
        with transaction.atomic():
            account.delete()
            member.delete()
    except ProtectedError:
        return False
    return True
