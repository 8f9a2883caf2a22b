"""Notices to many Discord servers at once, while Discord refuses, fails and falls silent now and then.

Every limit holds in every window, as the fake counts them; nothing is said twice, nothing is lost, and the bot
says nearly as much as Discord permits it. MESSAGES: how many (default 3000).
"""

from __future__ import annotations

import os
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.discord import Fake
from tests.house import House, wait_for

pytestmark = pytest.mark.proof
MESSAGES = int(os.environ.get("MESSAGES", "3000"))
SERVERS = 150
PERMITTED = 50.0
"""Requests a second that Discord allows a bot; in one channel five messages in five seconds."""
MISCHIEF = {
    "rate_429": 0.005, "retry_after": [1, 2], "rate_5xx": 0.002, "rate_5xx_after": 0.002,
    "rate_closed_after": 0.002, "rate_closed_before": 0.002,
    "routes": ["POST /channels/{channel_id}/messages"], "seed": 7,
}  # fmt: skip
SETTLE = """
from django.db import transaction
from guildhall.channels import actions
from guildhall.channels.discord import bots
from guildhall.channels.models import DiscordServer, Space
from guildhall.channels.port import SpaceRef
bot = bots.add_bot(%r, "system:proof")
guilds, channels = %r, %r
for start in range(0, len(guilds), 100):
    with transaction.atomic():
        actions.ensure_spaces(
            actions.SpaceSeen("discord", SpaceRef(guild, guild, "server"), str(bot.bot_id))
            for guild in guilds[start : start + 100]
        )
for guild, channel in zip(guilds, channels, strict=True):
    space = Space.objects.get(platform="discord", external_id=guild)
    DiscordServer.objects.update_or_create(space=space, defaults={"system_channel": channel, "status": "inside"})
print("1")
"""
QUEUE = """
from guildhall.channels import actions
from guildhall.channels.models import Space
from guildhall.channels.port import Act, Verb
from guildhall.core import clock
from guildhall.core.clearance import Clearance, content_hash
spaces = list(Space.objects.filter(platform="discord").order_by("id").values_list("id", flat=True))
wanted = []
for number in range(%r):
    text = f"Notice {number}: deposits are open again. 充值已恢复。"
    yes = Clearance("service", "", content_hash(text), ("proof",), clock.now())
    act = Act(Verb.SEND, spaces[number %% len(spaces)], text=text)
    wanted.append(actions.Wanted(act, yes, f"broadcast:{number}"))
for start in range(0, len(wanted), 100):
    actions.request_many(wanted[start : start + 100], actor="system:proof", reason="broadcast proof")
print("1")
"""
EFFECTS = """
from guildhall.effects.models import Effect
acts = Effect.objects.filter(unique_key__startswith="broadcast:")
print(json.dumps({
    "states": {e.unique_key.partition(":")[2]: e.state for e in acts},
    "open": acts.filter(state__in=["queued", "leased", "running"]).count(),
    "why": [str(e.error)[:200] for e in acts.exclude(state="done")[:5]],
}))
"""


def test_many_servers_are_told_within_every_limit_and_nothing_is_lost_or_doubled(tmp_path: Path) -> None:
    fake = Fake("--guild", "Practice")
    house = House(
        tmp_path / "data",
        os.environ.get("DATABASE_URL", ""),
        {"GUILDHALL_DISCORD_API": fake.api, "GUILDHALL_LOG_LEVEL": "warning"},
    )
    with house:
        made = fake.control.load(fake.bot_id, guilds=SERVERS, members=1)
        house.django(SETTLE % (fake.token, made["guilds"], made["channels"]), seconds=300)
        fake.control.misbehave(**MISCHIEF)
        house.django(QUEUE % MESSAGES, seconds=300)
        _wait_until_quiet(fake, MESSAGES / PERMITTED * 3 + 120)
        effects = wait_for(lambda: _settled(house), 300, "every send to be settled")
        _judge(fake, effects)
    fake.stop()


def _wait_until_quiet(fake: Fake, seconds: float) -> None:
    """Until nothing has been sent for a while; a process asking the database would take from the senders."""
    until, before = time.monotonic() + seconds, -1
    while (sent := len(fake.control.sent)) != before or sent < MESSAGES:
        assert time.monotonic() < until, f"{sent} of {MESSAGES} messages after {seconds:.0f} s"
        before = sent
        time.sleep(8)


def _settled(house: House) -> Any:
    effects = house.django(EFFECTS)
    return effects if effects["open"] == 0 else None


def _judge(fake: Fake, effects: Any) -> None:
    sent = fake.control.sent
    # One that was asked for again under the same key is the same message to Discord.
    messages = {one["message_id"]: one["text"] for one in sent}
    said = Counter(text.split()[1].rstrip(":") for text in messages.values())
    times = sorted(one["at"] for one in sent)
    # Of the time between the first and the last: the tail, where single ones wait, is no measure of the pace.
    whole = times[: int(len(times) * 0.97)]
    pace = len(whole) / max(0.001, whole[-1] - whole[0])
    states = effects["states"]
    print(
        f"\n{len(states)} notices to {SERVERS} servers: {dict(Counter(states.values()))}, {len(messages)} "
        f"messages in {len(sent)} requests over {times[-1] - times[0]:.1f} s: {pace:.2f} a second, {pace / PERMITTED:.1%} of what is "
        f"permitted; mischief {fake.control.mischief_done()}; violations {fake.control.violations()[:3]}; "
        f"not done: {effects['why']}; load {os.getloadavg()[0]:.1f}"
    )
    assert fake.control.violations() == []
    assert len(states) == MESSAGES, "forgotten"
    assert set(states.values()) == {"done"}
    assert [number for number, times_said in said.items() if times_said > 1] == [], "said twice"
    assert set(said) == set(states), "lost"
    if MESSAGES >= 3000:
        # A place in the window counts until one second after the answer, so that no window at Discord can ever
        # hold more than it allows: at 50 ms an answer that leaves 95 %, at 100 ms 91 %.
        assert pace >= 0.9 * PERMITTED
