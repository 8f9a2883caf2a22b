"""The ledger for programs: balances and postings exact to the unit, by scope."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from guildhall.api.tests.callers import program
from guildhall.core import clock
from guildhall.ledger import actions
from guildhall.ledger.actions import Draft

pytestmark = pytest.mark.django_db
BIG = 9_007_199_254_740_993
"""One more than a double can tell from its neighbour."""


@pytest.fixture
def day() -> date:
    day = clock.now().date() - timedelta(days=2)
    actions.open_asset("USDT", 8)
    actions.post_many([posting(f"k{n}", day, units) for n, units in enumerate((BIG, 5, 7))])
    actions.reverse("k1", new_key="k1:r", reason="corrected", by="staff:1")
    actions.close_day(day)
    return day


def posting(key: str, day: date, units: int) -> Draft:
    legs = (("house:commission:okx", -units), (f"partner:{key}:pending", units))
    return Draft(key, "commission", "USDT", legs, day, "deal:7:v3", "partner:7")


def test_balances_are_text_to_the_last_unit_and_come_in_pages(day):
    client = program("ledger:read")
    first = client.get("/api/v1/ledger/balances", {"limit": 2}).json()
    second = client.get("/api/v1/ledger/balances", {"limit": 2, "cursor": first["next"]}).json()
    found = {one["account"]: one for one in [*first["items"], *second["items"]]}
    assert found["partner:k0:pending"]["units"] == str(BIG)
    assert found["partner:k0:pending"]["amount"] == "90071992.54740993"
    assert found["house:commission:okx"]["units"] == str(-BIG - 7)
    assert second["next"] is None
    only = client.get("/api/v1/ledger/balances", {"prefix": "partner:k1", "on": day.isoformat()}).json()
    assert [(one["account"], one["units"]) for one in only["items"]] == [("partner:k1:pending", "0")]
    early = client.get("/api/v1/ledger/balances", {"on": (day - timedelta(days=1)).isoformat()}).json()
    assert early["items"] == []


def test_postings_tell_their_legs_and_their_mirror(day):
    client = program("ledger:read")
    one = client.get("/api/v1/ledger/posting", {"key": "k1"}).json()
    assert (one["reversed_by"], one["pin"], one["legs"][1]["amount"]) == ("k1:r", "deal:7:v3", "0.00000005")
    page = client.get("/api/v1/ledger/postings", {"account": "partner:k1:pending", "limit": 1}).json()
    assert page["items"][0]["reverses"] == "k1"
    rest = client.get(
        "/api/v1/ledger/postings", {"account": "partner:k1:pending", "cursor": page["next"]}
    ).json()
    assert [item["key"] for item in rest["items"]] == ["k1"]
    assert client.get("/api/v1/ledger/posting", {"key": "nothing"}).status_code == 404
    days = client.get("/api/v1/ledger/days").json()
    assert [(one["day"], one["postings"]) for one in days["items"]] == [(day.isoformat(), 4)]
    assert client.get("/api/v1/ledger/days", {"before": day.isoformat()}).json()["items"] == []


def test_another_scope_reads_nothing(day):
    assert program("members:read").get("/api/v1/ledger/balances").status_code == 403
