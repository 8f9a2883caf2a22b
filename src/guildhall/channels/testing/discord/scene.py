"""Setting the scene and pulling its strings: bots, servers, channels, roles; what the gateway and the API do
wrong; a look at what came of it.

Every method takes the world's lock. Bots are named by their record, id, token or name; everything else by
Discord's ids, which are text. Permissions are given as a number, as names or as "all". All of it works over
HTTP too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from guildhall.channels.testing.discord import membership, shown
from guildhall.channels.testing.discord.limits import Limits
from guildhall.channels.testing.discord.lines import Connection
from guildhall.channels.testing.discord.mischief import Rates
from guildhall.channels.testing.discord.permissions import ALL, bits, in_channel, in_guild
from guildhall.channels.testing.discord.state import PRIVILEGED, App, Guild, Json
from guildhall.channels.testing.discord.world import World

AnyBot = App | str
Rights = int | str | Sequence[str]
KINDS = {"text": 0, "voice": 2, "category": 4, "news": 5, "stage": 13, "forum": 15, "media": 16}


def rights(given: Rights) -> int:
    if isinstance(given, int):
        return given
    if isinstance(given, str):
        return ALL if given == "all" else int(given) if given.isdigit() else bits(given)
    return bits(*given)


class Scene:
    world: World
    limits: Limits

    # -- bots ----------------------------------------------------------------------------------------

    def add_bot(
        self, token: str = "", name: str = "Warden", intents: Iterable[str] = ("members", "message_content"),
        public: bool = True,
    ) -> App:  # fmt: skip
        """`intents`: the privileged ones switched on in the portal: members, message_content, presences."""
        with self.world.lock:
            return self.world.add_app(token, name, tuple(intents), public)

    def set_intents(self, bot: AnyBot, intents: Iterable[str]) -> None:
        """Switches the privileged intents in the portal."""
        with self.world.lock:
            self._bot(bot).data["flags"] = sum(PRIVILEGED[one] for one in set(intents))

    def reset_token(self, bot: AnyBot) -> str:
        """The old token is dead, lines made with it are closed with 4004; the new one."""
        with self.world.lock:
            app = self._bot(bot)
            del self.world.by_token[app.token]
            app.token = f"{self.world.word(26)}.{self.world.word(6)}.{self.world.word(38)}"
            self.world.by_token[app.token] = app
            for line in self._lines(app):
                line.close(4004, "Authentication failed.")
            return app.token

    def install(self, bot: AnyBot, guild: str, rights_given: Rights = "all", by: str = "") -> None:
        """Somebody follows the bot's invite link and lets it in with these permissions."""
        with self.world.lock:
            found = self.world.guilds[guild]
            membership.install(
                self.world, found, self._bot(bot), rights(rights_given), by or found.data["owner_id"]
            )

    def set_rights(self, bot: AnyBot, guild: str, rights_given: Rights) -> None:
        """Other permissions of the bot's own role."""
        with self.world.lock:
            membership.set_permissions(
                self.world, self.world.guilds[guild], self._bot(bot), rights(rights_given)
            )

    def remove_bot(self, bot: AnyBot, guild: str, banned: bool = False) -> None:
        with self.world.lock:
            found, app = self.world.guilds[guild], self._bot(bot)
            if banned:
                membership.ban(self.world, found, app.id, found.data["owner_id"])
            else:
                membership.kick(self.world, found, app.id, found.data["owner_id"])

    # -- people and places ---------------------------------------------------------------------------

    def add_user(
        self, username: str, global_name: str | None = None, locale: str = "en-US", **more: Any
    ) -> str:
        """The user's id; `more` are fields of the user, or `id`."""
        with self.world.lock:
            return self.world.add_user(username, global_name, locale, **more)

    def add_guild(self, name: str, owner: str, features: Iterable[str] = (), **more: Any) -> str:
        """A server with a category and #general; its id. `more` are fields of the guild."""
        with self.world.lock:
            return self.world.add_guild(name, owner, tuple(features), **more).id

    def add_channel(self, guild: str, name: str, kind: str = "text", parent: str = "", **more: Any) -> str:
        """`kind`: text, news, forum, voice, category, ...; the id. Told as CHANNEL_CREATE."""
        with self.world.lock:
            found = self.world.guilds[guild]
            made = self.world.add_channel(found, name, KINDS[kind], parent_id=parent or None, **more)
            self.world.tell("CHANNEL_CREATE", made, found, made)
            return str(made["id"])

    def add_role(self, guild: str, name: str, allow: Rights = 0, **more: Any) -> str:
        with self.world.lock:
            found = self.world.guilds[guild]
            role = self.world.add_role(found, name, rights(allow), **more)
            self.world.tell("GUILD_ROLE_CREATE", {"guild_id": guild, "role": role}, found)
            return str(role["id"])

    def move_role(self, guild: str, role: str, position: int) -> None:
        """To this place in the hierarchy; what stood there and above moves up."""
        with self.world.lock:
            found = self.world.guilds[guild]
            for one in found.roles.values():
                if one["position"] >= position > 0 and one["id"] != guild:
                    one["position"] += 1
            found.roles[role]["position"] = position
            self.world.tell("GUILD_ROLE_UPDATE", {"guild_id": guild, "role": found.roles[role]}, found)

    def bot_role(self, bot: AnyBot, guild: str) -> str:
        app_id = self._bot(bot).id
        roles = self.world.guilds[guild].roles.values()
        return str(next(one["id"] for one in roles if one.get("tags", {}).get("bot_id") == app_id))

    def overwrite(self, channel: str, target: str, allow: Rights = 0, deny: Rights = 0) -> None:
        """What a role or member may and may not do in a channel; nothing at all takes it away."""
        with self.world.lock:
            guild, found = self._place(channel)
            kept = [one for one in found["permission_overwrites"] if one["id"] != target]
            if rights(allow) or rights(deny):
                kept.append({"id": target, "type": 0 if target in guild.roles else 1,
                             "allow": str(rights(allow)), "deny": str(rights(deny))})  # fmt: skip
            found["permission_overwrites"] = kept
            self.world.tell("CHANNEL_UPDATE", found, guild, found)

    def shut_door(self, user: str, bot: AnyBot | None = None, shut: bool = True) -> None:
        """The user takes no direct messages, of this bot or of anybody."""
        with self.world.lock:
            key = (user, self._bot(bot).id if bot is not None else "")
            (self.world.closed_doors.add if shut else self.world.closed_doors.discard)(key)

    # -- a look at the world -------------------------------------------------------------------------

    def channels(self, guild: str) -> dict[str, str]:
        """Ids by name."""
        with self.world.lock:
            return {one["name"]: one["id"] for one in self.world.guilds[guild].channels.values()}

    def channel(self, channel: str) -> Json:
        with self.world.lock:
            guild = self.world.where.get(channel)
            found = guild.place(channel) if guild else self.world.direct.get(channel)
            if found is None:
                raise KeyError(f"no channel {channel}")
            return shown.channel(found)

    def messages(self, channel: str) -> list[Json]:
        """Oldest first."""
        with self.world.lock:
            return [shown.message(self.world, one, "") for one in self.world.messages[channel].values()]

    def message(self, channel: str, message: str) -> Json:
        with self.world.lock:
            return shown.message(self.world, self.world.messages[channel][message], "")

    def member(self, guild: str, user: str) -> Json | None:
        """None for somebody who is not in the server."""
        with self.world.lock:
            found = self.world.guilds[guild]
            return shown.member(self.world, found, user) if user in found.members else None

    def members(self, guild: str) -> list[str]:
        return list(self.world.guilds[guild].members)

    def banned(self, guild: str) -> dict[str, str]:
        return dict(self.world.guilds[guild].bans)

    def guild(self, guild: str) -> Json:
        with self.world.lock:
            return shown.guild(self.world.guilds[guild], counts=True)

    def roles(self, guild: str) -> dict[str, str]:
        return {one["name"]: one["id"] for one in self.world.guilds[guild].roles.values()}

    def invites(self, guild: str) -> dict[str, Json]:
        """By code, with who came by each (`users`)."""
        return dict(self.world.guilds[guild].invites)

    def rules(self, guild: str) -> list[Json]:
        return list(self.world.guilds[guild].rules.values())

    def audit(self, guild: str) -> list[Json]:
        return list(self.world.guilds[guild].audit)

    def commands(self, bot: AnyBot, guild: str = "") -> list[Json]:
        return list(self._bot(bot).commands.get(guild, {}).values())

    def interaction(self, number: str) -> Json:
        """What became of it: `answered` (the type of the callback, 0 for none), `answer`, `original`."""
        asked = self.world.interactions[number]
        return {"answered": asked.answered, "answer": asked.answer, "original": asked.original,
                "followups": asked.followups, "token": asked.token}  # fmt: skip

    def direct_channel(self, user: str, bot: AnyBot) -> str:
        """The talk of a user and a bot, opened when there is none."""
        with self.world.lock:
            return str(self.world.direct_with(self._bot(bot), user)["id"])

    def allowed(self, guild: str, user: str, channel: str = "") -> int:
        with self.world.lock:
            found = self.world.guilds[guild]
            place = found.place(channel) if channel else None
            if place is not None:
                return in_channel(found, place, user, self.world.now())
            return in_guild(found, user)

    # -- the gateway ---------------------------------------------------------------------------------

    def lines(self, bot: AnyBot | None = None) -> list[Json]:
        """The connections there are, with their session, shard, intents and heartbeats."""
        with self.world.lock:
            return [line.info() for line in self._lines(bot)]

    def drop(self, bot: AnyBot | None = None, code: int = 0) -> int:
        """Connections are closed with a code, or just break; how many."""
        with self.world.lock:
            found = self._lines(bot)
            for line in found:
                line.close(code) if code else line.cut()
            return len(found)

    def zombie(self, bot: AnyBot | None = None) -> int:
        """The connections stand, but nothing comes through them any more, not even an answer."""
        with self.world.lock:
            found = self._lines(bot)
            for line in found:
                line.dumb = True
            return len(found)

    def ask_to_reconnect(self, bot: AnyBot | None = None) -> int:
        with self.world.lock:
            found = self._lines(bot)
            for line in found:
                line.reconnect()
            return len(found)

    def ask_for_a_beat(self, bot: AnyBot | None = None) -> None:
        with self.world.lock:
            for line in self._lines(bot):
                line.ask_for_a_beat()

    def invalidate(self, bot: AnyBot | None = None, resumable: bool = False) -> int:
        """INVALID_SESSION is said on every connection."""
        with self.world.lock:
            found = self._lines(bot)
            for line in found:
                line.invalidate(resumable)
            return len(found)

    def forget_sessions(self, bot: AnyBot | None = None) -> int:
        """Sessions end without a word and their connections break: the next RESUME is refused."""
        with self.world.lock:
            return self.world.hub.forget(self._bot(bot).id if bot is not None else "")

    def deliver_raw(self, bot: AnyBot, event: str, data: Any) -> None:
        """Any event at all, to every session of the bot."""
        with self.world.lock:
            for session in self.world.hub.of(self._bot(bot).id):
                self.world.hub.dispatch(session, event, data)

    def set_gateway(self, **given: Any) -> None:
        """`heartbeat_ms`, `most_kept` (events kept for RESUME), `resume_seconds` (a lost session lives),
        `identify_seconds` (between two IDENTIFYs), `trim_on_heartbeat`, `shards` (recommended and needed)."""
        with self.world.lock:
            for name, value in given.items():
                if name == "shards":
                    self.world.shards = int(value)
                elif name in ("heartbeat_ms", "most_kept", "resume_seconds", "identify_seconds",
                              "trim_on_heartbeat"):  # fmt: skip
                    setattr(self.world.hub, name, value)
                else:
                    raise ValueError(f"the gateway has no {name}")

    def outage(self, guild: str, on: bool = True) -> None:
        """The server becomes unavailable (GUILD_DELETE with `unavailable`), and comes back."""
        with self.world.lock:
            found = self.world.guilds[guild]
            found.silent = on
            if on:
                self.world.tell("GUILD_DELETE", {"id": guild, "unavailable": True}, found)
                return
            for app in found.bots(self.world.apps):
                self.world.hub.tell("GUILD_CREATE", self.world.guild_create(found, app.id), found, to=app.id)

    def stats(self) -> Json:
        """How many sessions, connections, resumes and identifies there were."""
        hub = self.world.hub
        return {"sessions": len(hub.sessions), "lines": len(self.world.lines), "resumes": hub.resumes,
                "identifies": sum(map(len, hub.starts.values()))}  # fmt: skip

    # -- mischief and limits -------------------------------------------------------------------------

    def misbehave(self, **rates: Any) -> None:
        """Sets the rates of `mischief.Rates`; without any all is well again."""
        for name in ("routes", "retry_after"):
            if rates.get(name) is not None:
                rates[name] = tuple(rates[name])
        self.world.mischief.set(Rates(**rates))

    def mischief_done(self) -> dict[str, int]:
        return dict(self.world.mischief.done)

    def set_limits(self, **given: Any) -> None:
        """`enforce`, `most` (a second, a bot), `usual`, `rates`, `invalid_most`: see `limits.Limits`."""
        self.limits.set(**given)

    def advance(self, seconds: float) -> None:
        with self.world.lock:
            self.world.advance(seconds)

    # -- finding -------------------------------------------------------------------------------------

    def _bot(self, bot: AnyBot) -> App:
        if isinstance(bot, App):
            return bot
        found = self.world.apps.get(bot) or self.world.by_token.get(bot)
        if found is None:
            found = next((one for one in self.world.apps.values() if one.user["username"] == bot), None)
        if found is None:
            raise KeyError("no such bot")
        return found

    def _lines(self, bot: AnyBot | None) -> list[Connection]:
        app_id = self._bot(bot).id if bot is not None else ""
        return [line for line in self.world.lines
                if not app_id or (line.session is not None and line.session.app.id == app_id)]  # fmt: skip

    def _place(self, channel: str) -> tuple[Guild, Json]:
        guild = self.world.where[channel]
        found = guild.place(channel)
        if found is None:
            raise KeyError(f"no channel {channel}")
        return guild, found
