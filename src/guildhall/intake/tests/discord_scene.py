"""A Discord server of the fake with our bot in it, and a gateway of ours that hears it in a thread."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from guildhall.channels.discord import client, pace, wire
from guildhall.channels.discord.models import DiscordBot, DiscordShard, secret_name
from guildhall.channels.models import Message, Space, SpaceMember
from guildhall.channels.testing.discord import App, FakeDiscord
from guildhall.core import secrets
from guildhall.core import settings as house
from guildhall.intake import discord_listening, listening
from guildhall.intake.discord_listening import DiscordListening, Shard
from guildhall.intake.gateway import Gateway


def wait_for(condition: Callable[[], Any], what: str = "it", seconds: float = 15.0) -> Any:
    until = time.monotonic() + seconds
    while not (answer := condition()):
        assert time.monotonic() < until, f"waited for {what}"
        time.sleep(0.02)
    return answer


@dataclass
class Town:
    """One server with #general, its owner, and a bot of ours that is not heard yet."""

    dc: FakeDiscord
    app: App
    owner: str
    guild: str
    general: str
    people: list[str] = field(default_factory=list)
    gateway: Gateway | None = None
    _thread: threading.Thread | None = None

    def open(self) -> Town:
        """Begin to hear."""
        self.gateway = Gateway("gateway-test", [DiscordListening()], look_s=0.02)
        self._thread = threading.Thread(target=self.gateway.run)
        self._thread.start()
        return self

    def close(self) -> None:
        """End to hear, as a gateway that is told to stop."""
        if self.gateway is None or self._thread is None:
            return
        listeners = list(self.gateway.listeners.values())
        self.gateway.stop()
        self._thread.join(10)
        for one in listeners:
            one.join(10)
        self.gateway = self._thread = None

    @property
    def shard(self) -> Shard:
        assert self.gateway is not None
        (one,) = self.gateway.listeners.values()
        assert isinstance(one, Shard)
        return one

    @property
    def row(self) -> DiscordShard:
        return DiscordShard.objects.get()

    @property
    def space(self) -> Space:
        return Space.objects.get(platform="discord", external_id=self.guild)

    def settled(self) -> Town:
        """Until the server is known and nothing is being fetched."""
        wait_for(lambda: Space.objects.filter(external_id=self.guild).exists(), "the server")
        wait_for(lambda: self._is_quiet(), "the gap to be closed")
        return self

    def _is_quiet(self) -> bool:
        assert self.gateway is not None
        if not self.gateway.listeners:
            return False
        one = self.shard
        return one._has_settled and not one.gaps and not one.new and one._filler is None

    def texts(self) -> list[str]:
        return list(
            Message.objects.filter(space__platform="discord")
            .order_by("external_id")
            .values_list("text", flat=True)
        )

    def was_well_behaved(self) -> None:
        """The fake met nothing it does not know, and nobody broke a limit."""
        assert not self.dc.failures
        assert not self.dc.unplayed
        assert not self.dc.violations()

    def heard(self, *texts: str, seconds: float = 15.0) -> None:
        """Until each of these is recorded."""
        wait_for(lambda: set(texts) <= set(self.texts()), f"{texts} in {self.texts()}", seconds)


def a_member(town: Town, name: str = "bob") -> str:
    """Somebody who joins now; their id."""
    person = town.dc.add_user(name)
    town.dc.join(town.guild, person)
    return person


def state_of(person: str) -> str | None:
    """What somebody is in the server as we know it."""
    return SpaceMember.objects.filter(account__external_id=person).values_list("state", flat=True).first()


@contextmanager
def discord_town(monkeypatch: pytest.MonkeyPatch, folder: Path, **options: Any) -> Iterator[Town]:
    """A fake Discord that the settings point at, with a pace of its own, and one server our bot is in."""
    with FakeDiscord(**options) as dc:
        changed = replace(house.settings, discord_api=dc.api, discord_gateway="", data_dir=folder)
        for module in (client, pace, discord_listening):
            if hasattr(module, "settings"):
                monkeypatch.setattr(module, "settings", changed)
        monkeypatch.setattr(wire, "IDENTIFY_EVERY_S", 0.0)
        monkeypatch.setattr(discord_listening, "AGAIN_S", 0.02)
        monkeypatch.setattr(discord_listening, "INTENTS_PAUSE_S", 0.1)
        monkeypatch.setattr(listening, "FIRST_PAUSE_S", 0.02)
        app = dc.add_bot()
        owner = dc.add_user("owner")
        guild = dc.add_guild("Perpetuals", owner)
        dc.install(app, guild)
        general = str(dc.world.guilds[guild].data["system_channel_id"])
        DiscordBot.objects.create(
            bot_id=int(app.id), application_id=int(app.id), username="warden", name="Warden",
            created_by="system:test",
        )  # fmt: skip
        secrets.put(secret_name(int(app.id)), app.token)
        town = Town(dc, app, owner, guild, general)
        try:
            yield town
        finally:
            town.close()
            client.forget()
