"""Rows come in any number of times and stand there once; what contradicts or does not fit is kept aside."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
import pytest

from guildhall.core import clock
from guildhall.core.errors import BadInput, NotFound
from guildhall.facts import hashing, reading, shipping
from guildhall.facts.models import Aside, Shipment
from guildhall.facts.shipping import Shipped
from guildhall.facts.tests.conftest import START, fills, ids_in

pytestmark = pytest.mark.django_db


def ship(data: pa.Table, batch_id: str = "b") -> Shipped:
    return shipping.ship("t_fills", data, batch_id=batch_id, source="tests")


def test_a_batch_given_again_changes_nothing() -> None:
    assert ship(fills(range(100))) == Shipped(new=100, version=1)
    assert ship(fills(range(100))) == Shipped(same=100, version=1)
    assert ship(fills(range(50, 150)), "other") == Shipped(new=50, same=50, version=2)
    assert sorted(ids_in()) == sorted(f"T{n}" for n in range(150))


def test_a_row_heard_of_again_later_is_the_same_row() -> None:
    ship(fills([1]))
    assert ship(fills([1], received_at=START + timedelta(days=9))).same == 1


def test_the_same_key_with_another_body_is_put_aside_with_both() -> None:
    ship(fills(range(5)))
    assert ship(fills([2], fee=7), "late") == Shipped(conflicts=1, version=1)
    one = Aside.objects.get()
    assert (one.kind, one.key, one.batch_id) == (
        "conflict", {"venue": "okx", "id": "T2", "revision": 0}, "late",
    )  # fmt: skip
    assert (one.came["fee"], one.there["fee"]) == (7, 1002)
    assert ship(fills([2], fee=7), "later").conflicts == 1
    assert Aside.objects.count() == 1


def test_inside_one_batch_the_first_of_a_key_counts() -> None:
    both = pa.concat_tables([fills([1, 2]), fills([1, 2], fee=5), fills([2])])
    assert ship(both) == Shipped(new=2, same=1, conflicts=2, version=1)
    fees = [v for b in reading.batches("t_fills", ["fee"]) for v in b.column(0).to_pylist()]
    assert sorted(fees) == [1001, 1002]


def test_two_keys_with_one_hash_are_two_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = hashing.key_and_body

    def short(table, data):
        keys, bodies = honest(table, data)
        return keys % 3, bodies

    monkeypatch.setattr(hashing, "key_and_body", short)
    assert ship(fills(range(20))).new == 20
    assert ship(fills(range(10, 30))) == Shipped(new=10, same=10, version=2)
    assert ship(fills([3], fee=1)).conflicts == 1
    assert len(ids_in()) == 30


def test_rows_that_cannot_be_facts_are_refused_one_by_one_and_the_others_go_in() -> None:
    far = datetime(2100, 1, 1, tzinfo=UTC)
    parts = [
        fills([1]),
        fills([2], at=far),
        fills([3], state="gone"),
        fills([4], fee=None),
        fills([5], revision=-1),
    ]
    assert ship(pa.concat_tables(parts)) == Shipped(new=1, refused=4, version=1)
    why = dict(Aside.objects.values_list("key__id", "why__en"))
    assert why == {
        "T2": "The day is more than a year ahead.",
        "T3": "state is neither live nor reversed.",
        "T4": "fee is missing.",
        "T5": "revision is below 0.",
    }


@pytest.mark.parametrize(
    ("column", "values", "says"),
    [
        ("fee", pa.array([1.0]), "double"),
        ("fee", pa.array([2**64 - 1], pa.uint64()), "fee"),
        ("at", pa.array([datetime(2026, 1, 1)], pa.timestamp("us")), "at"),  # noqa: DTZ001
    ],
)
def test_a_column_of_another_kind_refuses_the_batch(column: str, values: pa.Array, says: str) -> None:
    good = fills([1])
    wrong = good.set_column(good.column_names.index(column), column, values)
    with pytest.raises(BadInput, match=says) as error:
        ship(wrong)
    assert error.value.field == column


def test_missing_and_unknown_columns_are_named() -> None:
    with pytest.raises(BadInput, match="fee is missing"):
        ship(fills([1]).drop_columns(["fee"]))
    with pytest.raises(BadInput, match="colour is not a column"):
        ship(fills([1]).append_column("colour", pa.array(["red"])))
    assert ship(fills([1]).drop_columns(["flags"])).new == 1
    with pytest.raises(NotFound):
        shipping.ship("nowhere", fills([1]), batch_id="b", source="tests")


def test_a_long_stream_is_taken_in_in_commits_of_bounded_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shipping, "CHUNK", 30)
    batches = fills(range(100)).to_batches(max_chunksize=7)
    assert shipping.ship("t_fills", iter(batches), batch_id="b", source="tests") == Shipped(
        new=100, version=4
    )
    assert shipping.ship("t_fills", fills(range(100)), batch_id="b", source="tests").same == 100


def test_every_batch_leaves_a_line_of_what_it_brought() -> None:
    with clock.freeze(datetime(2026, 11, 1, tzinfo=UTC)):
        ship(fills(range(3)), "first")
    one = Shipment.objects.get()
    assert (one.table, one.batch_id, one.source, one.new, one.version) == ("t_fills", "first", "tests", 3, 1)


def notes(*units: int) -> pa.Table:
    return pa.table({"run": ["r"] * len(units), "day": [date(2026, 1, 1)] * len(units), "units": list(units)})


def test_a_table_of_batches_takes_each_batch_once() -> None:
    def give(batch_id: str, *units: int) -> Shipped:
        batches = notes(*units).to_batches()
        return shipping.ship("t_notes", iter(batches), batch_id=batch_id, source="tests")

    assert give("run-1", 1, 1, 2) == Shipped(new=3, version=1)
    assert give("run-1", 1, 1, 2) == Shipped(same=3, version=1)
    assert give("run-2", 1) == Shipped(new=1, version=2)


def test_a_batch_that_is_taken_in_whole_is_refused_whole() -> None:
    def stream():
        yield notes(1, 2).to_batches()[0]
        yield pa.record_batch({"run": ["r", None], "day": [date(2026, 1, 1)] * 2, "units": [1, 1]})

    with pytest.raises(BadInput, match="row 4: run is missing"):
        shipping.ship("t_notes", stream(), batch_id="run-1", source="tests")
    assert reading.version("t_notes") == 0
    assert list(reading.batches("t_notes", ["units"])) == []
