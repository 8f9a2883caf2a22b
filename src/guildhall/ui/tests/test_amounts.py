"""Amounts as people read them: exact to the last unit, and short without ever claiming more than there is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildhall.core.money import Asset
from guildhall.ui import amounts
from guildhall.ui.templatetags.money import money


@pytest.mark.parametrize(
    ("units", "exact", "short"),
    [
        (0, "0", "0"),
        (1, "0.00000001", "0.00000001"),
        (123, "0.00000123", "0.00000123"),
        (12_345_678, "0.12345678", "0.123"),
        (1_234_567, "0.01234567", "0.0123"),
        (100_000_000, "1", "1"),
        (135_116_234_289_227, "1,351,162.34289227", "1,351,162.34"),
        (-150_000_000, "−1.5", "−1.50"),
        (2**63, "92,233,720,368.54775808", "92,233,720,368.54"),
    ],
)
def test_an_amount_is_exact_in_full_and_cut_off_where_there_is_no_room(
    units: int, exact: str, short: str
) -> None:
    assert amounts.exact(units) == exact
    assert amounts.short(units) == short


@given(st.integers(min_value=-(2**70), max_value=2**70), st.integers(min_value=0, max_value=18))
def test_what_is_shown_in_full_is_read_back_as_the_same_units(units: int, scale: int) -> None:
    shown = amounts.exact(units, scale).replace(",", "").replace("−", "-")
    assert Asset("USDT", scale).parse(shown).units == units


@given(st.integers(min_value=0, max_value=2**70), st.integers(min_value=0, max_value=18))
def test_the_short_form_never_shows_more_than_there_is(units: int, scale: int) -> None:
    shown = Asset("USDT", max(scale, 2)).parse(amounts.short(units, scale).replace(",", "")).units
    assert shown <= units * 10 ** (max(scale, 2) - scale)


def test_a_rate_is_a_percentage_and_an_amount_carries_its_asset_and_tooltip() -> None:
    assert amounts.percent(412_500) == "41.25 %"
    assert amounts.percent(1) == "0.0001 %"
    assert money(1_234_567_890, "USDT") == (
        '<span class="money" title="12.3456789 USDT">12.34 <small>USDT</small></span>'
    )
    assert money(None) == "—"
