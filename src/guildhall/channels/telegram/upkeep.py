"""What Telegram needs done by the engine: the averages of its limits, and a look at bots, chats and old
buttons from time to time.
"""

from __future__ import annotations

from fractions import Fraction

from guildhall.channels import registry
from guildhall.channels.models import Space
from guildhall.channels.telegram import AWAY, buttons, chats
from guildhall.channels.telegram.adapter import (
    BOT_BUCKET,
    CHAT_BUCKET,
    GROUP_BUCKET,
    PLATFORM,
    TelegramAdapter,
)
from guildhall.channels.telegram.errors import Refused
from guildhall.channels.telegram.follow import LOOK, follow
from guildhall.core import troubles
from guildhall.core.text import Text
from guildhall.effects import buckets, performers, schedules
from guildhall.effects.types import Claimed, Done

RECHECK, PRUNE = "telegram.recheck", "telegram.prune_buttons"
_RECHECK_WORDS = Text("Look after Telegram bots and groups", "检查 Telegram 机器人与群组")
_LOOK_WORDS = Text("Look at a chat our bot came into", "查看机器人新加入的群组")
_AGAIN_WORDS = Text("Do again what was refused for want of rights", "权限恢复后补做此前被拒绝的操作")
_PRUNE_WORDS = Text("Forget buttons of three months ago", "清理三个月前的按钮数据")


def register() -> None:
    """Make Telegram reachable; called when Django is ready."""
    registry.register(TelegramAdapter())
    registry.follow(PLATFORM, follow)
    troubles.describe(AWAY, Text("Telegram does not answer.", "Telegram 没有响应。"))
    # A little more than the limit: the doorstep holds that to the letter, and should never run dry.
    buckets.rule(BOT_BUCKET, rate_per_s=31, burst=10)
    buckets.rule(CHAT_BUCKET, rate_per_s=1, burst=1)
    buckets.rule(GROUP_BUCKET, rate_per_s=Fraction(20, 60), burst=10)
    performers.performer(RECHECK, lease_s=60, max_attempts=3, describe=_RECHECK_WORDS)(recheck)
    performers.performer(LOOK, describe=_LOOK_WORDS)(look)
    performers.performer(chats.AGAIN, describe=_AGAIN_WORDS)(again)
    performers.performer(PRUNE, describe=_PRUNE_WORDS)(prune)
    schedules.schedule(RECHECK, "*/30 * * * *", RECHECK, describe=_RECHECK_WORDS)
    schedules.schedule(PRUNE, "41 3 * * *", PRUNE, describe=_PRUNE_WORDS)


def recheck(effect: Claimed) -> Done:
    """Ask Telegram about every bot and chat."""
    return Done(chats.recheck())


def look(effect: Claimed) -> Done:
    """Ask Telegram about one chat; one that our bot has left again needs no look."""
    space = Space.objects.filter(pk=effect.payload["space"]).first()
    if space is None:
        return Done()
    try:
        report = chats.check_chat(space)
        return Done({"fine": report.is_fine, "admins": chats.sync_admins(space)})
    except Refused as refused:
        return Done({"refused": refused.why})


def again(effect: Claimed) -> Done:
    """The rights are back: what was refused for want of them is queued again."""
    return Done({"queued": chats.try_again(effect.payload["space"])})


def prune(effect: Claimed) -> Done:
    """Forget buttons nobody made again for ninety days."""
    return Done({"removed": buttons.prune()})
