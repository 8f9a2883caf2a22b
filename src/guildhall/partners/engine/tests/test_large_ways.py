"""What only many trades would reach: files between the passes, runs of hashes, sums of far groups. With limits
set low, small worlds go the same ways and must come out the same.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guildhall.core.errors import BadInput
from guildhall.partners.engine import (
    TableTrades,
    deals_from_json,
    judging,
    kept,
    repeats,
    settle,
    sums,
    timeline,
    trades,
)
from guildhall.partners.engine.tests.world import bound, deal, settled, trade
from guildhall.partners.testing import oracle
from guildhall.partners.testing.oracle_files import bindings_table, deals_json, trades_table
from guildhall.partners.tests.settle_cases import Case, cases


@pytest.fixture(autouse=True)
def low_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name, value in (
        (trades, "BATCH_ROWS", 3),
        (judging, "_GROUP_ROWS", 5),
        (kept, "_IN_MEMORY", 100),
        (repeats, "_RUN", 4),
        (sums, "_DENSE", 3),
        (sums, "_MERGE_AT", 5),
        (timeline, "_DENSE_PAIRS", 0),
    ):
        monkeypatch.setattr(module, name, value)


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(cases())
def test_large_ways_give_the_same_as_plain_integers(case: Case) -> None:
    rows, accruals = oracle.settle(case.trades, case.bindings, case.deals)
    found: list[tuple[object, ...]] = []
    answer = settle(
        TableTrades(trades_table(case.trades)),
        bindings_table(case.bindings),
        deals_from_json(deals_json(case.deals)),
        explain=lambda batch: found.extend(tuple(row.values()) for row in batch.to_pylist()),
    )
    assert found == [tuple(row) for row in rows]
    got = answer.accruals.set_column(1, "day", answer.accruals.column("day").cast(pa.int32())).to_pylist()
    assert [tuple(row.values()) for row in got] == [row for row in accruals if row[-1]]


def test_a_trade_given_twice_far_apart_is_found_in_runs_of_hashes() -> None:
    rows = [trade(trade_id=f"x{i}") for i in range(30)] + [
        trade(trade_id="x7"),
        trade(trade_id="x" * 300),
    ] * 2
    with pytest.raises(BadInput, match=r"north x7 \(8, 31, 33\); north xxxx"):
        settled(rows, [bound()], [deal()])


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(-(2**63), 2**63 - 1)), max_size=40))
@settings(max_examples=30, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_sums_are_exact_past_64_bits(rows: list[tuple[int, int]]) -> None:
    expected: dict[int, int] = {}
    adding = sums.Sums(1)
    for start in range(0, len(rows), 3):
        part = rows[start : start + 3]
        groups, numbers = (np.array([row[i] for row in part], np.int64) for i in (0, 1))
        adding.add(groups, numbers)
        for group, number in part:
            expected[group] = expected.get(group, 0) + number
    groups, (summed,) = adding.result()
    assert dict(zip(groups.tolist(), summed.tolist(), strict=True)) == expected
