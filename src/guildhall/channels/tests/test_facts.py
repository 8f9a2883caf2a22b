"""Joins as facts: one for each coming, however often and in whatever words a platform tells it."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.db import transaction

from guildhall import facts
from guildhall.channels.actions import record_joins, record_leaves
from guildhall.channels.models import Space
from guildhall.channels.tests.rows import a_space, an_account
from guildhall.core import clock
from guildhall.facts import maintaining
from guildhall.facts.models import Staged
from guildhall.facts.testing import facts_place
from guildhall.people.models import Account

__all__ = ["facts_place"]
pytestmark = pytest.mark.django_db


def join(space: Space, account: Account, at: datetime, invite: str = "") -> None:
    with transaction.atomic():
        record_joins([(space.pk, account.pk, at, invite)])


def staged() -> list[tuple[object, ...]]:
    rows = Staged.objects.filter(table="joins").order_by("id").values_list("row", flat=True)
    return [(row["joined_at"], row["revision"], row["invite"]) for row in rows]


def test_each_coming_is_one_fact_and_a_query_counts_it(facts_place: Path) -> None:
    space, account = a_space(), an_account()
    first = clock.now().replace(microsecond=0) - timedelta(days=2)
    join(space, account, first)
    join(space, account, first + timedelta(seconds=2), "kol-ann")
    join(space, account, first + timedelta(seconds=3), "kol-ann")
    with transaction.atomic():
        record_leaves([(space.pk, account.pk, first + timedelta(hours=1))])
    back = first + timedelta(hours=2)
    join(space, account, back, "kol-bob")
    at = first.isoformat()
    assert staged()[0] == (at, 0, None)
    assert staged()[1][1:] == (1, "kol-ann")
    assert staged()[-1] == (back.isoformat(), 0, "kol-bob")
    assert len(staged()) == 3
    maintaining.ship_staged()
    found = facts.query("channels/joins_by_day", {"since": first, "until": clock.now()}).to_pylist()
    assert sum(row["joins"] for row in found if row["invite"] == "kol-bob") == 1
