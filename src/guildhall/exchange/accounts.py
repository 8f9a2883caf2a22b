"""The pseudonym an account at a venue has in facts, and remembering which UID stands behind it.

`pseudonyms` writes nothing and may be asked about UIDs this house has never seen; `remember` is called by
whatever brings rows in, inside the transaction that stores or stages them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db import connection

from guildhall.core import bulk, clock
from guildhall.core.ids import new_id
from guildhall.exchange.models import VenueAccount
from guildhall.facts import pseudonyms as keyed

_AT_ONCE = 2000


def pseudonyms(venue: str, uids: Iterable[str]) -> list[str]:
    """The pseudonym of each UID at `venue`, in order."""
    return keyed.of(f"account:{venue}", uids)


def pseudonym(venue: str, uid: str) -> str:
    """The pseudonym of one UID at `venue`."""
    return pseudonyms(venue, [uid])[0]


def remember(venue: str, uids: Sequence[str]) -> dict[str, str]:
    """UID → pseudonym, with a row for each that had none. Joins the caller's transaction.

    Raises RuntimeError outside of one.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("accounts are remembered in the transaction that brings their rows in")
    known = dict(zip(uids, pseudonyms(venue, list(uids)), strict=True))
    now = clock.now()
    rows = [(new_id(), venue, uid, name, now) for uid, name in known.items()]
    for start in range(0, len(rows), _AT_ONCE):
        bulk.insert(
            VenueAccount,
            ("id", "venue", "uid", "pseudonym", "at"),
            rows[start : start + _AT_ONCE],
            ignore_conflicts=True,
        )
    return known
