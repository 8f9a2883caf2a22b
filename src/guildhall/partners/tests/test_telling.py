"""Any trade answers with rule, version and amounts, in both languages."""

from __future__ import annotations

from typing import Any

from guildhall.partners.engine.terms import deals_from_json
from guildhall.partners.engine.tests.world import at, bound, deal, settled, trade
from guildhall.partners.telling import Asked, Line, Step, amount, percent, reason_said, why

OVERRIDE = {"parent": "Q", "ppm": 100_000, "funded_by": "partner"}
TERMS = deal(
    kickback_ppm=100_000,
    override=OVERRIDE,
    exclude_flags=["wash"],
    term_months=4,
    tiers=[{"min_volume": 0, "rate_ppm": 300_000}],
    valid_from="2026-01-02T00:00:00Z",
)


def asked(given: dict[str, Any], terms: dict[str, Any] = TERMS, **more: Any) -> tuple[Line, ...]:
    row = settled([given], [bound()], [terms])[0][0]
    pinned = deals_from_json([terms])[0] if row["deal_version"] is not None else None
    known = {"bound_from": at("2026-01-01"), "basis_volume": 5 * 10**8, "basis_month": "2026-03"} | more
    return why(row, pinned, Asked(given["executed_at"], given["fee"], "USDT", **known))


def test_a_paid_trade_shows_every_rule_and_every_amount() -> None:
    lines = asked(trade(fee=10**8))
    assert [line.rule for line in lines] == [
        "SET-1",
        "SET-1",
        "SET-5",
        "SET-4",
        "SET-7",
        "SET-7",
        "SET-7",
        "SET-7",
    ]
    assert [line.units for line in lines[4:]] == [30_000_000, 3_000_000, 3_000_000, 24_000_000]
    assert lines[4].text.en == "Pool: 1 USDT × 30% = 0.3 USDT, rounded down."
    assert "2026-05-01T00:00:00Z" in lines[2].text.en
    assert all(line.text.zh != line.text.en for line in lines)


def test_each_reason_ends_with_the_rule_that_decided() -> None:
    ends = {
        "unbound": asked(trade("2025-01-01")),
        "no_deal": asked(trade("2026-01-01")),
        "excluded": asked(trade(flags=["wash"])),
        "term": asked(trade("2026-05-01")),
        "tier": asked(trade(), TERMS | {"tiers": [{"min_volume": 10**9, "rate_ppm": 1}]}),
        "fee": asked(trade(fee=-1)),
    }
    assert {name: (lines[-1].rule, len(lines)) for name, lines in ends.items()} == {
        "unbound": ("SET-1", 1), "no_deal": ("SET-1", 2), "excluded": ("SET-6", 3), "term": ("SET-5", 3),
        "tier": ("SET-4", 4), "fee": ("SET-6", 5),
    }  # fmt: skip
    assert "wash" in ends["excluded"][-1].text.zh
    assert ends["tier"][-1].text.en == "The volume of 2026-03 is 5, below the first tier, which begins at 10."


def test_later_steps_say_what_they_changed() -> None:
    row = settled([trade(fee=10**8)], [bound()], [TERMS])[0][0]
    lines = why(row, deals_from_json([TERMS])[0], Asked(0, 10**8, "USDT"), [Step("SET-22", 24, 10)])
    assert (lines[-1].rule, lines[-1].units) == ("SET-22", 10)
    assert lines[-1].text.en == "0.00000024 USDT becomes 0.0000001 USDT: a cap of the deal is reached."


def test_amounts_and_shares_are_written_exactly() -> None:
    assert (amount(-123_456_789_012, "BTC"), amount(0, "")) == ("-1,234.56789012 BTC", "0")
    assert (percent(333_333), percent(300_000), percent(1)) == ("33.3333%", "30%", "0.0001%")
    assert reason_said("excluded:a:b").en == "Excluded by the flag a:b"
