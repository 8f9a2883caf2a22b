"""Named queries on DuckDB: what goes in and comes out is what the header says, and exact."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

from guildhall import facts
from guildhall.core.errors import BadInput, NotFound
from guildhall.facts import pseudonyms, queries_registry, querying, shipping
from guildhall.facts.querying.named import parse
from guildhall.facts.tests.conftest import fills

pytestmark = pytest.mark.django_db
HIGH = 2**62


def ship(data: pa.Table) -> int:
    return shipping.ship("t_fills", data, batch_id="b", source="tests").version


def test_a_query_answers_with_the_columns_of_its_header() -> None:
    ship(fills(range(48)))
    found = facts.query("facts_tests/fees", {"venue": "okx", "rate": 300_000})
    assert found.schema.names == ["day", "fees", "share", "rows"]
    assert found.to_pylist()[0] == {
        "day": date(2026, 9, 29),
        "fees": Decimal(sum(1000 + n for n in range(24))),
        "share": sum((1000 + n) * 3 // 10 for n in range(24)),
        "rows": 24,
    }


def test_sums_past_64_bits_are_exact() -> None:
    ship(fills(range(24), fee=HIGH))
    (row,) = facts.query("facts_tests/fees", {"venue": "okx", "rate": 10}).to_pylist()
    assert row["fees"] == 24 * HIGH
    assert row["share"] == 24 * (HIGH * 10 // 10**6)
    with pytest.raises(BadInput, match="past what was declared"):
        _ = facts.query("facts_tests/narrow", {}).num_rows


def test_a_query_reads_what_is_in_force_at_the_version_it_is_pinned_to() -> None:
    then = ship(fills([1]))
    ship(fills([1], revision=1, fee=7))
    now = facts.query("facts_tests/fees", {"venue": "okx", "rate": 0}).to_pylist()
    was = facts.query("facts_tests/fees", {"venue": "okx", "rate": 0}, versions={"t_fills": then}).to_pylist()
    assert (now[0]["fees"], was[0]["fees"]) == (7, 1001)


def test_an_empty_table_answers_with_no_rows() -> None:
    assert facts.query("facts_tests/fees", {"venue": "okx", "rate": 0}).num_rows == 0


@pytest.mark.parametrize(
    "params", [{}, {"venue": "okx"}, {"venue": "okx", "rate": 1.0}, {"venue": 1, "rate": 1},
               {"venue": "okx", "rate": True}, {"venue": "okx", "rate": 1, "more": 1}], ids=str,
)  # fmt: skip
def test_parameters_are_held_to_the_header(params: dict[str, object]) -> None:
    with pytest.raises(BadInput):
        facts.query("facts_tests/fees", params)


def test_a_query_nobody_wrote_is_not_found() -> None:
    for name in ("facts_tests/none", "nowhere/fees", "facts_tests/../fees", "fees"):
        with pytest.raises(NotFound):
            facts.query(name, {})


def test_every_named_query_of_the_house_has_a_header_that_holds() -> None:
    for name in queries_registry.names():
        assert querying.load(name).doc, name


@pytest.mark.parametrize(
    "text",
    ["SELECT 1 AS x", "-- out: x float\nSELECT 1", "-- out: x int64\nSELECT :y AS x",
     "-- in: y int64\n-- out: x int64\nSELECT 1 AS x"],
)  # fmt: skip
def test_a_header_that_does_not_tell_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        parse("a/b", text, set())


def test_a_float_never_comes_out(tmp_path: Path) -> None:
    (tmp_path / "half.sql").write_text("-- Halves.\n-- out: x int64\nSELECT 1 / 2 AS x")
    queries_registry.add("facts_tests", tmp_path)
    with pytest.raises(BadInput, match="float"):
        facts.query("facts_tests/half")


def test_pseudonyms_are_steady_and_tell_nothing() -> None:
    first = pseudonyms.of("account:okx", ["1001", "1002", "1001"])
    assert first == pseudonyms.of("account:okx", ["1001", "1002", "1001"])
    assert first[0] == first[2] != first[1]
    assert pseudonyms.one("account:bybit", "1001") != first[0]
    assert len(first[0]) == 24
    from guildhall.core import secrets

    secrets.rotate()
    assert pseudonyms.one("account:okx", "1001") == first[0]
