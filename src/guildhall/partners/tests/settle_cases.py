"""Small worlds full of edges for the settlement: instants at which something begins or ends, the microseconds
beside them, amounts at the ends of 64 bits, names that look alike.
"""

from __future__ import annotations

from typing import NamedTuple

from hypothesis import strategies as st

from guildhall.partners.testing.oracle import Binding, Deal, Override, Tier, Trade
from guildhall.partners.testing.oracle_calendar import DAY, add_months, instant

INT64_MAX = 2**63 - 1
VENUES = ("okx", "OKX", "交易所")
ACCOUNTS = ("a", "a ", "9007199254740993", "账户\u0000b")
PARTNERS = ("p", "P", "p,1", "合作伙伴", "")
ASSETS = ("USDT", "usdt", "BTC")
FLAGS = ("vip", "VIP", "bonus", "刷量", "a:b", "")

EDGES = tuple(
    instant(text)
    for text in (
        "2024-01-31T00:00:00Z",
        "2024-01-31T23:59:59.999999Z",
        "2024-02-01T00:00:00Z",
        "2024-02-29T12:34:56.000001Z",
        "2024-03-01T00:00:00Z",
        "2024-12-31T23:59:59.999999Z",
        "2025-01-01T00:00:00Z",
        "2025-02-28T12:34:56.000001Z",
        "2025-03-31T08:00:00Z",
        "1969-12-31T23:59:59.999999Z",
    )
)


class Case(NamedTuple):
    trades: list[Trade]
    bindings: list[Binding]
    deals: list[Deal]


rates = st.one_of(st.sampled_from((0, 1, 300_000, 333_333, 999_999, 1_000_000)), st.integers(0, 1_000_000))
fees = st.one_of(
    st.sampled_from((-INT64_MAX - 1, -1, 0, 1, 2, 3, 999_999, 1_000_000, 1_000_001, 10**12 + 7, 10**18 + 1)),
    st.integers(-(10**12), 10**15),
)
huge_fees = st.sampled_from((INT64_MAX, INT64_MAX - 1, 2**62, 10**18))
volumes = st.one_of(st.sampled_from((0, 1, 10, 100, -5, INT64_MAX, 2**62)), st.integers(-1000, 10**12))
thresholds = st.sampled_from((0, 0, 1, 10, 11, 20, 100, 101, -5, 10**11, INT64_MAX, INT64_MAX - 1))


@st.composite
def moments(draw: st.DrawFn, near: tuple[int, ...] = EDGES) -> int:
    """An instant at, or a microsecond, a day, a month beside, one of those in `near`."""
    at = draw(st.sampled_from(near))
    months = draw(st.sampled_from((0, 0, 0, 1, -1, 12)))
    return add_months(at, months) + draw(st.sampled_from((0, 0, 0, 1, -1, DAY, -DAY, 3_600_000_000)))


@st.composite
def spans(draw: st.DrawFn, open_start: bool) -> list[tuple[int | None, int | None]]:
    """Half-open spans that do not overlap, often touching, in any order; the last may be open."""
    if open_start and draw(st.booleans()):
        return [(None, None)]
    cuts: list[int | None] = sorted(draw(st.lists(moments(), min_size=1, max_size=5, unique=True)))
    ends = [*cuts[1:], None]
    if open_start and draw(st.booleans()):
        cuts, ends = [None, *cuts], [cuts[0], *ends]
    kept = [(begin, end) for begin, end in zip(cuts, ends, strict=True) if draw(st.integers(0, 4))]
    return draw(st.permutations(kept))


@st.composite
def deals_of(draw: st.DrawFn, partner: str) -> list[Deal]:
    found = []
    for version, (begin, end) in enumerate(draw(spans(open_start=True)), draw(st.integers(0, 3))):
        least = draw(st.lists(thresholds, max_size=4, unique=True))
        override = None
        if draw(st.booleans()):
            parent = draw(st.sampled_from((*PARTNERS, "parent only")))
            override = Override(parent, draw(rates), draw(st.sampled_from(("house", "partner"))))
        found.append(
            Deal(
                partner,
                version,
                begin,
                end,
                draw(st.sampled_from(("previous_month", "current_month"))),
                tuple(Tier(volume, draw(rates)) for volume in least),
                draw(rates),
                override,
                tuple(draw(st.lists(st.sampled_from(FLAGS), max_size=2, unique=True))),
                draw(st.sampled_from((None, None, 0, 1, 12, 13))),
            )
        )
    return found


@st.composite
def bindings_of(draw: st.DrawFn, venue: str, account: str) -> list[Binding]:
    return [
        Binding(venue, account, draw(st.sampled_from(PARTNERS)), begin, end)
        for begin, end in draw(spans(open_start=False))
        if begin is not None
    ]


@st.composite
def cases(draw: st.DrawFn, fee: st.SearchStrategy[int] = fees) -> Case:
    """Anything SET-2 allows: up to 40 trades, aimed at where something begins or ends."""
    places = [(venue, account) for venue in VENUES[:2] for account in ACCOUNTS[:3]] + [
        (VENUES[2], ACCOUNTS[3])
    ]
    some = draw(st.lists(st.sampled_from(places), min_size=1, max_size=5, unique=True))
    bindings = [row for venue, account in some for row in draw(bindings_of(venue, account))]
    bindings = draw(st.permutations(bindings))
    held = sorted({row.partner for row in bindings}) or ["p"]
    deals = [deal for partner in held if draw(st.integers(0, 5)) for deal in draw(deals_of(partner))]
    deals = draw(st.permutations(deals))
    edges = {row.valid_from for row in bindings} | {deal.valid_from for deal in deals}
    edges |= {row.valid_to for row in bindings} | {deal.valid_to for deal in deals}
    edges |= {
        add_months(row.valid_from, deal.term_months)
        for row in bindings
        for deal in deals
        if deal.term_months is not None
    }
    near = tuple(sorted(at for at in edges if at is not None)) or EDGES
    at = st.one_of(moments(near), moments(), st.sampled_from(near))
    trades = []
    for number in range(draw(st.integers(0, 12)) * 3):
        venue, account = draw(st.sampled_from(places))
        executed_at = draw(at)
        if bindings and number % 4:
            row = draw(st.sampled_from(bindings))
            venue, account = row.venue, row.account
            if number % 4 > 1:
                executed_at = max(executed_at, row.valid_from)
        trades.append(
            Trade(
                f"{'id' if number % 3 else '90071992547409'}{number}",
                venue,
                account,
                executed_at,
                draw(fee),
                draw(volumes),
                draw(st.sampled_from(ASSETS)),
                tuple(draw(st.lists(st.sampled_from(FLAGS), max_size=2))) if number % 2 else (),
            )
        )
    return Case(trades, list(bindings), list(deals))
