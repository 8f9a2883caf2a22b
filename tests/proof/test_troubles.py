"""What can go wrong around a running house: the database locked, its disk full, everything started twice.

Each time: a clear answer, the trouble told on /readyz, nothing acknowledged lost, and recovery without a restart.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
from pathlib import Path

import psycopg
import pytest

from guildhall.cli.orphans import die_with
from tests.house import COMMAND, REPOSITORY, House, wait_for
from tests.proof.fire import Visitors

pytestmark = pytest.mark.proof
DATABASE = os.environ.get("DATABASE_URL", "")
on_sqlite = pytest.mark.skipif(bool(DATABASE), reason="a trouble of SQLite")
on_postgresql = pytest.mark.skipif(not DATABASE, reason="a trouble of PostgreSQL")

STORED = """
from guildhall.channels.models import Message
print(json.dumps(list(Message.objects.filter(direction="in").values_list("text", flat=True))))
"""
PROXIES = {"GUILDHALL_TRUSTED_PROXIES": "127.0.0.0/8,::1/128"}


def told(house: House) -> set[str]:
    """The kinds of trouble /readyz names."""
    return {problem["kind"] for problem in house.get("/readyz").json["problems"]}


def is_well(house: House) -> bool:
    answer = house.get("/readyz")
    return answer.status == 200 and not answer.json["problems"]


def nothing_was_lost(house: House, visitors: Visitors) -> None:
    stored = house.django(STORED)
    assert visitors.acknowledged
    assert sorted(text for text in stored if text in visitors.acknowledged) == sorted(visitors.acknowledged)
    assert house.run("audit", "verify").returncode == 0


@on_sqlite
def test_a_database_locked_by_somebody_else_is_told_and_outlived(tmp_path):
    with House(tmp_path / "data", environment=PROXIES) as house:
        wait_for(lambda: is_well(house), 30, "a house in order")
        visitors = Visitors(house)
        wait_for(lambda: len(visitors.acknowledged) > 5, 30, "the first messages")
        thief = sqlite3.connect(house.data_dir / "guildhall.sqlite3", isolation_level=None)
        thief.execute("BEGIN IMMEDIATE")
        wait_for(lambda: "database_locked" in told(house), 60, "the lock to be told")
        thief.execute("ROLLBACK")
        thief.close()
        before = len(visitors.acknowledged)
        wait_for(lambda: len(visitors.acknowledged) > before + 5, 60, "messages to be taken again")
        wait_for(lambda: is_well(house), 60, "the trouble to be over")
        visitors.stop()
        nothing_was_lost(house, visitors)


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 1 GB; needs root."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1g", "guildhall-test", str(place)], check=False
    )
    if mounted.returncode:
        pytest.skip("a small disk can only be mounted as root")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


@on_sqlite
def test_a_full_disk_is_told_and_outlived(small_disk):
    with House(small_disk / "data", environment=PROXIES) as house:
        visitors = Visitors(house)
        wait_for(lambda: len(visitors.acknowledged) > 5, 30, "the first messages")
        ballast = small_disk / "ballast"
        fill(ballast)
        wait_for(lambda: told(house) & {"disk_full", "database_full"}, 60, "the full disk to be told")
        assert house.get("/readyz").status == 503
        ballast.unlink()
        before = len(visitors.acknowledged)
        wait_for(lambda: len(visitors.acknowledged) > before + 5, 60, "messages to be taken again")
        wait_for(lambda: not told(house) & {"disk_full", "database_full"}, 60, "the trouble to be over")
        visitors.stop()
        nothing_was_lost(house, visitors)


@on_postgresql
def test_a_database_server_that_goes_away_is_told_and_waited_for(tmp_path):
    name = DATABASE.partition("?")[0].rpartition("/")[2]
    with House(tmp_path / "data", database_url=DATABASE, environment=PROXIES) as house:
        visitors = Visitors(house)
        wait_for(lambda: len(visitors.acknowledged) > 5, 30, "the first messages")
        with psycopg.connect(DATABASE, dbname="postgres", autocommit=True) as server:
            try:
                server.execute(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS false')
                server.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
                )
                wait_for(lambda: house.get("/readyz").status == 503, 60, "the missing server to be told")
                assert any("database" in kind for kind in told(house))
            finally:
                server.execute(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS true')
        before = len(visitors.acknowledged)
        wait_for(lambda: len(visitors.acknowledged) > before + 5, 60, "messages to be taken again")
        wait_for(lambda: is_well(house), 60, "the trouble to be over")
        visitors.stop()
        nothing_was_lost(house, visitors)


def fill(ballast: Path) -> None:
    """Take every byte that is left."""
    with ballast.open("wb", buffering=0) as file:
        block = b"\0" * 65536
        while block:
            try:
                file.write(block)
            except OSError:
                block = block[: len(block) // 2]


@on_sqlite
def test_two_of_every_process_do_no_harm_and_are_told(tmp_path):
    with House(tmp_path / "data", environment=PROXIES) as house:
        second = house.run("up", seconds=60)
        assert second.returncode != 0
        assert "already" in second.stdout + second.stderr
        parent = os.getpid()
        extra = [
            subprocess.Popen(
                [*COMMAND, *words], env=house.settings(), cwd=REPOSITORY, preexec_fn=lambda: die_with(parent)
            )
            for words in (["ticker", "--name", "ticker-b"], ["worker", "--name", "worker-1"])
        ]
        try:
            wait_for(
                lambda: any("duplicate" in kind for kind in told(house)), 60, "the second ticker to be told"
            )
            visitors = Visitors(house)
            wait_for(lambda: len(visitors.acknowledged) > 10, 60, "messages")
            visitors.stop()
        finally:
            for process in extra:
                process.terminate()
            for process in extra:
                process.wait(30)
        nothing_was_lost(house, visitors)
        wait_for(lambda: is_well(house), 60, "the trouble to be over")


@on_sqlite
def test_a_halted_worker_holds_up_nothing_and_goes_on_when_woken(tmp_path):
    with House(tmp_path / "data", environment=PROXIES) as house:
        wait_for(lambda: is_well(house), 30, "a house in order")
        worker = next(pid for pid, name in house.processes().items() if name == "worker-1")
        os.kill(worker, signal.SIGSTOP)
        visitors = Visitors(house)
        try:
            wait_for(lambda: len(visitors.acknowledged) > 10, 60, "messages beside a halted worker")
        finally:
            os.kill(worker, signal.SIGCONT)
        visitors.stop()
        nothing_was_lost(house, visitors)
