"""The demo world in a real house: built beside it, killed while it is built, let go on, removed by one click."""

from __future__ import annotations

import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.house import COMMAND, REPOSITORY, House, kill_9, wait_for

pytestmark = pytest.mark.proof
STATUS = """
from guildhall.demo.queries import world
one = world()
print(json.dumps([one.state, one.done, one.total] if one else ["none", 0, 0]))
"""
COUNTS = """
from guildhall.channels.models import Message, Space
from guildhall.effects.models import Effect
from guildhall.people.models import Account, Staff
print(json.dumps({
    "in": Message.objects.filter(direction="in").count(), "spaces": Space.objects.count(),
    "accounts": Account.objects.count(), "staff": Staff.objects.count(),
    "unfinished": Effect.objects.exclude(state__in=("done", "cancelled")).count(),
}))
"""


@contextmanager
def started(house: House) -> Iterator[House]:
    """A house that is given time to start, and is stopped in the end."""
    try:
        yield house.start(180)
    finally:
        house.__exit__()


def builder(house: House) -> int:
    """The process that builds, 0 for none."""
    return next((pid for pid, name in house.processes().items() if name == "demo"), 0)


def test_a_world_whose_builder_is_killed_again_and_again_is_whole_in_the_end_and_goes_without_a_trace(
    tmp_path: Path,
) -> None:
    with started(House(tmp_path / "house", environment={"GUILDHALL_DEMO": "world"})) as house:
        kills = 0
        for wanted in (15, 90, 200):
            wait_for(lambda wanted=wanted: house.django(STATUS)[1] >= wanted, 240, f"{wanted} hours built")
            if pid := builder(house):
                kill_9(pid)
                kills += 1
        assert kills
        wait_for(lambda: house.django(STATUS)[0] == "ready", 400, f"the world; the log ends:\n{house.tail()}")
        whole = house.django(COUNTS)
        assert whole["in"] > 6_000
        assert whole["staff"] == 15
        assert house.run("audit", "verify").returncode == 0
        assert "ready" in house.run("demo", "status").stdout

        going_on = subprocess.Popen(
            [*COMMAND, "demo", "--live", "--speed", "5", "--seed", "1"], env=house.settings(), cwd=REPOSITORY,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        wait_for(lambda: house.django(COUNTS)["in"] > whole["in"] + 10, 60, "live talk")
        going_on.send_signal(signal.SIGINT)
        said, _ = going_on.communicate(timeout=30)
        assert re.search(r"\d\d:\d\d:\d\d demo-", said)
        assert going_on.returncode == 0, said[-2000:]

        removed = house.run("demo", "remove", "--yes", seconds=180)
        assert removed.returncode == 0, removed.stderr
        left = house.django(COUNTS)
        assert left == {"in": 0, "spaces": 0, "accounts": 0, "staff": 1, "unfinished": 0}
        assert house.run("audit", "verify").returncode == 0
        assert house.stop() == 0
        house.start(180)
        assert house.django(COUNTS)["spaces"] == 0
