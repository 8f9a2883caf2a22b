"""The accounts of a made-up exchange: when they opened, how much each trades, what they deposit and withdraw.

A few accounts do most of the trading (the weight of a rank is one over it), as on every exchange.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from guildhall.exchange.simulator.amounts import Ints, deposit_sizes, draw_sizes, share, zipf_weights
from guildhall.exchange.simulator.markets import ACCOUNTS_OF_100, TIERS, prices
from guildhall.exchange.simulator.shape import DAY_US, PPM, Shape

MOMENT = pa.timestamp("us", tz="UTC")
REGIONS = ("VN", "TR", "TH", "BR", "NG", "ID", "TW", "HK", "KR", "AE", "DE", "AR")
_MINUTE = 60_000_000


@dataclass(frozen=True, slots=True)
class Accounts:
    """Arrays with one entry an account, ordered by `active_from`.

    `uid`: strings, digits, some past 2**53, and the same at two venues now and then. Times in microseconds.
    """

    venue: Ints
    uid: pa.Array
    opened_at: Ints
    active_from: Ints
    tier: Ints
    weight_until: Ints
    """Running sum of the weights: a number below `weight_until[k]` chooses one of the first k + 1."""

    def __len__(self) -> int:
        return len(self.venue)


def make_accounts(shape: Shape) -> Accounts:
    """Every account: most opened before the first day, the rest while the days go by."""
    random, count = shape.draws("accounts"), shape.accounts
    venue = random.integers(0, len(shape.venues), count)
    span = shape.history_days * DAY_US + shape.days * DAY_US * 7 // 10
    opened_at = shape.start_us - shape.history_days * DAY_US + random.integers(0, span, count) // 1000 * 1000
    opened_at[0] = shape.start_us - shape.history_days * DAY_US
    rank = random.permutation(count)
    tier = np.searchsorted(np.cumsum(ACCOUNTS_OF_100), random.integers(0, 100, count), side="right")
    tier = np.where(rank < max(1, count // 100), np.clip(tier, 2, 3), np.minimum(tier, TIERS - 1))
    returns = random.integers(0, PPM, count) < shape.returners_ppm
    returns &= opened_at < shape.start_us - 200 * DAY_US
    comes_back = shape.start_us + random.integers(0, shape.days * DAY_US, count) // DAY_US * DAY_US
    active_from = np.where(returns, comes_back, opened_at)
    active_from[0] = opened_at[0]
    order = np.argsort(active_from, kind="stable")
    venue, opened_at, active_from = venue[order], opened_at[order], active_from[order]
    uid = np.empty(count, dtype=np.int64)
    for at in range(len(shape.venues)):
        mine = np.flatnonzero(venue == at)
        number = np.arange(len(mine), dtype=np.int64)
        uid[mine] = 100_000_007 + number * 37 + np.where(number % 5 == 3, 9_100_000_000_000_000, 0)
    return Accounts(
        venue=venue,
        uid=pa.array(uid).cast(pa.string()),
        opened_at=opened_at,
        active_from=active_from,
        tier=tier[order].astype(np.int64),
        weight_until=np.cumsum(zipf_weights(count)[rank[order]]),
    )


def tiers_in(shape: Shape, accounts: Accounts, month: int) -> Ints:
    """The fee tier of every account in a month (counted from year 0): up or down one now and then."""
    drift = np.array([-1, 0, 0, 0, 0, 0, 1])[shape.draws("tier", month).integers(0, 7, len(accounts))]
    tiers: Ints = np.clip(accounts.tier + drift, 0, TIERS - 1)
    return tiers


def _moments(values: Ints) -> pa.Array:
    return pa.array(values).cast(MOMENT)


def _columns(shape: Shape, accounts: Accounts, who: Ints, **more: pa.Array) -> pa.Table:
    return pa.table(
        {
            "venue": pa.array(shape.venues).take(pa.array(accounts.venue[who])),
            "account": accounts.uid.take(pa.array(who)),
            "revision": pa.array(np.zeros(len(who), dtype=np.int64)),
            **more,
            "state": pa.repeat(pa.scalar("live"), len(who)),
        }
    )


def registrations(shape: Shape, accounts: Accounts, codes: pa.Array) -> pa.Table:
    """One row an account; `codes`: the invitation code each gave at sign-up, or null."""
    random, everybody = shape.draws("registrations"), np.arange(len(accounts))
    known = random.integers(0, 20, len(accounts)) > 0
    regions = pa.array(REGIONS).take(pa.array(random.integers(0, len(REGIONS), len(accounts)), mask=~known))
    return _columns(
        shape,
        accounts,
        everybody,
        at=_moments(accounts.opened_at),
        code=codes,
        link=pa.nulls(len(accounts), pa.string()),
        region=regions,
        received_at=_moments(accounts.opened_at + _MINUTE),
    )


def identity_checks(shape: Shape, accounts: Accounts) -> pa.Table:
    """Nine in ten accounts are checked within three days of opening; most of them pass."""
    random, count = shape.draws("kyc"), len(accounts)
    at = accounts.opened_at + random.integers(_MINUTE, 3 * DAY_US, count)
    who = np.flatnonzero((random.integers(0, 10, count) > 0) & (at < shape.end_us))
    status = np.searchsorted(np.array([90, 96, 99]), random.integers(0, 100, count), side="right")[who]
    return _columns(
        shape,
        accounts,
        who,
        at=_moments(at[who]),
        level=pa.array(np.where(status == 0, 1 + random.integers(0, 2, count)[who], 0)),
        status=pa.array(["passed", "refused", "pending", "expired"]).take(pa.array(status)),
        received_at=_moments(at[who] + _MINUTE),
    )


def movements(shape: Shape, accounts: Accounts, kind: str) -> pa.Table:
    """`deposit`s (about three an account, the first within a week) or `withdrawal`s (about one), in the order
    of their time; amounts in 1e-8 of the asset, values in 1e-8 of the reference asset.
    """
    random = shape.draws(kind)
    times = random.poisson(3 if kind == "deposit" else 1, len(accounts)) + (1 if kind == "deposit" else 0)
    who = np.repeat(np.arange(len(accounts)), times)
    nth = np.arange(len(who)) - np.repeat(np.cumsum(times) - times, times)
    begins = accounts.opened_at[who] + (0 if kind == "deposit" else 7 * DAY_US)
    spread = np.maximum(shape.end_us - begins, 1)
    first = (nth == 0) & (kind == "deposit")
    at = begins + random.integers(0, np.where(first, np.minimum(spread, 7 * DAY_US), spread))
    kept = at < shape.end_us
    order = np.argsort(at[kept], kind="stable")
    who, at = who[kept][order], at[kept][order]
    value = draw_sizes(random, deposit_sizes(), len(who))
    in_bitcoin = random.integers(0, 12, len(who)) == 0
    bitcoin = int(prices(shape, 0)[0][2])
    amount = np.where(in_bitcoin, value // bitcoin, value)
    number = pa.array(7_000_000_000_000_000_000 + np.arange(len(who), dtype=np.int64) * 11)
    table = _columns(
        shape,
        accounts,
        who,
        at=_moments(at),
        asset=pa.array(["USDT", "BTC"]).take(pa.array(in_bitcoin.astype(np.int64))),
        amount=pa.array(amount),
        value=pa.array(np.where(in_bitcoin, amount * bitcoin, share(value, PPM))),
        received_at=_moments(at + _MINUTE),
    )
    return table.add_column(1, f"{kind}_id", number.cast(pa.string()))
