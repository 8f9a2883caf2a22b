"""A hundred kills of any process while visitors post in the web chat and sends leave for a peer that counts them.

Every visitor repeats the same form until it is answered, as a browser does; the peer forgives no second send.
"""

from __future__ import annotations

import os
from typing import Any

import pytest

from tests.house import House, wait_for
from tests.proof.fire import Sink, Visitors, kill_some, loader

KILLS = int(os.environ.get("KILLS", "100"))
SEED = int(os.environ.get("SEED", "20261123"))
WORKER_THREADS = 4

STORED = """
from collections import Counter
from guildhall.channels.models import Message
print(json.dumps(Counter(Message.objects.filter(direction="in").values_list("text", flat=True))))
"""
EFFECTS = """
from guildhall.effects import queries
from guildhall.effects.models import Effect
sends = {e.unique_key: e.state for e in Effect.objects.filter(kind="proof.send")}
print(json.dumps({
    "sends": sends,
    "open": Effect.objects.filter(state__in=["leased", "running"]).count()
            + Effect.objects.filter(state="queued", kind__in=["proof.send", "channels.act"]).count(),
    "dead": Effect.objects.filter(state="dead").count(),
    "uncertain": Effect.objects.filter(state="uncertain").count(),
    "listed": len(list(queries.uncertain())),
}))
"""


@pytest.mark.proof
def test_a_hundred_kills_lose_nothing_and_double_nothing(tmp_path):
    sink = Sink()
    house = House(
        tmp_path / "data",
        database_url=os.environ.get("DATABASE_URL", ""),
        environment={
            "DJANGO_SETTINGS_MODULE": "tests.proof.settings",
            "PROOF_SINK": sink.url,
            "GUILDHALL_TRUSTED_PROXIES": "127.0.0.0/8,::1/128",
            "GUILDHALL_WORKER_THREADS": str(WORKER_THREADS),
        },
    )
    with house:
        visitors = Visitors(house, threads=8)
        with loader(house, 20_000) as tokens:
            killed = kill_some(house, KILLS, SEED)
            wait_for(house.answers, 60, "web to be back")
        visitors.stop()
        effects = wait_for(lambda: settled(house), 180, "every effect to be settled")
        stored = house.django(STORED)
        verified = house.run("audit", "verify")

        sends, acknowledged = effects["sends"], visitors.acknowledged
        in_doubt = {token for token, state in sends.items() if state == "uncertain"}
        print(
            f"\n{killed.total()} kills {dict(killed)}: {len(acknowledged)} messages acknowledged, "
            f"{len(sends)} sends, {len(in_doubt)} uncertain"
        )
        assert acknowledged, f"nobody was answered: {visitors.refusals}"
        assert [text for text in acknowledged if stored.get(text, 0) != 1] == []
        assert [text for text, times in stored.items() if times > 1] == []
        assert set(tokens) <= set(sends)
        assert [token for token, times in sink.counts.items() if times > 1] == []
        assert [t for t, state in sends.items() if state == "done" and sink.counts[t] != 1] == []
        assert {t for t in sends if t not in in_doubt and sends[t] != "done"} == set()
        assert len(in_doubt) <= killed.total() * WORKER_THREADS
        assert effects["listed"] == effects["uncertain"] == len(in_doubt)
        assert effects["dead"] == 0
        assert verified.returncode == 0, verified.stdout + verified.stderr
    sink.close()


def settled(house: House) -> Any:
    """The effects once none is under way, else None."""
    effects = house.django(EFFECTS)
    return effects if effects["open"] == 0 else None
