"""One random history: what an exchange reports, in what order it arrives, and what the house does meanwhile.

`Told` draws it from a seed. It knows the truth, because of every key the row that came first counts, and of
every trade the highest revision.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from guildhall.partners.tests.houses import COIN

BEGINS = datetime(2026, 9, 1, tzinfo=UTC)
ENDS = datetime(2026, 11, 20, tzinfo=UTC)
EDGES = tuple(
    datetime.fromisoformat(text)
    for text in (
        "2026-09-30T23:59:59.999999+00:00",
        "2026-10-01T00:00:00+00:00",
        "2026-10-31T23:59:59.999999+00:00",
        "2026-11-01T00:00:00+00:00",
    )
)
ACCOUNTS = ("amber", "birch", "cedar", "dune", "elm", "fir")
Row = dict[str, Any]


def moment(chance: Random, begins: datetime = BEGINS) -> datetime:
    """Some instant of the history, often at the edge of a month."""
    if chance.random() < 0.2:
        return chance.choice(EDGES)
    return begins + timedelta(microseconds=chance.randrange(int((ENDS - begins) / timedelta(microseconds=1))))


def terms(chance: Random, parent: str, since: datetime) -> dict[str, Any]:
    """A deal from `since` on; `parent`: an id, or nothing."""
    steps = sorted(
        {chance.choice((0, 0, 0, 5_000)), *chance.sample((1_000, 20_000, 60_000), chance.randint(0, 2))}
    )
    return {
        "valid_from": since.isoformat(),
        "valid_to": None,
        "tier_basis": chance.choice(("current_month", "previous_month")),
        "tiers": [
            {
                "min_volume": step * COIN,
                "rate_ppm": chance.choice((0, 250_001, 333_333, 400_000, 500_000, 1_000_000)),
            }
            for step in steps
        ],
        "kickback_ppm": chance.choice((0, 50_000, 123_457, 1_000_000)),
        "override": {
            "parent": parent,
            "ppm": chance.choice((1, 100_000, 900_000)),
            "funded_by": chance.choice(("house", "partner")),
        }
        if parent
        else None,
        "exclude_flags": chance.choice(([], ["vip"], ["self_trade", "vip"])),
        "term_months": chance.choice((None, None, None, 1, 3)),
    }


@dataclass
class Told:
    """The reports of one history at `venue`, batch by batch, and what is true after all of them."""

    chance: Random
    venue: str
    batches: list[list[Row]] = field(default_factory=list)
    first: dict[tuple[str, int], Row] = field(default_factory=dict)

    def __post_init__(self) -> None:
        rows = [self._trade(number) for number in range(self.chance.randint(8, 50))]
        for row in list(rows):
            rows += self._revisions(row)
        self.chance.shuffle(rows)
        while rows:
            size = self.chance.randint(1, 12)
            self.batches.append(rows[:size])
            rows = rows[size:]
        for batch in self.batches:
            for at in range(len(batch)):
                if self.chance.random() < 0.08:
                    batch.append(dict(batch[at]))
        if self.chance.random() < 0.5:
            # What stands is never changed by the same key with another body.
            row = self.chance.choice(self.batches[0])
            self.batches.append([{**row, "fee": row["fee"] + 1}])

    def _trade(self, number: int) -> Row:
        chance = self.chance
        return {
            "venue": self.venue,
            "trade_id": f"{9_007_199_254_740_993 + number}",
            "revision": 0,
            "account": chance.choice(ACCOUNTS),
            "executed_at": moment(chance),
            "symbol": "BTC-USDT",
            "liquidity": chance.choice(("maker", "taker")),
            "notional": 1_000 * COIN,
            "fee": chance.choice((0, -7, 3, COIN, 10**12 + 1, *(chance.randrange(10**11) for _ in range(4)))),
            "volume": chance.choice((0, 500 * COIN, chance.randrange(20_000 * COIN))),
            "asset": chance.choice(("USDT", "USDT", "BTC")),
            "flags": chance.choice((*[None] * 6, [], ["vip"], ["self_trade"], ["vip", "self_trade"])),
            "state": "live",
            "received_at": ENDS,
        }

    def _revisions(self, row: Row) -> list[Row]:
        """Corrections, reversals, and what was reversed standing again."""
        found = []
        while len(found) < 3 and self.chance.random() < 0.3:
            changed = {**(found[-1] if found else row), "revision": len(found) + 1}
            fate = self.chance.random()
            if fate < 0.4:
                changed["state"] = "reversed" if changed["state"] == "live" else "live"
            elif fate < 0.8:
                changed["fee"] = self.chance.randrange(10**11)
                changed["volume"] = self.chance.randrange(20_000 * COIN)
            else:
                changed["executed_at"] = moment(self.chance)
                changed["account"] = self.chance.choice(ACCOUNTS)
            found.append(changed)
        return found

    def came(self, batch: Sequence[Row]) -> None:
        """A batch was taken in: of each key the first row stands."""
        for row in batch:
            self.first.setdefault((row["trade_id"], row["revision"]), row)

    def truth(self) -> list[Row]:
        """The trades in force, after what came so far."""
        highest: dict[str, Row] = {}
        for (trade_id, revision), row in sorted(self.first.items()):
            if trade_id not in highest or revision > highest[trade_id]["revision"]:
                highest[trade_id] = row
        return [row for row in highest.values() if row["state"] == "live"]
