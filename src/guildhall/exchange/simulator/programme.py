"""The partners of a made-up exchange: whom each brought (bindings) and on what terms (deals).

Bindings and deals are in the form `guildhall partners settle` reads. They are as uneven as life: most
accounts belong to few partners, some to none, some change hands, terms are changed in the middle of a month.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from guildhall.exchange.simulator.amounts import UNIT, Ints, zipf_weights
from guildhall.exchange.simulator.people import MOMENT, Accounts
from guildhall.exchange.simulator.shape import DAY_US, PPM, Shape

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NOBODY = -1


def partner_name(number: int) -> str:
    return f"partner-{number + 1:04d}"


def partner_of(shape: Shape, accounts: Accounts) -> Ints:
    """The partner each account came by, counted from 0; -1 is none."""
    random = shape.draws("partners")
    until = np.cumsum(zipf_weights(shape.partners))
    chosen = np.searchsorted(until, random.integers(0, until[-1], len(accounts)), side="right")
    bound = random.integers(0, PPM, len(accounts)) < shape.bound_ppm
    return np.where(bound, chosen, _NOBODY)


def codes(partner: Ints) -> pa.Array:
    """The invitation code given at sign-up: the partner's own, null where there is none."""
    names = pa.array([f"GH{number + 1:04d}" for number in range(int(partner.max(initial=0)) + 1)])
    return names.take(pa.array(np.maximum(partner, 0), mask=partner == _NOBODY))


def bindings(shape: Shape, accounts: Accounts, partner: Ints) -> pa.Table:
    """Every binding, in the order the accounts became active, later ones of the same account after it.

    An account that changes partner does so at one instant: the old row ends where the new one begins.
    """
    random, count = shape.draws("bindings"), len(accounts)
    bound = partner != _NOBODY
    other = (partner + random.integers(1, max(2, shape.partners), count)) % shape.partners
    returned = bound & (accounts.active_from > accounts.opened_at)
    switch_at = shape.start_us + random.integers(0, shape.days * 24, count) * (DAY_US // 24)
    switched = bound & ~returned & (random.integers(0, PPM, count) < shape.switchers_ppm)
    switched &= switch_at > accounts.opened_at
    ended = bound & ~returned & ~switched & (random.integers(0, 100, count) == 0)
    ended &= switch_at > accounts.opened_at
    moved_at = np.where(returned, accounts.active_from, switch_at)
    closes = returned | switched | ended
    moves = (returned | switched) & (other != partner)
    first, second = np.flatnonzero(bound), np.flatnonzero(moves)
    who = np.concatenate([first, second])
    later = np.concatenate([np.zeros(len(first), dtype=np.int64), np.ones(len(second), dtype=np.int64)])
    order = np.lexsort((later, who))
    who, later = who[order], later[order]
    holder = np.where(later == 1, other[who], partner[who])
    is_open = (later == 1) | ~closes[who]
    names = pa.array([partner_name(number) for number in range(shape.partners)])
    return pa.table(
        {
            "venue": pa.array(shape.venues).take(pa.array(accounts.venue[who])),
            "account": accounts.uid.take(pa.array(who)),
            "partner": names.take(pa.array(holder)),
            "valid_from": pa.array(np.where(later == 1, moved_at[who], accounts.opened_at[who])).cast(MOMENT),
            "valid_to": pa.array(moved_at[who], mask=is_open).cast(MOMENT),
        }
    )


def deals(shape: Shape) -> list[dict[str, Any]]:
    """One to three versions of terms for every partner; one partner in twenty has none before the middle."""
    random = shape.draws("deals")
    found: list[dict[str, Any]] = []
    for number in range(shape.partners):
        changes = sorted(set(random.integers(0, shape.days * 24, int(random.integers(0, 3))).tolist()))
        begins = [_moment(shape.start_us + hours * (DAY_US // 24)) for hours in changes]
        late = shape.partners > 1 and number % 20 == 19
        opens = _moment(shape.start_us + shape.days * DAY_US // 2) if late else None
        spans = [opens, *([] if late else begins), None]
        found += [
            {"partner": partner_name(number), "version": at + 1, "valid_from": begin, "valid_to": end}
            | _terms(shape, random, number)
            for at, (begin, end) in enumerate(zip(spans[:-1], spans[1:], strict=True))
        ]
    return found


def _terms(shape: Shape, random: np.random.Generator, number: int) -> dict[str, Any]:
    whole_month = shape.trades * 30 // shape.days * 40_000
    expected = max(1_000, whole_month // int(np.ceil((number + 1) * np.log(shape.partners + 2))) // 100 * 100)
    steps = [0, expected // 4, expected, expected * 4] if random.integers(0, 4) else [expected // 8, expected]
    rates = (300_000, 350_000, 420_000, 500_000)
    tiers = [{"min_volume": step * UNIT, "rate_ppm": rate} for step, rate in zip(steps, rates, strict=False)]
    parent = None
    if number and random.integers(0, 5) == 0:
        parent = {
            "parent": partner_name(int(random.integers(0, number))),
            "ppm": 100_000,
            "funded_by": ("house", "partner")[int(random.integers(0, 2))],
        }
    return {
        "tier_basis": ("previous_month", "current_month")[int(random.integers(0, 2))],
        "tiers": [tiers[at] for at in random.permutation(len(tiers)).tolist()],
        "kickback_ppm": int(random.choice([0, 0, 50_000, 100_000, 123_457, 200_000])),
        "override": parent,
        "exclude_flags": [[], ["vip"], ["bonus", "self_trade"], ["self_trade", "vip"]][
            int(random.integers(0, 4))
        ],
        "term_months": [None, None, 6, 12][int(random.integers(0, 4))],
    }


def _moment(at: int) -> str:
    return (_EPOCH + timedelta(microseconds=at)).isoformat().replace("+00:00", "Z")
