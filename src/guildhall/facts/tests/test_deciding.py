"""A person's word on rows put aside: a correction, a mended row, or neither; never a changed fact."""

from __future__ import annotations

import pyarrow as pa
import pytest

from guildhall.core.errors import BadInput, Conflict, Unsupported
from guildhall.core.models import AuditEntry
from guildhall.facts import actions, maintaining, queries, reading, shipping
from guildhall.facts.models import Aside
from guildhall.facts.tests.conftest import fills

pytestmark = pytest.mark.django_db


def aside(*data: pa.Table) -> Aside:
    for one in data:
        shipping.ship("t_fills", one, batch_id="b", source="tests")
    return Aside.objects.latest("id")


def in_force() -> list[tuple[str, int, int]]:
    found = []
    for batch in reading.batches("t_fills", ["id", "revision", "fee"], in_force=True):
        found += zip(*batch.to_pydict().values(), strict=True)
    return sorted(found)


def test_an_accepted_row_is_the_next_revision_and_the_fact_stays() -> None:
    one = aside(fills([1, 2]), fills([1], fee=5))
    assert actions.accept(one.pk, by="staff:1", note="venue confirmed") == 1
    maintaining.ship_staged()
    assert in_force() == [("T1", 1, 5), ("T2", 0, 1002)]
    assert len([b for b in reading.batches("t_fills", ["id"]) for _ in range(b.num_rows)]) == 3
    entry = AuditEntry.objects.get(verb="facts.conflict_accepted")
    assert (entry.actor, entry.data["revision"], entry.subject) == ("staff:1", 1, f"facts_row:{one.pk}")
    assert "fee" not in str(entry.data)
    with pytest.raises(Conflict):
        actions.accept(one.pk, by="staff:2")


def test_two_accepted_rows_of_one_thing_are_two_revisions() -> None:
    first = aside(fills([1]), fills([1], fee=5))
    second = aside(fills([1], fee=6))
    assert actions.accept(first.pk, by="staff:1") == 1
    assert actions.accept(second.pk, by="staff:1") == 2
    maintaining.ship_staged()
    assert in_force() == [("T1", 2, 6)]


def test_a_refused_row_is_mended_and_sent_again() -> None:
    one = aside(fills([1], fee=None))
    with pytest.raises(BadInput, match="fee"):
        actions.resubmit(one.pk, {"fee": "1.5"}, by="staff:1")
    with pytest.raises(BadInput, match="fee is missing"):
        actions.resubmit(one.pk, {}, by="staff:1")
    actions.resubmit(one.pk, {"fee": "15", "flags": "vip, bonus"}, by="staff:1")
    maintaining.ship_staged()
    assert in_force() == [("T1", 0, 15)]
    one.refresh_from_db()
    assert (one.state, AuditEntry.objects.get(verb="facts.row_resubmitted").data["changed"]) == (
        "resubmitted", ["fee", "flags"],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("column", "text"), [("at", "yesterday"), ("at", "2026-10-01T00:00"), ("fee", ""), ("fee", "9" * 30)]
)
def test_what_somebody_types_is_held_to_the_column(column: str, text: str) -> None:
    one = aside(fills([1], state="gone"))
    with pytest.raises(BadInput) as error:
        actions.resubmit(one.pk, {"state": "live", column: text}, by="staff:1")
    assert error.value.field == column


def test_dismissed_rows_stay_out_and_a_conflict_is_not_asked_again() -> None:
    one = aside(fills([1]), fills([1], fee=5))
    assert queries.waiting() == 1
    assert actions.dismiss([one.pk, "nobody"], by="staff:1", note="test feed") == 1
    assert actions.dismiss([one.pk], by="staff:1") == 0
    shipping.ship("t_fills", fills([1], fee=5), batch_id="again", source="tests")
    assert (queries.waiting(), Aside.objects.count()) == (0, 1)


def test_only_a_conflict_of_a_table_with_revisions_can_be_accepted() -> None:
    one = aside(fills([1], fee=None))
    with pytest.raises(Unsupported):
        actions.accept(one.pk, by="staff:1")


def test_tables_are_told_with_freshness_gaps_and_what_waits() -> None:
    aside(fills([1, 2, 100]), fills([1], fee=5))
    maintaining.measure("t_fills")
    one = queries.of_table("t_fills")
    assert (one.rows, one.conflicts, one.refused, one.version) == (3, 1, 0, 1)
    assert (str(one.first_day), str(one.last_day)) == ("2026-09-29", "2026-10-03")
    assert [(str(gap.first), str(gap.last), gap.days) for gap in one.gaps] == [
        ("2026-09-30", "2026-10-02", 3)
    ]
    assert one.missing_days == 3
    assert "t_fills" not in queries.changed()
