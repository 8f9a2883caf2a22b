"""One broadcast to ten thousand groups on three platforms at once, while all of them refuse, fail and fall
silent now and then.

No platform's limit is broken, as the fakes count them; nobody is told twice and nobody is forgotten: what is not
sent is listed as uncertain or failed. The slowest way out is used to at least 95 % of what it permits.
PLACES: how many (default 10000; 60 % Telegram, 30 % Discord, 10 % WeCom robots).
"""

from __future__ import annotations

import os
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from guildhall.channels.testing.wecom import FakeWecom
from tests.discord import Fake as FakeDiscord
from tests.house import House, wait_for
from tests.telegram import Fake as FakeTelegram

pytestmark = pytest.mark.proof
PLACES = int(os.environ.get("PLACES", "10000"))
TELEGRAM, DISCORD = PLACES * 6 // 10, PLACES * 3 // 10
ROBOTS = PLACES - TELEGRAM - DISCORD
PERMITTED = {"telegram": 30.0, "discord": 50.0}
"""Messages a second that a bot is allowed."""
TELEGRAM_MISCHIEF = {
    "rate_429": 0.01, "retry_after": [1, 3], "rate_5xx": 0.001, "rate_timeout_after": 0.001,
    "rate_closed_after": 0.001, "rate_closed_before": 0.001, "hold_s": 30, "methods": ["sendMessage"], "seed": 7,
}  # fmt: skip
DISCORD_MISCHIEF = {
    "rate_429": 0.01, "rate_5xx": 0.002, "rate_closed_before": 0.001, "rate_closed_after": 0.001, "seed": 7,
}  # fmt: skip
WECOM_MISCHIEF = {
    "busy": 0.01,
    "lost_before": 0.002,
    "lost_after": 0.002,
    "paths": ("webhook/send",),
    "seed": 7,
}
ADD_BOTS = """
from guildhall.channels.discord import bots as discord
from guildhall.channels.telegram import bots as telegram
print(json.dumps([telegram.add_bot(%r, "system:proof").bot_id, discord.add_bot(%r, "system:proof").bot_id]))
"""
KNOWN = """
from django.db import transaction
from guildhall.channels import actions
from guildhall.channels.models import Space
from guildhall.channels.port import SpaceRef
from guildhall.channels.wecom import robots
bots, groups, servers, keys = %r, %r, %r, %r
for start in range(0, len(groups), 500):
    with transaction.atomic():
        actions.ensure_spaces(
            actions.SpaceSeen("telegram", SpaceRef(str(chat), f"Group {chat}", "supergroup"), str(bots[0]))
            for chat in groups[start : start + 500]
        )
for start in range(0, len(servers), 500):
    with transaction.atomic():
        actions.ensure_spaces(
            actions.SpaceSeen("discord", SpaceRef(guild, f"Server {guild}", "server"), str(bots[1]))
            for guild, _channel in servers[start : start + 500]
        )
channels = dict(servers)
rows = list(Space.objects.filter(platform="discord", external_id__in=list(channels)))
for row in rows:
    row.settings = {**row.settings, "announce_in": channels[row.external_id]}
Space.objects.bulk_update(rows, ["settings"], batch_size=500)
for number, key in enumerate(keys):
    robots.add_robot(f"Robot {number}", key, "system:proof")
Space.objects.filter(platform__in=("telegram", "discord", "wecom")).update(region="SG")
Space.objects.filter(platform="wecom").update(language="zh-hans")
print("1")
"""
SEND = """
from guildhall.broadcast import actions
from guildhall.broadcast.audience import Audience
from guildhall.broadcast.models import Run
from guildhall.compliance.acts import Act
from guildhall.core import approvals
one = actions.announce(
    "Delisting of XYZ", {"en": "XYZ is delisted on Friday.", "zh-hans": "XYZ 将于周五下架。"},
    Audience(platforms=("telegram", "discord", "wecom")), act=Act.SERVICE, by="system:proof", origin="proof",
)
proposal = approvals.Proposal.objects.filter(pk=one.proposal).first()
if proposal is not None:
    approvals.approve(proposal.id, "system:second", proposal.content_hash)
print(json.dumps(Run.objects.get().id))
"""
LOOK = """
from django.db.models import Count
from guildhall.broadcast.models import Delivery, Run
run = Run.objects.get()
print(json.dumps({
    "state": run.state, "targets": run.targets,
    "took": (run.ended_at - run.started_at).total_seconds() if run.ended_at else None,
    "states": dict(Delivery.objects.order_by().values_list("state").annotate(n=Count("id"))),
    "why": list(Delivery.objects.exclude(state="sent").values_list("rendering__platform", "state", "why")[:8]),
    "rows": list(Delivery.objects.values_list("rendering__platform", "space__external_id", "state")) if %r else [],
}))
"""
ROBOT_KEYS = """
from guildhall.channels.wecom import models
from guildhall.core import secrets
print(json.dumps({r.space.external_id: secrets.get(models.robot_key_name(r.pk))
                  for r in models.WecomRobot.objects.select_related("space")}))
"""


@dataclass
class Stage:
    """Three fakes and what stands in them."""

    telegram: FakeTelegram
    discord: FakeDiscord
    wecom: FakeWecom
    groups: list[int]
    servers: list[tuple[str, str]]
    keys: list[str]
    corp: Any


def test_a_campaign_over_three_platforms_holds_every_limit_and_forgets_and_doubles_nobody(
    tmp_path: Path,
) -> None:
    telegram, discord = FakeTelegram(), FakeDiscord()
    with FakeWecom() as wecom:
        house = House(
            tmp_path / "data",
            os.environ.get("DATABASE_URL", ""),
            {
                "GUILDHALL_TELEGRAM_API": telegram.url, "GUILDHALL_DISCORD_API": discord.api,
                "GUILDHALL_DISCORD_GATEWAY": discord.gateway, "GUILDHALL_WECOM_API": wecom.url,
                "GUILDHALL_LOG_LEVEL": "warning", "GUILDHALL_DEMO": "off",
            },
        )  # fmt: skip
        with house:
            stage = _set_up(house, telegram, discord, wecom)
            began = time.monotonic()
            house.django(SEND, seconds=300)
            done = _wait_until_over(house, PLACES / PERMITTED["telegram"] * 3 + 180)
            done |= {"seconds": time.monotonic() - began}
            _judge(stage, done, house.django(ROBOT_KEYS))
    telegram.stop()
    discord.stop()


def _set_up(house: House, telegram: FakeTelegram, discord: FakeDiscord, wecom: FakeWecom) -> Stage:
    bots = house.django(ADD_BOTS % (telegram.token, discord.token))
    groups = telegram.control.load(bots[0], chats=0, groups=TELEGRAM)["groups"]
    made = discord.control.load(discord.token, guilds=DISCORD - 1, channels=1, members=0)
    # The practice server that the bot is in from the start is one of the places.
    servers = [(discord.guild, discord.general), *zip(made["guilds"], made["channels"], strict=True)]
    corp = wecom.add_corp()
    keys = [wecom.add_robot(corp) for _ in range(ROBOTS)]
    house.django(KNOWN % (bots, groups, servers, keys), seconds=900)
    telegram.control.misbehave(**TELEGRAM_MISCHIEF)
    discord.control.misbehave(**DISCORD_MISCHIEF)
    wecom.misbehave(**WECOM_MISCHIEF)
    return Stage(telegram, discord, wecom, groups, servers, keys, corp)


def _wait_until_over(house: House, seconds: float) -> dict[str, Any]:
    """Asked seldom: a process that looks takes from the senders."""
    until = time.monotonic() + seconds
    while (seen := house.django(LOOK % False))["state"] not in ("finished", "stopped"):
        assert time.monotonic() < until, f"not over after {seconds:.0f} s: {seen}"
        time.sleep(min(20, max(2, PLACES / 500)))
    return dict(wait_for(lambda: house.django(LOOK % True), 60, "the end"))


def _judge(stage: Stage, done: dict[str, Any], robot_keys: dict[str, str]) -> None:
    states = {(platform, place): state for platform, place, state in done["rows"]}
    heard = _heard(stage, robot_keys)
    rate = stage.telegram.control.rate(stage.telegram.bot_id)
    pace = {
        "telegram": TELEGRAM / done["took"] if done["took"] else 0.0,
        "discord": DISCORD / done["took"] if done["took"] else 0.0,
    }
    ideal = max(TELEGRAM / PERMITTED["telegram"], DISCORD / PERMITTED["discord"])
    broken = {
        "telegram": stage.telegram.control.violations()[:3],
        "discord": stage.discord.control.violations()[:3],
        "wecom": stage.wecom.violations()[:3],
    }
    print(
        f"\n{len(states)} places: {dict(Counter(states.values()))} in {done['took']:.1f} s, of which the limits ask "
        f"{ideal:.1f} s ({ideal / done['took']:.1%} of the permitted rate); a second: {pace}; telegram's own count "
        f"{rate}; mischief {stage.telegram.control.mischief_done()} {stage.discord.control.mischief_done()} "
        f"{stage.wecom.mischief_done()}; broken {broken}; not sent {done['why']}; load {os.getloadavg()[0]:.1f}"
    )
    assert broken == {"telegram": [], "discord": [], "wecom": []}
    assert done["targets"] == len(states) == PLACES, "forgotten"
    assert set(states.values()) <= {"sent", "uncertain"}
    assert [place for place, times in heard.items() if times > 1] == [], "told twice"
    assert [place for place, state in states.items() if state == "sent" and heard[place] != 1] == [], "lost"
    if len(states) >= 5000:
        assert done["took"] <= ideal / 0.95 + 5


def _heard(stage: Stage, robot_keys: dict[str, str]) -> Counter[tuple[str, str]]:
    """How often each place was told."""
    heard: Counter[tuple[str, str]] = Counter()
    for sent in stage.telegram.control.sent:
        heard["telegram", str(sent["chat"])] += 1
    for guild, channel in stage.servers:
        heard["discord", guild] += len(stage.discord.control.messages(channel))
    robots = stage.wecom.corp(stage.corp).robots
    for place, key in robot_keys.items():
        heard["wecom", place] += len(robots[key].shown)
    return heard
