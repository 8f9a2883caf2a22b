"""Walking a table by keyset: every row once, forwards and backwards, also among equal values."""

import pytest
from django.contrib.contenttypes.models import ContentType

from guildhall.ui.paging import capped_count, fetch
from guildhall.ui.tables import Column, Spec, read, seal

SPEC = Spec(columns=(Column("app", "App", sort=("app_label",)),), default_sort="-app", page_size=3)


@pytest.fixture
def rows(db):
    ContentType.objects.all().delete()
    ContentType.objects.bulk_create(
        [ContentType(app_label=label, model=f"m{n}") for n, label in enumerate("aabbbbbccd" * 2)]
    )
    return ContentType.objects.all()


@pytest.mark.parametrize("sort", ["-app", "app"])
def test_pages_forward_hold_every_row_once_in_order(rows, sort):
    seen, params = [], {"sort": sort}
    while True:
        page = fetch(rows, read(SPEC, params))
        seen += page.rows
        if page.next_key is None:
            break
        params = {"sort": sort, "after": seal(page.next_key)}
    sign = sort.replace("app", "")
    assert seen == list(rows.order_by(f"{sign}app_label", f"{sign}id"))


def test_going_back_shows_the_page_one_came_from(rows):
    first = fetch(rows, read(SPEC, {}))
    second = fetch(rows, read(SPEC, {"after": seal(first.next_key)}))
    back = fetch(rows, read(SPEC, {"before": seal(second.previous_key)}))
    assert list(back.rows) == list(first.rows)
    assert back.previous_key is None
    assert back.next_key is not None


def test_counting_stops_at_the_cap(rows):
    assert str(capped_count(rows, 5)) == "5+"
    assert str(capped_count(rows, 20)) == "20"
    assert str(fetch(rows.none(), read(SPEC, {}), count_cap=5).count) == "0"
