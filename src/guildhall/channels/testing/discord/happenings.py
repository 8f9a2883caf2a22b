"""What people do in the fake's world: come and go, speak, click, call commands, moderate.

Nothing here asks a bot for leave; what Discord itself would not let a person do (speak while timed out, in a
locked channel, against a rule of AutoMod) does not happen, and the method says so by its answer.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from guildhall.channels.testing.discord import membership, shown
from guildhall.channels.testing.discord.permissions import BITS, in_channel
from guildhall.channels.testing.discord.routes import (
    automod,
    channels,
    interactions,
    polls,
    reactions,
    threads,
)
from guildhall.channels.testing.discord.scene import AnyBot, Scene
from guildhall.channels.testing.discord.state import FORUM, MEDIA, THREADS, File, Guild, Json


class Happenings(Scene):
    # -- coming and going ----------------------------------------------------------------------------

    def join(self, guild: str, user: str, code: str = "") -> bool:
        """By an invitation or (without a code) by some way Discord does not tell; false when it did not
        happen."""
        with self.world.lock:
            return membership.join(self.world, self.world.guilds[guild], user, code)

    def leave(self, guild: str, user: str) -> bool:
        with self.world.lock:
            return membership.leave(self.world, self.world.guilds[guild], user)

    def kick(self, guild: str, user: str, by: str = "", reason: str = "") -> None:
        with self.world.lock:
            found = self.world.guilds[guild]
            membership.kick(self.world, found, user, by or found.data["owner_id"], reason)

    def ban(self, guild: str, user: str, by: str = "", reason: str = "", delete_seconds: int = 0) -> None:
        with self.world.lock:
            found = self.world.guilds[guild]
            membership.ban(self.world, found, user, by or found.data["owner_id"], reason, delete_seconds)

    def unban(self, guild: str, user: str, by: str = "") -> None:
        with self.world.lock:
            found = self.world.guilds[guild]
            membership.unban(self.world, found, user, by or found.data["owner_id"])

    def timeout(self, guild: str, user: str, seconds: float, by: str = "") -> None:
        """For so long, or no longer with 0."""
        until = self.world.time(seconds) if seconds else None
        self.change_member(guild, user, by, communication_disabled_until=until)

    def change_member(self, guild: str, user: str, by: str = "", **fields: Any) -> None:
        """`nick`, `pending`, `roles`, `communication_disabled_until`, ..."""
        with self.world.lock:
            found = self.world.guilds[guild]
            membership.change(self.world, found, user, by or found.data["owner_id"], **fields)

    def give_role(self, guild: str, user: str, role: str, by: str = "") -> None:
        roles = self.world.guilds[guild].members[user]["roles"]
        self.change_member(guild, user, by, roles=[*roles, role])

    def take_role(self, guild: str, user: str, role: str, by: str = "") -> None:
        roles = self.world.guilds[guild].members[user]["roles"]
        self.change_member(guild, user, by, roles=[one for one in roles if one != role])

    def invite(self, guild: str, by: str = "", channel: str = "", max_uses: int = 0, max_age: int = 0) -> str:
        """An invitation made by a person; its code."""
        with self.world.lock:
            found = self.world.guilds[guild]
            place = found.channels[channel or found.data["system_channel_id"]]
            made = membership.new_invite(self.world, found, place, by or found.data["owner_id"],
                                         max_uses=max_uses, max_age=max_age, unique=True)  # fmt: skip
            return str(made["code"])

    def drop_invite(self, guild: str, code: str, by: str = "") -> None:
        with self.world.lock:
            found = self.world.guilds[guild]
            membership.drop_invite(self.world, found, code, by or found.data["owner_id"])

    def ask_to_join(self, guild: str, user: str, answers: Iterable[Json] = ()) -> str:
        """An application to join; its id."""
        with self.world.lock:
            found = self.world.guilds[guild]
            asked: Json = {
                "id": self.world.new_id(), "join_request_id": self.world.new_id(), "guild_id": guild,
                "user_id": user, "user": self.world.users[user], "created_at": self.world.time(),
                "application_status": "SUBMITTED", "form_responses": list(answers), "last_seen": None,
                "rejection_reason": None, "actioned_at": None,
            }  # fmt: skip
            found.requests[asked["id"]] = asked
            told = {"guild_id": guild, "status": "SUBMITTED", "request": asked}
            self.world.tell("GUILD_JOIN_REQUEST_CREATE", told, found)
            return str(asked["id"])

    # -- speaking ------------------------------------------------------------------------------------

    def say(
        self, channel: str, user: str, text: str = "", reply_to: str = "", files: Iterable[Json] = (),
        **more: Any,
    ) -> str:  # fmt: skip
        """The id of the message, '' when Discord did not let it appear. `files`: name, content, mime, and
        any field of an attachment; `more`: fields of the message (embeds, sticker_items, flags, ...)."""
        with self.world.lock:
            guild = self.world.where.get(channel)
            if guild is not None and not self._may_speak(guild, channel, user, text):
                return ""
            given = [self._attachment(channel, dict(one)) for one in files]
            made = self.world.post(channel, user, text, reply_to=reply_to, attachments=given, **more)
            return str(made["id"])

    def _may_speak(self, guild: Guild, channel: str, user: str, text: str) -> bool:
        found, now = self._place(channel)[1], self.world.now()
        if user not in guild.members:
            raise KeyError(f"{user} is not in the server")
        is_thread = found["type"] in THREADS
        allowed = in_channel(guild, found, user, now)
        right = "SEND_MESSAGES_IN_THREADS" if is_thread else "SEND_MESSAGES"
        if not allowed & BITS[right] or found["type"] in (FORUM, MEDIA):
            return False
        if is_thread and found["thread_metadata"]["locked"] and not allowed & BITS["MANAGE_THREADS"]:
            return False
        slow = found.get("rate_limit_per_user") or 0
        if slow and not allowed & BITS["BYPASS_SLOWMODE"]:
            if now - guild.spoke.get((channel, user), 0.0) < slow:
                return False
            guild.spoke[(channel, user)] = now
        exempt = allowed & (BITS["MANAGE_GUILD"] | BITS["ADMINISTRATOR"])
        return bool(exempt) or not automod.judge(self.world, guild, found, user, text)

    def _attachment(self, channel: str, given: Json) -> Json:
        content = given.pop("content", b"")
        content = content.encode() if isinstance(content, str) else content
        number, name = self.world.new_id(), given.pop("name", "file.bin")
        mime = given.pop("mime", "application/octet-stream")
        path = f"/attachments/{channel}/{number}/{name}"
        self.world.files[path] = File(name, mime, content)
        return {"id": number, "filename": name, "size": len(content), "url": self.world.url + path,
                "proxy_url": self.world.url + path, "content_type": mime, **given}  # fmt: skip

    def direct(self, user: str, bot: AnyBot, text: str, **more: Any) -> str:
        """The user writes to the bot alone; the id of the message."""
        return self.say(self.direct_channel(user, bot), user, text, **more)

    def edit(self, channel: str, message: str, text: str, **fields: Any) -> None:
        with self.world.lock:
            found = self.world.messages[channel][message]
            self.world.edit(channel, found, content=text, **fields)

    def unfurl(self, channel: str, message: str, *embeds: Json) -> None:
        """Discord adds previews of links afterwards: an update without an edit."""
        with self.world.lock:
            self.world.edit(channel, self.world.messages[channel][message], embeds=list(embeds))

    def delete(self, channel: str, message: str, by: str = "") -> None:
        """By its author, or with `by` somebody else (which the audit log tells)."""
        with self.world.lock:
            author = self.world.messages[channel][message]["author"]["id"]
            self.world.remove(channel, [message])
            guild = self.world.where.get(channel)
            if guild is not None and by and by != author:
                self.world.note(guild, 72, by, author, channel_id=channel, count="1")

    def bulk_delete(self, channel: str, messages: list[str], by: str = "") -> None:
        with self.world.lock:
            guild, _ = self._place(channel)
            gone = self.world.remove(channel, messages, bulk=True)
            self.world.note(guild, 73, by or guild.data["owner_id"], channel, count=str(len(gone)))

    def pin(self, channel: str, message: str, by: str = "", pinned: bool = True) -> None:
        with self.world.lock:
            guild, found = self._place(channel)
            at = self.world.time() if pinned else None
            one = self.world.messages[channel][message]
            self.world.edit(channel, one, pinned=pinned, pinned_at=at)
            told = {"channel_id": channel, "guild_id": guild.id, "last_pin_timestamp": at}
            self.world.tell("CHANNEL_PINS_UPDATE", told, guild, found)
            who = by or guild.data["owner_id"]
            self.world.note(guild, 74 if pinned else 75, who, one["author"]["id"], channel_id=channel,
                            message_id=message)  # fmt: skip

    def react(self, channel: str, message: str, user: str, emoji: str) -> None:
        with self.world.lock:
            reactions.react(self.world, channel, self.world.messages[channel][message], user, emoji)

    def unreact(self, channel: str, message: str, user: str, emoji: str) -> None:
        with self.world.lock:
            reactions.unreact(self.world, channel, self.world.messages[channel][message], user, emoji)

    def vote(self, channel: str, message: str, user: str, answers: Iterable[int]) -> None:
        with self.world.lock:
            polls.vote(self.world, channel, self.world.messages[channel][message], user, list(answers))

    def finish_poll(self, channel: str, message: str) -> None:
        """Its time is up."""
        with self.world.lock:
            polls.finish(self.world, channel, self.world.messages[channel][message])

    # -- threads and channels ------------------------------------------------------------------------

    def thread(self, channel: str, user: str, name: str, message: str = "", private: bool = False) -> str:
        """A thread, of a message or on its own; its id."""
        with self.world.lock:
            guild, parent = self._place(channel)
            kind = threads.PRIVATE if private else threads.OF_NEWS if parent["type"] == 5 else threads.PUBLIC
            made = threads.start(self.world, guild, parent, name, user, kind, message)
            if message:
                one = self.world.messages[channel][message]
                self.world.edit(channel, one, flags=one["flags"] | 1 << 5, thread=made)
            return str(made["id"])

    def post(self, forum: str, user: str, name: str, text: str, tags: Iterable[str] = ()) -> str:
        """A post in a forum; its id is that of its first message too."""
        with self.world.lock:
            guild, parent = self._place(forum)
            number = self.world.new_id()
            threads.start(self.world, guild, parent, name, user, threads.PUBLIC, number,
                          applied_tags=list(tags))  # fmt: skip
            self.world.post(number, user, text, id=number)
            return number

    def enter_thread(self, thread: str, user: str) -> None:
        with self.world.lock:
            guild, found = self._place(thread)
            threads.enter(self.world, guild, found, user)

    def close_thread(self, thread: str, by: str = "", locked: bool = False) -> None:
        with self.world.lock:
            guild, found = self._place(thread)
            channels.change_thread(self.world, guild, found, by or guild.data["owner_id"], "",
                                   {"archived": True, "locked": locked})  # fmt: skip

    def change_channel(self, channel: str, by: str = "", **fields: Any) -> None:
        with self.world.lock:
            guild, found = self._place(channel)
            if found["type"] in THREADS:
                channels.change_thread(self.world, guild, found, by or guild.data["owner_id"], "", fields)
                return
            found.update(fields)
            self.world.tell("CHANNEL_UPDATE", found, guild, found)
            self.world.note(guild, 11, by or guild.data["owner_id"], channel)

    def delete_channel(self, channel: str, by: str = "") -> None:
        with self.world.lock:
            guild, found = self._place(channel)
            channels.drop(self.world, guild, found, by or guild.data["owner_id"])

    def change_guild(self, guild: str, by: str = "", **fields: Any) -> None:
        with self.world.lock:
            found = self.world.guilds[guild]
            found.data.update(fields)
            self.world.tell("GUILD_UPDATE", {**shown.guild(found), "guild_id": guild}, found)
            self.world.note(found, 1, by or found.data["owner_id"], guild)

    # -- asking bots ---------------------------------------------------------------------------------

    def click(self, channel: str, user: str, message: str, button: str, values: Iterable[str] = ()) -> str:
        """Presses a button or picks from a select, by its label or custom_id; the interaction's id."""
        with self.world.lock:
            found = self.world.messages[channel][message]
            app = self.world.apps[found.get("application_id") or found["author"]["id"]]
            part = next(
                (one for one in _parts(found["components"])
                 if button in (one.get("label"), one.get("custom_id"), one.get("placeholder"))
                 and one.get("custom_id")),
                None,
            )  # fmt: skip
            if part is None:
                raise KeyError(f"no button {button}")
            data: Json = {"custom_id": part["custom_id"], "component_type": part["type"], "id": part["id"]}
            if part["type"] != 2:
                data["values"] = list(values)
            guild, place = self._seen(channel)
            return interactions.ask(
                self.world, app, interactions.COMPONENT, data, place, user, guild, found
            ).id

    def slash(self, bot: AnyBot, channel: str, user: str, command: str, **options: Any) -> str:
        """Calls a slash command as the bot has registered it; the interaction's id."""
        with self.world.lock:
            app = self._bot(bot)
            guild, place = self._seen(channel)
            found = self._command(app, guild, 1, command)
            kinds = {one["name"]: one["type"] for one in found["options"] or ()}
            data: Json = {
                "id": found["id"], "name": found["name"], "type": 1,
                "options": [{"name": key, "type": kinds[key], "value": options[key]} for key in options],
            }  # fmt: skip
            if "guild_id" in found:
                data["guild_id"] = found["guild_id"]
            return interactions.ask(self.world, app, interactions.COMMAND, data, place, user, guild).id

    def menu(self, bot: AnyBot, channel: str, user: str, command: str, target: str) -> str:
        """Calls a command of the menu of a message or person; the interaction's id."""
        with self.world.lock:
            app = self._bot(bot)
            guild, place = self._seen(channel)
            about_message = target in self.world.messages[channel]
            found = self._command(app, guild, 3 if about_message else 2, command)
            resolved: Json = {}
            if about_message:
                one = shown.message(self.world, self.world.messages[channel][target], app.id)
                resolved["messages"] = {target: one}
            else:
                resolved["users"] = {target: self.world.users[target]}
                if guild is not None and target in guild.members:
                    resolved["members"] = {target: {**guild.members[target], "permissions": "0"}}
            data = {"id": found["id"], "name": found["name"], "type": found["type"], "target_id": target,
                    "resolved": resolved}  # fmt: skip
            return interactions.ask(self.world, app, interactions.COMMAND, data, place, user, guild).id

    def submit(self, interaction: str, **fields: str) -> str:
        """Sends off the modal that answered an interaction; the new interaction's id."""
        with self.world.lock:
            asked = self.world.interactions[interaction]
            if asked.answered != interactions.MODAL:
                raise ValueError("that interaction was not answered with a modal")
            rows = []
            for number, (name, value) in enumerate(fields.items(), 1):
                part = {"type": 4, "id": 2 * number, "custom_id": name, "value": value}
                rows.append({"type": 1, "id": 2 * number - 1, "components": [part]})
            data = {"custom_id": asked.answer["custom_id"], "components": rows}
            guild, place = self._seen(asked.channel_id)
            app = self.world.apps[asked.app_id]
            return interactions.ask(
                self.world, app, interactions.SUBMIT, data, place, asked.user_id, guild
            ).id

    def _command(self, app: Any, guild: Guild | None, kind: int, name: str) -> Json:
        shelves = [app.commands.get(guild.id, {})] if guild is not None else []
        for shelf in (*shelves, app.commands.get("", {})):
            for one in shelf.values():
                localized = (one.get("name_localizations") or {}).values()
                if one["type"] == kind and (one["name"] == name or name in localized):
                    found: Json = one
                    return found
        raise KeyError(f"no command {name}")

    def _seen(self, channel: str) -> tuple[Guild | None, Json]:
        direct = self.world.direct.get(channel)
        return (None, direct) if direct is not None else self._place(channel)


def _parts(components: list[Json]) -> list[Json]:
    """Every component, however deep."""
    found: list[Json] = []
    for one in components:
        found.append(one)
        found += _parts(one.get("components") or [])
        if one.get("accessory"):
            found += _parts([one["accessory"]])
    return found
