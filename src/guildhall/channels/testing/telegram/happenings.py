"""What people do in the fake's world, and a look at what came of it: the side tests and demos drive.

Every method takes the world's lock; bots are named by their record, id, token or user name, private talks
by the user's id (with `bot` where the user talks to several). All of it works over HTTP too.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterable
from typing import Any

import orjson

from guildhall.channels.testing.telegram import membership
from guildhall.channels.testing.telegram.limits import Limits
from guildhall.channels.testing.telegram.methods.sending import file_json, new_file
from guildhall.channels.testing.telegram.methods.topics import make_topic
from guildhall.channels.testing.telegram.mischief import Rates
from guildhall.channels.testing.telegram.state import Bot, Chat, Json, Member, Message
from guildhall.channels.testing.telegram.world import ANONYMOUS_ADMIN, CHANNEL_BOT, World

AnyBot = Bot | int | str


class Happenings:
    world: World
    limits: Limits

    # -- setting the scene ---------------------------------------------------------------------------

    def add_bot(
        self, token: str | None = None, username: str = "", name: str = "",
        can_read_all_group_messages: bool = True, **more: Any,
    ) -> Bot:  # fmt: skip
        with self.world.lock:
            return self.world.add_bot(token, username, name, can_read_all_group_messages, **more)

    def add_user(self, first_name: str, username: str | None = None, **more: Any) -> int:
        """`language_code`, `is_premium`, `last_name`, `bio`, `id`; the user's id."""
        with self.world.lock:
            return self.world.add_user(first_name, username, **more)

    def add_chat(
        self, kind: str, title: str, username: str | None = None, is_forum: bool = False,
        owner: int | None = None, **more: Any,
    ) -> int:  # fmt: skip
        """`kind` is group, supergroup or channel; `slow_mode_delay`, `description`, `id` and any other
        field of getChat; the chat's id."""
        with self.world.lock:
            return self.world.add_chat(kind, title, username, is_forum, owner, **more)

    def add_bot_to_chat(self, bot: AnyBot, chat: int, by: int, rights: Json | None = None) -> None:
        """Administrator when rights are given (`{"all": True}` for all usual ones), else member."""
        with self.world.lock:
            membership.add_bot_to_chat(self.world, self._bot_of(bot), self.world.chats[chat], by, rights)

    def set_rights(self, bot: AnyBot, chat: int, rights: Json | None, by: int | None = None) -> None:
        """New rights of a bot that is in the chat; with None it is a member without any."""
        with self.world.lock:
            found = self.world.chats[chat]
            membership.set_rights(self.world, found, self._bot_of(bot).id, by or self._owner(found), rights)

    def remove_bot(self, bot: AnyBot, chat: int, by: int | None = None, banned: bool = True) -> None:
        with self.world.lock:
            found = self.world.chats[chat]
            status = "kicked" if banned else "left"
            number = self._bot_of(bot).id
            membership.change(self.world, found, number, by or self._owner(found), status=status)

    def set_member(self, chat: int, user: int, by: int | None = None, **fields: Any) -> None:
        """What a human administrator does to a member: `status`, `until`, `permissions`, `rights`."""
        with self.world.lock:
            found = self.world.chats[chat]
            membership.change(self.world, found, user, by or self._owner(found), **fields)

    def promote(self, chat: int, user: int, rights: Json | None = None, title: str = "") -> None:
        """A human administrator, appointed by the owner."""
        with self.world.lock:
            found = self.world.chats[chat]
            membership.set_rights(self.world, found, user, self._owner(found), rights or {"all": True})
            found.members[user].title = title

    def discuss(self, channel: int, group: int) -> None:
        """The group becomes the discussion group of the channel."""
        with self.world.lock:
            self.world.chats[channel].linked, self.world.chats[group].linked = group, channel

    def topic(self, chat: int, name: str, by: int | None = None) -> int:
        """A new forum topic; its thread id."""
        with self.world.lock:
            found = self.world.chats[chat]
            return make_topic(self.world, found, by or self._owner(found), name).id

    def invite(self, chat: int, by: int | None = None, name: str = "", **more: Any) -> str:
        """A link made by a person: `expire_date`, `member_limit`, `asks`."""
        with self.world.lock:
            found = self.world.chats[chat]
            return membership.new_invite(self.world, found, by or self._owner(found), name=name, **more).link

    def migrate(self, chat: int) -> int:
        """The basic group becomes a supergroup; the new id."""
        with self.world.lock:
            old = self.world.chats[chat]
            number = self.world.add_chat("supergroup", old.title, None, False, None)
            new = self.world.chats[number]
            new.permissions, new.description = dict(old.permissions), old.description
            for user, member in old.members.items():
                new.members[user] = member
            owner = self._owner(old)
            self.world.post(old, {"migrate_to_chat_id": number}, sender=owner, service=True)
            old.migrated_to = number
            old.members = {user: Member(user) for user in old.members}
            self.world.post(new, {"migrate_from_chat_id": chat}, sender=owner, service=True)
            return number

    # -- people --------------------------------------------------------------------------------------

    def join(self, chat: int, user: int, invite: str | None = None, by: int = 0) -> bool:
        """By themselves, by a link (or its name), or added by another; false when it did not happen."""
        with self.world.lock:
            found = self.world.chats[chat]
            return membership.join(self.world, found, user, membership.find_invite(found, invite), by)

    def leave(self, chat: int, user: int) -> None:
        with self.world.lock:
            membership.leave(self.world, self.world.chats[chat], user)

    def join_request(self, chat: int, user: int, invite: str | None = None) -> None:
        with self.world.lock:
            found = self.world.chats[chat]
            membership.ask(self.world, found, user, membership.find_invite(found, invite))

    def start(self, user: int, bot: AnyBot, payload: str = "") -> int:
        """The user opens the private talk and presses Start; the id of the `/start` message."""
        with self.world.lock:
            found = self._bot_of(bot)
            talk = self.world.private.setdefault((user, found.id), Chat(user, "private", bot_id=found.id))
            if talk.blocked:
                self._block(talk, found, blocked=False)
            text = f"/start {payload}".strip()
            message = self.world.post(talk, self.world.content_of(text, {}), sender=user)
            return message.id_for(found.id)

    def block(self, user: int, bot: AnyBot) -> None:
        with self.world.lock:
            found = self._bot_of(bot)
            self._block(self.world.private[(user, found.id)], found, blocked=True)

    def deactivate(self, user: int) -> None:
        """The account is deleted: nothing reaches it any more."""
        with self.world.lock:
            self.world.gone.add(user)
            self.world.users[user] = {"id": user, "is_bot": False, "first_name": ""}

    def upload(self, kind: str, content: bytes | str, name: str = "") -> Json:
        """A file of the kind (photo, document, ...) as messages carry it; bytes, or base64 over HTTP."""
        data = b64decode(content) if isinstance(content, str) else content
        with self.world.lock:
            return file_json(self.world, kind, new_file(self.world, kind, data, name)["file_id"])

    def show_face(self, user: int, content: bytes | str | None = None, bio: str | None = None) -> None:
        """What a person shows of themselves: a picture (bytes, or base64 over HTTP), words, or both."""
        face = self.upload("photo", content) if content is not None else None
        with self.world.lock:
            if bio is not None:
                self.world.bios[user] = bio
            if face is not None:
                self.world.faces[user] = face["file_id"]

    def _block(self, talk: Chat, bot: Bot, *, blocked: bool) -> None:
        talk.blocked = False
        membership.change(
            self.world, talk, bot.id, talk.id, quiet=True, status="kicked" if blocked else "member"
        )
        talk.blocked = blocked

    def say(
        self, chat: int, user: int | None, text: str | None = None, *, bot: AnyBot | None = None,
        reply_to: int = 0, thread: int = 0, sender_chat: int = 0, anonymous: bool = False,
        via_bot: AnyBot | None = None, date: int = 0, **fields: Any,
    ) -> int:  # fmt: skip
        """A message of a person, a channel (`sender_chat`) or an anonymous administrator; further fields
        as messages have them. Its id, or 0 when the person may not speak there."""
        with self.world.lock:
            found = self._chat(chat, bot)
            if user is not None and not self._may_speak(found, user):
                return 0
            viewer = self._viewer(found, bot)
            reply = found.find(reply_to, viewer) if reply_to else None
            sender = user or 0
            if found.kind == "channel":
                sender, sender_chat = 0, found.id
            elif anonymous:
                sender, sender_chat = ANONYMOUS_ADMIN, found.id
            elif sender_chat:
                sender = CHANNEL_BOT
            message = self.world.post(
                found, self.world.content_of(text, fields), sender=sender, sender_chat=sender_chat,
                reply_to=reply, thread=thread or (reply.thread if reply and found.is_forum else 0),
                via_bot=self._bot_of(via_bot).id if via_bot is not None else 0, date=date,
            )  # fmt: skip
            return message.id_for(viewer)

    def _may_speak(self, chat: Chat, user: int) -> bool:
        if chat.kind == "private":
            return not chat.blocked
        known = user in chat.members
        member = chat.member(user, self.world.now())
        if not known and not chat.linked:
            raise ValueError(f"user {user} has never been in chat {chat.id}: let them join first")
        if member.leads or (not known and chat.linked):
            return True
        if not member.present:
            return False
        allowed = member.permissions if member.status == "restricted" else chat.permissions
        return bool(allowed.get("can_send_messages", True))

    def edit(self, chat: int, message_id: int, text: str, bot: AnyBot | None = None, **fields: Any) -> None:
        with self.world.lock:
            message = self._message(chat, message_id, bot)
            kept = {key: value for key, value in message.content.items()
                    if key not in ("text", "entities", "caption", "caption_entities")}  # fmt: skip
            self.world.edit(message, self.world.content_of(text, {**kept, **fields}))

    def delete(self, chat: int, message_id: int, by: int = 0, bot: AnyBot | None = None) -> None:
        with self.world.lock:
            self.world.erase(self._message(chat, message_id, bot), by)

    def press(self, user: int, chat: int, message_id: int, button: str, bot: AnyBot | None = None) -> str:
        """By the button's data or its words; the id of the callback. Nothing for a link."""
        with self.world.lock:
            message = self._message(chat, message_id, bot)
            rows = message.content.get("reply_markup", {}).get("inline_keyboard", [])
            wanted = [one for row in rows for one in row if button in (one.get("callback_data"), one["text"])]
            if not wanted:
                raise KeyError(f"no button {button!r} on message {message_id} of chat {chat}")
            if "callback_data" not in wanted[0]:
                return ""
            owner = self.world.bots[message.by_bot]
            number = str(4_000_000_000_000_000_000 + self.world.count("id"))
            self.world.callbacks[number] = {"bot": owner.id, "user": user, "at": self.world.now(),
                                            "answered": False, "answer": None}  # fmt: skip
            self.world.put(owner, "callback_query", {
                "id": number, "from": self.world.users[user], "message": self.world.show(message, owner.id),
                "chat_instance": str(hash((chat, 7)) % 10**18), "data": wanted[0]["callback_data"],
            }, message.chat.id)  # fmt: skip
            return number

    def react(self, chat: int, user: int, message_id: int, emoji: str | list[str] | None) -> None:
        with self.world.lock:
            message = self._message(chat, message_id, None)
            given = [emoji] if isinstance(emoji, str) else emoji or []
            old, new = message.reactions.get(user, []), [{"type": "emoji", "emoji": one} for one in given]
            message.reactions[user] = new
            found = message.chat
            for bot in self.world.bots_in(found):
                if found.kind != "private" and not self.world.me(bot, found).leads:
                    continue
                told: Json = {"chat": self.world.chat_json(found), "message_id": message.id_for(bot.id),
                              "date": int(self.world.now())}  # fmt: skip
                if found.kind == "channel":
                    counted: dict[str, int] = {}
                    for one in (one for each in message.reactions.values() for one in each):
                        counted[one["emoji"]] = counted.get(one["emoji"], 0) + 1
                    told["reactions"] = [{"type": {"type": "emoji", "emoji": key}, "total_count": value}
                                         for key, value in counted.items()]  # fmt: skip
                    self.world.put(bot, "message_reaction_count", told, found.id)
                else:
                    told.update(user=self.world.users[user], old_reaction=old, new_reaction=new)
                    self.world.put(bot, "message_reaction", told, found.id)

    def vote(self, user: int, poll: str, options: Iterable[int]) -> None:
        """In a poll a bot sent; an empty choice takes the vote back."""
        with self.world.lock:
            found = self.world.polls[poll]
            chosen = tuple(options)
            found.votes[user] = chosen
            shown = dict(found.message.content["poll"])
            shown["options"] = [
                {**one, "voter_count": sum(index in votes for votes in found.votes.values())}
                for index, one in enumerate(shown["options"])
            ]
            shown["total_voter_count"] = sum(bool(votes) for votes in found.votes.values())
            found.message.content = {**found.message.content, "poll": shown}
            bot = self.world.bots[found.bot_id]
            if not shown["is_anonymous"]:
                self.world.put(bot, "poll_answer", {
                    "poll_id": poll, "user": self.world.users[user], "option_ids": list(chosen),
                    "option_persistent_ids": [str(one) for one in chosen]}, user)  # fmt: skip
            self.world.put(bot, "poll", shown, found.message.chat.id)

    def rename(self, chat: int, title: str, by: int | None = None) -> None:
        with self.world.lock:
            found = self.world.chats[chat]
            found.title = title
            self.world.post(found, {"new_chat_title": title}, sender=by or self._owner(found), service=True)

    def deliver_raw(self, bot: AnyBot, update: Json) -> int:
        """Any update whatever; given an `update_id` it keeps it."""
        with self.world.lock:
            rest = {key: value for key, value in update.items() if key != "update_id"}
            body = orjson.dumps(rest)[1:-1]
            return self.world.updates[self._bot_of(bot).id].put_raw(body, 0, update.get("update_id", 0))

    # -- looking -------------------------------------------------------------------------------------

    def messages(self, chat: int, bot: AnyBot | None = None, deleted: bool = False) -> list[Json]:
        """As the bot (or the first in the chat) sees them; with `deleted` those gone too, marked so."""
        with self.world.lock:
            found = self._chat(chat, bot)
            viewer = self._viewer(found, bot)
            return [
                {**self.world.show(one, viewer), **({"deleted": True} if one.deleted else {})}
                for one in found.messages.values()
                if deleted or not one.deleted
            ]

    def member(self, chat: int, user: int) -> Json:
        """`status`, `rights` (an administrator's) or `permissions` (a restricted member's), `until`."""
        with self.world.lock:
            one = self.world.chats[chat].member(user, self.world.now())
            names = ("status", "rights", "permissions", "until", "title", "tag")
            return {**{name: getattr(one, name) for name in names}, "inside": one.present}

    def callback(self, number: str) -> Json:
        """What became of a pressed button: `answered` and the `answer`."""
        with self.world.lock:
            return dict(self.world.callbacks[number])

    def pending(self, bot: AnyBot) -> int:
        """Updates not yet confirmed or delivered."""
        number = self._bot_of(bot).id
        pusher = self.world.pushers.get(number)
        return pusher.waiting if pusher else len(self.world.updates[number].pending)

    # -- trouble -------------------------------------------------------------------------------------

    def misbehave(self, **rates: Any) -> None:
        """Shares from 0 to 1, see `mischief.Rates`; without arguments it behaves again."""
        for name in ("retry_after", "methods"):
            if rates.get(name) is not None:
                rates[name] = tuple(rates[name])
        self.world.mischief.set(Rates(**rates))

    def mischief_done(self) -> dict[str, int]:
        return dict(self.world.mischief.done)

    def set_limits(self, **most: int | bool) -> None:
        """`bot`, `chat`, `group`: how many; `enforce`: whether 429 is answered."""
        self.limits.set(**most)

    def revoke(self, bot: AnyBot) -> str:
        """The token is worthless from now on; the new one."""
        with self.world.lock:
            found = self._bot_of(bot)
            self.world.by_token.pop(found.token, None)
            found.token = f"{found.id}:{self.world.word(35)}"
            self.world.by_token[found.token] = found
            return found.token

    def advance(self, seconds: float) -> None:
        with self.world.lock:
            self.world.advance(seconds)

    def route(self, public: str, local: str) -> None:
        """Webhooks at addresses beginning with `public` are delivered to `local` on this machine."""
        self.world.routes[public] = local

    # -- finding -------------------------------------------------------------------------------------

    def _bot_of(self, bot: AnyBot) -> Bot:
        if isinstance(bot, Bot):
            return bot
        if isinstance(bot, int):
            return self.world.bots[bot]
        return self.world.by_token.get(bot) or self.world.bots[self.world.names[bot.lstrip("@").lower()]]

    def _owner(self, chat: Chat) -> int:
        return next(
            (one.user_id for one in chat.members.values() if one.status == "creator"), ANONYMOUS_ADMIN
        )

    def _chat(self, chat: int, bot: AnyBot | None) -> Chat:
        return self.world.chat(chat, None if bot is None else self._bot_of(bot).id)

    def _viewer(self, chat: Chat, bot: AnyBot | None) -> int:
        return self._bot_of(bot).id if bot is not None else chat.bot_id or self.world.first_bot(chat)

    def _message(self, chat: int, message_id: int, bot: AnyBot | None) -> Message:
        found = self._chat(chat, bot)
        message = found.find(message_id, self._viewer(found, bot))
        if message is None:
            raise KeyError(f"no message {message_id} in chat {chat}")
        return message
