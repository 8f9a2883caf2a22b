"""Money is exact: nothing is lost in reading, adding, sharing or printing it."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildhall.core.errors import BadInput
from guildhall.core.money import Asset, DifferentAssets, Money, Rate, Rounding, rounded, total

USDT = Asset("USDT", 6)
BTC = Asset("BTC", 8)
YEN = Asset("JPY", 0)

units = st.integers(-(10**30), 10**30)
scales = st.integers(0, 36)


@pytest.mark.parametrize(
    "text, expected",
    [
        ("0", 0),
        ("1", 1_000_000),
        ("12.5", 12_500_000),
        ("-0.000001", -1),
        ("+3", 3_000_000),
        ("1.5000000000", 1_500_000),
    ],
)
def test_plain_decimals_are_read_exactly(text: str, expected: int) -> None:
    assert USDT.parse(text).units == expected


@pytest.mark.parametrize(
    "text, why",
    [
        ("1.2345678", "7 decimals; USDT has at most 6"),
        ("1e3", "scientific notation"),
        ("-1.5E-7", "scientific notation"),
        ("1,000", "not an amount"),
        (" 1", "not an amount"),
        ("1 ", "not an amount"),
        ("", "not an amount"),
        (".5", "not an amount"),
        ("5.", "not an amount"),
        ("NaN", "not an amount"),
        ("Infinity", "not an amount"),
        ("0x10", "not an amount"),
        ("１２", "not an amount"),
        ("1_000", "not an amount"),
        ("--1", "not an amount"),
        ("9" * 200, "not an amount"),
    ],
)
def test_anything_else_is_refused_with_the_reason(text: str, why: str) -> None:
    with pytest.raises(BadInput) as refused:
        USDT.parse(text)
    assert why in str(refused.value)


def test_a_float_never_becomes_money() -> None:
    with pytest.raises(TypeError):
        USDT.parse(0.1)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        Money(1.0, USDT)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        Money(True, USDT)
    with pytest.raises(TypeError):
        Money(1, USDT).times(0.5, Rounding.FLOOR)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        Rate(0.1)  # type: ignore[arg-type]


def test_different_assets_never_meet() -> None:
    one, other = USDT.parse("1"), BTC.parse("1")
    for meet in (
        lambda: one + other,
        lambda: one - other,
        lambda: one < other,
        lambda: one >= other,
        lambda: total([one, other], USDT),
    ):
        with pytest.raises(DifferentAssets):
            meet()
    assert one != other
    assert Asset("USDT", 6) != Asset("USDT", 18)


def test_a_wrong_asset_is_refused() -> None:
    for code, scale in [("usdt", 6), ("", 6), ("USDT", -1), ("USDT", 37), ("A" * 31, 2)]:
        with pytest.raises(BadInput):
            Asset(code, scale)


@given(units, scales)
def test_what_is_printed_is_read_back_unchanged(amount: int, scale: int) -> None:
    money = Money(amount, Asset("X", scale))
    assert money.asset.parse(money.format()) == money
    assert money.asset.parse(money.format(grouped=True).replace(",", "")) == money


@given(units, units, units)
def test_addition_is_exact(a: int, b: int, c: int) -> None:
    x, y, z = Money(a, BTC), Money(b, BTC), Money(c, BTC)
    assert (x + y) + z == x + (y + z) == total([x, y, z], BTC)
    assert x - y + y == x
    assert -(-x) == x
    assert (x < y) == (a < b)
    assert bool(x) == (a != 0)


@given(units, st.lists(st.integers(0, 10**12), min_size=1, max_size=40).filter(any))
def test_a_split_adds_up_and_is_fair_to_within_one_unit(amount: int, weights: list[int]) -> None:
    parts = Money(amount, USDT).split(weights)
    assert total(parts, USDT).units == amount
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part.units - Fraction(amount * weight, sum(weights))) < 1
        assert weight or part.units == 0


def test_left_over_units_go_to_the_largest_remainder_then_to_the_first() -> None:
    assert [m.units for m in Money(100, YEN).split([1, 1, 1])] == [34, 33, 33]
    assert [m.units for m in Money(-100, YEN).split([1, 1, 1])] == [-34, -33, -33]
    assert [m.units for m in Money(10, YEN).split([1, 5, 1])] == [2, 7, 1]
    with pytest.raises(BadInput):
        Money(1, YEN).split([0, 0])
    with pytest.raises(BadInput):
        Money(1, YEN).split([2, -1])


@pytest.mark.parametrize(
    "rounding, expected",
    [
        (Rounding.FLOOR, (2, -3, 3, -4)),
        (Rounding.CEILING, (3, -2, 4, -3)),
        (Rounding.TOWARDS_ZERO, (2, -2, 3, -3)),
        (Rounding.AWAY_FROM_ZERO, (3, -3, 4, -4)),
        (Rounding.HALF_EVEN, (2, -2, 4, -4)),
        (Rounding.HALF_UP, (3, -3, 4, -4)),
    ],
)
def test_each_rounding_rule_by_example(rounding: Rounding, expected: tuple[int, ...]) -> None:
    halves = (Fraction(5, 2), Fraction(-5, 2), Fraction(7, 2), Fraction(-7, 2))
    assert tuple(rounded(exact, rounding) for exact in halves) == expected


@given(st.fractions(), st.sampled_from(Rounding))
def test_rounding_moves_less_than_one_unit_and_leaves_whole_numbers_alone(
    exact: Fraction, rounding: Rounding
) -> None:
    assert abs(rounded(exact, rounding) - exact) < 1
    assert rounded(Fraction(int(exact)), rounding) == int(exact)
    if rounding in (Rounding.HALF_EVEN, Rounding.HALF_UP):
        assert abs(rounded(exact, rounding) - exact) <= Fraction(1, 2)


@given(units, st.integers(0, 2_000_000))
def test_a_rate_and_its_fraction_agree(amount: int, ppm: int) -> None:
    money = Money(amount, USDT)
    for rounding in Rounding:
        assert money.times(Rate(ppm), rounding) == money.times(Rate(ppm).as_fraction(), rounding)


def test_a_fee_rebate_by_example() -> None:
    fee = USDT.parse("12.345678")
    assert fee.times(Rate.percent("40"), Rounding.FLOOR) == USDT.parse("4.938271")
    assert fee.times(Rate.percent("40"), Rounding.CEILING) == USDT.parse("4.938272")
    assert str(fee) == "12.345678 USDT"
    assert str(Rate.percent("12.5")) == "12.5%"
    assert str(Rate(-100)) == "-0.01%"
    assert Money(123456789, YEN).format(grouped=True) == "123,456,789"


def test_a_percentage_that_cannot_be_exact_is_refused() -> None:
    for text in ("0.00001", "12,5", "1e2", "", "5%"):
        with pytest.raises(BadInput):
            Rate.percent(text)
