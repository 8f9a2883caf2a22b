"""Much at once: servers with thousands of members, backlogs of events already serialised, worlds from a
file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from guildhall.channels.testing.discord import shown
from guildhall.channels.testing.discord.happenings import Happenings
from guildhall.channels.testing.discord.scene import AnyBot
from guildhall.channels.testing.discord.state import Json

TEXTS = (
    "gm, is the funding rate negative again?", "大家早上好，手续费怎么算？", "it took 10 minutes, fine",
    "see https://example.com/fees for the table", "my KYC is still pending 😕", "止损被扫了，爆仓价怎么算",
    "anyone else long $BTC here?", "thanks, that helped", "入金到账了，谢谢",
)  # fmt: skip


class Bulk(Happenings):
    def load(self, bot: AnyBot, guilds: int = 1, channels: int = 1, members: int = 100) -> Json:
        """Servers with channels and members, the bot in each as administrator, without an event to anybody.
        The ids of `guilds`, `channels` and `users`."""
        with self.world.lock:
            app = self._bot(bot)
            users = [self.world.add_user(f"member{number}") for number in range(members)]
            made: Json = {"guilds": [], "channels": [], "users": users}
            for number in range(guilds):
                owner = self.world.add_user(f"owner{number}")
                guild = self.world.add_guild(f"Server {number}", owner)
                role = self.world.add_role(guild, "bot", 8, managed=True, tags={"bot_id": app.id})
                self.world.enter(guild, app.id, roles=[role["id"]])
                for user in users:
                    self.world.enter(guild, user)
                made["guilds"].append(guild.id)
                made["channels"].append(guild.data["system_channel_id"])
                for extra in range(channels - 1):
                    made["channels"].append(self.world.add_channel(guild, f"channel-{extra}")["id"])
            return made

    def backlog(
        self, n: int, channel: str, users: int = 200, texts: Sequence[str] = TEXTS, tell: bool = True
    ) -> list[str]:
        """`n` messages of members in a channel, one after the other; their ids. Without `tell` they stand
        there and nobody heard of them."""
        with self.world.lock:
            guild = self.world.where[channel]
            known = [one for one in guild.members if one not in self.world.apps][:users]
            while len(known) < users:
                known.append(self.world.add_user(f"chatter{len(known)}"))
                self.world.enter(guild, known[-1])
            return [
                self.world.post(channel, known[number % users], texts[number % len(texts)], tell=tell)["id"]
                for number in range(n)
            ]

    def bodies(self, n: int, channel: str, users: int = 200, texts: Sequence[str] = TEXTS) -> list[bytes]:
        """`n` MESSAGE_CREATE dispatches as the gateway would send them; nothing happens in the world but
        their ids being used."""
        with self.world.lock:
            guild = self.world.where[channel]
            known = [one for one in guild.members if one not in self.world.apps][:users]
            found = []
            for number in range(n):
                made = shown.new_message(
                    self.world, guild, channel, known[number % len(known)], texts[number % len(texts)]
                )
                event = shown.message_event(self.world, guild, made)
                found.append(orjson.dumps({"t": "MESSAGE_CREATE", "s": number + 1, "op": 0, "d": event}))
            return found

    def play(self, story: Sequence[Sequence[Any]]) -> list[Any]:
        """Several control calls in order, each `[name, arguments by name]`; what each answered. Names given
        by `"as"` can be used as `"$name"` in later calls."""
        from guildhall.channels.testing.discord.control import NAMES

        kept: dict[str, Any] = {}
        answers = []
        for name, arguments in story:
            if name not in NAMES:
                raise KeyError(name)
            given = {
                key: kept.get(value[1:], value) if isinstance(value, str) and value[:1] == "$" else value
                for key, value in arguments.items()
            }
            called = given.pop("as", None)
            answer = getattr(self, name)(**given)
            if called:
                kept[called] = answer
            answers.append(answer)
        return answers
