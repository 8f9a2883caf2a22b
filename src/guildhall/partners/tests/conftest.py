"""Facts of the tests lie in a place of their own; the clock stands at noon of 24 November 2026."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from guildhall.core import clock
from guildhall.exchange import facts as exchange_facts
from guildhall.facts.testing import facts_place
from guildhall.partners.actions import runs
from guildhall.partners.tests.houses import NOON

__all__ = ["facts_place"]


@pytest.fixture
def house(facts_place: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where settlements may work."""
    exchange_facts.register()
    monkeypatch.setattr(runs, "workplace", lambda run: facts_place / "runs" / f"{run.pk}.{run.attempt}")
    with clock.freeze(NOON):
        yield facts_place
