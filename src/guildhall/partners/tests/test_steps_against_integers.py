"""SET-20 to SET-24: the engine and the plain-integer reference owe the same, whatever the terms.

SEEDS: how many random worlds (default 120).
"""

from __future__ import annotations

import os
from collections import Counter
from datetime import UTC, date, datetime
from random import Random
from typing import Any

import pyarrow as pa
import pytest

from guildhall.core.errors import BadInput
from guildhall.partners.engine import Settled, Steps, TableTrades, deals_from_json, settle
from guildhall.partners.testing import oracle_files as files
from guildhall.partners.testing.oracle import Binding, Deal, Oracle, Override, Tier, Trade
from guildhall.partners.testing.oracle_calendar import DAY, instant
from guildhall.partners.testing.oracle_steps import Cap, Cpa, Deposit, Further
from guildhall.partners.testing.oracle_steps import Steps as Reference

SEEDS = int(os.environ.get("SEEDS", "120"))
DEPOSITS = pa.schema(
    [
        ("venue", pa.string()),
        ("account", pa.string()),
        ("at", pa.timestamp("us", "UTC")),
        ("asset", pa.string()),
        ("amount", pa.int64()),
    ]
)
BEGINS, ENDS = instant("2026-01-20T00:00:00Z"), instant("2026-04-10T00:00:00Z")
MIDDLE = instant("2026-03-01T00:00:00Z")
ASSETS = ("USDT", "USDT", "BTC")
PLACES = (("okx", "a"), ("okx", "b"), ("okx", "c"), ("bybit", "a"), ("bybit", "d"))


class World:
    """Trades, bindings, deals with all their terms, deposits and accounts under review, from a seed."""

    def __init__(self, seed: int) -> None:
        self.chance = chance = Random(seed)
        self.times = [chance.randrange(BEGINS, ENDS) for _ in range(6)] + [MIDDLE, MIDDLE - 1, BEGINS]
        self.deals: list[Deal] = []
        self.terms: dict[tuple[str, int], Further] = {}
        for partner in ("p", "q"):
            cut = chance.choice((None, MIDDLE, self.times[0]))
            spans = [(None, None)] if cut is None else [(None, cut), (cut, None)]
            for version, (begin, end) in enumerate(spans, 1):
                self._deal(partner, version, begin, end)
        self.bindings = [row for place in PLACES if chance.random() < 0.9 for row in self._bindings(place)]
        self.trades = [self._trade(number) for number in range(chance.randint(5, 60))]
        self.deposits = [
            Deposit(*chance.choice(PLACES), self._at(), chance.choice(ASSETS), chance.choice((1, 50, 1000)))
            for _ in range(chance.randint(0, 12))
        ]
        self.held = frozenset(chance.sample(PLACES, chance.choice((0, 0, 1))))

    def _at(self) -> int:
        at = self.chance.choice((*self.times, self.chance.randrange(BEGINS, ENDS)))
        return at + self.chance.choice((0, 0, 0, 1, -1, DAY))

    def _deal(self, partner: str, version: int, begin: int | None, end: int | None) -> None:
        chance = self.chance
        override = Override("q", 100_000, chance.choice(("house", "partner"))) if partner == "p" else None
        tiers = (Tier(chance.choice((0, 0, 40)), chance.choice((1_000_000, 400_000, 333_333))),)
        deal = Deal(
            partner, version, begin, end, "current_month", tiers,
            kickback_ppm=chance.choice((0, 100_000, 333_333)), override=chance.choice((None, override)),
            exclude_flags=chance.choice(((), ("wash",))), term_months=chance.choice((None, None, 1)),
        )  # fmt: skip
        self.deals.append(deal)
        cpa = Cpa(
            units=chance.choice((1, 30, 200)), asset=chance.choice(ASSETS),
            within_days=chance.choice((1, 10, 90)), min_deposit=chance.choice((0, 1, 50)),
            deposit_asset=chance.choice(ASSETS), min_volume=chance.choice((0, 1, 40)),
            active_days=chance.choice((0, 1, 2)), share=chance.choice(("with", "after_recovered", "none")),
        )  # fmt: skip
        caps = []
        for _ in range(chance.choice((0, 1, 2))):
            of = chance.choice(("trade", "account", "partner"))
            per = "trade" if of == "trade" else chance.choice(("day", "month", "lifetime"))
            caps.append(Cap(chance.choice((0, 10, 60, 300)), chance.choice(ASSETS), of, per))
        self.terms[partner, version] = Further(
            chance.choice((None, cpa)),
            tuple(caps),
            chance.choice(("none", "month", "forward")),
            chance.choice(((), ("review",), ("review", "bonus"))),
        )

    def _bindings(self, place: tuple[str, str]) -> list[Binding]:
        first = self.chance.choice((BEGINS - 40 * DAY, self._at()))
        moved = self._at()
        if moved <= first or self.chance.random() < 0.5:
            return [Binding(*place, self.chance.choice("pq"), first, None)]
        end = self.chance.choice((None, moved + 20 * DAY))
        return [
            Binding(*place, self.chance.choice("pq"), first, moved),
            Binding(*place, self.chance.choice("pq"), moved, end),
        ]

    def _trade(self, number: int) -> Trade:
        chance = self.chance
        fee = chance.choice((0, -20, -100, *(chance.randrange(1, 150) for _ in range(6))))
        flags = chance.choice(((), (), (), ("review",), ("bonus", "wash"), ("wash",)))
        place = chance.choice(PLACES)
        return Trade(str(number), *place, self._at(), fee, chance.randrange(30), chance.choice(ASSETS), flags)

    def by_integers(self) -> Reference:
        """The reference, done."""
        oracle = Oracle(self.bindings, self.deals)
        for trade in self.trades:
            oracle.count(trade)
        reference = Reference(oracle, self.terms, self.deposits, self.held)
        reference.take(self.trades, [oracle.explain(trade) for trade in self.trades])
        return reference

    def by_engine(self) -> Settled:
        deals = files.deals_json(self.deals)
        for deal in deals:
            deal.update(said(self.terms[deal["partner"], deal["version"]]))
        columns = {
            name: pa.array([getattr(one, name) for one in self.deposits], DEPOSITS.field(name).type)
            for name in DEPOSITS.names
        }
        return settle(
            TableTrades(files.trades_table(self.trades)),
            files.bindings_table(self.bindings),
            deals_from_json(deals),
            steps=Steps(pa.table(columns, DEPOSITS), self.held),
        )


def said(terms: Further) -> dict[str, Any]:
    """The terms as the JSON of a deal has them."""
    return {
        "cpa": terms.cpa and terms.cpa._asdict(),
        "caps": [cap._asdict() for cap in terms.caps],
        "carry": terms.carry,
        "hold_flags": list(terms.hold_flags),
    }


def micros(at: datetime) -> int:
    return int(pa.scalar(at.astimezone(UTC), pa.timestamp("us", "UTC")).cast(pa.int64()).as_py())


def test_what_is_owed_after_all_steps_is_what_plain_integers_say() -> None:
    seen: Counter[str] = Counter()
    for seed in range(SEEDS):
        world = World(seed)
        reference, settled = world.by_integers(), world.by_engine()
        expected = {key: units for key, units in reference.owed.items() if units}
        owed: Counter[tuple[Any, ...]] = Counter()
        for row in settled.by_deal.to_pylist():
            day = (row["day"] - date(1970, 1, 1)).days
            deal = (row["deal_partner"], row["deal_version"])
            owed[row["partner"], day, row["asset"], row["kind"], row["venue"], *deal] += row["units"]
        assert dict(owed) == expected, f"seed {seed}"
        states = {
            (row["venue"], row["account"], micros(row["bound_from"])): row["state"]
            for row in settled.stepped.cpa.to_pylist()
        }
        assert states == reference.states, f"seed {seed}"
        seen.update(key[3] for key in expected)
        seen.update(states.values())
    assert {
        *("commission", "kickback", "override", "cpa", "carry", "qualified", "short", "once"),
        *("held_commission", "held_kickback", "held_override", "held_cpa"),
    } <= set(seen), seen


def test_a_figure_past_64_bits_is_refused_in_words() -> None:
    world = World(0)
    world.trades = [Trade(str(number), "okx", "a", MIDDLE, 1, 2**63 - 1, "USDT", ()) for number in range(2)]
    world.bindings = [Binding("okx", "a", "p", MIDDLE, None)]
    world.terms = dict.fromkeys(world.terms, Further(Cpa(1, "USDT", 30, min_deposit=1, deposit_asset="USDT")))
    world.deals = [deal._replace(exclude_flags=()) for deal in world.deals]
    world.deposits = []
    with pytest.raises(BadInput, match="volume"):
        world.by_engine()
