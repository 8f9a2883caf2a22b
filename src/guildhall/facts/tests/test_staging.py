"""Facts born in state: true together with their cause, and shipped once."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from guildhall.core import clock
from guildhall.core.errors import BadInput
from guildhall.effects import schedules
from guildhall.facts import actions, jobs, maintaining, shipping
from guildhall.facts.models import Staged
from guildhall.facts.tests.conftest import START, fills, ids_in

pytestmark = pytest.mark.django_db


def row(**over: Any) -> dict[str, Any]:
    return {**fills([1]).to_pylist()[0], **over}


def test_staged_rows_are_shipped_and_leave_state() -> None:
    with transaction.atomic():
        actions.stage("t_fills", [row(), row(id="T2", flags=["a", "b"])])
    assert maintaining.ship_staged() == {"t_fills": 2}
    assert sorted(ids_in()) == ["T1", "T2"]
    assert not Staged.objects.exists()
    assert maintaining.ship_staged() == {}


def test_a_row_whose_cause_is_undone_never_was() -> None:
    with transaction.atomic():
        actions.stage("t_fills", [row()])
        transaction.set_rollback(True)
    assert not Staged.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_staging_outside_a_transaction_is_a_mistake() -> None:
    with pytest.raises(RuntimeError):
        actions.stage("t_fills", [row()])


def test_dying_between_commit_and_clean_up_ships_nothing_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    with transaction.atomic():
        actions.stage("t_fills", [row()])
    honest = shipping.ship

    def ship_and_die(*args: Any, **named: Any) -> None:
        honest(*args, **named)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(shipping, "ship", ship_and_die)
        with pytest.raises(KeyboardInterrupt):
            maintaining.ship_staged()
    assert maintaining.ship_staged() == {"t_fills": 1}
    assert ids_in() == ["T1"]


@pytest.mark.parametrize(
    "over",
    [
        {"fee": 1.5}, {"fee": True}, {"fee": 2**63}, {"fee": None}, {"id": "a\x00b"}, {"id": 7}, {"at": "now"},
        {"at": START.replace(tzinfo=None)}, {"at": date(2026, 1, 1)}, {"flags": "text"}, {"colour": "red"},
    ],
    ids=str,
)  # fmt: skip
def test_a_value_that_is_no_fact_is_refused_by_row_and_column(over: dict[str, Any]) -> None:
    with pytest.raises(BadInput, match="row 2") as error, transaction.atomic():
        actions.stage("t_fills", [row(), row(**over)])
    assert (error.value.row, error.value.field) == (2, next(iter(over)))


def test_times_of_other_zones_are_the_same_moment() -> None:
    from zoneinfo import ZoneInfo

    there = datetime(2026, 10, 1, 7, 30, tzinfo=ZoneInfo("Asia/Shanghai"))
    with transaction.atomic():
        actions.stage("t_fills", [row(at=there)])
    maintaining.ship_staged()
    from guildhall.facts import reading

    (batch,) = reading.batches("t_fills", ["at"], months=["2026-09"])
    assert batch.column(0).to_pylist() == [datetime(2026, 9, 30, 23, 30, tzinfo=UTC)]


def test_the_minute_ships_and_the_hour_merges() -> None:
    kinds = {one.kind for one in schedules.registered()}
    assert {jobs.SHIP, jobs.MEASURE, jobs.COMPACT, jobs.TIDY} <= kinds
    with transaction.atomic():
        actions.stage("t_fills", [row()])
    assert jobs.ship_staged(None).result == {"t_fills": 1}
    assert jobs.measure(None).result["t_fills"] == 1
    assert jobs.compact(None).result == {}
    with clock.freeze(START + timedelta(days=60)):
        assert jobs.tidy(None).result == {"deleted": {}, "swept": {}}
