"""What the ledger does by itself each morning."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection

from guildhall.core import troubles
from guildhall.effects import performers
from guildhall.ledger import actions, guard, jobs, queries
from guildhall.ledger.models import Day, Seal

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("usdt")]


def perform(kind: str) -> dict:
    found = performers.find(kind)
    assert found is not None
    return found.perform(None).result


def test_each_morning_what_is_due_becomes_payable_and_yesterday_is_closed_and_sealed(draft):
    actions.post_many([draft("a", 700, matures_on=date(2026, 10, 5)), draft("b", 9)])
    assert perform(jobs.CLOSE) == {"matured": 2, "closed": 2}
    assert queries.balance("partner:7:payable", "USDT") == 700
    assert Day.objects.order_by("-day").first().day == date(2026, 10, 4)
    assert Seal.objects.order_by("-seq").first().last_id == 4
    assert perform(jobs.CLOSE) == {"matured": 0, "closed": 0}


def test_a_broken_ledger_is_a_trouble_until_it_is_mended(draft):
    actions.post_many([draft("a")])
    assert perform(jobs.VERIFY)["intact"]
    connection.check_constraints()
    guard.remove(connection)
    told = perform(jobs.VERIFY)
    assert not told["intact"]
    assert jobs.BROKEN in {trouble.kind for trouble in troubles.current()}
    guard.install(connection)
    assert perform(jobs.VERIFY)["intact"]
    assert jobs.BROKEN not in {trouble.kind for trouble in troubles.current()}
