"""What the fake remembers: users, bots, chats with their members and messages, links, polls.

Plain records with the few rules that belong to one record alone (a ban that has run out, a link that is
full). Who may do what is decided in `rights.py`, what happens in `world.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
YEAR_AND_A_DAY = 366 * 86400
SHORTEST = 30


@dataclass(slots=True)
class Bot:
    """`user` is what getMe answers. `commands` by (scope as text, language)."""

    id: int
    token: str
    user: Json
    private_counter: int = 0
    commands: dict[tuple[str, str], list[Json]] = field(default_factory=dict)
    about: dict[tuple[str, str], str] = field(default_factory=dict)
    default_rights: dict[bool, Json] = field(default_factory=dict)
    menu_button: Json = field(default_factory=lambda: {"type": "default"})

    @property
    def username(self) -> str:
        name: str = self.user["username"]
        return name

    @property
    def reads_all(self) -> bool:
        return bool(self.user.get("can_read_all_group_messages"))

    def next_message_id(self) -> int:
        """In private talks and basic groups messages are counted for each account."""
        self.private_counter += 1
        return self.private_counter


@dataclass(slots=True)
class Member:
    """`rights` of an administrator, `permissions` of a restricted member; `until` in Unix seconds, 0 for
    ever; `inside` tells a restricted member who is in the chat from one who left it."""

    user_id: int
    status: str = "left"
    rights: Json = field(default_factory=dict)
    permissions: Json = field(default_factory=dict)
    until: int = 0
    inside: bool = False
    title: str = ""
    tag: str = ""
    promoted_by: int = 0

    def settle(self, now: float) -> Member:
        """A ban or restriction that has run out is gone, without a word to anybody."""
        if self.until and self.until <= now:
            if self.status == "kicked":
                self.status, self.inside = "left", False
            elif self.status == "restricted":
                self.status = "member" if self.inside else "left"
            self.until = 0
            self.permissions = {}
        return self

    @property
    def present(self) -> bool:
        return self.status in ("creator", "administrator", "member") or (
            self.status == "restricted" and self.inside
        )

    @property
    def leads(self) -> bool:
        return self.status in ("creator", "administrator")

    def may(self, right: str) -> bool:
        return self.status == "creator" or (self.status == "administrator" and bool(self.rights.get(right)))


def until_or_ever(until: int | None, now: float) -> int:
    """Telegram's rule: less than 30 seconds or more than 366 days from now means for ever."""
    if not until or until - now < SHORTEST or until - now > YEAR_AND_A_DAY:
        return 0
    return until


@dataclass(slots=True)
class Invite:
    link: str
    creator: int
    name: str = ""
    expire_date: int = 0
    member_limit: int = 0
    asks: bool = False
    primary: bool = False
    revoked: bool = False
    joined: int = 0
    pending: int = 0

    def usable(self, now: float) -> bool:
        return not (
            self.revoked
            or (self.expire_date and self.expire_date <= now)
            or (self.member_limit and self.joined >= self.member_limit)
        )


@dataclass(slots=True, eq=False)
class Message:
    """`content` holds what is the same for every reader; ids, chat and replies are added when it is
    shown. `ids` by bot where messages are counted for each account, else under 0."""

    chat: Chat
    ids: dict[int, int]
    date: int
    sender: int = 0
    sender_chat: int = 0
    content: Json = field(default_factory=dict)
    reply_to: Message | None = None
    pinned: Message | None = None
    thread: int = 0
    edit_date: int = 0
    by_bot: int = 0
    via_bot: int = 0
    deleted: bool = False
    deleted_by: int = 0
    service: bool = False
    reactions: dict[int, list[Json]] = field(default_factory=dict)
    automatic: bool = False

    def id_for(self, bot_id: int) -> int:
        return self.ids.get(0) or self.ids.get(bot_id, 0)


@dataclass(slots=True)
class Topic:
    id: int
    name: str
    icon_color: int = 7322096
    icon: str = ""
    closed: bool = False
    hidden: bool = False


@dataclass(slots=True)
class Poll:
    """Who may vote and what was voted; `votes` by user id, the chosen option numbers."""

    id: str
    message: Message
    bot_id: int
    closed: bool = False
    votes: dict[int, tuple[int, ...]] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Chat:
    """A private talk (`bot_id` set, `id` is the user's), a group, supergroup or channel."""

    id: int
    kind: str
    title: str = ""
    username: str = ""
    is_forum: bool = False
    bot_id: int = 0
    members: dict[int, Member] = field(default_factory=dict)
    messages: dict[int, Message] = field(default_factory=dict)
    """By message id; in basic groups and private talks by the id for `first_bot` of the chat."""
    by_bot: dict[tuple[int, int], Message] = field(default_factory=dict)
    counter: int = 0
    permissions: Json = field(default_factory=dict)
    description: str = ""
    invites: dict[str, Invite] = field(default_factory=dict)
    requests: dict[int, str] = field(default_factory=dict)
    """Users asking to join, with the link they came by (or nothing)."""
    pins: list[Message] = field(default_factory=list)
    topics: dict[int, Topic] = field(default_factory=dict)
    slow_mode: int = 0
    linked: int = 0
    migrated_to: int = 0
    blocked: bool = False
    """Of a private talk: the user has blocked the bot."""
    banned_senders: set[int] = field(default_factory=set)
    photo: str = ""
    flags: Json = field(default_factory=dict)
    """Further fields of getChat that are simply shown, such as `join_by_request`."""

    @property
    def per_account(self) -> bool:
        return self.kind in ("private", "group")

    def member(self, user_id: int, now: float) -> Member:
        """The member as of `now`; one who never was here has left."""
        found = self.members.get(user_id)
        return found.settle(now) if found is not None else Member(user_id)

    def find(self, message_id: int, bot_id: int) -> Message | None:
        found = self.by_bot.get((bot_id, message_id)) if self.per_account else self.messages.get(message_id)
        return None if found is None or found.deleted else found

    def present(self) -> Iterator[Member]:
        return (member for member in self.members.values() if member.present)

    def word(self) -> str:
        """As Telegram names the kind in its refusals."""
        return {"group": "group chat", "supergroup": "supergroup chat", "channel": "channel chat"}[self.kind]
