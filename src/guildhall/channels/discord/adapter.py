"""Discord as the port sees it: what it can do, how each verb may be repeated, by which bot an act goes out.

A message carries a key of ours that Discord knows again, so that a doubt is settled by asking once more. What
a refusal tells about a whole server is noted where Settings and Today show it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from guildhall.channels.capabilities import declare, no
from guildhall.channels.discord import acts, bots, buttons, checks, fetching, updates
from guildhall.channels.discord.errors import Refused, TokenRefused, reason
from guildhall.channels.discord.models import DiscordBot, DiscordInteraction
from guildhall.channels.discord.task import Task
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
from guildhall.core.errors import BadInput, Permanent, Temporary, Unsupported
from guildhall.core.text import Text
from guildhall.effects.types import Mode

PLATFORM = "discord"
BOT_BUCKET, CHANNEL_BUCKET = "discord:bot:", "discord:channel:"
_PAUSED_S = 60.0

_ONCE = frozenset({Verb.SEND, Verb.REPLY, Verb.WARN, Verb.SEND_POLL, Verb.CREATE_TOPIC, Verb.CREATE_INVITE})
_MESSAGES = frozenset({Verb.SEND, Verb.REPLY, Verb.WARN, Verb.SEND_POLL})
_CANNOT: Mapping[Verb, Capability] = {
    Verb.RESTORE: no(
        Text("Discord cannot bring a deleted message back.", "Discord 无法恢复已删除的消息。"),
        Text(
            "Ask the member to post it again; they are told that the removal was undone.",
            "请让该成员重新发布；系统会告知其删除已被撤销。",
        ),
    ),
}


class DiscordAdapter:
    """Discord. A server is one space; its channels and threads are named by `thread_id`."""

    platform: Platform = PLATFORM
    name = Text("Discord", "Discord")
    capabilities: Mapping[Verb, Capability] = declare(set(Verb) - set(_CANNOT), _CANNOT)
    limits = Limits(text=checks.TEXT, buttons=buttons.ROWS * buttons.IN_A_ROW, media=10, count=checks.units)
    shows_at_once = True

    def mode(self, verb: Verb) -> Mode:
        return Mode.ONCE if verb in _ONCE else Mode.REPEATABLE

    def buckets(self, act: Act, refs: Refs) -> tuple[str, ...]:
        """The averages of Discord's limits; `pace` holds each window to the letter. An answer to a command
        counts for none and must not wait behind an announcement: Discord gives it three seconds.
        """
        if act.verb not in _MESSAGES:
            return ()
        answered = refs.reply_to_external_id
        if act.verb is Verb.REPLY and DiscordInteraction.objects.filter(pk=answered).exists():
            return ()
        where = refs.thread_external_id or refs.space_external_id
        return f"{BOT_BUCKET}{refs.receiver}", f"{CHANNEL_BUCKET}{where}"

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
        try:
            checks.check(act, refs)
        except BadInput as wrong:
            raise Permanent(wrong.text) from wrong
        if refs.space_kind != checks.PRIVATE and not refs.space_external_id.isdigit():
            raise reason("server_gone")
        try:
            return acts.carry_out(Task(act, refs, bot_for(refs), self.mode(act.verb)))
        except Refused as refused:
            bots.note_refusal(act.space_id, refused)
            raise

    def fetch(self, ref: str, receiver: str, most: int) -> bytes:
        return fetching.fetch(ref, most)

    def profile(self, account_external_id: str, receiver: str) -> Profile:
        return fetching.profile(bot_for(Refs("", receiver=receiver)), account_external_id)


def bot_for(refs: Refs) -> int:
    """Which bot of ours acts in a space: the one that serves it, or the only one there is. Raises Refused,
    Temporary, TokenRefused.
    """
    serving = refs.receiver or refs.space_external_id.partition("/")[2]
    if serving.isdigit():
        bot = DiscordBot.objects.filter(bot_id=int(serving)).first()
    else:
        found = list(DiscordBot.objects.exclude(state=DiscordBot.State.PAUSED)[:2])
        bot = found[0] if len(found) == 1 else None
    if bot is None:
        raise reason("nobody_serves")
    if bot.state == DiscordBot.State.REVOKED:
        raise TokenRefused
    if bot.state == DiscordBot.State.PAUSED:
        raise Temporary(
            Text(f"@{bot.username} is paused.", f"@{bot.username} 已暂停。"), retry_after=_PAUSED_S
        )
    return bot.bot_id
