"""The two numbers of a row: the same for the same row however it is held, different for another."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from guildhall.facts import hashing

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
VALUES = st.lists(st.one_of(st.none(), TEXT), min_size=1, max_size=30)


def of(array: pa.Array) -> list[int]:
    return hashing.of_columns(pa.table({"x": array}), ["x"]).tolist()


@given(VALUES)
def test_equal_texts_and_only_they_have_equal_numbers(values: list[str | None]) -> None:
    numbers = of(pa.array(values, pa.string()))
    for one, its in zip(values, numbers, strict=True):
        for other, theirs in zip(values, numbers, strict=True):
            assert (one == other) == (its == theirs)


@given(VALUES, st.integers(0, 5))
def test_how_a_column_is_held_does_not_matter(values: list[str | None], cut: int) -> None:
    plain = of(pa.array(values, pa.string()))
    assert of(pa.array(values, pa.large_string())) == plain
    longer = pa.array(["x" * 11, *values, None], pa.string())
    assert of(longer.slice(1, len(values))) == plain
    parts = [pa.array(values[:cut], pa.string()), pa.array(values[cut:], pa.string())]
    chunked = pa.table({"x": pa.chunked_array(parts)})
    assert hashing.of_columns(chunked, ["x"]).tolist() == plain


@given(st.lists(st.one_of(st.none(), st.lists(TEXT, max_size=4)), min_size=1, max_size=15))
def test_lists_differ_by_their_words_and_their_order(values: list[list[str] | None]) -> None:
    numbers = of(pa.array(values, pa.list_(pa.string())))
    sliced = pa.array([["zz"], *values], pa.list_(pa.string())).slice(1)
    assert of(sliced) == numbers
    for one, its in zip(values, numbers, strict=True):
        for other, theirs in zip(values, numbers, strict=True):
            assert (one == other) == (its == theirs)


@given(st.lists(st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1)), min_size=1, max_size=30))
def test_whole_numbers_of_all_64_bits_are_told_apart(values: list[int | None]) -> None:
    numbers = of(pa.array(values, pa.int64()))
    assert len(set(numbers)) == len(set(values))


def test_ids_that_differ_little_have_numbers_of_their_own() -> None:
    ids = pa.array(np.arange(200_000)).cast(pa.string())
    assert len(np.unique(hashing.of_columns(pa.table({"x": ids}), ["x"]))) == 200_000


def test_the_numbers_are_those_of_yesterday() -> None:
    """An index on disk would be wrong if these changed: then `hashing.FORMAT` has to go up."""
    assert of(pa.array(["", "okx", "a longer text, of 8-byte words", None])) == FROZEN
    assert of(pa.array([0, -1, 2**60], pa.int64())) == FROZEN_NUMBERS


FROZEN = [433699775912401027, 18196403116538274550, 6582889601004222178, 0]
FROZEN_NUMBERS = [433699775912401027, 4504997564082353365, 13171591969833901513]
