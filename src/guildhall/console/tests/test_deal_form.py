"""The form of a deal: what is typed becomes exact terms, and terms come back as they were typed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildhall.console import deal_words
from guildhall.console.deal_fields import read_amount, read_rate
from guildhall.console.deal_form import DealForm, SourceForm, as_source, initial
from guildhall.core.errors import BadInput

PARENTS = (("p-one", "One"), ("p-two", "Two"))


def typed(**changed: object) -> dict[str, object]:
    return {
        "valid_from": "2026-11-01", "tier_basis": "current_month", "tier_1_volume": "0", "tier_1_rate": "30", "tier_2_volume": "1,000,000",
        "tier_2_rate": "41.25 %", "kickback": "10", "override_funded": "house", **changed,
    }  # fmt: skip


def test_what_is_typed_becomes_parts_per_million_and_base_units() -> None:
    form = DealForm(
        typed(
            valid_from="2026-11-01T00:00", override_parent="p-two", override_rate="5", override_funded="partner",
            exclude_flags="zero_fee, vip3，bonus zero_fee", term_months="12",
        ),
        parents=PARENTS,
    )  # fmt: skip
    assert form.is_valid(), form.errors
    assert form.terms() == {
        "valid_from": "2026-11-01T00:00:00Z",
        "valid_to": None,
        "tier_basis": "current_month",
        "tiers": [
            {"min_volume": 0, "rate_ppm": 300_000},
            {"min_volume": 100_000_000_000_000, "rate_ppm": 412_500},
        ],
        "kickback_ppm": 100_000,
        "override": {"parent": "p-two", "ppm": 50_000, "funded_by": "partner"},
        "exclude_flags": ["zero_fee", "vip3", "bonus"],
        "term_months": 12,
    }


@pytest.mark.parametrize(
    ("changed", "field", "words"),
    [
        ({"tier_2_volume": "0"}, "tier_2_volume", "Two tiers begin"),
        ({"tier_2_rate": ""}, "tier_2_rate", "which share"),
        ({"tier_1_rate": "101"}, "tier_1_rate", "between 0 % and 100 %"),
        ({"tier_1_rate": "12.34567"}, "tier_1_rate", "at most four decimals"),
        ({"tier_2_volume": "1e6"}, "tier_2_volume", "scientific notation"),
        ({"tier_2_volume": "1,5"}, "tier_2_volume", "not an amount"),
        ({"kickback": "-1"}, "kickback", "between 0 % and 100 %"),
        ({"valid_from": "2026-11-02", "valid_to": "2026-11-02"}, "valid_to", "end after it begins"),
        ({"override_parent": "p-one"}, "override_rate", "how much of the pool"),
        ({"override_parent": "p-nobody"}, "override_parent", "valid choice"),
        ({"cpa_amount": "100"}, "cpa_within", "as well"),
        ({"cap_1_amount": "100"}, "cap_1_asset", "as well"),
        (
            {"cap_1_amount": "1", "cap_1_asset": "USDT", "cap_1_of": "trade", "cap_1_per": "day"},
            "cap_1_per",
            "per trade",
        ),
        (
            {"tier_1_volume": "", "tier_1_rate": "", "tier_2_volume": "", "tier_2_rate": ""},
            "tier_1_rate",
            "at least one tier",
        ),
    ],
)
def test_what_cannot_be_a_deal_is_named_at_its_field(
    changed: dict[str, object], field: str, words: str
) -> None:
    form = DealForm(typed(**changed), parents=PARENTS)
    assert not form.is_valid()
    assert words in " ".join(form.errors[field])


_RATES = st.integers(min_value=0, max_value=1_000_000)
_TERMS = st.fixed_dictionaries(
    {
        "valid_from": st.sampled_from(["2026-01-31T00:00:00Z", "2026-02-28T13:45:00Z"]),
        "valid_to": st.sampled_from([None, "2027-03-01T00:00:00Z"]),
        "tier_basis": st.sampled_from(["previous_month", "current_month"]),
        "tiers": st.dictionaries(
            st.integers(min_value=0, max_value=2**63 - 1), _RATES, min_size=1, max_size=10
        ).map(lambda one: [{"min_volume": low, "rate_ppm": rate} for low, rate in sorted(one.items())]),
        "kickback_ppm": _RATES,
        "override": st.none()
        | st.fixed_dictionaries(
            {
                "parent": st.sampled_from(["p-one", "p-two"]),
                "ppm": _RATES,
                "funded_by": st.sampled_from(["house", "partner"]),
            }
        ),
        "exclude_flags": st.lists(st.sampled_from(["zero_fee", "vip3", "bonus"]), unique=True),
        "term_months": st.none() | st.integers(min_value=0, max_value=1_200),
    },
    optional={
        "cpa": st.fixed_dictionaries(
            {
                "units": st.integers(min_value=1, max_value=2**63 - 1),
                "asset": st.just("USDT"),
                "within_days": st.integers(min_value=1, max_value=3_660),
                "min_deposit": st.integers(min_value=0, max_value=2**63 - 1),
                "deposit_asset": st.just("USDC"),
                "min_volume": st.integers(min_value=0, max_value=2**63 - 1),
                "active_days": st.integers(min_value=0, max_value=60),
                "share": st.sampled_from(["with", "after_recovered", "none"]),
            }
        ),
        "caps": st.lists(
            st.fixed_dictionaries(
                {
                    "units": st.integers(min_value=0, max_value=2**63 - 1),
                    "asset": st.just("USDT"),
                    "of": st.sampled_from(["account", "partner"]),
                    "per": st.sampled_from(["day", "month", "lifetime"]),
                }
            ),
            min_size=1,
            max_size=3,
        ),
        "carry": st.sampled_from(["month", "forward"]),
        "hold_days": st.integers(min_value=1, max_value=3_660),
        "hold_flags": st.lists(st.sampled_from(["wash", "risk"]), unique=True, min_size=1),
    },
)


@given(_TERMS)
def test_terms_come_back_from_the_form_as_they_went_in(terms: dict[str, Any]) -> None:
    shown = DealForm(initial=initial(terms), parents=PARENTS)
    sent = {name: _as_typed(shown[name].value()) for name in shown.fields}
    form = DealForm(sent, parents=PARENTS)
    assert form.is_valid(), form.errors
    assert form.terms() == terms


@given(_TERMS)
def test_terms_come_back_from_json_as_they_went_in(terms: dict[str, Any]) -> None:
    form = SourceForm({"source": as_source(terms)})
    assert form.is_valid()
    assert form.terms() == terms
    assert deal_words.changes(terms, form.terms()) == []


def test_json_with_a_fraction_or_an_error_in_it_is_refused_with_its_place() -> None:
    fraction = SourceForm({"source": json.dumps({"kickback_ppm": 0.1})})
    assert not fraction.is_valid()
    assert "whole numbers" in str(fraction.errors)
    broken = SourceForm({"source": '{\n "tiers": [}\n'})
    assert not broken.is_valid()
    assert "Line 2" in str(broken.errors)
    assert not SourceForm({"source": "[]"}).is_valid()


def test_a_deal_is_told_in_words_and_so_is_what_changes() -> None:
    before = DealForm(typed(), parents=PARENTS)
    after = DealForm(typed(tier_2_rate="45", override_parent="p-one", override_rate="2.5"), parents=PARENTS)
    assert before.is_valid()
    assert after.is_valid()
    assert deal_words.in_short(before.terms()) == "30–41.25 % · 10 % back"
    found = deal_words.changes(before.terms(), after.terms(), dict(PARENTS).__getitem__)
    assert [(one.label, one.before, one.after) for one in found] == [
        ("From volume 1,000,000", "41.25 % of the fee", "45 % of the fee"),
        ("Override", "to nobody", "2.5 % of the pool to One, paid by the house"),
    ]


@pytest.mark.parametrize("text", ["", "1.000.000", "1 000", "0x10", "٣", "1,00"])
def test_an_amount_that_could_be_read_two_ways_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        read_amount(text)


def test_rates_and_volumes_are_read_to_the_last_unit() -> None:
    assert read_rate("0.0001") == 1
    assert read_rate(" 100% ") == 1_000_000
    assert read_amount("12,345.00000001") == 1_234_500_000_001


def _as_typed(value: Any) -> str:
    if value is None:
        return ""
    return value.strftime("%Y-%m-%dT%H:%M") if hasattr(value, "strftime") else str(value)
