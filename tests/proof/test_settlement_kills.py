"""Reports of an exchange taken in and settled by a process that is killed (SIGKILL) again and again: at the end
the ledger holds what plain integers make of what is true, and settling again posts nothing.

KILLS: how many (default 30).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from guildhall.cli.orphans import die_with
from tests.house import REPOSITORY, House

pytestmark = pytest.mark.proof
KILLS = int(os.environ.get("KILLS", "30"))


def test_a_settling_process_killed_many_times_ends_with_the_money_of_the_truth(tmp_path: Path) -> None:
    house = House(tmp_path / "data", os.environ.get("DATABASE_URL", ""))
    prepared = house.run("prepare", seconds=600)
    assert prepared.returncode == 0, prepared.stderr
    _part(house, "furnish")
    chance, killed = Random(3), 0
    while True:
        parent = os.getpid()
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.proof.settling.killed", "live"],
            env=house.settings(), cwd=REPOSITORY, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            preexec_fn=lambda: die_with(parent),
        )  # fmt: skip
        try:
            said, trouble = process.communicate(timeout=4 + chance.random() * 8 if killed < KILLS else 1_200)
            break
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            killed += 1
    assert said.strip().endswith("done"), trouble[-2_000:]
    found = json.loads(_part(house, "prove").strip().splitlines()[-1])
    print(f"\n{killed} kills: {found}")
    assert found["different"] == 0
    assert found["added"] == 0
    assert found["breaks"] == []
    assert found["state"] == "finished"


def _part(house: House, name: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "tests.proof.settling.killed", name], env=house.settings(), cwd=REPOSITORY,
        text=True, capture_output=True, timeout=900, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2_000:]
    return done.stdout
