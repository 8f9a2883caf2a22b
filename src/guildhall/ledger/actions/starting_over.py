"""Empties a ledger that was only ever practised with, so that the first real posting is the first.

There is no other way to remove a posting; where one real account stands, even this one is closed.
"""

from __future__ import annotations

from collections.abc import Callable

from django.db import connection, transaction

from guildhall.core import audit
from guildhall.ledger import guard, writing
from guildhall.ledger.chain import STARTED_OVER
from guildhall.ledger.models import Account, Balance, Day, Hold, Leg, Posting, Seal


def start_over(is_practice: Callable[[str], bool], *, by: str) -> bool:
    """Remove every posting when each account's code `is_practice`; whether the ledger is empty now.

    One real account, and nothing changes. Assets stay open.
    """
    with transaction.atomic():
        writing.alone()
        codes = list(Account.objects.order_by("code").values_list("code", flat=True).distinct())
        if not all(is_practice(code) for code in codes):
            return False
        if not codes:
            return True
        postings = Posting.objects.count()
        guard.remove(connection)
        for model in (Seal, Day, Balance, Leg, Posting, Account):
            model._default_manager.all()._raw_delete("default")
        Hold.objects.all().delete()
        guard.install(connection)
        audit.record(by, STARTED_OVER, "ledger:main", {"postings": postings})
    return True
