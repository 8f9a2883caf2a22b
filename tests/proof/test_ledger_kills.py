"""Two processes post the same stream of postings, holds, payments and closed days, and are killed again and
again: every posting stands once, everything balances, and posting it all again adds nothing.

POSTINGS: how many (default 4000). KILLS: how many (default 20).
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from random import Random

import pytest

from tests.house import REPOSITORY, House

pytestmark = pytest.mark.proof
POSTINGS = int(os.environ.get("POSTINGS", "4000"))
KILLS = int(os.environ.get("KILLS", "20"))
WORK = """
import sys
from datetime import timedelta
from guildhall.cli.app import start_django
start_django()
from guildhall.core import clock
from guildhall.core.errors import BadInput, Conflict
from guildhall.ledger import actions, chain, queries
from guildhall.ledger.actions import Draft, Reversal
postings = int(sys.argv[1])
actions.open_asset("KILL", 8)
first = clock.now().date() - timedelta(days=30)

def draft(n):
    units, day = n * 7919 % 100_003 + 1, first + timedelta(days=n // 200)
    owner = f"partner:kill{n % 7}"
    legs = (("house:kills", -units), (f"{owner}:pending", units - units // 3), ("member:kill:pending", units // 3))
    return Draft(f"kill:{n}", "share", "KILL", legs, day, "deal:k:v1", owner, matures_on=day)

sent = 0
for start in range(0, postings, 37):
    sent += actions.post_many([draft(n) for n in range(start, min(postings, start + 37))]).new
    if start % 5 == 0:
        actions.reverse_many([Reversal(f"kill:{start}", f"kill:{start}:r", "again")], by="system:kill")
    if start % 3 == 0:
        actions.mature(first + timedelta(days=start // 200))
        chain.seal()
    if start % 11 == 0:
        owner = f"partner:kill{start % 7}"
        for hold in actions.open_holds(owner):
            try:
                actions.release(hold.id, reason="again", by="system:kill")
            except Conflict:
                pass
        actions.hold(owner, reason="again", by="system:kill")
    if start % 13 == 0:
        try:
            actions.pay("partner:kill1", "KILL", 1, key=f"kill:pay:{start}", by="system:kill")
        except (BadInput, Conflict):
            pass
    if start % 1000 < 37:
        actions.close_day(first + timedelta(days=start // 200 - 3))
print(sent)
"""
FOUND = """
from guildhall.ledger import chain, proof, queries
from guildhall.ledger.models import Posting
chain.seal_all()
report = proof.verify()
print(json.dumps({
    "intact": report.is_intact, "breaks": [f"{b.kind}: {b.where}" for b in report.breaks[:5]],
    "stood": Posting.objects.filter(key__startswith="kill:", kind="share", reverses=None).count(),
    "all": report.postings, "house": queries.balance("house:kills", "KILL"),
    "sum": sum(one.units for one in queries.balances(asset="KILL")),
}))
"""


def test_a_ledger_whose_writers_are_killed_many_times_balances_and_has_everything_once(
    tmp_path: Path,
) -> None:
    house = House(tmp_path / "data", os.environ.get("DATABASE_URL", ""))
    prepared = house.run("prepare")
    assert prepared.returncode == 0, prepared.stderr
    chance, killed = Random(1), 0
    running = {n: _start(house) for n in range(2)}
    until = time.monotonic() + 900
    while running:
        assert time.monotonic() < until, "the writers do not come to an end"
        time.sleep(2 + chance.random() * 3)
        for n, process in list(running.items()):
            code = process.poll()
            if code == 0:
                del running[n]
            elif code is not None:
                raise AssertionError(process.stderr.read() if process.stderr else code)
        if running and killed < KILLS:
            n = chance.choice(sorted(running))
            running[n].kill()
            running[n].wait()
            running[n], killed = _start(house), killed + 1
    found = house.django(FOUND)
    print(f"\n{killed} kills: {found}", file=sys.stderr)
    assert found["breaks"] == []
    assert found["intact"]
    assert found["stood"] == POSTINGS
    assert found["sum"] == 0
    again = _start(house)
    assert again.wait(300) == 0
    assert again.stdout is not None
    assert int(again.stdout.read()) == 0
    assert house.django(FOUND)["house"] == found["house"]


def _start(house: House) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WORK, str(POSTINGS)], env=house.settings(), cwd=REPOSITORY, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
