"""The port every chat platform is reached through: what comes in (`Inbound`) and what may go out (`Verb`,
`Act`).

Pure data, no Django and no I/O, so that a recorded day can be parsed, judged and replayed anywhere. All
offsets are Python code-point indices into `text` (an adapter converts from UTF-16 or bytes); all times are
aware UTC datetimes; all ids of a platform are strings, because some platforms count beyond 2^53 and some
use words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol, TypeAlias, runtime_checkable

from guildhall.core.text import Text
from guildhall.effects.types import Mode

Platform: TypeAlias = str
"""The adapter's own name: `telegram`, `discord`, `wecom`, `wechat_oa`, `wechat`, `email`, `webchat`,
`replay`.
"""


class Kind(StrEnum):
    """What happened. `message` and `edit` carry text to be judged; the others change what we know of people
    and spaces.
    """

    MESSAGE = "message"
    EDIT = "edit"
    DELETE = "delete"
    """The platform says a message is gone (its author or an admin took it away)."""
    JOIN = "join"
    LEAVE = "leave"
    JOIN_REQUEST = "join_request"
    """Somebody waits to be let in; answered with `Verb.APPROVE_JOIN` or `Verb.DECLINE_JOIN`."""
    MEMBER_UPDATE = "member_update"
    """A member's standing or name changed on the platform (promoted, restricted, renamed)."""
    REACTION = "reaction"
    CALLBACK = "callback"
    """A button was pressed; answered with `Verb.ANSWER_BUTTON` within seconds on most platforms."""
    POLL = "poll"
    """A poll's tally or one person's vote changed."""
    PIN = "pin"
    SPACE_UPDATE = "space_update"
    """Title, topic list or settings of the space changed."""
    MIGRATION = "migration"
    """The space got another id (a group became a supergroup): `migrated_to` names it."""
    BOT_MEMBERSHIP = "bot_membership"
    """We ourselves were added, promoted or removed; `member` says what we are now."""
    OTHER = "other"
    """Well-formed and known to need nothing from us; kept out of quarantine."""


class EntityKind(StrEnum):
    """A marked stretch of text. What a platform has beyond these arrives as `other`, never as an error."""

    URL = "url"
    TEXT_LINK = "text_link"
    MENTION = "mention"
    TEXT_MENTION = "text_mention"
    """A person named without an @name; `account` holds the platform's id of that person."""
    HASHTAG = "hashtag"
    CASHTAG = "cashtag"
    COMMAND = "command"
    EMAIL = "email"
    PHONE = "phone"
    BOLD = "bold"
    ITALIC = "italic"
    UNDERLINE = "underline"
    STRIKE = "strike"
    SPOILER = "spoiler"
    CODE = "code"
    PRE = "pre"
    QUOTE = "quote"
    CUSTOM_EMOJI = "custom_emoji"
    OTHER = "other"


class LinkKind(StrEnum):
    """How a link shows itself: `url` as written, `bare` without a scheme or disguised, `text_link` and
    `button` behind words.
    """

    URL = "url"
    BARE = "bare"
    TEXT_LINK = "text_link"
    BUTTON = "button"


class MediaKind(StrEnum):
    PHOTO = "photo"
    VIDEO = "video"
    ANIMATION = "animation"
    AUDIO = "audio"
    VOICE = "voice"
    VIDEO_NOTE = "video_note"
    DOCUMENT = "document"
    STICKER = "sticker"
    CONTACT = "contact"
    LOCATION = "location"
    POLL = "poll"
    STORY = "story"
    DICE = "dice"
    GAME = "game"
    INVOICE = "invoice"
    GIVEAWAY = "giveaway"
    CARD = "card"
    """A rich card or embed of a platform (a Discord embed, a WeChat mini program)."""
    OTHER = "other"


class MemberState(StrEnum):
    """What somebody is in a space. `restricted` may read but not post; `banned` may not come back."""

    MEMBER = "member"
    ADMIN = "admin"
    OWNER = "owner"
    RESTRICTED = "restricted"
    BANNED = "banned"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class SpaceRef:
    """A space by the platform's id. `kind`: private, group, supergroup, channel, server, or '' when the
    platform has one kind.
    """

    external_id: str
    title: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class SenderRef:
    """Who spoke, by the platform's id.

    `is_anonymous` is an administrator who speaks as the space itself; `on_behalf_of` is the channel or
    space a message is signed with (then `external_id` is that of the space). `language` is the platform's
    hint (BCP 47) or ''. `external_id` is '' where the platform names nobody (a poll's tally).
    """

    external_id: str
    username: str = ""
    display_name: str = ""
    is_bot: bool = False
    language: str = ""
    is_anonymous: bool = False
    is_admin: bool = False
    on_behalf_of: SpaceRef | None = None
    signature: str = ""
    """What the platform shows beside the name: an author's signature, an admin's title, a member's tag."""


@dataclass(frozen=True, slots=True)
class Entity:
    """A marked stretch: `offset` and `length` in code points; `url` for links; `account` for a person named
    by id.
    """

    kind: EntityKind
    offset: int
    length: int
    url: str = ""
    account: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """A link: `url` as it will be opened (defanged forms undone), `text` as people see it, `start`/`end` in
    code points.

    A button's link has no place in the text: start == end == -1.
    """

    url: str
    text: str
    kind: LinkKind
    start: int = -1
    end: int = -1


@dataclass(frozen=True, slots=True)
class Media:
    """An attachment described, not fetched: `size` in bytes, `width`/`height` in pixels, `duration` in
    seconds (0 unknown).

    `hash` is the platform's stable file id or a content hash; `text` is what the attachment itself says (a
    sticker's emoji, a contact's name, a card's title, a poll's question) and is judged with the message.
    """

    kind: MediaKind
    name: str = ""
    size: int = 0
    mime: str = ""
    width: int = 0
    height: int = 0
    hash: str = ""
    duration: int = 0
    text: str = ""
    ref: str = ""
    """What the platform is asked with for the bytes (`Fetching`), '' when they are not to be had."""


@dataclass(frozen=True, slots=True)
class Profile:
    """What a platform shows of a person to everybody: what they say of themselves, and a ref of their
    picture ('' for none).
    """

    bio: str = ""
    picture: str = ""


@dataclass(frozen=True, slots=True)
class Quote:
    """The stretch of an earlier message that this one answers; `offset` in code points of that text."""

    text: str
    offset: int = 0
    external_space: str = ""
    """Set when the quoted message stands in another space."""


@dataclass(frozen=True, slots=True)
class Callback:
    """A pressed button: `id` is what the answer must name, `data` what the button carried."""

    id: str
    data: str = ""


@dataclass(frozen=True, slots=True)
class PollState:
    """A poll as it stands: `options` with their tallies; `chosen` are the sender's own picks (indices), if
    told.
    """

    id: str
    question: str
    options: tuple[tuple[str, int], ...] = ()
    is_closed: bool = False
    chosen: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class TopicState:
    """A topic (thread, forum post) as told: an empty name or None says nothing new about it."""

    id: str
    name: str = ""
    is_closed: bool | None = None


@dataclass(frozen=True, slots=True)
class MemberChange:
    """Somebody's standing before and after; `until` when it ends by itself; `by` the platform id of who did
    it, '' when they did it themselves. `before` None: the platform did not say.
    """

    account: SenderRef
    before: MemberState | None
    after: MemberState
    until: datetime | None = None
    by: str = ""
    invite: str = ""
    """The invite link or campaign code they came by, if the platform tells; `join_request` or `chat_folder`
    for ways in without a link of their own.
    """
    may_restrict: bool = True
    """Of an administrator: whether they may mute and ban others there. Means nothing of anybody else."""


@dataclass(frozen=True, slots=True)
class Inbound:
    """One thing that happened on a platform, normalised.

    `message_id` is unique within the space (an `edit` or `delete` names the message it changes; a join may
    leave it ''; a pin names what was pinned). `space.external_id` is '' where the platform names no space (a
    poll's tally). `delivery_id` is the platform's id of this delivery, or '': two deliveries of one event
    share the message, not the delivery. `raw` is the whole event as received, with every field we do not
    know.
    """

    kind: Kind
    platform: Platform
    space: SpaceRef
    message_id: str
    sender: SenderRef
    sent_at: datetime
    text: str = ""
    entities: tuple[Entity, ...] = ()
    links: tuple[Link, ...] = ()
    media: tuple[Media, ...] = ()
    reply_to: str | None = None
    forwarded_from: str | None = None
    """Name or id of where the text first stood, when it was forwarded."""
    edited_at: datetime | None = None
    thread_id: str = ""
    """Topic or thread within the space."""
    album_id: str = ""
    """Messages sent together share it."""
    quote: Quote | None = None
    callback: Callback | None = None
    poll: PollState | None = None
    reactions: tuple[str, ...] = ()
    """The sender's reactions after the change (emoji or the platform's id of one); empty means taken back."""
    reaction_counts: tuple[tuple[str, int], ...] | None = None
    """All reactions to the message with their numbers, where the platform tells nobody's names."""
    change: int = 0
    """Where a platform tells single steps: +1 `reactions` (or the poll's `chosen`) were added to what stood
    before, -1 taken back (by nobody named: from everybody; none named: all), 0 they are all there is."""
    message_ids: tuple[str, ...] = ()
    """Of a `delete` that takes several messages away at once: all of them."""
    topic: TopicState | None = None
    """The topic a `space_update` is about."""
    members: tuple[MemberChange, ...] = ()
    """Who joined, left or changed; one event may carry several people."""
    migrated_to: str = ""
    via_bot: str = ""
    is_automatic: bool = False
    """Sent by the platform itself (a linked channel's post, a service notice), not typed by a person."""
    delivery_id: str = ""
    receiver: str = ""
    """Which of our own accounts on the platform heard it (a bot's id), where there can be several."""
    raw: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)


class Verb(StrEnum):
    """Everything we may ever ask of a platform. An adapter declares each one; none is assumed."""

    SEND = "send"
    REPLY = "reply"
    EDIT = "edit"
    DELETE = "delete"
    RESTORE = "restore"
    """Show a removed message again in its old place."""
    RESTRICT = "restrict"
    UNRESTRICT = "unrestrict"
    KICK = "kick"
    """Out, but free to come back."""
    BAN = "ban"
    UNBAN = "unban"
    WARN = "warn"
    """Tell one member, seen by nobody else where the platform allows it."""
    PIN = "pin"
    UNPIN = "unpin"
    REACT = "react"
    ANSWER_BUTTON = "answer_button"
    APPROVE_JOIN = "approve_join"
    DECLINE_JOIN = "decline_join"
    CREATE_TOPIC = "create_topic"
    CLOSE_TOPIC = "close_topic"
    SEND_POLL = "send_poll"
    CLOSE_POLL = "close_poll"
    SLOW_MODE = "slow_mode"
    """Seconds between two messages of one member: params (("seconds", "30"),)."""
    LOCK = "lock"
    """Nobody but staff may post (a raid)."""
    UNLOCK = "unlock"
    SET_TITLE = "set_title"
    CREATE_INVITE = "create_invite"
    REVOKE_INVITE = "revoke_invite"
    PROMOTE = "promote"
    DEMOTE = "demote"
    LEAVE_SPACE = "leave_space"


SAYING = frozenset({Verb.SEND, Verb.REPLY, Verb.EDIT, Verb.WARN, Verb.SEND_POLL})
"""Verbs that put words before people: each needs a clearance of compliance whose hash is that of the words.
"""


@dataclass(frozen=True, slots=True)
class Button:
    """A button under a message: it opens `url` or calls back with `data` (1-64 bytes on the strictest
    platform).
    """

    text: str
    url: str = ""
    data: str = ""


@dataclass(frozen=True, slots=True)
class Act:
    """One thing to do on a platform, in our own ids; `until` ends a restriction or ban by itself (None:
    until undone).
    """

    verb: Verb
    space_id: str
    message_id: str = ""
    account_id: str = ""
    text: str = ""
    until: datetime | None = None
    reply_to: str = ""
    """Our id of the message answered."""
    buttons: tuple[Button, ...] = ()
    params: tuple[tuple[str, str], ...] = ()
    thread_id: str = ""
    """The platform's id of the topic or channel in the space that the act is for, '' for the usual one."""
    media: tuple[str, ...] = ()
    """Files to go along with the words, in order: ids of `channels.Enclosure`."""


@dataclass(frozen=True, slots=True)
class Refs:
    """The platform's ids of what an act names; '' where it names nothing."""

    space_external_id: str
    message_external_id: str = ""
    account_external_id: str = ""
    reply_to_external_id: str = ""
    receiver: str = ""
    """Which of our own accounts serves the space (a bot's id), where there can be several."""
    space_kind: str = ""
    thread_external_id: str = ""
    """Where in the space: that of the act, else of the message it names, else of the message it answers."""
    effect_id: int = 0
    """The effect that carries the act out, the same at every attempt: what a platform that knows repeated
    requests by a key of ours is given. 0 outside of the engine."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the platform answered: `external_id` of what was made (a sent message, an invite), or ''.

    `space_external_id` says where a message stands when that is not the space of the act (a warning in the
    member's private talk) or when everybody there sees it. `is_void`: it was pointless by now and nothing was
    done; our rows stay as they are. `is_waiting`: a person has to finish it, so nothing was said yet and our
    rows stay as they are until somebody says so (`channels.waiting`). `record` runs in the transaction that
    notes the act as done, after our rows were brought in line with it.
    """

    external_id: str = ""
    space_external_id: str = ""
    is_void: bool = False
    is_waiting: bool = False
    record: Callable[[], None] | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Capability:
    """Whether a platform can do a verb; if not, why, and what a person does by hand instead."""

    supported: bool
    reason: Text = Text("", "")
    manual_step: Text = Text("", "")


@dataclass(frozen=True, slots=True)
class Limits:
    """What the platform takes in one message: `text` as `count` counts it (code points unless it says
    otherwise), `buttons` and `media` in pieces. `caption`: the text beside media, 0 when it is as `text`.
    """

    text: int = 4096
    buttons: int = 100
    media: int = 10
    count: Callable[[str], int] = len
    caption: int = 0


@runtime_checkable
class Adapter(Protocol):
    """One platform. Adapters hold no state of ours: they translate, and they do what they are told.

    `parse` raises `BadInput` and nothing else, whatever the bytes. `check` refuses one act before it is
    queued (BadInput, or Unsupported: too old, not possible there). `perform` raises `Temporary`, `Permanent`
    or `Uncertain` of core.errors. `shows_at_once` is False where our database is the platform,
    so that a message can be withheld when it is recorded instead of being deleted afterwards.
    """

    @property
    def platform(self) -> Platform: ...
    @property
    def name(self) -> Text: ...
    @property
    def capabilities(self) -> Mapping[Verb, Capability]: ...
    @property
    def limits(self) -> Limits: ...
    @property
    def shows_at_once(self) -> bool: ...

    def mode(self, verb: Verb) -> Mode: ...
    def buckets(self, act: Act, refs: Refs) -> tuple[str, ...]: ...
    def parse(self, raw: bytes) -> Inbound: ...
    def check(self, act: Act, refs: Refs) -> None: ...
    def perform(self, act: Act, refs: Refs) -> Receipt: ...


@runtime_checkable
class HandingOver(Protocol):
    """A platform where some acts only become a task: they are done when a person did or confirmed them."""

    def is_by_hand(self, act: Act, refs: Refs) -> bool: ...


def needs_a_person(adapter: Adapter, act: Act, refs: Refs) -> bool:
    """Whether the act is done only when a person did or confirmed it."""
    return isinstance(adapter, HandingOver) and adapter.is_by_hand(act, refs)


@runtime_checkable
class Fetching(Protocol):
    """A platform whose attachments can be fetched, and whose people can be looked at.

    Both block on the network and raise `Temporary` or `Permanent`. `fetch` never returns more than `most`
    bytes: what is larger is refused with Permanent.
    """

    def fetch(self, ref: str, receiver: str, most: int) -> bytes: ...
    def profile(self, account_external_id: str, receiver: str) -> Profile: ...
