"""Who is in a chat: changes of status, joins by link or by request, and the updates they cause.

Every change goes through `change`, which tells the bot concerned (`my_chat_member`) and the bots that
administer the chat and asked for it (`chat_member`), and leaves the service message people see.
"""

from __future__ import annotations

import copy
from typing import Any

from guildhall.channels.testing.telegram.refusals import bad
from guildhall.channels.testing.telegram.rights import full_rights, shown
from guildhall.channels.testing.telegram.state import Bot, Chat, Invite, Json, Member
from guildhall.channels.testing.telegram.world import World


def change(
    world: World, chat: Chat, user_id: int, by: int, *, invite: Invite | None = None,
    via_request: bool = False, quiet: bool = False, **fields: Any,
) -> Member:  # fmt: skip
    """Sets fields of a member (status, rights, permissions, until, inside, ...) and tells of it."""
    old = copy.copy(chat.member(user_id, world.now()))
    new = chat.members.setdefault(user_id, Member(user_id))
    for name, value in fields.items():
        setattr(new, name, value)
    if new.status in ("creator", "administrator", "member"):
        new.inside, new.until, new.permissions = True, 0, {}
    elif new.status in ("left", "kicked"):
        new.inside, new.rights, new.title = False, {}, ""
    if old == new:
        return new
    _announce(world, chat, old, new, by, invite, via_request)
    if not quiet and chat.kind != "channel":
        if new.present and not old.present:
            joiner = world.users[user_id]
            world.post(chat, {"new_chat_members": [joiner]}, sender=by, service=True)
        elif old.present and not new.present:
            gone = world.users[user_id]
            world.post(chat, {"left_chat_member": gone}, sender=by, service=True)
    return new


def _announce(
    world: World, chat: Chat, old: Member, new: Member, by: int, invite: Invite | None, via_request: bool
) -> None:
    user = world.users[new.user_id]
    for bot in world.bots.values():
        mine = bot.id == new.user_id
        if not mine and not (chat.member(bot.id, world.now()).leads or chat.bot_id == bot.id):
            continue
        kind = "my_chat_member" if mine else "chat_member"
        if not world.updates[bot.id].wants(kind):
            continue
        payload: Json = {
            "chat": world.chat_json(chat),
            "from": world.users[by],
            "date": int(world.now()),
            "old_chat_member": shown(chat, old, user, bot.id),
            "new_chat_member": shown(chat, new, user, bot.id),
        }
        if invite is not None and not mine:
            payload["invite_link"] = invite_json(world, invite, bot.id)
        if via_request and not mine:
            payload["via_join_request"] = True
        world.put(bot, kind, payload, chat.id)


def invite_json(world: World, invite: Invite, viewer: int) -> Json:
    """A ChatInviteLink; the second half of another's link is hidden from a bot."""
    link = invite.link if invite.creator == viewer else invite.link[:-8] + "..."
    found: Json = {
        "invite_link": link, "creator": world.users[invite.creator], "creates_join_request": invite.asks,
        "is_primary": invite.primary, "is_revoked": invite.revoked,
    }  # fmt: skip
    if invite.name:
        found["name"] = invite.name
    if invite.expire_date:
        found["expire_date"] = invite.expire_date
    if invite.member_limit:
        found["member_limit"] = invite.member_limit
    if invite.pending:
        found["pending_join_request_count"] = invite.pending
    return found


def new_invite(world: World, chat: Chat, creator: int, **fields: Any) -> Invite:
    invite = Invite(f"https://t.me/+{world.word(16)}", creator, **fields)
    chat.invites[invite.link] = invite
    return invite


def find_invite(chat: Chat, link: str | None) -> Invite | None:
    """By the link, or by the name it was given."""
    if not link:
        return None
    found = chat.invites.get(link) or next((one for one in chat.invites.values() if one.name == link), None)
    if found is None:
        raise KeyError(f"no invite link {link} in {chat.id}")
    return found


def join(world: World, chat: Chat, user_id: int, invite: Invite | None = None, by: int = 0) -> bool:
    """The user comes in, by themselves, by a link, or added by another; false when a link only lets them
    ask or is used up, or when they are banned."""
    now = world.now()
    member = chat.member(user_id, now)
    if member.present or (member.status == "kicked" and not by):
        return False
    if invite is not None:
        if not invite.usable(now):
            return False
        if invite.asks:
            ask(world, chat, user_id, invite)
            return False
        invite.joined += 1
    _enter(world, chat, member, by or user_id, invite)
    return True


def _enter(
    world: World, chat: Chat, member: Member, by: int, invite: Invite | None, asked: bool = False
) -> None:
    if member.status == "restricted":
        change(world, chat, member.user_id, by, invite=invite, via_request=asked, inside=True)
    else:
        change(world, chat, member.user_id, by, invite=invite, via_request=asked, status="member")


def leave(world: World, chat: Chat, user_id: int) -> None:
    member = chat.member(user_id, world.now())
    if member.status == "restricted":
        change(world, chat, user_id, user_id, inside=False)
    elif member.present:
        change(world, chat, user_id, user_id, status="left")


def ask(world: World, chat: Chat, user_id: int, invite: Invite | None = None) -> None:
    """A request to join; every bot that may invite users hears of it, and may write to the user for five
    minutes (here: for as long as the talk lasts)."""
    chat.requests[user_id] = invite.link if invite else ""
    if invite is not None:
        invite.pending += 1
    for bot in world.bots_in(chat):
        if not chat.member(bot.id, world.now()).may("can_invite_users"):
            continue
        world.private.setdefault((user_id, bot.id), Chat(user_id, "private", bot_id=bot.id))
        payload: Json = {
            "chat": world.chat_json(chat), "from": world.users[user_id], "user_chat_id": user_id,
            "date": int(world.now()),
        }  # fmt: skip
        if user_id in world.bios:
            payload["bio"] = world.bios[user_id]
        if invite is not None:
            payload["invite_link"] = invite_json(world, invite, bot.id)
        world.put(bot, "chat_join_request", payload, chat.id)


def answer_request(world: World, chat: Chat, user_id: int, by: int, *, approve: bool) -> None:
    """Raises Refused when there is no such request."""
    member = chat.member(user_id, world.now())
    if user_id not in chat.requests:
        raise bad("USER_ALREADY_PARTICIPANT" if member.present else "HIDE_REQUESTER_MISSING")
    invite = chat.invites.get(chat.requests.pop(user_id))
    if invite is not None:
        invite.pending -= 1
    if approve:
        if invite is not None:
            invite.joined += 1
        _enter(world, chat, member, by, invite, asked=True)


def add_bot_to_chat(world: World, bot: Bot, chat: Chat, by: int, rights: Json | None) -> None:
    """The bot is a member, or an administrator with these rights (True for all that are usual)."""
    if chat.kind == "channel" and rights is None:
        rights = {"can_post_messages": True}
    change(world, chat, bot.id, by, status="member")
    if rights is not None:
        set_rights(world, chat, bot.id, by, rights)


def set_rights(world: World, chat: Chat, user_id: int, by: int, rights: Json | None) -> None:
    """An administrator with these rights; with None an ordinary member. `{"all": True}` gives all."""
    if rights is None:
        change(world, chat, user_id, by, quiet=True, status="member", rights={}, promoted_by=0)
        return
    given = full_rights(chat) if rights.get("all") else {"can_manage_chat": True, **rights}
    given.update({name: bool(value) for name, value in rights.items() if name != "all"})
    change(world, chat, user_id, by, quiet=True, status="administrator", rights=given, promoted_by=by)
