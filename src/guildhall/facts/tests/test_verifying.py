"""The proof of a table, and what it says of one that was tampered with."""

from __future__ import annotations

from pathlib import Path

import pytest
from deltalake import write_deltalake

from guildhall.facts import checking, files, landing, shipping, store, verifying
from guildhall.facts.tests.conftest import FILLS, fills

pytestmark = pytest.mark.django_db


def test_a_whole_table_is_proved() -> None:
    assert verifying.verify("t_fills").rows == 0
    shipping.ship("t_fills", fills(range(100)), batch_id="b", source="tests")
    shipping.ship("t_fills", fills(range(150)), batch_id="b", source="tests")
    report = verifying.verify("t_fills")
    assert (report.rows, report.version, report.breaks) == (150, 2, [])


def test_a_row_written_past_the_shipper_and_a_damaged_file_are_found() -> None:
    shipping.ship("t_fills", fills([1, 2]), batch_id="b", source="tests")
    double = fills([2])
    stored = landing.with_added(FILLS, double, checking.months_of(FILLS, double), 2)
    write_deltalake(store.table_url("t_fills"), stored, mode="append")
    (said,) = verifying.verify("t_fills").breaks
    assert said == "key okx, T2, 0 stands there more than once"
    first = Path(files.uris(store.open_table("t_fills"))[0])
    first.write_bytes(first.read_bytes()[:-20])
    assert any(first.name in said for said in verifying.verify("t_fills").breaks)
