"""What outside lists say of people, from what is kept here: fetched id lists and cached answers.

Nothing is asked on the hot path. Whoever has never been asked about is queued for asking, and known the next
time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from guildhall.core import clock
from guildhall.effects.actions import enqueue_many
from guildhall.effects.types import NewEffect
from guildhall.guard.feeds.index import FedIndex
from guildhall.guard.models import LookedUp
from guildhall.guard.types import Lists
from guildhall.people.models import Account

LOOK_UP = "guard.look_up"


def named(accounts: Iterable[str], lists: Lists) -> Mapping[str, tuple[str, ...]]:
    """Names of the lists that have each account, by account id; accounts on none are left out."""
    if not (lists.look_ups or lists.people):
        return {}
    ids = set(accounts)
    out: dict[str, list[str]] = defaultdict(list)
    if isinstance(lists.people, FedIndex):
        for pk, external in Account.objects.filter(pk__in=ids).values_list("pk", "external_id"):
            out[pk] += lists.people.all_named(external)
    if lists.look_ups:
        names = dict(lists.look_ups)
        rows = LookedUp.objects.filter(account_id__in=ids, is_listed=True, list_id__in=names)
        for account, asked in rows.values_list("account_id", "list_id"):
            out[account].append(names[asked])
    return {account: tuple(sorted(found)) for account, found in out.items() if found}


def ask(accounts: Iterable[str], lists: Lists) -> int:
    """Queue the question about everybody whose answer is missing or too old, in the caller's transaction."""
    if not lists.look_ups:
        return 0
    ids = set(accounts)
    fresh = set(
        LookedUp.objects.filter(account_id__in=ids, until__gt=clock.now()).values_list(
            "list_id", "account_id"
        )
    )
    day = f"{clock.now():%Y%m%d}"
    wanted = [
        NewEffect(
            LOOK_UP,
            {"list": asked, "account": account},
            unique_key=f"{LOOK_UP}:{asked}:{account}:{day}",
            priority=300,
        )
        for asked, _ in lists.look_ups
        for account in sorted(ids)
        if (asked, account) not in fresh
    ]
    if wanted:
        enqueue_many(wanted)
    return len(wanted)
