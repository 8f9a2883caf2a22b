"""An open asset, a held clock, and short ways to say a posting."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest

from guildhall.core import clock
from guildhall.ledger import actions
from guildhall.ledger.actions import Draft

NOW = datetime(2026, 10, 5, 12, tzinfo=UTC)
DAY = date(2026, 10, 3)
Drafter = Callable[..., Draft]


@pytest.fixture
def usdt(db: None) -> Iterator[Any]:
    """USDT with scale 8, and noon of 2026-10-05 UTC; yields the clock."""
    with clock.freeze(NOW) as held:
        actions.open_asset("USDT", 8)
        yield held


@pytest.fixture
def draft() -> Drafter:
    """A commission of 1,000 units: `units` to partner 7, the rest to a member."""

    def make(key: str = "k1", units: int = 700, **changes: Any) -> Draft:
        said: dict[str, Any] = {
            "key": key,
            "kind": "commission",
            "asset": "USDT",
            "legs": (
                ("house:commission:okx", -1000),
                ("partner:7:pending", units),
                ("member:ab12:pending", 1000 - units),
            ),
            "effective_on": DAY,
            "pin": "deal:7:v3",
            "subject": "partner:7",
            "details": {"day": "2026-10-03"},
        }
        return Draft(**{**said, **changes})

    return make
