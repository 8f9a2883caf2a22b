"""Reading: pinned, in one order, only what is in force; also after files were merged and swept away."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from guildhall.core import clock
from guildhall.core.errors import NotFound
from guildhall.core.text import Text
from guildhall.facts import maintaining, reading, registry, shipping, store
from guildhall.facts.keyindex import KeyIndex
from guildhall.facts.models import Measure
from guildhall.facts.tables import Column
from guildhall.facts.tests.conftest import FILLS, START, fills, ids_in

pytestmark = pytest.mark.django_db


def ship(data: pa.Table) -> int:
    return shipping.ship("t_fills", data, batch_id="b", source="tests").version


def read(**how) -> list[str]:
    return [v for b in reading.batches("t_fills", ["id"], **how) for v in b.column(0).to_pylist()]


def test_rows_come_by_month_with_the_columns_asked_for() -> None:
    ship(fills(range(96)))
    batches = list(reading.batches("t_fills", ["fee", "flags"], months=["2026-10"]))
    assert sum(batch.num_rows for batch in batches) == 48
    assert batches[0].schema == pa.schema([("fee", pa.int64()), ("flags", pa.list_(pa.string()))])
    assert read(where=pc.field("fee") < 1003) == ["T0", "T1", "T2"]
    assert reading.snapshot("t_fills").months == ["2026-09", "2026-10"]


def test_a_table_nothing_came_to_is_empty_and_a_version_it_never_had_is_not_found() -> None:
    assert (reading.version("t_fills"), read()) == (-1, [])
    ship(fills([1]))
    with pytest.raises(NotFound):
        read(version=9)


def test_a_pinned_version_reads_the_same_rows_in_the_same_order_for_ever() -> None:
    pinned = ship(fills(range(40)))
    before = read(version=pinned)
    ship(fills(range(20, 80)))
    assert read(version=pinned) == before
    with clock.freeze(datetime.now(UTC)):
        assert maintaining.compact("t_fills", always=True) > 0
    assert read(version=pinned) == before
    assert len(read()) == 80
    delta = store.open_table("t_fills")
    delta.vacuum(retention_hours=0, dry_run=False, enforce_retention_duration=False)
    assert sorted(read(version=pinned)) == sorted(before)
    assert read(version=pinned) == read(version=pinned)


def test_merging_keeps_every_row_and_the_index_beside_it() -> None:
    for n in range(40):
        ship(fills([n]))
    assert maintaining.compact("t_fills") > 30
    assert maintaining.compact("t_fills") == 0
    index = KeyIndex(store.index_dir("t_fills"))
    assert (index.rows, index.runs) == (40, 1)
    assert shipping.ship("t_fills", fills(range(41)), batch_id="b", source="tests").new == 1
    assert sorted(ids_in()) == sorted(f"T{n}" for n in range(41))


def test_only_the_last_revision_of_a_row_is_in_force_and_only_while_it_is_live() -> None:
    ship(fills(range(5)))
    ship(fills([1], revision=1, fee=5))
    ship(fills([2], revision=1, state="reversed"))
    # A correction may move a row to another day, even to another month.
    ship(fills([3], revision=1, at=START + timedelta(days=3)))
    assert sorted(read(in_force=True)) == ["T0", "T1", "T3", "T4"]
    assert sorted(read(in_force=True, months=["2026-09"])) == ["T0", "T1", "T4"]
    assert len(read()) == 8
    assert sorted(read(in_force=True, version=1)) == ["T0", "T1", "T2", "T3", "T4"]


def test_months_past_their_time_go_whole_and_do_not_come_back() -> None:
    short = dataclasses.replace(FILLS, keep_days=30)
    registry.forget("t_fills")
    registry.add(short)
    with clock.freeze(START + timedelta(days=5)):
        ship(fills(range(96)))
    with clock.freeze(datetime(2026, 11, 2, tzinfo=UTC)):
        assert maintaining.delete_expired("t_fills") == ["2026-09"]
        assert maintaining.delete_expired("t_fills") == []
        assert len(ids_in()) == 48
        assert KeyIndex(store.index_dir("t_fills")).rows == 48
        again = shipping.ship("t_fills", fills([1, 50]), batch_id="old", source="tests")
        assert (again.refused, again.same) == (1, 1)


def test_a_table_may_get_another_column() -> None:
    ship(fills([1]))
    wider = dataclasses.replace(FILLS, columns=(*FILLS.columns, Column("note", "string", is_nullable=True)))
    registry.forget("t_fills")
    registry.add(wider)
    new = fills([2]).append_column("note", pa.array(["n"]))
    assert shipping.ship("t_fills", pa.concat_tables([fills([1])]), batch_id="b", source="t").same == 1
    assert shipping.ship("t_fills", new, batch_id="b", source="t").new == 1
    found = {
        v: n
        for b in reading.batches("t_fills", ["id", "note"])
        for v, n in zip(*b.to_pydict().values(), strict=True)
    }
    assert found == {"T1": None, "T2": "n"}
    registry.forget("t_fills")


def test_a_table_is_measured_by_month_and_day() -> None:
    ship(fills(range(96)))
    one = maintaining.measure("t_fills")
    assert (one.rows, one.version, one.days["2026-10-01"]) == (96, 1, 24)
    assert {m: told["rows"] for m, told in one.months.items()} == {"2026-09": 48, "2026-10": 48}
    ship(fills(range(90, 120)))
    maintaining.measure("t_fills")
    again = Measure.objects.get(pk="t_fills")
    assert (again.rows, sum(again.days.values()), again.days["2026-10-03"]) == (120, 120, 24)


def test_a_declaration_that_contradicts_itself_is_refused() -> None:
    columns = (Column("id", "string"), Column("day", "date"), Column("note", "string", is_nullable=True))

    def declare(**over):
        from guildhall.facts.tables import Table

        given = {"columns": columns, "key": ("id",), "day": "day"}
        return Table(**{"name": "x", "room": "facts", "doc": Text("", ""), **given, **over})

    declare()
    for over in (
        {"name": "X y"}, {"day": "id"}, {"day": "nowhere"}, {"key": ()}, {"key": ("note",)},
        {"columns": (*columns, Column("id", "string"))}, {"columns": (*columns, Column("revision", "int64"))},
        {"columns": (*columns, Column("price", "float"))},
    ):  # fmt: skip
        with pytest.raises(ValueError):
            declare(**over)
    with pytest.raises(ValueError):
        registry.add(dataclasses.replace(FILLS, keep_days=1))
