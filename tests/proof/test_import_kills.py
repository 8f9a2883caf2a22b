"""An import of a chat history that is killed again and again brings every message once, and is undone to nothing.

ROWS: messages in the file (default 20000). KILLS: how many (default 25).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from random import Random

import pytest

from tests.house import COMMAND, REPOSITORY, House

pytestmark = pytest.mark.proof
ROWS = int(os.environ.get("ROWS", "20000"))
KILLS = int(os.environ.get("KILLS", "25"))
SPACE = """
from guildhall.channels.models import Space
Space.objects.create(platform="telegram", external_id="-10077", slug="lounge", name="Lounge", kind="supergroup")
print("1")
"""
COUNTS = """
from django.db.models import Sum
from guildhall.channels.models import Message, SearchDoc, SpaceMember
from guildhall.effects.models import Effect
from guildhall.guard.models import Case
from guildhall.intake.models import Import
from guildhall.people.models import Account
one = Import.objects.order_by("id").first()
print(json.dumps({
    "messages": Message.objects.count(), "different": Message.objects.values("external_id").distinct().count(),
    "found": SearchDoc.objects.count(), "cases": Case.objects.count(), "imports": Import.objects.count(),
    "counted": SpaceMember.objects.aggregate(n=Sum("message_count"))["n"] or 0,
    "people": Account.objects.count(), "state": one.state, "done": one.rows_done, "id": one.id,
    "acts": Effect.objects.filter(kind="channels.act").count(),
}))
"""


def test_an_import_killed_many_times_brings_every_message_once(tmp_path: Path) -> None:
    house = House(tmp_path / "data", os.environ.get("DATABASE_URL", ""))
    prepared = house.run("prepare")
    assert prepared.returncode == 0, prepared.stderr
    house.django(SPACE)
    file = tmp_path / "result.json"
    file.write_text(json.dumps(_export(), ensure_ascii=False), encoding="utf-8")
    chance, killed = Random(1), 0
    while True:
        process = subprocess.Popen(
            [*COMMAND, "import", "history", str(file), "--space", "lounge"], env=house.settings(),
            cwd=REPOSITORY, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            process.wait(1.5 + chance.random() * 4 if killed < KILLS else 600)
            break
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            killed += 1
    began = time.monotonic()
    counts = house.django(COUNTS)
    print(f"\n{killed} kills: {counts}")
    assert counts["state"] == "done"
    assert counts["imports"] == 1
    assert counts["messages"] == counts["different"] == counts["found"] == counts["counted"] == ROWS
    assert counts["done"] == ROWS
    assert (counts["cases"], counts["acts"]) == (0, 0)
    undone = house.run("import", "undo", counts["id"], seconds=600)
    assert undone.returncode == 0, undone.stderr
    left = house.django(COUNTS)
    print(f"undone in {time.monotonic() - began:.0f} s: {left}", file=sys.stderr)
    assert (left["messages"], left["found"], left["people"], left["state"]) == (0, 0, 0, "undone")


def _export() -> dict[str, object]:
    texts = ("资金费率是多少？", "my withdrawal is pending", "gm", "手续费怎么算")
    return {
        "name": "Lounge", "type": "public_supergroup", "id": 77,
        "messages": [
            {
                "id": n, "type": "message", "date_unixtime": str(1_640_995_200 + n * 7), "from": f"P{n % 300}",
                "from_id": f"user{1000 + n % 300}", "text": f"{texts[n % 4]} {n}",
            }
            for n in range(1, ROWS + 1)
        ],
    }  # fmt: skip
