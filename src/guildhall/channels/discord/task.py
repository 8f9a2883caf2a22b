"""One act on its way out: with Discord's ids for what it names, the bot it goes out by, and the channel it is
for.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from typing import Any

from guildhall.channels.discord import client, errors
from guildhall.channels.discord.checks import PRIVATE, params_of, talk_of
from guildhall.channels.discord.client import Call, CallFailed, File
from guildhall.channels.discord.errors import reason
from guildhall.channels.discord.models import DiscordBot, DiscordServer, DiscordTalk
from guildhall.channels.models import Space, Topic
from guildhall.channels.port import Act, Refs
from guildhall.core import clock
from guildhall.core.errors import Temporary
from guildhall.effects.types import Mode

_IN_DOUBT_S, _AGAIN_S = 10.0, 0.5
"""So long a message whose answer was lost is asked for again, and so often: less than its effect's lease."""


@dataclass(frozen=True, slots=True)
class Task:
    """An act with the platform's ids and the bot (Discord's id) that carries it out."""

    act: Act
    refs: Refs
    bot_id: int
    mode: Mode

    @property
    def guild_id(self) -> str:
        return self.refs.space_external_id

    @property
    def is_private(self) -> bool:
        return self.refs.space_kind == PRIVATE

    @property
    def account_id(self) -> str:
        if not self.refs.account_external_id.isdigit():
            raise reason("user_gone")
        return self.refs.account_external_id

    @property
    def message_id(self) -> str:
        if not self.refs.message_external_id.isdigit():
            raise reason("message_gone")
        return self.refs.message_external_id

    @property
    def why(self) -> str:
        """What the server's audit log says."""
        return params_of(self.act).get("reason", "Guildhall")

    def server(self) -> DiscordServer | None:
        return DiscordServer.objects.filter(pk=self.act.space_id).first()

    def named_channel(self) -> str:
        """The channel the act names, or that of what it is about; '' for none."""
        said = self.refs.thread_external_id or params_of(self.act).get("thread", "")
        return said if said.isdigit() else ""

    def channel_id(self) -> str:
        """The channel to speak in: the named one, else where the server is spoken to. Raises Refused."""
        named = self.named_channel()
        if named:
            return named
        if self.is_private:
            return self.talk(talk_of(self.refs.space_external_id))
        found = usual_channel(self.act.space_id)
        if not found:
            raise reason("no_channel")
        return found

    def message_channel(self) -> str:
        """The channel of the message the act is about. Raises Refused."""
        named = self.named_channel()
        if named:
            return named
        if self.is_private:
            return self.talk(talk_of(self.refs.space_external_id))
        raise reason("message_gone")

    def talk(self, user_id: str) -> str:
        """The channel of a private talk with somebody; Discord makes it when there is none. Raises Temporary,
        Refused.
        """
        bot = DiscordBot.objects.get(bot_id=self.bot_id)
        row = DiscordTalk.objects.filter(bot=bot, user=user_id).first()
        if row is not None and row.channel:
            return row.channel
        made = self.ask("POST", "/users/@me/channels", body={"recipient_id": user_id})
        channel = str(made["id"])
        DiscordTalk.objects.update_or_create(bot=bot, user=user_id, defaults={"channel": channel})
        return channel

    def ask(self, method: str, path: str, *, body: Any = None, **where: Any) -> Any:
        """A question, or what may be repeated whatever the act. Raises Temporary, Refused."""
        return client.call(self.bot_id, method, path, body=body, reason=self._reason(method), **where)

    def do(self, method: str, path: str, *, body: Any = None, query: Any = None, **where: str | int) -> Any:
        """Carry it out; None when what it wants is so already. Raises Temporary, Uncertain, Refused."""
        asked = Call(method, path, where, body, query or {}, self._reason(method))
        try:
            return client.attempt(self.bot_id, asked)
        except CallFailed as failed:
            if 400 <= failed.failure.status < 500 and errors.is_done(self.act.verb, failed.failure):
                return None
            raise client.understood(self.bot_id, failed.failure, self.mode) from None

    def say(
        self,
        method: str,
        path: str,
        body: dict[str, Any],
        files: tuple[File, ...] = (),
        *,
        has_nonce: bool = True,
        is_open: bool = False,
        **where: str | int,
    ) -> Any:
        """Say something once: Discord takes the same nonce twice for the same message, so a doubt is asked
        again at once. Raises Temporary, Uncertain, Refused.
        """
        if has_nonce:
            body = {**body, "nonce": self._nonce(), "enforce_nonce": True}
        asked = Call(method, path, where, body, {}, "", files, is_open)
        doubt: errors.Failure | None = None
        end = time.monotonic() + _IN_DOUBT_S
        while doubt is None or time.monotonic() < end:
            try:
                return client.attempt(self.bot_id, asked)
            except CallFailed as failed:
                failure = failed.failure
                wait = failure.retry_after or _AGAIN_S
                if failure.is_doubt and has_nonce:
                    doubt = failure
                elif doubt is None:
                    raise client.understood(self.bot_id, failure, self.mode) from None
                elif failure.was_sent and failure.status != 429:
                    break  # refused now; whether it was done before nobody can tell
            except Temporary as busy:
                if doubt is None:
                    raise
                wait = busy.retry_after or _AGAIN_S
            if time.monotonic() + wait >= end:
                break
            time.sleep(wait)
        raise client.understood(self.bot_id, doubt, self.mode)

    def _nonce(self) -> str:
        """One name for this message at every attempt."""
        if self.refs.effect_id:
            return f"gh{self.refs.effect_id}"
        return f"gh-{secrets.token_hex(9)}"

    def _reason(self, method: str) -> str:
        return self.why if method != "GET" else ""


def usual_channel(space_id: str) -> str:
    """Where a server is spoken to when no channel is named: the one marked for announcements in its language,
    any marked one, else the one Discord itself writes to.
    """
    space = Space.objects.filter(pk=space_id).first()
    if space is None:
        return ""
    marked = list(Topic.objects.filter(space=space, announces=True, gone_at=None).order_by("id")[:50])
    for topic in marked:
        if topic.language in ("", space.language):
            return topic.external_id
    if marked:
        return marked[0].external_id
    row = DiscordServer.objects.filter(pk=space_id).first()
    return row.system_channel if row is not None else ""


def note_closed(bot_id: int, user_id: str) -> None:
    """Somebody takes no messages from our bot."""
    DiscordTalk.objects.filter(bot__bot_id=bot_id, user=user_id).update(closed_at=clock.now())
