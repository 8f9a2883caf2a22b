"""A changed deal tried on what really happened: by the same engine, with the assumption said aloud."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from guildhall.core.errors import BadInput
from guildhall.effects.testing import drain
from guildhall.ledger.models import Posting
from guildhall.partners import actions, whatif
from guildhall.partners.models import WhatIf
from guildhall.partners.preview import preview
from guildhall.partners.tests.houses import BY, COIN, OCTOBER, TERMS, in_force, partner, settle, ship, trade
from guildhall.partners.whatif import Sums

HALF = [{"min_volume": 0, "rate_ppm": 500_000}]


def tried(**asked: Any) -> dict[str, Any]:
    one = actions.start_what_if({"months": ["2026-10"], **asked}, by=BY)
    drain()
    one.refresh_from_db()
    assert one.state == WhatIf.State.FINISHED, one.error
    return dict(one.result)


@pytest.mark.django_db
@pytest.mark.usefixtures("house")
def test_what_is_foretold_is_what_a_settlement_then_posts() -> None:
    lin, wu = partner(), partner("wu")
    for who, account in ((lin, "amber"), (wu, "basil")):
        actions.bind(who.pk, "okx", account, by=BY, valid_from=OCTOBER)
    ship([trade(1), trade(2), trade(3, "basil"), trade(4, "stranger")])
    settle()
    posted = Posting.objects.count()
    found = tried(changes=[{"partner": lin.pk, "terms": {"tiers": HALF}}])
    assert Posting.objects.count() == posted
    (row,) = found["partners"]
    assert row["before"] == {"commission": str(2 * COIN * 36 // 100), "kickback": str(2 * COIN * 4 // 100)}
    assert row["difference"] == str(2 * COIN * 10 // 100)
    in_force(lin.pk, valid_from="2026-10-01T00:00:00Z", tiers=HALF)
    run = settle()
    assert {one["kind"]: one["units"] for one in run.totals}["commission"] == str(
        int(row["after"]["commission"]) + COIN * 36 // 100
    )


@pytest.mark.django_db
@pytest.mark.usefixtures("house")
def test_all_partners_at_once_with_roi_break_even_payback_and_the_assumption_named() -> None:
    for handle, account in (("lin", "amber"), ("wu", "basil")):
        actions.bind(partner(handle).pk, "okx", account, by=BY, valid_from=OCTOBER)
    november = datetime(2026, 10, 9, tzinfo=UTC)
    ship([trade(1), trade(2, "basil", executed_at=november), trade(3, "basil", executed_at=november)])
    found = tried(
        changes=[{"partner": "all", "terms": {"tiers": HALF}}],
        fixed_cost={"asset": "USDT", "units": str(COIN // 2)},
        incrementality_ppm=800_000,
    )
    (usdt,) = found["economics"]
    assert (usdt["incrementality"], usdt["incrementality_ppm"]) == ("unmeasured", 800_000)
    assert usdt["cost_after"] == str(3 * COIN // 2)
    # 3 × 0.8 of fees, 1.5 of commission, 0.5 fixed: 0.4 kept of 2 spent.
    assert (usdt["net_after"], usdt["roi_ppm"]) == (str(COIN * 4 // 10), 200_000)
    # 0.9 kept of 3,000 of volume: 0.5 is covered after 1,666.66666667 of it.
    assert usdt["break_even_volume"] == str(-(-5 * 3_000 * COIN // 9))
    assert usdt["payback_day"] == "2026-10-09"
    (spread,) = found["interval"]
    assert spread["accounts"] == 2
    assert int(spread["low"]) <= int(spread["middle"]) <= int(spread["high"])


@pytest.mark.django_db
@pytest.mark.usefixtures("house")
def test_the_preview_shows_a_partners_own_trades_under_both_deals() -> None:
    lin = partner()
    actions.bind(lin.pk, "okx", "amber", by=BY, valid_from=OCTOBER)
    ship([trade(n) for n in range(5)] + [trade("x", "stranger")])
    shown = preview(lin.pk, {**TERMS, "tiers": HALF}, limit=3)
    assert shown.month == "2026-10"
    assert [(both.now.pool, both.then.pool) for both in shown.trades] == [(COIN * 4 // 10, COIN // 2)] * 3
    assert shown.now["USDT", "commission"] == 5 * COIN * 36 // 100
    assert shown.then["USDT", "commission"] == 5 * COIN * 45 // 100
    with pytest.raises(BadInput):
        preview(lin.pk, {**TERMS, "kickback_ppm": 1_000_001})


@pytest.mark.django_db
@pytest.mark.usefixtures("house")
def test_a_misspelt_term_is_refused_before_anything_runs() -> None:
    lin = partner()
    with pytest.raises(BadInput):
        actions.start_what_if({"changes": [{"partner": lin.pk, "terms": {"teirs": HALF}}]}, by=BY)
    assert not WhatIf.objects.exists()


def test_the_interval_is_the_same_for_the_same_seed_and_exact_past_53_bits() -> None:
    big = 2**60 + 1
    one = whatif.interval("USDT", [big], 1, draws=100, seed=7)
    assert (one.low, one.middle, one.high) == (big, big, big)
    some = [COIN, -COIN, 3 * COIN, 0, 0]
    assert whatif.interval("USDT", some, 5, draws=200, seed=7) == whatif.interval(
        "USDT", some, 5, draws=200, seed=7
    )


def test_nothing_kept_never_pays_back() -> None:
    poor = whatif.economics(
        "USDT", Sums(100, 60), {0: Sums(100, 60)}, volume=1_000, fixed=10, incrementality_ppm=500_000
    )
    assert (poor.net, poor.break_even_volume, poor.payback) == (-20, None, None)
    free = whatif.economics(
        "USDT", Sums(100, 60), {0: Sums(100, 60)}, volume=1_000, fixed=0, incrementality_ppm=1_000_000
    )
    assert (free.roi_ppm, free.break_even_volume, free.payback) == (666_666, 0, date(1970, 1, 1))
