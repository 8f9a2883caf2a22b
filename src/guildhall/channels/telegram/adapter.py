"""Telegram as the port sees it: what it can do, how each verb may be repeated, by which bot an act goes out.

Light to import: python-telegram-bot is loaded when the first act is performed. What a refusal tells about a
chat is noted where Settings and Today show it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from django.db import transaction

from guildhall.channels.capabilities import declare, no
from guildhall.channels.port import (
    Act,
    Capability,
    Inbound,
    Limits,
    Platform,
    Profile,
    Receipt,
    Refs,
    Verb,
)
from guildhall.channels.telegram import buttons, checks, loading, updates
from guildhall.channels.telegram.errors import Moved, Refused, TokenRefused, reason
from guildhall.channels.telegram.models import TelegramBot
from guildhall.core.errors import BadInput, Permanent, Temporary, Unsupported
from guildhall.core.text import Text
from guildhall.effects.types import Mode

PLATFORM = "telegram"
BOT_BUCKET, CHAT_BUCKET, GROUP_BUCKET = "telegram:bot:", "telegram:chat:", "telegram:group:"
_PAUSED_S = 60.0

_ONCE = frozenset({Verb.SEND, Verb.REPLY, Verb.WARN, Verb.SEND_POLL, Verb.CREATE_TOPIC, Verb.CREATE_INVITE})
_MESSAGES = frozenset({Verb.SEND, Verb.REPLY, Verb.WARN, Verb.SEND_POLL})
_CANNOT: Mapping[Verb, Capability] = {
    Verb.RESTORE: no(
        Text("Telegram cannot bring a deleted message back.", "Telegram 无法恢复已删除的消息。"),
        Text(
            "Ask the member to post it again; they are told that the removal was undone.",
            "请让该成员重新发布；系统会告知其删除已被撤销。",
        ),
    ),
    Verb.SLOW_MODE: no(
        Text(
            "Telegram lets bots read a group's slow mode, not set it.",
            "Telegram 只允许机器人读取群组的慢速模式，不能设置。",
        ),
        Text(
            "An administrator sets it in Telegram: group settings, Permissions, Slow mode.",
            "请由管理员在 Telegram 中设置：群组设置 → 权限 → 慢速模式。",
        ),
    ),
}


class TelegramAdapter:
    """Telegram. Messages, polls, topics and invites are made once; everything else may be repeated."""

    platform: Platform = PLATFORM
    name = Text("Telegram", "Telegram")
    capabilities: Mapping[Verb, Capability] = declare(set(Verb) - set(_CANNOT), _CANNOT)
    limits = Limits(
        text=checks.TEXT, buttons=100, media=checks.FILES, count=checks.units, caption=checks.CAPTION
    )
    shows_at_once = True

    def mode(self, verb: Verb) -> Mode:
        return Mode.ONCE if verb in _ONCE else Mode.REPEATABLE

    def buckets(self, act: Act, refs: Refs) -> tuple[str, ...]:
        """The averages of Telegram's limits; the doorstep holds each window to the letter."""
        if act.verb not in _MESSAGES:
            return ()
        names = [f"{BOT_BUCKET}{refs.receiver}", f"{CHAT_BUCKET}{refs.space_external_id}"]
        if refs.space_external_id.startswith("-"):
            names.append(f"{GROUP_BUCKET}{refs.space_external_id}")
        return tuple(names)

    def parse(self, raw: bytes) -> Inbound:
        inbound = updates.parse(raw)
        if inbound.callback is None:
            return inbound
        # What was pressed is only worth what we signed; of anything else nothing is left.
        data = buttons.unpack(inbound.callback.data) or ""
        return replace(inbound, callback=replace(inbound.callback, data=data))

    def check(self, act: Act, refs: Refs) -> None:
        try:
            checks.check(act, refs)
        except Refused as refused:
            raise Unsupported(refused.reason, refused.do) from refused

    def perform(self, act: Act, refs: Refs) -> Receipt:
        loading.load()
        from guildhall.channels.telegram import acts, bots
        from guildhall.channels.telegram.doorstep import Doorstep

        try:
            checks.check(act, refs)
        except BadInput as wrong:
            raise Permanent(wrong.text) from wrong
        chat = refs.space_external_id.partition("/")[0]
        if not chat.removeprefix("-").isdigit():
            raise reason("chat_gone")
        try:
            return acts.carry_out(act, refs, Doorstep(bot_for(refs), chat, act.verb, self.mode(act.verb)))
        except Moved as moved:
            _follow_move(refs.space_external_id, moved.to)
            raise
        except Refused as refused:
            bots.note_refusal(act.space_id, refused)
            raise

    def fetch(self, ref: str, receiver: str, most: int) -> bytes:
        loading.load()
        from guildhall.channels.telegram import fetching

        return fetching.fetch(bot_for(Refs("", receiver=receiver)), ref, most)

    def profile(self, account_external_id: str, receiver: str) -> Profile:
        loading.load()
        from guildhall.channels.telegram import fetching

        return fetching.profile(bot_for(Refs("", receiver=receiver)), account_external_id)


def bot_for(refs: Refs) -> int:
    """Which bot of ours acts in a space: the one that serves it, or the only one there is. Raises Refused,
    Temporary, TokenRefused.
    """
    serving = refs.receiver or refs.space_external_id.partition("/")[2]
    if serving.isdigit():
        bot = TelegramBot.objects.filter(bot_id=int(serving)).first()
    else:
        found = list(TelegramBot.objects.exclude(state=TelegramBot.State.PAUSED)[:2])
        bot = found[0] if len(found) == 1 else None
    if bot is None:
        raise reason("nobody_serves")
    if bot.state == TelegramBot.State.REVOKED:
        raise TokenRefused
    if bot.state == TelegramBot.State.PAUSED:
        raise Temporary(
            Text(f"@{bot.username} is paused.", f"@{bot.username} 已暂停。"), retry_after=_PAUSED_S
        )
    return bot.bot_id


def _follow_move(old: str, new: str) -> None:
    """Telegram told by refusing that the group has another id now."""
    from guildhall.channels.actions.finding import migrate_space

    with transaction.atomic():
        migrate_space(PLATFORM, old, new)
