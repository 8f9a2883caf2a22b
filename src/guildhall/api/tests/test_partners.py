"""Partners for programs: why a trade, why a day, settlements; amounts as text, by scope."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from guildhall.api.tests.callers import program
from guildhall.core import clock
from guildhall.facts.testing import facts_place
from guildhall.partners import actions
from guildhall.partners.actions import runs
from guildhall.partners.tests.houses import BY, COIN, NOON, OCTOBER, partner, settle, ship, trade

__all__ = ["facts_place"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def house(facts_place: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The id of a partner whose month is settled."""
    monkeypatch.setattr(runs, "workplace", lambda run: facts_place / "runs" / run.pk)
    with clock.freeze(NOON):
        lin = partner()
        actions.bind(lin.pk, "okx", "amber", by=BY, valid_from=OCTOBER)
        ship([trade(1), trade(2, fee=0)])
        settle()
        yield lin.pk


def test_a_trade_a_day_and_a_settlement_answer_in_exact_text(house: str) -> None:
    client = program("partners:read")
    (one,) = client.get("/api/v1/partners").json()["items"]
    assert (one["id"], one["accounts"], one["deal_version"]) == (house, 1, 1)
    why = client.get("/api/v1/partners/why", {"venue": "okx", "trade_id": "t1"}).json()
    assert why["explain"]["commission"] == str(COIN * 36 // 100)
    assert {step["rule"] for step in why["steps"]} == {"SET-1", "SET-4", "SET-7"}
    assert why["posted"][0]["ledger_key"].startswith("accrual:2026-10-05:")
    day = client.get("/api/v1/partners/lin/days/2026-10-05").json()
    assert day["reasons"] == {"fee_not_positive": 1, "paid": 1}
    assert (day["assets"][0]["pool"], day["total_trades"]) == (str(COIN * 40 // 100), 2)
    (run,) = client.get("/api/v1/partners/settlements").json()["items"]
    assert (run["state"], run["months"], run["posted_new"]) == ("finished", ["2026-10"], 2)
    assert why["explain"]["settlement"] == f"{run['id']}.{run['digest'][:12]}"


def test_what_nobody_told_of_is_not_found_and_another_scope_sees_nothing(house: str) -> None:
    client = program("partners:read")
    assert client.get("/api/v1/partners/why", {"venue": "okx", "trade_id": "none"}).status_code == 404
    assert client.get("/api/v1/partners/nobody/days/2026-10-05").status_code == 404
    assert program("ledger:read").get("/api/v1/partners").status_code == 403
