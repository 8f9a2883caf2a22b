"""The command `guildhall desk clocks` against a second reading of its rules, on a hundred thousand random lives of
tickets: real zones around their changes of the clock, split and overnight windows, pause, reopening, merging,
changes of priority, events of one instant.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from guildhall.desk.testing.comparing import disagreements


@pytest.mark.proof
def test_the_command_says_what_the_second_reading_says_of_100_000_lives(tmp_path: Path) -> None:
    lives = 0
    for seed in range(1000):
        found = disagreements(seed, 105, tmp_path)
        assert not found, f"batch {seed}: {found[:3]}"
        lives += 105
    assert lives >= 100_000
