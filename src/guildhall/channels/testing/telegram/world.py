"""The world behind the fake: who and what exists, how a message comes to be, who is told of it.

One lock for all of it (`lock`, taken by the server and by the control side before they call in). Membership
is in `membership.py`, what people do in `happenings.py`, what bots may call in `methods/`.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from guildhall.channels.testing.telegram.entities import find
from guildhall.channels.testing.telegram.mischief import Mischief
from guildhall.channels.testing.telegram.refusals import bad, forbidden
from guildhall.channels.testing.telegram.rights import USUAL
from guildhall.channels.testing.telegram.state import Bot, Chat, Json, Member, Message, Poll
from guildhall.channels.testing.telegram.updates import Updates
from guildhall.channels.testing.telegram.webhook import Pusher

SERVICE_ACCOUNT = 777000
ANONYMOUS_ADMIN = 1087968824
CHANNEL_BOT = 136817688
FIRST_USER, FIRST_BOT = 5_000_000_001, 7_000_000_001
FIRST_GROUP, FIRST_SUPERGROUP = 4_000_001, 1_002_000_000_001
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


class World:
    def __init__(self, seed: int = 0, clock: Callable[[], float] = time.time) -> None:
        self.lock = threading.RLock()
        self.dice = random.Random(seed)
        self.mischief = Mischief()
        self.users: dict[int, Json] = {}
        self.bots: dict[int, Bot] = {}
        self.by_token: dict[str, Bot] = {}
        self.updates: dict[int, Updates] = {}
        self.pushers: dict[int, Pusher] = {}
        self.routes: dict[str, str] = {}
        self.chats: dict[int, Chat] = {}
        self.private: dict[tuple[int, int], Chat] = {}
        self.names: dict[str, int] = {}
        self.polls: dict[str, Poll] = {}
        self.callbacks: dict[str, Json] = {}
        self.files: dict[str, Json] = {}
        self.bios: dict[int, str] = {}
        self.faces: dict[int, str] = {}
        self.gone: set[int] = set()
        """Deleted accounts."""
        self.counters = {"user": FIRST_USER, "bot": FIRST_BOT, "group": FIRST_GROUP,
                         "supergroup": FIRST_SUPERGROUP, "id": 1}  # fmt: skip
        self._clock = clock
        self._ahead = 0.0
        for number, name, username in (
            (SERVICE_ACCOUNT, "Telegram", ""),
            (ANONYMOUS_ADMIN, "Group", "GroupAnonymousBot"),
            (CHANNEL_BOT, "Channel", "Channel_Bot"),
        ):
            self.users[number] = {"id": number, "is_bot": bool(username), "first_name": name}
            if username:
                self.users[number]["username"] = username

    # -- time and ids --------------------------------------------------------------------------------

    def now(self) -> float:
        return self._clock() + self._ahead

    def advance(self, seconds: float) -> None:
        """Time passes, for bans that run out and messages that grow too old."""
        self._ahead += seconds

    def count(self, name: str, step: int = 1) -> int:
        found = self.counters.get(name, 1)
        self.counters[name] = found + step
        return found

    def word(self, length: int) -> str:
        return "".join(self.dice.choices(ALPHABET, k=length))

    # -- creation ------------------------------------------------------------------------------------

    def add_bot(
        self, token: str | None = None, username: str = "", name: str = "",
        can_read_all_group_messages: bool = True, **more: Any,
    ) -> Bot:  # fmt: skip
        if token and ":" in token:
            number = int(token.split(":")[0])
        else:
            number = self.count("bot")
        token = token or f"{number}:{self.word(35)}"
        username = username or f"guild{number % 1000}_bot"
        user = {
            "id": number, "is_bot": True, "first_name": name or username, "username": username,
            "can_join_groups": True, "can_read_all_group_messages": can_read_all_group_messages,
            "supports_inline_queries": False, "can_connect_to_business": False, "has_main_web_app": False,
            **more,
        }  # fmt: skip
        bot = Bot(number, token, user)
        self.bots[number] = bot
        self.by_token[token] = bot
        self.users[number] = {key: user[key] for key in ("id", "is_bot", "first_name", "username")}
        self.names[username.lower()] = number
        self.updates[number] = Updates(100_000_000 + self.dice.randrange(800_000_000), self.now)
        return bot

    def add_user(
        self, first_name: str, username: str | None = None, language_code: str | None = None,
        is_premium: bool = False, last_name: str | None = None, id: int | None = None, bio: str = "",  # noqa: A002
    ) -> int:  # fmt: skip
        number = id or self.count("user")
        user: Json = {"id": number, "is_bot": False, "first_name": first_name}
        if last_name:
            user["last_name"] = last_name
        if username:
            user["username"] = username
            self.names[username.lower()] = number
        if language_code:
            user["language_code"] = language_code
        if is_premium:
            user["is_premium"] = True
        if bio:
            self.bios[number] = bio
        self.users[number] = user
        return number

    def add_chat(
        self, kind: str, title: str, username: str | None = None, is_forum: bool = False,
        owner: int | None = None, id: int | None = None, **flags: Any,  # noqa: A002
    ) -> int:  # fmt: skip
        number = id or -(self.count("group") if kind == "group" else self.count("supergroup"))
        chat = Chat(number, kind, title, username or "", is_forum, permissions=dict(USUAL))
        chat.slow_mode = int(flags.pop("slow_mode_delay", 0))
        chat.description = str(flags.pop("description", ""))
        chat.flags = flags
        self.chats[number] = chat
        if username:
            self.names[username.lower()] = number
        if owner:
            chat.members[owner] = Member(owner, "creator")
        if kind != "group":
            made = "channel_chat_created" if kind == "channel" else "supergroup_chat_created"
            self.post(chat, {made: True}, sender=owner or 0, service=True, tell=False)
        return number

    # -- finding -------------------------------------------------------------------------------------

    def chat(self, chat_id: int, bot: int | None = None) -> Chat:
        """A chat as the control side names it; for a private talk the user's id and the bot."""
        if chat_id < 0:
            return self.chats[chat_id]
        if bot is not None:
            return self.private[(chat_id, bot)]
        talks = [chat for (user, _), chat in self.private.items() if user == chat_id]
        if len(talks) != 1:
            raise KeyError(f"user {chat_id} talks privately with {len(talks)} bots: say which")
        return talks[0]

    def chat_for(self, bot: Bot, chat_id: int | str) -> Chat:
        """A chat as a bot names it. Raises Refused when there is none it can know."""
        if isinstance(chat_id, str):
            if not chat_id.startswith("@"):
                raise bad("chat not found")
            chat_id = self.names.get(chat_id[1:].lower(), 0)
            if chat_id >= 0:
                raise bad("chat not found")
        if chat_id < 0:
            found = self.chats.get(chat_id)
            if found is None or (bot.id not in found.members and not found.username):
                raise bad("chat not found")
            return found
        if chat_id in self.gone:
            raise forbidden("user is deactivated")
        talk = self.private.get((chat_id, bot.id))
        if talk is not None:
            return talk
        if chat_id in self.bots:
            raise forbidden("bot can't send messages to bots")
        if chat_id in self.users and any(chat_id in chat.members for chat in self.chats.values()):
            raise forbidden("bot can't initiate conversation with a user")
        raise bad("chat not found")

    def message_for(self, bot: Bot, chat: Chat, message_id: int, missing: str) -> Message:
        found = chat.find(message_id, bot.id)
        if found is None:
            raise bad(missing)
        return found

    def me(self, bot: Bot, chat: Chat) -> Member:
        return chat.member(bot.id, self.now())

    def bots_in(self, chat: Chat) -> Iterator[Bot]:
        if chat.bot_id:
            yield self.bots[chat.bot_id]
            return
        for number, bot in self.bots.items():
            member = chat.members.get(number)
            if member is not None and member.settle(self.now()).present:
                yield bot

    def first_bot(self, chat: Chat) -> int:
        return next((bot.id for bot in self.bots_in(chat)), 0)

    # -- showing -------------------------------------------------------------------------------------

    def chat_json(self, chat: Chat) -> Json:
        if chat.kind == "private":
            user = self.users[chat.id]
            keys = ("id", "first_name", "last_name", "username")
            return {**{key: user[key] for key in keys if key in user}, "type": "private"}
        shown: Json = {"id": chat.id, "title": chat.title, "type": chat.kind}
        if chat.username:
            shown["username"] = chat.username
        if chat.is_forum:
            shown["is_forum"] = True
        return shown

    def show(self, message: Message, viewer: int, *, deep: bool = True) -> Json:
        """The message as this bot sees it; replies one deep."""
        chat = message.chat
        shown: Json = {"message_id": message.id_for(viewer)}
        if message.sender:
            shown["from"] = self.users[message.sender]
        if message.sender_chat:
            shown["sender_chat"] = self.chat_json(self.chats[message.sender_chat])
        shown["chat"] = self.chat_json(chat)
        shown["date"] = message.date
        if message.edit_date:
            shown["edit_date"] = message.edit_date
        if message.thread:
            shown["message_thread_id"] = message.thread
            if chat.is_forum and message.thread in chat.topics:
                shown["is_topic_message"] = True
        if message.automatic:
            shown["is_automatic_forward"] = True
        if message.via_bot:
            shown["via_bot"] = self.users[message.via_bot]
        shown.update(message.content)
        if deep:
            reply = message.reply_to
            if reply is None and message.thread in chat.topics and message.thread != shown["message_id"]:
                reply = chat.messages.get(message.thread)
            if reply is not None and not reply.deleted:
                shown["reply_to_message"] = self.show(reply, viewer, deep=False)
            if message.pinned is not None:
                shown["pinned_message"] = self.show(message.pinned, viewer, deep=False)
        return shown

    # -- messages ------------------------------------------------------------------------------------

    def post(
        self, chat: Chat, content: Json, *, sender: int = 0, sender_chat: int = 0,
        reply_to: Message | None = None, thread: int = 0, by_bot: int = 0, via_bot: int = 0,
        service: bool = False, tell: bool = True, pinned: Message | None = None, automatic: bool = False,
        date: int = 0,
    ) -> Message:  # fmt: skip
        """A message comes to be and everybody who may is told of it."""
        chat.counter += 1
        message = Message(
            chat, {}, date or int(self.now()), sender, sender_chat, content, reply_to, pinned, thread,
            by_bot=by_bot, via_bot=via_bot, service=service, automatic=automatic,
        )  # fmt: skip
        if chat.per_account:
            for bot in self.bots_in(chat):
                message.ids[bot.id] = number = bot.next_message_id()
                chat.by_bot[(bot.id, number)] = message
        else:
            message.ids[0] = chat.counter
        chat.messages[chat.counter] = message
        if tell:
            self.tell(message, "channel_post" if chat.kind == "channel" else "message")
        if chat.kind == "channel" and chat.linked and not service:
            self.post(
                self.chats[chat.linked],
                {**content, "forward_origin": {
                    "type": "channel", "date": message.date, "chat": self.chat_json(chat),
                    "message_id": message.id_for(0)}},
                sender=SERVICE_ACCOUNT, sender_chat=chat.id, automatic=True,
            )  # fmt: skip
        return message

    def tell(self, message: Message, kind: str) -> None:
        """Every bot in the chat that sees the message gets it as an update of this kind."""
        for bot in self.bots_in(message.chat):
            if bot.id != message.by_bot and self.sees(bot, message):
                self.put(bot, kind, self.show(message, bot.id), message.chat.id)

    def put(self, bot: Bot, kind: str, payload: Json, lane: int) -> None:
        updates = self.updates[bot.id]
        if updates.put(kind, payload, lane) and self.mischief.unknown():
            updates.put_raw(
                b'"news_of_next_year":{"id":"%d","chat":{"id":%d}}' % (self.count("id"), lane), lane
            )

    def sees(self, bot: Bot, message: Message) -> bool:
        """Bots do not hear other bots, and in groups with privacy mode only what is meant for them."""
        if message.sender in self.bots and not message.service:
            return False
        chat = message.chat
        if chat.kind in ("private", "channel") or bot.reads_all or message.service:
            return True
        if self.me(bot, chat).leads or message.via_bot == bot.id:
            return True
        reply = message.reply_to
        if reply is not None and reply.by_bot == bot.id:
            return True
        text = message.content.get("text") or message.content.get("caption") or ""
        if f"@{bot.username}".lower() in text.lower():
            return True
        return text.startswith("/") and "@" not in text.split(maxsplit=1)[0]

    def edit(self, message: Message, content: Json) -> None:
        message.content = content
        message.edit_date = int(self.now())
        self.tell(message, "edited_channel_post" if message.chat.kind == "channel" else "edited_message")

    def erase(self, message: Message, by: int = 0) -> None:
        """Deleted for everybody; bots are told nothing, as in Telegram."""
        message.deleted, message.deleted_by = True, by
        if message in message.chat.pins:
            message.chat.pins.remove(message)

    def content_of(self, text: str | None, fields: Json) -> Json:
        """The content of a message from a text and further fields; entities found unless given."""
        content: Json = {}
        key = "caption" if any(name in fields for name in ("photo", "video", "document", "animation", "audio",
                               "voice", "caption")) else "text"  # fmt: skip
        if text is not None:
            content[key] = text
            name = "entities" if key == "text" else "caption_entities"
            marked = fields.pop("entities", None)
            marked = find(text) if marked is None else marked
            if marked:
                content[name] = marked
        content.update(fields)
        return content
