"""The world behind the fake: who and what exists, how a message comes to be, who is told of it.

One lock for all of it (`lock`, taken by the server, the gateway and the control side before they call in).
Membership is in `membership.py`, what people do in `happenings.py`, what bots may call in `routes/`.
"""

from __future__ import annotations

import random
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from guildhall.channels.testing.discord import permissions, shown
from guildhall.channels.testing.discord.gateway import PRESENCES, Hub, Session
from guildhall.channels.testing.discord.mischief import Mischief
from guildhall.channels.testing.discord.permissions import BITS, USUAL, in_channel
from guildhall.channels.testing.discord.refusals import Refused, missing_access, unknown
from guildhall.channels.testing.discord.state import (
    CATEGORY,
    PRIVILEGED,
    TEXT,
    THREADS,
    App,
    File,
    Guild,
    Interaction,
    Json,
)

if TYPE_CHECKING:
    from guildhall.channels.testing.discord.lines import Connection

EPHEMERAL = 1 << 6
EPOCH_MS = 1_420_070_400_000
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


class World:
    def __init__(self, seed: int = 0, clock: Callable[[], float] = time.time) -> None:
        self.lock = threading.RLock()
        self.dice = random.Random(seed)
        self.mischief = Mischief()
        self.hub = Hub(self.mischief)
        self.lines: set[Connection] = set()
        self.users: dict[str, Json] = {}
        self.apps: dict[str, App] = {}
        self.by_token: dict[str, App] = {}
        self.guilds: dict[str, Guild] = {}
        self.where: dict[str, Guild] = {}
        """The server of every channel and thread."""
        self.direct: dict[str, Json] = {}
        """Direct-message channels by id, with `app` beside Discord's own fields."""
        self.messages: dict[str, dict[str, Json]] = defaultdict(dict)
        self.reactions: dict[str, dict[str, list[str]]] = defaultdict(dict)
        self.votes: dict[str, dict[int, list[str]]] = defaultdict(dict)
        self.interactions: dict[str, Interaction] = {}
        self.by_interaction_token: dict[str, Interaction] = {}
        self.files: dict[str, File] = {}
        self.closed_doors: set[tuple[str, str]] = set()
        """Users who take no direct messages, with the application or ''."""
        self.fields: dict[str, Json] = defaultdict(dict)
        self.shards = 1
        self.url = ""
        self._clock = clock
        self._ahead = 0.0
        self._last = 0

    @property
    def gateway_url(self) -> str:
        return self.url.replace("http", "ws", 1) + "/gateway"

    # -- time and ids --------------------------------------------------------------------------------

    def now(self) -> float:
        return self._clock() + self._ahead

    def advance(self, seconds: float) -> None:
        """Time passes, for timeouts that run out and messages that grow too old."""
        self._ahead += seconds

    def new_id(self) -> str:
        """A snowflake of now; each is larger than the one before."""
        number = (int(self.now() * 1000) - EPOCH_MS) << 22
        self._last = max(self._last + 1, number)
        return str(self._last)

    def time(self, ahead: float = 0.0) -> str:
        return datetime.fromtimestamp(self.now() + ahead, UTC).isoformat(timespec="microseconds")

    def word(self, length: int) -> str:
        return "".join(self.dice.choices(ALPHABET, k=length))

    # -- creation ------------------------------------------------------------------------------------

    def add_app(
        self,
        token: str = "",
        name: str = "Warden",
        intents: tuple[str, ...] = ("members", "message_content"),
        public: bool = True,
    ) -> App:
        """A bot with its application; `intents` are the privileged ones switched on in the portal."""
        number = self.new_id()
        token = token or f"{self.word(26)}.{self.word(6)}.{self.word(38)}"
        flags = 0
        for intent in intents:
            flags |= PRIVILEGED[intent]
        user = shown.new_user(number, name, bot=True)
        self.users[number] = user
        itself = {**user, "verified": True, "mfa_enabled": False, "email": None, "locale": "en-US"}
        app = App(number, token, itself, shown.new_application(number, name, flags, public))
        self.apps[number] = self.by_token[token] = app
        return app

    def add_user(
        self, username: str, global_name: str | None = None, locale: str = "en-US", **more: Any
    ) -> str:
        number = str(more.pop("id", None) or self.new_id())
        self.users[number] = {**shown.new_user(number, username, global_name), **more}
        self.fields[number]["locale"] = locale
        return number

    def add_guild(self, name: str, owner: str, features: tuple[str, ...] = (), **more: Any) -> Guild:
        """A server with @everyone, a category, #general and #rules; `more` are fields of the guild."""
        number = self.new_id()
        guild = Guild(number, shown.new_guild(number, name, owner, list(features)))
        self.guilds[number] = guild
        guild.roles[number] = shown.new_role(number, "@everyone", USUAL, 0)
        self.enter(guild, owner)
        category = self.add_channel(guild, "Text channels", CATEGORY)
        general = self.add_channel(guild, "general", TEXT, parent_id=category["id"])
        guild.data.update({"system_channel_id": general["id"], **more})
        return guild

    def add_channel(self, guild: Guild, name: str, kind: int = TEXT, **more: Any) -> Json:
        number = self.new_id()
        channel = shown.new_channel(number, guild.id, name, kind, len(guild.channels), **more)
        guild.channels[number] = channel
        self.where[number] = guild
        return channel

    def add_role(self, guild: Guild, name: str, allow: int = 0, **more: Any) -> Json:
        """A new role stands lowest, above @everyone, as in Discord."""
        number = self.new_id()
        for role in guild.roles.values():
            if role["position"] > 0:
                role["position"] += 1
        role = {**shown.new_role(number, name, allow, 1), **more}
        guild.roles[number] = role
        return role

    def enter(self, guild: Guild, user_id: str, **more: Any) -> Json:
        """The bare fact of membership; `membership.join` tells of it."""
        member = {**shown.new_member(self.time()), **more}
        guild.members[user_id] = member
        return member

    # -- finding, for bots -----------------------------------------------------------------------------

    def guild_for(self, app: App, guild_id: str) -> Guild:
        guild = self.guilds.get(guild_id)
        if guild is None:
            raise unknown("Guild")
        if app.id not in guild.members:
            raise missing_access()
        return guild

    def place_for(self, app: App, channel_id: str) -> tuple[Guild | None, Json]:
        """A channel, thread or direct message the bot may know of. Raises Refused."""
        direct = self.direct.get(channel_id)
        if direct is not None and direct["app"] == app.id:
            return None, direct
        guild = self.where.get(channel_id)
        channel = guild.place(channel_id) if guild is not None else None
        if guild is None or channel is None:
            raise unknown("Channel")
        if not self.may(guild, channel, app.id, "VIEW_CHANNEL"):
            raise missing_access()
        return guild, channel

    def message_for(self, channel_id: str, message_id: str) -> Json:
        found = self.messages[channel_id].get(message_id)
        if found is None:
            raise unknown("Message")
        return found

    def may(self, guild: Guild, channel: Json, user_id: str, *names: str) -> bool:
        allowed = in_channel(guild, channel, user_id, self.now())
        return all(allowed & BITS[name] for name in names)

    def need(self, guild: Guild, app: App, *names: str, channel: Json | None = None) -> None:
        """Raises Missing Permissions unless the bot has all of them."""
        if channel is None:
            allowed = permissions.in_guild(guild, app.id)
        else:
            allowed = in_channel(guild, channel, app.id, self.now())
        if not all(allowed & BITS[name] for name in names):
            raise Refused(403, 50013, "Missing Permissions")

    # -- telling -------------------------------------------------------------------------------------

    def tell(self, event: str, data: Json, guild: Guild | None, channel: Json | None = None) -> None:
        """To the server's bots, those who may see the channel if there is one; a direct message to its
        bot."""
        if guild is None:
            self.hub.tell(event, data, None, to=(channel or {}).get("app", ""))
        elif channel is None:
            self.hub.tell(event, data, guild)
        else:
            home, place = guild, channel
            self.hub.tell(event, data, guild, lambda app_id: self.may(home, place, app_id, "VIEW_CHANNEL"))

    def note(self, guild: Guild, action: int, by: str, target: str | None, *, reason: str = "",
             changes: list[Json] | None = None, **options: Any) -> Json:  # fmt: skip
        """An entry of the audit log, told to the bots that may read it."""
        entry: Json = {"id": self.new_id(), "user_id": by, "target_id": target, "action_type": action}
        if changes:
            entry["changes"] = changes
        if reason:
            entry["reason"] = reason
        if options:
            entry["options"] = options
        guild.audit.append(entry)
        self.hub.tell(
            "GUILD_AUDIT_LOG_ENTRY_CREATE", {**entry, "guild_id": guild.id}, guild,
            lambda app_id: bool(permissions.in_guild(guild, app_id) & BITS["VIEW_AUDIT_LOG"]),
        )  # fmt: skip
        return entry

    def guild_create(self, guild: Guild, app_id: str) -> Json:
        """What GUILD_CREATE tells an application: the server with channels, threads and itself."""
        member = guild.members[app_id]
        seen = [
            one
            for one in guild.threads.values()
            if not one["thread_metadata"]["archived"] and self.may(guild, one, app_id, "VIEW_CHANNEL")
        ]
        return {
            **shown.guild(guild), "joined_at": member["joined_at"], "large": len(guild.members) > 250,
            "unavailable": False, "member_count": len(guild.members), "voice_states": [],
            "members": [shown.member(self, guild, app_id)], "channels": list(guild.channels.values()),
            "threads": seen, "presences": [], "stage_instances": [], "guild_scheduled_events": [],
            "soundboard_sounds": [],
        }  # fmt: skip

    def chunk_members(self, session: Session, asked: Any) -> None:
        """Answers REQUEST_GUILD_MEMBERS in chunks of a thousand."""
        guild = self.guilds.get(str(asked.get("guild_id", "")))
        if guild is None or session.app.id not in guild.members:
            return
        wanted = asked.get("user_ids")
        query, most = str(asked.get("query", "")).lower(), int(asked.get("limit") or 0)
        ids = [one for one in ([wanted] if isinstance(wanted, str) else wanted or guild.members)
               if one in guild.members and self.users[one]["username"].lower().startswith(query)]  # fmt: skip
        ids = ids[:most] if most else ids
        chunks = [ids[start : start + 1000] for start in range(0, len(ids), 1000)] or [[]]
        for index, chunk in enumerate(chunks):
            data: Json = {"guild_id": guild.id, "chunk_index": index, "chunk_count": len(chunks),
                          "members": [shown.member(self, guild, one) for one in chunk]}  # fmt: skip
            if isinstance(wanted, list):
                data["not_found"] = [one for one in wanted if one not in guild.members]
            if asked.get("presences") and session.intents & PRESENCES:
                data["presences"] = []
            if asked.get("nonce"):
                data["nonce"] = asked["nonce"]
            self.hub.dispatch(session, "GUILD_MEMBERS_CHUNK", data)

    # -- messages --------------------------------------------------------------------------------------

    def post(
        self, channel_id: str, author: str, content: str = "", *, tell: bool = True, **more: Any
    ) -> Json:
        """A new message; `more` are further fields of it. Told as MESSAGE_CREATE."""
        guild = self.where.get(channel_id)
        channel = guild.place(channel_id) if guild is not None else self.direct[channel_id]
        if channel is None:
            raise unknown("Channel")
        message = shown.new_message(self, guild, channel_id, author, content, **more)
        self.messages[channel_id][message["id"]] = message
        channel["last_message_id"] = message["id"]
        if channel["type"] in THREADS:
            channel["message_count"] += 1
            channel["total_message_sent"] += 1
            channel["thread_metadata"]["archived"] = False
        if tell:
            self.tell("MESSAGE_CREATE", shown.message_event(self, guild, message), guild, channel)
        return message

    def edit(self, channel_id: str, message: Json, **fields: Any) -> None:
        """Changes a message; MESSAGE_UPDATE carries the whole of it."""
        guild = self.where.get(channel_id)
        channel = guild.place(channel_id) if guild is not None else self.direct[channel_id]
        if "content" in fields:
            fields["edited_timestamp"] = self.time()
            fields.update(shown.named_in(self, guild, fields["content"] or ""))
        message.update(fields)
        if message["flags"] & EPHEMERAL:
            return
        self.tell("MESSAGE_UPDATE", shown.message_event(self, guild, message), guild, channel)

    def remove(self, channel_id: str, message_ids: list[str], bulk: bool = False) -> list[str]:
        """Messages are gone; those that were there."""
        guild = self.where.get(channel_id)
        channel = guild.place(channel_id) if guild is not None else self.direct[channel_id]
        found = [one for one in message_ids if one in self.messages[channel_id]]
        gone = [one for one in found if not self.messages[channel_id].pop(one)["flags"] & EPHEMERAL]
        for one in found:
            self.reactions.pop(one, None)
        server = {"guild_id": guild.id} if guild is not None else {}
        if bulk and gone:
            told = {"ids": gone, "channel_id": channel_id, **server}
            self.tell("MESSAGE_DELETE_BULK", told, guild, channel)
        elif not bulk:
            for one in gone:
                self.tell("MESSAGE_DELETE", {"id": one, "channel_id": channel_id, **server}, guild, channel)
        return gone

    def direct_with(self, app: App, user_id: str) -> Json:
        """The direct-message channel of a bot and a user, opened when there is none."""
        for channel in self.direct.values():
            if channel["app"] == app.id and channel["recipients"][0]["id"] == user_id:
                return channel
        number = self.new_id()
        self.direct[number] = {"id": number, "type": 1, "last_message_id": None, "flags": 0,
                               "recipients": [self.users[user_id]], "app": app.id}  # fmt: skip
        return self.direct[number]
