"""The command and the plain-integer reference answer alike, unit by unit, whatever is settled."""

from __future__ import annotations

import json
import re
import tempfile
from datetime import date
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from guildhall.cli.tests.settle_command import run, wrote_nothing
from guildhall.exchange import simulator
from guildhall.partners.testing import oracle_files as files
from guildhall.partners.testing.oracle import Binding, Deal, Refused, Tier, Trade, settle
from guildhall.partners.tests import settle_cases

HALF = settings(max_examples=settings().max_examples // 2)


def refusal(case: settle_cases.Case) -> Refused | None:
    try:
        settle(*case)
    except Refused as refused:
        return refused
    return None


def compare(directory: Path, case: settle_cases.Case) -> None:
    arguments = files.write(directory, *case)
    out = directory / "out"
    status, said = run(arguments)
    refused = refusal(case)
    if refused:
        assert status == 1, (refused, said)
        assert wrote_nothing(out)
        assert all(name in said for name in refused.names), (refused, said)
        return
    assert status == 0, said
    found = files.differences(
        directory / "trades.parquet", directory / "bindings.parquet", directory / "deals.json", out
    )
    assert not found, "\n".join(found)


@HALF
@given(case=settle_cases.cases())
def test_every_row_and_every_unit_is_the_same(case: settle_cases.Case) -> None:
    with tempfile.TemporaryDirectory() as directory:
        compare(Path(directory), case)


@HALF
@given(case=settle_cases.cases(fee=settle_cases.huge_fees))
def test_fees_at_the_end_of_64_bits_are_exact_or_refused(case: settle_cases.Case) -> None:
    with tempfile.TemporaryDirectory() as directory:
        compare(Path(directory), case)


@st.composite
def broken(draw: st.DrawFn) -> settle_cases.Case:
    """A case with one thing SET-2 refuses put into it."""
    case = draw(settle_cases.cases())
    trades, bindings, deals = list(case.trades), list(case.bindings), list(case.deals)
    kind = draw(st.sampled_from(("trade", "binding", "empty binding", "deal", "empty deal", "tiers", "ppm")))
    if kind == "trade":
        assume(trades)
        row: Trade = draw(st.sampled_from(trades))
        trades.insert(draw(st.integers(0, len(trades))), row._replace(fee=row.fee // 2))
    elif "binding" in kind:
        assume(bindings)
        bound: Binding = draw(st.sampled_from(bindings))
        at = bound.valid_from
        bad = (
            bound._replace(valid_to=at)
            if kind == "empty binding"
            else bound._replace(valid_from=at - 1, valid_to=at + 1)
        )
        bindings.insert(draw(st.integers(0, len(bindings))), bad)
    else:
        assume(deals)
        place = draw(st.integers(0, len(deals) - 1))
        deal: Deal = deals[place]
        if kind == "deal":
            deals.append(deal._replace(version=deal.version + 100))
        elif kind == "empty deal":
            deals[place] = deal._replace(valid_from=0, valid_to=0)
        elif kind == "tiers":
            deals[place] = deal._replace(tiers=(Tier(1, 0), *deal.tiers[:1], Tier(1, 0)))
        else:
            deals[place] = deal._replace(kickback_ppm=draw(st.sampled_from((-1, 1_000_001, 2**70))))
    return settle_cases.Case(trades, bindings, deals)


@HALF
@given(case=broken())
def test_what_the_reference_refuses_the_command_refuses_too(case: settle_cases.Case) -> None:
    with tempfile.TemporaryDirectory() as directory:
        status, said = run(files.write(Path(directory), *case))
        assert refusal(case)
        assert status == 1, said
        assert wrote_nothing(Path(directory) / "out")


@pytest.mark.parametrize("seed", [1, 2])
def test_two_months_of_a_made_up_exchange_are_settled_to_the_unit(seed: int, tmp_path: Path) -> None:
    world = simulator.simulate(
        seed, accounts=400, partners=25, days=60, trades=8_000, start=date(2026, 1, 20), switchers_ppm=100_000
    )
    simulator.write(world, tmp_path)
    paths = [tmp_path / name for name in ("trades.parquet", "bindings.parquet", "deals.json")]
    out = tmp_path / "out"
    options = zip(("--trades", "--bindings", "--deals", "--out"), map(str, [*paths, out]), strict=True)
    status, said = run([part for option in options for part in option])
    assert status == 0, said
    assert files.differences(*paths, out) == []
    reasons = {re.sub(":.*", "", row.reason) for row in files.explained_rows(out / "explain.parquet")}
    assert {"unbound", "no_deal", "excluded", "term_over", "fee_not_positive", "paid"} <= reasons
    assert json.loads(paths[2].read_text())
