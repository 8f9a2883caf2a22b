"""`docs/partners-money.md`: every table and every figure of it, computed again in three ways."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from math import ceil, floor
from pathlib import Path

import pytest

from guildhall.effects.testing import drain
from guildhall.ledger import queries as ledger
from guildhall.partners import actions
from guildhall.partners.engine import Steps as EngineSteps
from guildhall.partners.engine import TableTrades, deals_from_json
from guildhall.partners.engine import settle as engine_settle
from guildhall.partners.engine.files import settle_files
from guildhall.partners.models import Partner, WhatIf
from guildhall.partners.testing import oracle_files as files
from guildhall.partners.testing import worked_example as example
from guildhall.partners.testing.oracle import Oracle, Tier, Trade, settle
from guildhall.partners.testing.oracle_calendar import DAY, instant
from guildhall.partners.testing.oracle_steps import Cap, Cpa, Further, Steps
from guildhall.partners.testing.worked_example import Document, Settled, percent, shown, units
from guildhall.partners.tests import houses

DOCS = Path(__file__).parents[4] / "docs"
ENGLISH = DOCS / "partners-money.md"
CHINESE = DOCS / "partners-money.zh-Hans.md"
NEW_FEE = 206_054_321
OCTOBER = "2026-10-01T00:00:00Z"
WHAT_IF_TIERS = (Tier(0, 350_000), Tier(50_000 * example.UNIT, 450_000))
FIXED = 6 * example.UNIT
INCREMENTALITY = 700_000
STAGES = ("first", "late trade", "corrected")


class Story:
    """The example in its three settlements."""

    def __init__(self, document: Document) -> None:
        self.document = document
        first = document.trades("trades")
        late = [*first, *document.trades("late trade")]
        corrected = [
            trade._replace(fee=NEW_FEE) if trade.trade_id == "t08" else trade
            for trade in late
            if trade.trade_id != "t06"
        ]
        self.trades: tuple[list[Trade], ...] = (first, late, corrected)
        self.settled: tuple[Settled, ...] = tuple(example.settled(document, trades) for trades in self.trades)

    def balances(self) -> list[list[str]]:
        """What each account of the ledger holds after each settlement."""
        held: list[dict[tuple[str, str], int]] = []
        for answer in self.settled:
            at: dict[tuple[str, str], int] = {}
            for (partner, _, asset, kind), amount in answer.accruals.items():
                owner = "invitees" if kind == "kickback" else "partner"
                for code, given in ((f"{owner}:{partner}:pending", amount), (f"house:{kind}:house", -amount)):
                    at[code, asset] = at.get((code, asset), 0) + given
            held.append(at)
        keys = sorted(set().union(*held))
        return [
            [f"`{code}`", asset, *(shown(at.get((code, asset), 0)) for at in held)] for code, asset in keys
        ]

    def what_if(self) -> dict[str, str]:
        """October of Lin by other terms, in USDT, as a what-if tells it; reckoned here in whole numbers."""
        trades = self.trades[2]
        changed = [
            *(deal for deal in self.document.deals if deal.partner != "lin"),
            self.document.deals[1]._replace(version=3, valid_from=instant(OCTOBER), tiers=WHAT_IF_TIERS),
        ]
        sides = []
        for deals in (self.document.deals, changed):
            explained, _ = settle(trades, self.document.bindings, deals)
            of_lin = [
                (trade, row)
                for trade, row in zip(trades, explained, strict=True)
                if row.partner == "lin" and trade.asset == "USDT" and trade.executed_at >= instant(OCTOBER)
            ]
            sides.append(of_lin)
        fee = sum(trade.fee for trade, _ in sides[1])
        volume = sum(trade.volume for trade, _ in sides[1])
        cost = [sum(row.kickback + row.commission + row.override for _, row in side) for side in sides]
        kept = [Fraction(fee * INCREMENTALITY, 10**6) - given for given in cost]
        payback, covered = "", Fraction(0)
        for trade, row in sorted(sides[1]):
            covered += Fraction(trade.fee * INCREMENTALITY, 10**6) - row.kickback - row.commission
            if covered >= FIXED and not payback:
                payback = example.date_of(trade.executed_at)
        return {
            "fee": shown(fee),
            "volume": shown(volume),
            "cost_before": shown(cost[0]),
            "cost_after": shown(cost[1]),
            "difference": shown(cost[1] - cost[0]),
            "net_before": shown(floor(kept[0])),
            "net_after": shown(floor(kept[1] - FIXED)),
            "roi": percent(floor((kept[1] - FIXED) * 10**6 / (cost[1] + FIXED))),
            "break_even_volume": shown(ceil(FIXED * volume / kept[1])),
            "payback_day": payback,
        }

    def further(self) -> list[list[str]]:
        """What Lin is owed in USDT when the later steps are applied too, beside what it was without them."""
        oracle = Oracle(self.document.bindings, self.document.deals)
        for trade in self.trades[2]:
            oracle.count(trade)
        said = self.document.further
        terms = Further(Cpa(**said["cpa"]), tuple(Cap(**cap) for cap in said["caps"]), said["carry"])
        steps = Steps(oracle, {("lin", 1): terms, ("lin", 2): terms}, [], frozenset())
        owed: dict[tuple[str, str], int] = {}
        for key, amount in steps.take(self.trades[2], self.settled[2].explained).items():
            if key[0] == "lin" and key[2] == "USDT":
                at = (example.date_of(key[1] * DAY), key[3])
                owed[at] = owed.get(at, 0) + amount
        before = {
            (day, kind): amount
            for (who, day, asset, kind), amount in self.settled[2].accruals.items()
            if who == "lin" and asset == "USDT"
        }
        return [
            [day, kind, shown(before.get((day, kind), 0)), shown(owed.get((day, kind), 0))]
            for day, kind in sorted(owed.keys() | before.keys())
            if kind not in ("kickback", "override")
        ]

    def tables(self) -> dict[str, list[list[str]]]:
        first, late, corrected = self.settled
        return {
            "first explained": example.explain_rows(first),
            "first accruals": example.accrual_rows(first),
            "late changes": example.change_rows(first, late),
            "corrected changes": example.change_rows(late, corrected),
            "balances": self.balances(),
            "further terms": self.further(),
            "what if": [[f"`{name}`", value] for name, value in self.what_if().items()],
        }

    def figures(self) -> dict[str, str]:
        """Every figure of the text, by the name it has here."""
        first, late, corrected = self.settled
        lin, aylin = self.document.deals[0], self.document.deals[2]
        fee = {trade.trade_id: trade.fee for trade in self.trades[0]}
        assert lin.tiers[0].min_volume == 0
        changes = example.change_rows(first, late)
        t02_rate = first.of("t02").rate_ppm or 0
        exact = f"{shown(fee['t02'] * t02_rate // 10**6)}{fee['t02'] * t02_rate % 10**6:06d}".rstrip("0")
        found = {
            "lin low": percent(lin.tiers[0].rate_ppm),
            "lin high": percent(lin.tiers[1].rate_ppm),
            "lin step": shown(lin.tiers[1].min_volume),
            "aylin low": percent(aylin.tiers[0].rate_ppm),
            "aylin high": percent(aylin.tiers[1].rate_ppm),
            "aylin step": shown(aylin.tiers[0].min_volume),
            "t02 fee": shown(fee["t02"]),
            "t02 exact pool": exact,
            "t02 pool": shown(first.of("t02").pool),
            "t02 kickback": shown(first.of("t02").kickback),
            "t02 commission": shown(first.of("t02").commission),
            "t08 pool": shown(first.of("t08").pool),
            "t08 override": shown(first.of("t08").override),
            "t08 commission": shown(first.of("t08").commission),
            "t09 kickback": shown(first.of("t09").kickback),
            "t10 kickback": shown(first.of("t10").kickback),
            "t13 commission": shown(first.of("t13").commission),
            "t08 new fee": shown(NEW_FEE),
            "t08 new commission": shown(corrected.of("t08").commission),
            "t08 new override": shown(corrected.of("t08").override),
            "aylin volume 9": shown(first.volumes["aylin", "2026-09"]),
            "aylin commission 1": shown(first.total("aylin", "commission")),
            "lin override 1": shown(first.total("lin", "override")),
            "lin bitcoin 1": shown(first.total("lin", "commission", "BTC")),
            "kickback 1": shown(first.total("lin", "kickback")),
            "late lines": str(len(changes)),
            "late mirrors": str(sum(row[4] != "0" for row in changes)),
            "what if low": percent(WHAT_IF_TIERS[0].rate_ppm),
            "what if high": percent(WHAT_IF_TIERS[1].rate_ppm),
            "fixed": shown(FIXED),
            "cpa": shown(self.document.further["cpa"]["units"]),
            "cpa volume": shown(self.document.further["cpa"]["min_volume"]),
            "cap": shown(self.document.further["caps"][0]["units"]),
            "debt": next(row[3].lstrip("-") for row in self.further() if row[1] == "carry"),
            "incrementality": percent(INCREMENTALITY),
            "again": "0",
            "zero": "0",
        }
        for number, answer in enumerate(self.settled, 1):
            found[f"lin volume {number}"] = shown(answer.volumes["lin", "2026-10"])
            found[f"lin commission {number}"] = shown(answer.total("lin", "commission"))
        return found


@pytest.fixture(scope="module")
def story() -> Story:
    return Story(Document.read(ENGLISH.read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", [ENGLISH, CHINESE], ids=["English", "Chinese"])
def test_every_table_of_the_page_is_what_the_rules_give(path: Path) -> None:
    document = Document.read(path.read_text(encoding="utf-8"))
    expected = Story(document).tables()
    assert set(document.tables) == {*expected, "bindings", "trades", "late trade"}
    for name, rows in expected.items():
        assert document.tables[name] == rows, name


@pytest.mark.parametrize("path", [ENGLISH, CHINESE], ids=["English", "Chinese"])
def test_every_figure_in_the_text_is_computed(path: Path, story: Story) -> None:
    document = Document.read(path.read_text(encoding="utf-8"))
    known = {re.sub(r" %$", "", figure) for figure in story.figures().values()}
    given = document.figures()
    assert [figure for figure in given if figure not in known] == [], "a figure nobody computes"
    assert known - set(given) == set(), "a figure the page does not give"


def test_both_languages_tell_the_same_example() -> None:
    english, chinese = (Document.read(path.read_text(encoding="utf-8")) for path in (ENGLISH, CHINESE))
    assert english.tables == chinese.tables
    assert english.terms == chinese.terms
    assert english.further == chinese.further


def test_the_example_holds_every_reason_there_is(story: Story) -> None:
    reasons = {row.reason.partition(":")[0] for answer in story.settled for row in answer.explained}
    assert reasons == {
        *("unbound", "no_deal", "excluded", "term_over", "below_first_tier", "fee_not_positive", "paid")
    }


def test_the_command_writes_the_same_rows(story: Story, tmp_path: Path) -> None:
    for number, (trades, answer) in enumerate(zip(story.trades, story.settled, strict=True)):
        folder = tmp_path / str(number)
        files.write(folder, trades, story.document.bindings, story.document.deals)
        (folder / "deals.json").write_text(json.dumps(story.document.terms))
        out = folder / "out"
        settle_files(folder / "trades.parquet", folder / "bindings.parquet", folder / "deals.json", out)
        assert list(files.explained_rows(out / "explain.parquet")) == answer.explained
        rows = files.accrued_rows(out / "accruals.parquet")
        assert {
            (who, example.date_of(day * DAY), asset, kind): amount for who, day, asset, kind, amount in rows
        } == answer.accruals


def test_the_engine_takes_the_further_steps_alike(story: Story) -> None:
    terms = [
        {**deal, **story.document.further} if deal["partner"] == "lin" else deal
        for deal in story.document.terms
    ]
    settled = engine_settle(
        TableTrades(files.trades_table(story.trades[2])),
        files.bindings_table(story.document.bindings),
        deals_from_json(terms),
        steps=EngineSteps(),
    )
    owed: dict[tuple[str, str], int] = {}
    for row in settled.by_deal.to_pylist():
        if row["partner"] == "lin" and row["asset"] == "USDT":
            key = (f"{row['day']:%Y-%m-%d}", row["kind"])
            owed[key] = owed.get(key, 0) + row["units"]
    for day, kind, _, now in story.further():
        assert owed.pop((day, kind), 0) == units(now), (day, kind)
    assert {kind for _, kind in owed} == {"kickback", "override"}


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("house")
def test_the_platform_posts_the_same_and_only_what_changed(story: Story) -> None:
    partners = {name: actions.create_partner(name.title(), name, by=houses.BY) for name in ("lin", "aylin")}
    partners["mert"] = actions.create_partner("Mert", "mert", by=houses.BY)
    for terms in story.document.terms:
        said = {key: value for key, value in terms.items() if key not in ("partner", "version")}
        if said["override"]:
            said["override"] = {**said["override"], "parent": partners[said["override"]["parent"]].pk}
        houses.in_force(partners[terms["partner"]].pk, **said)
    for binding in story.document.bindings:
        since = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=binding.valid_from)
        actions.bind(partners[binding.partner].pk, "house", binding.account, by=houses.BY, valid_from=since)
    first, late, _ = story.trades
    rows = {trade.trade_id: row_of(trade) for trade in late}
    batches = (
        [rows[trade.trade_id] for trade in first],
        [rows["t15"]],
        [
            {**rows["t06"], "revision": 1, "state": "reversed"},
            {**rows["t08"], "revision": 1, "fee": NEW_FEE},
        ],
    )
    figures = story.figures()
    for number, batch in enumerate(batches):
        houses.ship(batch, f"batch {number}")
        run = houses.settle()
        assert run.error == {}
        assert balances_of(partners) == {
            (code.strip("`"), asset): units(row[number])
            for code, asset, *row in story.balances()
            if units(row[number])
        }, STAGES[number]
        if number == 1:
            assert str(run.posted_new + run.posted_changed) == figures["late lines"]
            assert str(run.posted_changed) == figures["late mirrors"]
    assert tried(partners["lin"]) == story.what_if()
    again = houses.settle(everything=True)
    assert str(again.posted_new + again.posted_changed + again.posted_reversed) == figures["again"]


def tried(lin: Partner) -> dict[str, str]:
    """What the platform foretells of other terms for Lin, in the figures of the page."""
    one = actions.start_what_if(
        {
            "changes": [
                {
                    "partner": lin.pk,
                    "terms": {"tiers": [tier._asdict() for tier in WHAT_IF_TIERS], "kickback_ppm": 125_000},
                }
            ],
            "months": ["2026-10"],
            "incrementality_ppm": INCREMENTALITY,
            "fixed_cost": {"asset": "USDT", "units": str(FIXED)},
        },
        by=houses.BY,
    )
    drain()
    one.refresh_from_db()
    assert one.state == WhatIf.State.FINISHED, one.error
    (told,) = [each for each in one.result["economics"] if each["asset"] == "USDT"]
    (changed,) = [each for each in one.result["totals"] if each["asset"] == "USDT"]
    assert told["incrementality"] == "unmeasured"
    amounts = ("fee", "volume", "cost_before", "cost_after", "net_before", "net_after", "break_even_volume")
    return {
        **{name: shown(int(told[name])) for name in amounts},
        "difference": shown(int(changed["difference"])),
        "roi": percent(told["roi_ppm"]),
        "payback_day": told["payback_day"],
    }


def row_of(trade: Trade) -> dict[str, object]:
    """A trade of the example as a row of facts."""
    return houses.trade(
        0,
        trade.account,
        trade_id=trade.trade_id,
        venue="house",
        executed_at=datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=trade.executed_at),
        fee=trade.fee,
        volume=trade.volume,
        notional=trade.volume,
        asset=trade.asset,
        flags=list(trade.flags) or None,
    )


def balances_of(partners: Mapping[str, Partner]) -> dict[tuple[str, str], int]:
    """What the ledger holds, partners by their names."""
    names = {one.pk: name for name, one in partners.items()}
    found = {}
    for standing in ledger.balances():
        code = ":".join(names.get(part, part) for part in standing.code.split(":"))
        if standing.units:
            found[code, standing.asset] = standing.units
    return found
