"""The made-up exchange: the same for the same seed, uneven as a real one, and true to what it reports."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from guildhall.exchange.simulator import World, simulate


@pytest.fixture(scope="module")
def world() -> World:
    return simulate(7, accounts=600, partners=12, days=40, trades=12_000, start=date(2026, 9, 10))


@pytest.fixture(scope="module")
def trades(world: World) -> pa.Table:
    return world.trades()


def share_of(trades: pa.Table, mask: pa.ChunkedArray) -> float:
    return pc.sum(mask).as_py() / len(trades)


def test_the_same_seed_makes_the_same_exchange_and_another_seed_another(trades: pa.Table) -> None:
    again = simulate(7, accounts=600, partners=12, days=40, trades=12_000, start=date(2026, 9, 10))
    other = simulate(8, accounts=600, partners=12, days=40, trades=12_000, start=date(2026, 9, 10))
    assert again.trades().equals(trades)
    assert not other.trades().equals(trades)
    for name in ("registrations", "kyc", "deposits", "withdrawals", "bindings"):
        twin = simulate(7, accounts=600, partners=12, days=40, trades=12_000, start=date(2026, 9, 10))
        assert getattr(again, name).equals(getattr(twin, name)), name


def test_there_are_exactly_as_many_trades_as_asked_for_in_the_order_of_their_time(trades: pa.Table) -> None:
    at = trades["executed_at"].cast(pa.int64()).to_pylist()
    assert len(trades) == 12_000
    assert at == sorted(at)
    assert trades["executed_at"][0].as_py() == datetime(2026, 9, 10, tzinfo=UTC)
    assert max(trades["executed_at"].to_pylist()) == datetime(2026, 10, 19, 23, 59, 59, 999999, tzinfo=UTC)


def test_trade_ids_are_past_what_a_float_can_hold_and_unique_at_their_venue(trades: pa.Table) -> None:
    ids = list(zip(trades["venue"].to_pylist(), trades["trade_id"].to_pylist(), strict=True))
    assert len(set(ids)) == len(ids)
    assert all(int(number) > 2**53 for _, number in ids)
    assert len({number for _, number in ids}) < len(ids), "two venues may use the same number"


def test_the_mix_is_that_of_an_exchange(trades: pa.Table) -> None:
    assert 0.55 < share_of(trades, pc.equal(trades["liquidity"], "taker")) < 0.75
    assert 0.05 < share_of(trades, pc.equal(trades["fee"], 0)) < 0.2
    assert 0 < share_of(trades, pc.less(trades["fee"], 0)) < 0.05
    counted = Counter(zip(trades["venue"].to_pylist(), trades["account"].to_pylist(), strict=True))
    assert sum(count for _, count in counted.most_common(30)) > 0.4 * len(trades)
    assert {"USDT", "USDC", "BTC"} == set(trades["asset"].to_pylist())
    assert {None, (), ("promo",), ("vip",), ("bonus",)} <= {
        None if flags is None else tuple(flags) for flags in trades["flags"].to_pylist()
    }


def test_nobody_trades_before_the_account_is_opened(world: World, trades: pa.Table) -> None:
    opened = {(row["venue"], row["account"]): row["at"] for row in world.registrations.to_pylist()}
    assert len(opened) == 600
    for row in trades.select(["venue", "account", "executed_at"]).to_pylist():
        assert opened[row["venue"], row["account"]] <= row["executed_at"]


def test_what_is_reported_ends_at_what_is_in_force(world: World) -> None:
    last: dict[tuple[str, str], dict[str, object]] = {}
    seen: Counter[str] = Counter()
    for report in world.reports():
        assert report.rows.schema.names[0:3] == ["trade_id", "venue", "revision"]
        for row in report.rows.to_pylist():
            key = (row["venue"], row["trade_id"])
            assert row["venue"] == report.venue
            before = last.get(key)
            if before is None:
                assert row["revision"] == 0, "a correction never comes before what it corrects"
                seen["late"] += (row["received_at"] - row["executed_at"]).days >= 2
            elif row["revision"] == before["revision"]:
                assert {**row, "received_at": 0} == {**before, "received_at": 0}
                seen["doubled"] += 1
            if before is None or row["revision"] > before["revision"]:
                last[key] = row
                seen[f"{row['state']} {row['revision']}"] += 1
    assert min(seen[kind] for kind in ("late", "doubled", "live 1", "reversed 1")) > 0
    standing = {key: row["fee"] for key, row in last.items() if row["state"] == "live"}
    truth = pa.Table.from_batches(world.in_force()).to_pylist()
    assert {(row["venue"], row["trade_id"]): row["fee"] for row in truth} == standing


def test_every_table_has_the_columns_the_facts_declare(world: World) -> None:
    from guildhall.exchange import facts

    first = next(world.reports()).rows
    for table, made in (
        (facts.TRADES, first),
        (facts.REGISTRATIONS, world.registrations),
        (facts.KYC, world.kyc),
        (facts.DEPOSITS, world.deposits),
        (facts.WITHDRAWALS, world.withdrawals),
    ):
        assert {column.name for column in table.columns} == set(made.schema.names), table.name
        for column in table.columns:
            if not column.is_nullable:
                assert made[column.name].null_count == 0, f"{table.name}.{column.name}"


def test_sizes_that_make_no_exchange_are_refused() -> None:
    with pytest.raises(ValueError, match="accounts"):
        simulate(1, accounts=0)
    with pytest.raises(ValueError, match="venues"):
        simulate(1, venues=("okx", "okx"))


def test_one_account_one_day_and_no_trades_are_an_exchange_too() -> None:
    tiny = simulate(3, accounts=1, partners=1, venues=("okx",), days=1, trades=3)
    assert len(tiny.trades()) == 3
    assert len(simulate(3, accounts=1, partners=1, days=2, trades=0).trades()) == 0
