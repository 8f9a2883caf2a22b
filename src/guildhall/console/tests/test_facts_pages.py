"""Facts: the tables, what was put aside, and a decision about it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.urls import reverse

from guildhall.facts import maintaining, registry, shipping
from guildhall.facts.models import Aside
from guildhall.facts.testing import facts_place
from guildhall.facts.tests.conftest import FILLS, fills
from guildhall.people.roles import Role
from guildhall.people.testing import client_for

__all__ = ["facts_place"]
pytestmark = pytest.mark.django_db


def url(name: str, *args: str) -> str:
    return reverse(f"console:{name}", args=args)


@pytest.fixture(autouse=True)
def table(facts_place: Path) -> Iterator[None]:
    registry.add(FILLS)
    yield
    registry.forget(FILLS.name)


def put_aside() -> tuple[Aside, Aside]:
    """A conflict and a refused row."""
    for data in (fills([1, 2, 100]), fills([1], fee=5), fills([7], fee=None)):
        shipping.ship("t_fills", data, batch_id="batch-7", source="feed:okx")
    maintaining.measure("t_fills")
    return Aside.objects.get(kind="conflict"), Aside.objects.get(kind="refused")


def test_a_house_without_facts_says_where_they_come_from() -> None:
    owner = client_for(Role.OWNER)
    assert "t_fills" in owner.get(url("facts")).content.decode()
    assert (
        "Nothing was shipped to this table yet" in owner.get(url("facts-table", "t_fills")).content.decode()
    )
    assert "Nothing was put aside" in owner.get(url("facts-aside")).content.decode()
    assert owner.get(url("facts-table", "nowhere")).status_code == 404


def test_tables_tell_freshness_gaps_and_conflicts() -> None:
    put_aside()
    owner = client_for(Role.OWNER)
    page = owner.get(url("facts")).content.decode()
    assert "2026-10-03" in page
    assert "3 days" in page
    assert "1 conflict" in page
    page = owner.get(url("facts-table", "t_fills")).content.decode()
    assert "2026-09-30" in page
    assert "batch-7" in page
    assert "1e-8 of asset" in page


def test_a_conflict_is_compared_and_accepted_as_a_correction() -> None:
    conflict, _ = put_aside()
    owner = client_for(Role.OWNER)
    page = owner.get(url("facts-aside") + "?state=open&kind=conflict").content.decode()
    assert "okx · T1 · 0" in page
    page = owner.get(url("facts-aside-row", conflict.pk)).content.decode()
    assert "<mark>5</mark>" in page
    assert "1001" in page
    answer = owner.post(url("facts-aside-accept", conflict.pk), {"reason": "asked the venue"}, follow=True)
    assert "next revision" in answer.content.decode()
    conflict.refresh_from_db()
    assert (conflict.state, conflict.note) == ("accepted", "asked the venue")
    assert "Row put aside accepted" in owner.get(url("audit")).content.decode()


def test_a_refused_row_is_mended_in_the_page() -> None:
    _, refused = put_aside()
    owner = client_for(Role.OWNER)
    assert 'name="c-fee"' in owner.get(url("facts-aside-row", refused.pk)).content.decode()
    page = owner.post(url("facts-aside-resubmit", refused.pk), {"c-fee": "x"}, follow=True).content.decode()
    assert "fee: a whole number of 64 bits is needed" in page
    owner.post(url("facts-aside-resubmit", refused.pk), {"c-fee": "12"})
    assert maintaining.ship_staged() == {"t_fills": 1}


def test_a_page_of_rows_is_dismissed_at_once() -> None:
    ids = ",".join(one.pk for one in put_aside())
    owner = client_for(Role.OWNER)
    owner.post(url("facts-aside-dismiss"), {"ids": ids, "reason": "a test feed"})
    assert not Aside.objects.filter(state="open").exists()


def test_who_may_only_look_decides_nothing() -> None:
    conflict, _ = put_aside()
    looker = client_for(Role.ANALYST)
    page = looker.get(url("facts-aside-row", conflict.pk))
    assert "<mark>5</mark>" in page.content.decode()
    assert "Dismiss" not in page.content.decode()
    assert looker.post(url("facts-aside-accept", conflict.pk)).status_code == 403
    conflict.refresh_from_db()
    assert conflict.state == "open"
