"""Which bots are fetched by a gateway, and which gateway fetches each: the lease on a bot, its signs of life,
and the file that tells `guildhall up` whether a gateway is wanted.

A lease names its process; one whose process is gone on this machine is free at once, any other when it runs
out. Nothing here talks to Telegram.
"""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Collection
from datetime import datetime, timedelta
from pathlib import Path

from django.db import transaction
from django.db.models import Q

from guildhall.channels.telegram.models import TelegramBot
from guildhall.core import audit, clock
from guildhall.core.settings import settings
from guildhall.core.text import Text

LEASE = timedelta(seconds=20)
MARKER = "gateways"
ACTOR = "system:gateway"
TAKEN = "taken"
_HERE = socket.gethostname()


def owner_here() -> str:
    """This process as a lease names it: machine, process id and when it began (ids are given again)."""
    return f"{_HERE}:{os.getpid()}:{_began(os.getpid())}"


def to_poll() -> list[TelegramBot]:
    """The bots that are at work and fetched by us."""
    return list(
        TelegramBot.objects.filter(state=TelegramBot.State.ACTIVE, way=TelegramBot.Way.POLLING).order_by("id")
    )


def take(bot: TelegramBot, owner: str) -> datetime | None:
    """Take or renew the lease on a bot; returns until when it is ours, None while another process has it."""
    now = clock.now()
    free = Q(lease_owner__in=("", owner)) | Q(lease_until__isnull=True) | Q(lease_until__lte=now)
    if bot.lease_owner and not _may_live(bot.lease_owner):
        free |= Q(lease_owner=bot.lease_owner)
    with transaction.atomic():
        mine = TelegramBot.objects.filter(free, pk=bot.pk).update(lease_owner=owner, lease_until=now + LEASE)
    return now + LEASE if mine else None


def give_back(owner: str, bots: Collection[str]) -> None:
    """Let others take these bots (by our id) at once."""
    TelegramBot.objects.filter(pk__in=bots, lease_owner=owner).update(lease_owner="", lease_until=None)


def note_heard(bots: Collection[str]) -> None:
    """Note that updates of these bots (by our id) came in just now."""
    if bots:
        TelegramBot.objects.filter(pk__in=bots).update(last_update_at=clock.now())


def note_refused(bot_id: str) -> None:
    """Telegram no longer knows the bot's token: it is not asked again until there is a new one."""
    with transaction.atomic():
        changed = TelegramBot.objects.filter(pk=bot_id, state=TelegramBot.State.ACTIVE).update(
            state=TelegramBot.State.REVOKED
        )
        if changed:
            _note(
                bot_id,
                "revoked",
                Text("Telegram refuses the bot's token.", "Telegram 拒绝了该机器人的令牌。"),
                Text(
                    "Get a new token from @BotFather and put it in under Settings, Telegram.",
                    "请向 @BotFather 获取新令牌，并在“设置 → Telegram”中填写。",
                ),
            )
            audit.record(ACTOR, "telegram.token_refused", f"telegram_bot:{bot_id}")


def note_taken(bot_id: str) -> None:
    """Somebody else gets the bot's updates."""
    _note(
        bot_id,
        TAKEN,
        Text(
            "Another program fetches this bot's updates, so messages may be missed here.",
            "其他程序正在获取该机器人的更新，此处可能遗漏消息。",
        ),
        Text(
            "Stop the other program, or make a new token with @BotFather and put it in here.",
            "请停止其他程序，或向 @BotFather 申请新令牌并在此填写。",
        ),
    )


def note_untaken(bot_id: str) -> None:
    """The updates are ours again."""
    for bot in TelegramBot.objects.filter(pk=bot_id, problem__why=TAKEN):
        bot.problem, bot.problem_since = {}, None
        bot.save(update_fields=["problem", "problem_since"])


def mark(now: datetime | None = None) -> None:
    """Have the file say whether a gateway is wanted on this machine; the ticker asks for it every second."""
    path = marker(settings.data_dir)
    wanted = TelegramBot.objects.filter(state=TelegramBot.State.ACTIVE, way=TelegramBot.Way.POLLING).exists()
    if wanted != path.exists():
        if wanted:
            path.touch(mode=0o600)
        else:
            path.unlink(missing_ok=True)


def marker(data_dir: Path) -> Path:
    """The file that is there while a gateway is wanted."""
    return data_dir / MARKER


def _note(bot_id: str, why: str, text: Text, do: Text) -> None:
    for bot in TelegramBot.objects.filter(pk=bot_id):
        if bot.problem.get("why") == why:
            return
        bot.problem = {"why": why, "en": text.en, "zh": text.zh, "do_en": do.en, "do_zh": do.zh}
        bot.problem_since = clock.now()
        bot.save(update_fields=["problem", "problem_since"])


def _may_live(owner: str) -> bool:
    """Whether the process of a lease may still be at work; only of our own machine can we tell."""
    host, _, rest = owner.partition(":")
    pid, _, began = rest.partition(":")
    return host != _HERE or not pid.isdigit() or _began(int(pid)) == began


def _began(pid: int) -> str:
    """When a process began, in ticks of this machine; '' when it is gone or a zombie."""
    with contextlib.suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return "" if fields[0] == "Z" else fields[19]
    return ""
