"""Who spoke and where, in Telegram's words: users, chats that speak, anonymous administrators, and what
somebody is in a chat.

Pure. A private talk is named by both sides (`user/bot`), because each of our bots has its own.
"""

from __future__ import annotations

from functools import lru_cache

from guildhall.channels.port import MemberChange, MemberState, SenderRef, SpaceRef
from guildhall.channels.telegram.reading import Json, bad, inner, line, maybe_inner, maybe_moment, word
from guildhall.channels.text import one_line

GROUP_ANONYMOUS_BOT = 1_087_968_824
"""Stands in `from` for administrators who speak as the group itself."""
SERVICE_USER = 777_000
"""Telegram itself: in `from` of posts it forwards from a linked channel, and of its own notices."""
PRIVATE, CHANNEL = "private", "channel"
_TYPES = frozenset({PRIVATE, "group", "supergroup", CHANNEL})
NOWHERE = SpaceRef("")
NOBODY = SenderRef("")
_CACHED = 8192
_LONGEST = 512
"""Of a name as received, before it is made a line: what is kept in memory stays small."""
_INSIDE = frozenset({MemberState.MEMBER, MemberState.ADMIN, MemberState.OWNER, MemberState.RESTRICTED})


def space_of(chat: Json, bot: str) -> SpaceRef:
    """The space a chat is for this bot. Raises BadInput."""
    number = chat.get("id")
    if type(number) is not int:
        raise bad("chat.id")
    kind = word(chat, "type")
    if kind == PRIVATE or (kind not in _TYPES and number > 0):
        name = one_line(f"{word(chat, 'first_name')[:_LONGEST]} {word(chat, 'last_name')[:_LONGEST]}", 255)
        return SpaceRef(f"{number}/{bot}", name, PRIVATE)
    return _space(number, word(chat, "title")[:_LONGEST], kind if kind in _TYPES else "")


@lru_cache(_CACHED)
def _space(number: int, title: str, kind: str) -> SpaceRef:
    return SpaceRef(str(number), one_line(title, 255), kind)


def user(raw: object) -> SenderRef | None:
    """A user or bot, None for what is neither."""
    if type(raw) is not dict or type(number := raw.get("id")) is not int:
        return None
    return _user(
        number, word(raw, "username")[:_LONGEST], word(raw, "first_name")[:_LONGEST],
        word(raw, "last_name")[:_LONGEST], raw.get("is_bot") is True, word(raw, "language_code")[:10],
    )  # fmt: skip


@lru_cache(_CACHED)
def _user(number: int, username: str, first: str, last: str, is_bot: bool, language: str) -> SenderRef:
    return SenderRef(
        str(number),
        one_line(username, 190),
        one_line(f"{first} {last}", 255),
        is_bot,
        one_line(language, 10),
    )


def user_at(of: Json, field: str) -> SenderRef:
    """A user the update cannot do without. Raises BadInput."""
    found = user(of.get(field))
    if found is None:
        raise bad(field)
    return found


def sender_of(message: Json, chat: Json, space: SpaceRef) -> SenderRef:
    """Who is shown as the author of a message. Raises BadInput when nobody is."""
    speaks = message.get("sender_chat")
    author = message.get("from")
    if type(speaks) is dict and type(speaks.get("id")) is int:
        return speaking(speaks, chat, space, signature_of(message))
    person = user(author)
    if person is None or person.external_id == str(GROUP_ANONYMOUS_BOT):
        if person is None and space.kind != CHANNEL:
            raise bad("from")
        return speaking(chat, chat, space, signature_of(message))
    signature = signature_of(message)
    if not signature:
        return person
    return SenderRef(
        person.external_id,
        person.username,
        person.display_name,
        person.is_bot,
        person.language,
        signature=signature,
    )


def speaking(speaker: Json, chat: Json, space: SpaceRef, signature: str = "") -> SenderRef:
    """A chat as the author of something in `chat`. As the chat itself only its administrators can speak."""
    own = type(speaker.get("id")) is int and speaker["id"] == chat.get("id")
    ref = space if own else space_of({"type": CHANNEL, **speaker}, "")
    return SenderRef(
        ref.external_id,
        line(speaker, "username", 190),
        ref.title,
        is_anonymous=own,
        is_admin=own,
        on_behalf_of=ref,
        signature=signature,
    )


def signature_of(message: Json) -> str:
    """What is shown beside the author's name, '' for most."""
    return line(message, "author_signature") or line(message, "sender_tag")


def change(update: Json) -> MemberChange:
    """What a `ChatMemberUpdated` says of the member. Raises BadInput."""
    new = inner(update, "new_chat_member")
    who = user_at(new, "user")
    after = state_of(new)
    if after is None:
        raise bad("new_chat_member.status")
    by = user(update.get("from"))
    return MemberChange(
        who,
        state_of(maybe_inner(update, "old_chat_member")),
        after,
        maybe_moment(new, "until_date") if after in (MemberState.RESTRICTED, MemberState.BANNED) else None,
        by.external_id if by is not None and by.external_id != who.external_id else "",
        invite_of(update),
        after is not MemberState.ADMIN or new.get("can_restrict_members") is True,
    )


def state_of(member: Json) -> MemberState | None:
    """What a `ChatMember` is. Who may write but, say, send no pictures is a member like others."""
    status = member.get("status")
    if status == "restricted":
        if member.get("is_member") is False:
            return MemberState.LEFT
        return MemberState.MEMBER if member.get("can_send_messages") is True else MemberState.RESTRICTED
    return _STATES.get(status) if type(status) is str else None


_STATES = {
    "creator": MemberState.OWNER,
    "administrator": MemberState.ADMIN,
    "member": MemberState.MEMBER,
    "left": MemberState.LEFT,
    "kicked": MemberState.BANNED,
}


def is_inside(state: MemberState | None) -> bool:
    return state in _INSIDE


def invite_of(update: Json) -> str:
    """The name of the invite link somebody came by, else the link, else how they came without one."""
    link = maybe_inner(update, "invite_link")
    if link:
        return line(link, "name", 190) or line(link, "invite_link", 190)
    if update.get("via_join_request") is True:
        return "join_request"
    return "chat_folder" if update.get("via_chat_folder_invite_link") is True else ""
