"""Pages that answer: why a trade earned what it did, a partner's day, a deal tried before it is signed, what-ifs."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from guildhall.console import why_pages
from guildhall.console.tests.house_doors import said
from guildhall.console.tests.test_partner_pages import opened, typed, url
from guildhall.partners import actions
from guildhall.partners.models import Partner, WhatIf
from guildhall.partners.tests import houses
from guildhall.partners.tests.conftest import facts_place, house
from guildhall.people.roles import Role
from guildhall.people.testing import client_for

__all__ = ["facts_place", "house"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def manager() -> Client:
    return client_for(Role.MANAGER)


@pytest.fixture
def lin(house: Path) -> Partner:
    """A partner whose account made three trades and one that the deal excludes; all of it settled."""
    one = houses.partner()
    actions.bind(one.pk, "okx", "amber", by=houses.BY, valid_from=houses.OCTOBER)
    trades = [houses.trade(number) for number in range(3)]
    houses.ship([*trades, houses.trade("own", flags=["internal"]), houses.trade("other", account="blue")])
    houses.settle()
    return one


def test_a_paid_trade_answers_with_rule_version_amounts_and_where_it_stands(
    lin: Partner, manager: Client
) -> None:
    html = opened(manager, "why", venue="okx", trade="t1")
    for words in ("SET-1", "SET-7", "0.36", "40 % of the fee", "Lin", "In the ledger", "chart-box"):
        assert words in html, words
    assert url("deal", lin.pk, 1) in html
    assert url("partner-day", lin.pk, "2026-10-05") in html


@pytest.mark.parametrize(
    ("trade", "words"),
    [("town", "excluded: internal"), ("tother", "bound to nobody"), ("t404", "No such trade")],
)
def test_a_trade_that_earned_nothing_says_why(lin: Partner, manager: Client, trade: str, words: str) -> None:
    assert words in opened(manager, "why", venue="okx", trade=trade)


def test_a_trade_that_was_taken_back_shows_what_it_once_earned(lin: Partner, manager: Client) -> None:
    houses.ship([houses.trade(1, revision=1, state="reversed")], batch="back")
    houses.settle()
    html = opened(manager, "why", venue="okx", trade="t1")
    assert "took this trade back" in html
    assert "What earlier settlements made of it" in html
    assert "0.36" in html


def test_a_partners_day_goes_from_fees_to_commission_and_lists_its_trades(
    lin: Partner, manager: Client
) -> None:
    html = opened(manager, "partner-day", lin.pk, "2026-10-05")
    for words in ("3 of 4 paid", "1.08", "0.12", "chart-box", "excluded: internal", "trade=t2"):
        assert words in html, words
    assert "Nothing of this day was settled" in opened(manager, "partner-day", lin.pk, "2026-10-06")
    assert manager.get(url("partner-day", lin.pk, "2026-10-99")).status_code == 404
    assert "Kept by the house" not in opened(manager, "partner-day", lin.pk, "2026-10-06")


def test_the_steps_of_a_waterfall_end_where_the_next_begin() -> None:
    steps = why_pages._steps("USDT", fee=100, pool=40, kickback=4, commission=30, override=6)
    assert [(one.low, one.high) for one in steps] == [
        (0, 100),
        (40, 100),
        (0, 40),
        (36, 40),
        (30, 36),
        (0, 30),
    ]
    by_the_house = why_pages._steps("USDT", fee=100, pool=40, kickback=0, commission=40, override=6)
    assert [(one.low, one.high) for one in by_the_house] == [(0, 100), (40, 100), (0, 40), (0, 40), (0, 6)]


def test_a_deal_is_worked_out_on_real_trades_before_anything_is_saved(lin: Partner, manager: Client) -> None:
    page = manager.post(reverse("console:deal-preview", args=[lin.pk]), typed(tier_1_rate="50", kickback=""))
    html = page.content.decode()
    assert "All of 2026-10 both ways" in html
    assert "1.08" in html, "as it is"
    assert ">2 <small>USDT" in html, "half of each of four fees, for nothing is excluded any more"
    assert "0.36" in html
    assert lin.deals.count() == 1
    html = manager.post(
        reverse("console:deal-preview", args=[lin.pk]), typed(tier_1_rate="500")
    ).content.decode()
    assert "between 0 % and 100 %" in html


def test_a_what_if_is_asked_computed_and_its_assumption_stands_beside_it(
    lin: Partner, manager: Client
) -> None:
    form = manager.get(url("what-if-new", partner=lin.pk)).context["form"]
    assert form["tier_1_rate"].value() == "40"
    asked = {
        **typed(tier_1_rate="20", tier_2_volume="", tier_2_rate="", kickback="", exclude_flags="internal"),
        "name": "Half", "partners": [lin.pk], "months": ["2026-10"], "incrementality": "60",
    }  # fmt: skip
    page = manager.post(url("what-if-new"), asked, follow=True)
    assert "being computed" in said(page)
    one = WhatIf.objects.get()
    assert "every 2s" in page.content.decode()
    houses.drain()
    assert manager.get(url("what-if-live", one.pk))["HX-Refresh"] == "true"
    html = opened(manager, "what-if", one.pk)
    for words in ("Assumed, not measured: 60 %", "unmeasured", "−0.48", "1.08", "0.6", "chart-box"):
        assert words in html, words
    again = manager.get(url("what-if-new", again=one.pk)).context["form"]
    assert again["tier_1_rate"].value() == "20"
    assert again["partners"].value() == [lin.pk]
    assert "Half" in opened(manager, "what-ifs")


def test_a_what_if_says_at_its_field_what_is_missing(lin: Partner, manager: Client) -> None:
    asked = {**typed(), "partners": [], "incrementality": "", "fixed_cost": "5"}
    page = manager.post(url("what-if-new"), asked)
    assert page.status_code == 422
    assert {"partners", "incrementality", "fixed_asset"} <= set(page.context["form"].errors)
    assert not WhatIf.objects.exists()


def test_what_a_form_leaves_empty_is_taken_off_in_a_what_if(lin: Partner, manager: Client) -> None:
    houses.in_force(lin.pk, valid_from="2026-10-01T00:00:00Z", hold_days=14)
    asked = {**typed(), "partners": ["all"], "incrementality": "100"}
    manager.post(url("what-if-new"), asked)
    (change,) = WhatIf.objects.get().asked["changes"]
    assert change["partner"] == "all"
    assert change["terms"]["hold_days"] is None
    assert "valid_from" not in change["terms"]
