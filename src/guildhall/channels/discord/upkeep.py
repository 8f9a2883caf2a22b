"""What Discord needs done by the engine: the averages of its limits, a look at bots and servers from time to
time, what was refused for want of permissions done again, old rows forgotten.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from guildhall.channels import gateways, registry
from guildhall.channels.discord import bots, buttons, interactions, managing, servers
from guildhall.channels.discord.adapter import BOT_BUCKET, CHANNEL_BUCKET, PLATFORM, DiscordAdapter
from guildhall.channels.discord.errors import Refused
from guildhall.channels.models import Space
from guildhall.channels.port import Verb
from guildhall.core import clock
from guildhall.core.text import Text
from guildhall.effects import actions as effects
from guildhall.effects import buckets, performers, schedules
from guildhall.effects.models import Effect
from guildhall.effects.types import Claimed, Done, State

RECHECK, LOOK, PRUNE = "discord.recheck", "discord.look", "discord.prune"
ACT = "channels.act"
_WORTH_REPEATING = timedelta(hours=47)
_REPEATED = (Verb.DELETE, Verb.RESTRICT, Verb.UNRESTRICT, Verb.BAN, Verb.UNBAN, Verb.KICK)
_RECHECK_WORDS = Text("Look after Discord bots and servers", "检查 Discord 机器人与服务器")
_LOOK_WORDS = Text("Look at a server our bot came into", "查看机器人新加入的服务器")
_AGAIN_WORDS = Text("Do again what was refused for want of rights", "权限恢复后补做此前被拒绝的操作")
_PRUNE_WORDS = Text("Forget old presses and buttons of Discord", "清理过期的 Discord 按钮与交互数据")


def register() -> None:
    """Make Discord reachable; called when Django is ready."""
    registry.register(DiscordAdapter())
    gateways.wanted_by(PLATFORM, bots.is_wanted)
    # A little more than the limits: the pace holds those to the letter, and should never run dry.
    buckets.rule(BOT_BUCKET, rate_per_s=51, burst=25)
    buckets.rule(CHANNEL_BUCKET, rate_per_s=1, burst=5)
    performers.performer(RECHECK, lease_s=120, max_attempts=3, describe=_RECHECK_WORDS)(recheck)
    performers.performer(LOOK, describe=_LOOK_WORDS)(look)
    performers.performer(servers.AGAIN, describe=_AGAIN_WORDS)(again)
    performers.performer(managing.KIND, lease_s=60, describe=managing.WORDS)(managing.perform)
    performers.performer(PRUNE, describe=_PRUNE_WORDS)(prune)
    schedules.schedule(RECHECK, "17,47 * * * *", RECHECK, describe=_RECHECK_WORDS)
    schedules.schedule(PRUNE, "*/20 * * * *", PRUNE, describe=_PRUNE_WORDS)


def recheck(effect: Claimed) -> Done:
    """Ask Discord about every bot and server."""
    return Done(bots.recheck())


def look(effect: Claimed) -> Done:
    """Ask Discord about one server; one that our bot has left again needs no look."""
    space = Space.objects.filter(pk=effect.payload["space"]).first()
    if space is None:
        return Done()
    try:
        return Done({"fine": bots.check_server(space).is_fine})
    except Refused as refused:
        return Done({"refused": refused.why})


def again(effect: Claimed) -> Done:
    """The permissions are back: what was refused for want of them in the last two days, and moderates, is
    queued again.
    """
    since = clock.now() - _WORTH_REPEATING
    dead = Effect.objects.filter(state=State.DEAD.value, kind=ACT, created_at__gte=since).order_by("id")
    asked: list[tuple[int, Any]] = list(dead.values_list("id", "payload")[:5000])
    numbers = [
        number
        for number, payload in asked
        if payload.get("space_id") == effect.payload["space"] and payload.get("verb") in _REPEATED
    ]
    for number in numbers:
        effects.retry(number, servers.ACTOR)
    return Done({"queued": len(numbers)})


def prune(effect: Claimed) -> Done:
    """Forget buttons of three months ago and interactions that nobody can answer any more."""
    return Done({"buttons": buttons.prune(), "interactions": interactions.prune()})
