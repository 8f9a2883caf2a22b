"""Which bots are fetched by a gateway, which gateway fetches each, and their signs of life. Nothing here
talks to Telegram.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from guildhall.channels import gateways
from guildhall.channels.telegram.models import TelegramBot
from guildhall.core import audit, clock
from guildhall.core.text import Text

ACTOR = "system:gateway"
TAKEN = "taken"


def to_poll() -> list[TelegramBot]:
    """The bots that are at work and fetched by us."""
    return list(
        TelegramBot.objects.filter(state=TelegramBot.State.ACTIVE, way=TelegramBot.Way.POLLING).order_by("id")
    )


def is_wanted() -> bool:
    """Whether there is a bot for a gateway to fetch."""
    return TelegramBot.objects.filter(state=TelegramBot.State.ACTIVE, way=TelegramBot.Way.POLLING).exists()


def take(bot: TelegramBot, owner: str) -> datetime | None:
    """Take or renew the lease on a bot; returns until when it is ours, None while another process has it."""
    return gateways.take(bot, owner)


def give_back(owner: str, bots: Collection[str]) -> None:
    """Let others take these bots (by our id) at once."""
    gateways.give_back(TelegramBot, owner, bots)


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


def _note(bot_id: str, why: str, text: Text, do: Text) -> None:
    for bot in TelegramBot.objects.filter(pk=bot_id):
        if bot.problem.get("why") == why:
            return
        bot.problem = {"why": why, "en": text.en, "zh": text.zh, "do_en": do.en, "do_zh": do.zh}
        bot.problem_since = clock.now()
        bot.save(update_fields=["problem", "problem_since"])
