"""A house with one bot and a server at the fake Discord, for the tests of what goes out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from guildhall.channels.discord import bots, client, fetching, interactions, pace
from guildhall.channels.discord.adapter import DiscordAdapter
from guildhall.channels.discord.models import DiscordBot, DiscordServer
from guildhall.channels.discord.rights import PERMISSIONS
from guildhall.channels.models import Message, Space
from guildhall.channels.port import Act, Refs, Verb
from guildhall.channels.testing.discord import App, FakeDiscord
from guildhall.core import clock
from guildhall.core import settings as house
from guildhall.core.ids import new_id
from guildhall.people.models import Account, Member

_HURRIED = (
    "PATCH /channels/{channel_id}", "POST /channels/{channel_id}/messages", "POST /channels/{channel_id}/invites",
    "POST /users/@me/channels", "PATCH /channels/{channel_id}/messages/{message_id}",
)  # fmt: skip


@contextmanager
def in_discord(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Iterator[FakeDiscord]:
    """A fake Discord that the settings point at, with a pace of its own; its channels hurry less than real
    ones.
    """
    with FakeDiscord() as dc:
        dc.set_limits(rates=dict.fromkeys(_HURRIED, [20, 1.0]), usual=[50, 1.0])
        changed = replace(house.settings, discord_api=dc.api, data_dir=folder)
        for module in (client, pace, bots, fetching):
            monkeypatch.setattr(module, "settings", changed)
        yield dc
        client.forget()
        pace.the_pace().close()


@dataclass(slots=True)
class Town:
    """A bot of ours that serves a server in which Ann talks; its owner let it in."""

    dc: FakeDiscord
    app: App
    guild: str
    channel: str
    owner: str
    ann: str
    space: Space
    account: Account
    adapter: DiscordAdapter

    @property
    def bot(self) -> DiscordBot:
        return DiscordBot.objects.get(bot_id=int(self.app.id))

    @property
    def server(self) -> DiscordServer:
        return DiscordServer.objects.get(pk=self.space.pk)

    def refs(self, **more: Any) -> Refs:
        known = {
            "account_external_id": self.ann, "receiver": self.app.id, "space_kind": "server",
            "thread_external_id": self.channel, **more,
        }  # fmt: skip
        return Refs(self.guild, **known)

    def do(self, verb: Verb, *, said: str = "", act: dict[str, Any] | None = None, **refs: Any) -> Any:
        """Perform one act by the adapter, as a worker does, and what it has to record."""
        asked = Act(verb, self.space.pk, account_id=self.account.pk, text=said, **(act or {}))
        receipt = self.adapter.perform(asked, self.refs(**refs))
        if receipt.record is not None:
            receipt.record()
        return receipt

    def says(self, text: str, **more: Any) -> Message:
        """Ann says something, and we have recorded it."""
        return self.kept(self.dc.say(self.channel, self.ann, text), text, **more)

    def kept(self, number: str, text: str = "", **more: Any) -> Message:
        now = clock.now()
        return Message.objects.create(
            **{
                "id": new_id(), "space": self.space, "account": self.account, "external_id": number,
                "text": text, "sent_at": now, "received_at": now, "thread_id": self.channel, **more,
            }
        )  # fmt: skip

    def waits(self, interaction: str, kind: int = interactions.COMPONENT) -> None:
        """Discord told us of an interaction."""
        told = self.dc.interaction(interaction)
        interactions.keep(interaction, int(self.app.id), told["token"], kind, "en-US", clock.now())

    def calls(self, route: str) -> list[Any]:
        return [call for call in self.dc.calls if call.route == route]


def settle(dc: FakeDiscord, rights: Any = PERMISSIONS) -> Town:
    """A new town in this world."""
    owner, ann = dc.add_user("olga"), dc.add_user("ann", "Ann")
    guild = dc.add_guild("The town", owner)
    app = dc.add_bot(name="Warden")
    dc.install(app, guild, rights)
    dc.join(guild, ann)
    bots.add_bot(app.token, "staff:1")
    space = Space.objects.create(
        platform="discord", external_id=guild, slug=f"town{guild}", name="The town", kind="server",
        receiver=app.id,
    )  # fmt: skip
    account = Account.objects.create(
        member=Member.objects.create(display_name="Ann"), platform="discord", external_id=ann,
        display_name="Ann",
    )  # fmt: skip
    bots.check_server(space)
    return Town(dc, app, guild, dc.channels(guild)["general"], owner, ann, space, account, DiscordAdapter())
