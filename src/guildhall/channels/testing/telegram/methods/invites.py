"""Methods on invite links and requests to join."""

from __future__ import annotations

from typing import Any

from guildhall.channels.testing.telegram.membership import answer_request, invite_json, new_invite
from guildhall.channels.testing.telegram.methods.registry import method
from guildhall.channels.testing.telegram.refusals import bad
from guildhall.channels.testing.telegram.rights import need_right
from guildhall.channels.testing.telegram.state import Bot, Chat, Invite, Json
from guildhall.channels.testing.telegram.world import World


def _inviting(world: World, bot: Bot, p: Json) -> Chat:
    chat = world.chat_for(bot, p["chat_id"])
    if chat.kind == "private":
        raise bad("can't invite members to a private chat")
    need_right(chat, world.me(bot, chat), "can_invite_users", "not enough rights to manage chat invite link")
    return chat


def _own(chat: Chat, bot: Bot, p: Json) -> Invite:
    found = chat.invites.get(p["invite_link"])
    if found is None or found.creator != bot.id:
        raise bad("INVITE_HASH_EXPIRED")
    return found


def _terms(world: World, p: Json) -> Json:
    if p.get("creates_join_request") and p.get("member_limit"):
        raise bad("member limit can't be specified for links requiring administrator approval")
    if p.get("expire_date") and p["expire_date"] <= world.now():
        raise bad("EXPIRE_DATE_INVALID")
    return {
        "name": p.get("name", ""), "expire_date": p.get("expire_date", 0),
        "member_limit": p.get("member_limit", 0), "asks": bool(p.get("creates_join_request")),
    }  # fmt: skip


@method("createChatInviteLink")
def create(world: World, bot: Bot, p: Json) -> Any:
    chat = _inviting(world, bot, p)
    return invite_json(world, new_invite(world, chat, bot.id, **_terms(world, p)), bot.id)


@method("editChatInviteLink")
def edit(world: World, bot: Bot, p: Json) -> Any:
    invite = _own(_inviting(world, bot, p), bot, p)
    if invite.revoked:
        raise bad("INVITE_HASH_EXPIRED")
    for name, value in _terms(world, p).items():
        setattr(invite, name, value)
    return invite_json(world, invite, bot.id)


@method("revokeChatInviteLink")
def revoke(world: World, bot: Bot, p: Json) -> Any:
    chat = _inviting(world, bot, p)
    invite = _own(chat, bot, p)
    invite.revoked = True
    if invite.primary:
        new_invite(world, chat, bot.id, primary=True)
    return invite_json(world, invite, bot.id)


@method("exportChatInviteLink")
def export(world: World, bot: Bot, p: Json) -> Any:
    chat = _inviting(world, bot, p)
    for invite in chat.invites.values():
        if invite.primary and invite.creator == bot.id:
            invite.revoked, invite.primary = True, False
    return new_invite(world, chat, bot.id, primary=True).link


@method("approveChatJoinRequest")
def approve(world: World, bot: Bot, p: Json) -> Any:
    answer_request(world, _inviting(world, bot, p), p["user_id"], bot.id, approve=True)
    return True


@method("declineChatJoinRequest")
def decline(world: World, bot: Bot, p: Json) -> Any:
    answer_request(world, _inviting(world, bot, p), p["user_id"], bot.id, approve=False)
    return True
