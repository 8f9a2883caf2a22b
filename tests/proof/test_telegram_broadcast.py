"""One notice to ten thousand private talks, while Telegram refuses, fails and falls silent now and then.

Every limit holds in every sliding window, as the fake counts them; nobody is told twice, nobody is forgotten:
what is not done is listed as uncertain. The talks are known before, as those of a broadcast are; queueing it
counts. CHATS: how many (default 10000).
"""

from __future__ import annotations

import os
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.house import House, wait_for
from tests.telegram import Fake

pytestmark = pytest.mark.proof
CHATS = int(os.environ.get("CHATS", "10000"))
PERMITTED = 30.0
"""Messages a second that Telegram allows a bot."""
MISCHIEF = {
    "rate_429": 0.01, "retry_after": [1, 3], "rate_5xx": 0.001, "rate_timeout_after": 0.0015,
    "rate_timeout_before": 0.0005, "rate_closed_after": 0.001, "rate_closed_before": 0.001, "hold_s": 30,
    "methods": ["sendMessage"], "seed": 7,
}  # fmt: skip
ADD_BOT = """
from guildhall.channels.telegram import bots
print(json.dumps(bots.add_bot(%r, "system:proof").bot_id))
"""
KNOWN = """
from django.db import transaction
from guildhall.channels import actions
from guildhall.channels.port import SpaceRef
bot, users = %r, %r
for start in range(0, len(users), 500):
    with transaction.atomic():
        actions.ensure_spaces(
            actions.SpaceSeen("telegram", SpaceRef(f"{user}/{bot}", "private", str(user)), str(bot))
            for user in users[start : start + 500]
        )
print("1")
"""
QUEUE = """
from guildhall.channels import actions
from guildhall.channels.models import Space
from guildhall.channels.port import Act, Verb
from guildhall.core import clock
from guildhall.core.clearance import Clearance, content_hash
bot, users = %r, %r
text = "Deposits are open again. 充值已恢复。"
yes = Clearance("service", "", content_hash(text), ("proof",), clock.now())
spaces = dict(Space.objects.filter(platform="telegram", receiver=str(bot)).values_list("external_id", "id"))
for start in range(0, len(users), 100):
    actions.request_many(
        [
            actions.Wanted(Act(Verb.SEND, spaces[f"{user}/{bot}"], text=text), yes, f"broadcast:{user}")
            for user in users[start : start + 100]
        ],
        actor="system:proof", reason="broadcast proof",
    )
print("1")
"""
EFFECTS = """
from guildhall.effects import queries
from guildhall.effects.models import Effect
acts = Effect.objects.filter(unique_key__startswith="broadcast:")
print(json.dumps({
    "states": {e.unique_key.partition(":")[2]: e.state for e in acts},
    "open": acts.filter(state__in=["queued", "leased", "running"]).count(),
    "listed": len(list(queries.uncertain())),
    "why": [str(e.error)[:200] for e in acts.filter(state="dead")[:5]],
}))
"""


def test_a_broadcast_holds_every_limit_and_forgets_and_doubles_nobody(tmp_path: Path) -> None:
    fake = Fake()
    house = House(
        tmp_path / "data",
        os.environ.get("DATABASE_URL", ""),
        {"GUILDHALL_TELEGRAM_API": fake.url, "GUILDHALL_LOG_LEVEL": "warning"},
    )
    with house:
        bot = house.django(ADD_BOT % fake.token)
        users = fake.control.load(bot, chats=CHATS)["users"]
        fake.control.misbehave(**MISCHIEF)
        house.django(KNOWN % (bot, users), seconds=600)
        house.django(QUEUE % (bot, users), seconds=600)
        _wait_until_quiet(fake, bot, CHATS / PERMITTED * 2 + 120)
        effects = wait_for(lambda: _settled(house), 300, "every send to be settled")
        _judge(fake, bot, users, effects)
    fake.stop()


def _wait_until_quiet(fake: Fake, bot: int, seconds: float) -> None:
    """Until no request has come for a while; a process asking the database would take from the senders."""
    until, before = time.monotonic() + seconds, -1
    while (requests := fake.control.rate(bot)["requests"]) != before or requests < CHATS:
        assert time.monotonic() < until, f"{requests} of {CHATS} requests after {seconds:.0f} s"
        before = requests
        time.sleep(8)


def _settled(house: House) -> Any:
    effects = house.django(EFFECTS)
    return effects if effects["open"] == 0 else None


def _judge(fake: Fake, bot: int, users: list[int], effects: Any) -> None:
    states = {int(user): state for user, state in effects["states"].items()}
    heard = Counter(sent["chat"] for sent in fake.control.sent)
    rate = fake.control.rate(bot)
    pace = rate["requests"] / rate["seconds"]
    print(
        f"\n{len(users)} chats: {dict(Counter(states.values()))}, {heard.total()} messages in "
        f"{rate['requests']} requests over {rate['seconds']:.1f} s: {pace:.2f} a second, "
        f"{pace / PERMITTED:.1%} of what is permitted; mischief {fake.control.mischief_done()}; "
        f"violations {fake.control.violations()[:3]}; dead: {effects['why']}; load {os.getloadavg()[0]:.1f}"
    )
    assert fake.control.violations() == []
    assert set(states) == set(users), "forgotten"
    assert set(states.values()) <= {"done", "uncertain"}
    assert [user for user in users if heard[user] > 1] == [], "told twice"
    assert [user for user, state in states.items() if state == "done" and heard[user] != 1] == [], "lost"
    assert effects["listed"] == sum(state == "uncertain" for state in states.values())
    if len(users) >= 3000:
        assert pace >= 0.95 * PERMITTED
