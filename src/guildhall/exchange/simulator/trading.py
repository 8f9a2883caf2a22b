"""One day's trades of a made-up exchange, drawn for that day alone, in the order they were executed."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from guildhall.exchange.simulator.amounts import Ints, draw_sizes, share, trade_sizes
from guildhall.exchange.simulator.markets import ASSETS, MAKER_PPM, MARKETS, TAKER_PPM, TAKERS_OF_100, prices
from guildhall.exchange.simulator.people import MOMENT, Accounts
from guildhall.exchange.simulator.shape import DAY_US, Shape

FLAGS = ("self_trade", "bonus", "vip", "promo")
FIRST_ID = 895_000_000_000_000_000
"""Ids are past 2**53, where a float no longer tells neighbours apart."""

_OF_MARKET = np.cumsum([market.weight for market in MARKETS])
_ASSET_OF = np.array([ASSETS.index(market.asset) for market in MARKETS], dtype=np.int64)
_IS_FREE = np.array([market.is_free for market in MARKETS])
_WEEK = (10, 11, 11, 11, 10, 7, 7)


def trades_per_day(shape: Shape) -> list[int]:
    """How many trades each day has: fewer at weekends; together exactly `shape.trades`."""
    first = shape.start.weekday()
    weights = np.array([_WEEK[(first + day) % 7] for day in range(shape.days)], dtype=np.float64)
    counts: list[int] = shape.draws("days").multinomial(shape.trades, weights / weights.sum()).tolist()
    return counts


def trades_of(shape: Shape, accounts: Accounts, tiers: Ints, day: int, count: int) -> pa.RecordBatch:
    """`count` trades of the `day`th day (from 0). `tiers`: the fee tier of every account on that day.

    The first is executed at midnight sharp and the last in the day's last microsecond.
    """
    random = shape.draws("trades", day)
    begins = shape.start_us + day * DAY_US
    open_accounts = int(np.searchsorted(accounts.active_from, begins, side="right"))
    who = np.searchsorted(
        accounts.weight_until,
        random.integers(0, accounts.weight_until[open_accounts - 1], count),
        side="right",
    )
    at = np.sort(begins + random.integers(0, DAY_US // 1000, count) * 1000)
    at[:1], at[1:][-1:] = begins, begins + DAY_US - 1
    market = np.searchsorted(_OF_MARKET, random.integers(0, _OF_MARKET[-1], count), side="right")
    asset, tier = _ASSET_OF[market], tiers[who]
    takes = random.integers(0, 100, count) < TAKERS_OF_100[tier]
    whole, ppm = prices(shape, day)
    notional = np.maximum(draw_sizes(random, trade_sizes(), count) // whole[asset], 1)
    fee_ppm = np.where(_IS_FREE[market], 0, np.where(takes, TAKER_PPM[tier], MAKER_PPM[tier]))
    venue = accounts.venue[who]
    return pa.record_batch(
        {
            "trade_id": pa.array(_ids(venue, len(shape.venues), day)).cast(pa.string()),
            "venue": pa.array(shape.venues).take(pa.array(venue)),
            "account": accounts.uid.take(pa.array(who)),
            "executed_at": pa.array(at).cast(MOMENT),
            "symbol": pa.array([each.symbol for each in MARKETS]).take(pa.array(market)),
            "liquidity": pa.array(["maker", "taker"]).take(pa.array(takes.astype(np.int64))),
            "notional": pa.array(notional),
            "fee": pa.array(share(notional, fee_ppm)),
            "volume": pa.array(share(notional * whole[asset], ppm[asset])),
            "asset": pa.array(ASSETS).take(pa.array(asset)),
            "flags": _flags(random, tier, _IS_FREE[market]),
        }
    )


def _ids(venue: Ints, venues: int, day: int) -> Ints:
    """Rising within a venue; two venues use the same numbers."""
    ids = np.empty(len(venue), dtype=np.int64)
    for at in range(venues):
        mine = venue == at
        ids[mine] = FIRST_ID + day * 10_000_000_000 + np.arange(int(mine.sum()), dtype=np.int64) * 3
    return ids


def _flags(random: np.random.Generator, tier: Ints, is_free: np.ndarray) -> pa.Array:
    """Null for most trades, a list for the rest, an empty list for one in a thousand."""
    chance = random.integers(0, 1000, len(tier))
    carried = np.stack([chance < 3, (chance >= 2) & (chance < 22), tier >= 4, is_free], axis=1)
    counts = carried.sum(axis=1)
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    values = pa.array(FLAGS).take(pa.array(np.nonzero(carried)[1]))
    return pa.ListArray.from_arrays(pa.array(offsets), values, mask=pa.array((counts == 0) & (chance != 999)))
