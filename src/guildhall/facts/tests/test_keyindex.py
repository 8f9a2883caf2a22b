"""The key index: what it says is what a dictionary would say, also after merges, crashes and torn files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from guildhall.facts import keyindex
from guildhall.facts.keyindex import Covered, KeyIndex


def numbers(values: list[int]) -> np.ndarray:
    return np.array(values, dtype=np.uint64)


def add(index: KeyIndex, keys: list[int], bodies: list[int], month: int = 680, version: int = 1) -> None:
    months = np.full(len(keys), month, dtype=np.uint16)
    index.add(numbers(keys), numbers(bodies), months, Covered("t", version, "c"))


def test_same_rows_other_bodies_and_unknown_keys_are_told_apart(tmp_path: Path) -> None:
    index = KeyIndex(tmp_path / "i")
    add(index, [5, 1, 9], [50, 10, 90])
    add(index, [5], [51], month=681)
    found = index.look_up(numbers([1, 2, 5, 5, 9]), numbers([10, 20, 51, 52, 91]))
    assert found.same.tolist() == [True, False, True, False, False]
    assert found.other.tolist() == [False, False, False, True, True]
    assert found.months == (680, 681)


def test_many_small_runs_are_merged_and_say_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyindex, "_SMALLEST", 4)
    monkeypatch.setattr(keyindex, "_SLICE", 16)
    random = np.random.default_rng(7)
    index, known = KeyIndex(tmp_path / "i"), {}
    for version in range(60):
        keys = random.integers(0, 2**64, 7, dtype=np.uint64)
        add(index, keys.tolist(), (keys + 1).tolist(), month=600 + version % 3, version=version)
        known |= dict.fromkeys(keys.tolist())
    assert index.runs < 20
    again = KeyIndex(tmp_path / "i")
    assert (again.rows, again.covered.version) == (420, 59)
    keys = np.sort(numbers(list(known)))
    assert again.look_up(keys, keys + np.uint64(1)).same.all()
    assert again.look_up(keys, keys).other.all()
    assert not again.look_up(np.sort(keys ^ np.uint64(1)), keys).same.any()
    again.forget_months([601])
    assert KeyIndex(tmp_path / "i").rows == 280


def test_two_keys_of_one_hash_are_both_kept(tmp_path: Path) -> None:
    index = KeyIndex(tmp_path / "i")
    add(index, [5, 5, 7], [1, 2, 3])
    found = index.look_up(numbers([5, 5, 5]), numbers([1, 2, 3]))
    assert found.same.tolist() == [True, True, False]


def test_a_torn_file_makes_the_index_start_anew(tmp_path: Path) -> None:
    index = KeyIndex(tmp_path / "i")
    add(index, [1, 2, 3], [1, 2, 3])
    (run,) = (tmp_path / "i").glob("*.k")
    run.write_bytes(run.read_bytes()[:-1])
    again = KeyIndex(tmp_path / "i")
    assert (again.rows, again.covered.version) == (0, -1)


def test_what_a_crash_left_is_swept_away(tmp_path: Path) -> None:
    index = KeyIndex(tmp_path / "i")
    add(index, [1], [1])
    (tmp_path / "i" / "run-000099.k").write_bytes(b"12345678")
    assert KeyIndex(tmp_path / "i").rows == 1
    assert len(list((tmp_path / "i").glob("run-*"))) == 3
