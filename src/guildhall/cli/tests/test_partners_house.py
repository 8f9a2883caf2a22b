"""A settlement, its why and its proof from the command line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from guildhall.cli import partners_house
from guildhall.core import clock
from guildhall.facts.testing import facts_place
from guildhall.partners import actions
from guildhall.partners.actions import runs
from guildhall.partners.tests.houses import BY, COIN, NOON, OCTOBER, partner, ship, trade

__all__ = ["facts_place"]
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def house(facts_place: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A partner with two trades, not settled yet."""
    monkeypatch.setattr(runs, "workplace", lambda run: facts_place / "runs" / run.pk)
    monkeypatch.setattr(partners_house, "_house", lambda: None)
    with clock.freeze(NOON):
        lin = partner()
        actions.bind(lin.pk, "okx", "amber", by=BY, valid_from=OCTOBER)
        ship([trade(1), trade(2)])
        yield


def test_a_settlement_and_its_why_from_the_command_line() -> None:
    ran = CliRunner().invoke(partners_house.partners_app, ["run"])
    assert ran.exit_code == 0, ran.output
    assert f"USDT\tcommission\t{2 * COIN * 36 // 100}" in ran.output
    told = CliRunner().invoke(partners_house.partners_app, ["why", "okx", "t1"])
    assert "SET-7" in told.output
    assert "accrual:2026-10-05" in told.output
    day = CliRunner().invoke(partners_house.partners_app, ["why-day", "lin", "2026-10-05"])
    assert "2/2" in day.output
    assert CliRunner().invoke(partners_house.partners_app, ["verify"]).exit_code == 0


def test_what_if_prints_its_answer_and_posts_nothing(tmp_path: Path) -> None:
    asked = tmp_path / "asked.json"
    asked.write_text('{"changes": [{"partner": "all", "terms": {"kickback_ppm": 0}}], "months": ["2026-10"]}')
    ran = CliRunner().invoke(partners_house.partners_app, ["what-if", str(asked)])
    assert ran.exit_code == 0, ran.output
    assert '"incrementality": "unmeasured"' in ran.output
    assert CliRunner().invoke(partners_house.partners_app, ["verify"]).exit_code == 1
