"""Methods on members: ban, restrict, promote, titles, and what a chat tells of its members."""

from __future__ import annotations

from typing import Any

from guildhall.channels.testing.telegram.membership import change, set_rights
from guildhall.channels.testing.telegram.methods.registry import method
from guildhall.channels.testing.telegram.refusals import bad
from guildhall.channels.testing.telegram.rights import (
    ALL_RIGHTS,
    implied,
    need_inside,
    need_right,
    need_supergroup,
    shown,
)
from guildhall.channels.testing.telegram.state import Bot, Chat, Json, Member, until_or_ever
from guildhall.channels.testing.telegram.world import World

NO_RESTRICT = "not enough rights to restrict/unrestrict chat member"


def _target(world: World, bot: Bot, p: Json) -> tuple[Chat, Member]:
    """The chat and the member a bot wants to act upon; checks that both are there."""
    chat = world.chat_for(bot, p["chat_id"])
    if chat.kind == "private":
        raise bad("chat member status can't be changed in private chats")
    need_inside(chat, world.me(bot, chat))
    if p["user_id"] not in world.users:
        raise bad("invalid user_id specified")
    return chat, chat.member(p["user_id"], world.now())


def _below(world: World, bot: Bot, member: Member, owner_said: str, self_said: str) -> None:
    """Owners and administrators appointed by others are out of a bot's reach."""
    if member.user_id == bot.id:
        raise bad(self_said)
    if member.status == "creator":
        raise bad(owner_said)
    if member.status == "administrator" and member.promoted_by != bot.id:
        raise bad("user is an administrator of the chat")


@method("banChatMember")
def ban(world: World, bot: Bot, p: Json) -> Any:
    """`revoke_messages` takes the old messages from the banned user's sight only; they stay for the rest
    (as people found out: telegraf issues 1424 and 1443)."""
    chat, member = _target(world, bot, p)
    if chat.kind == "group" and not world.me(bot, chat).leads:
        raise bad("CHAT_ADMIN_REQUIRED")
    _below(world, bot, member, "can't remove chat owner", "can't restrict self")
    need_right(chat, world.me(bot, chat), "can_restrict_members", NO_RESTRICT)
    if chat.kind == "group":
        if not member.present:
            raise bad("USER_NOT_PARTICIPANT")
        change(world, chat, member.user_id, bot.id, status="kicked", until=0)
        return True
    until = until_or_ever(p.get("until_date"), world.now())
    change(world, chat, member.user_id, bot.id, status="kicked", until=until, permissions={})
    return True


@method("unbanChatMember")
def unban(world: World, bot: Bot, p: Json) -> Any:
    """Without `only_if_banned` a member who is in the chat is removed from it, as in Telegram."""
    chat, member = _target(world, bot, p)
    need_supergroup(chat, channel=True)
    need_right(chat, world.me(bot, chat), "can_restrict_members", NO_RESTRICT)
    if p.get("only_if_banned") and member.status != "kicked":
        return True
    _below(world, bot, member, "can't remove chat owner", "can't restrict self")
    if member.status != "left":
        change(world, chat, member.user_id, bot.id, status="left", until=0, permissions={})
    return True


@method("restrictChatMember")
def restrict(world: World, bot: Bot, p: Json) -> Any:
    chat, member = _target(world, bot, p)
    need_supergroup(chat)
    need_right(chat, world.me(bot, chat), "can_restrict_members", NO_RESTRICT)
    _below(world, bot, member, "can't restrict chat owner", "can't restrict self")
    if member.status == "administrator":
        raise bad("user is an administrator of the chat")
    permissions = implied(p["permissions"], independent=bool(p.get("use_independent_chat_permissions")))
    until = until_or_ever(p.get("until_date"), world.now())
    if all(permissions.values()):
        change(world, chat, member.user_id, bot.id, status="member" if member.present else "left", until=0,
               quiet=True)  # fmt: skip
        return True
    inside = member.present
    change(world, chat, member.user_id, bot.id, status="restricted", permissions=permissions, until=until,
           inside=inside, quiet=True)  # fmt: skip
    return True


@method("promoteChatMember")
def promote(world: World, bot: Bot, p: Json) -> Any:
    chat, member = _target(world, bot, p)
    need_supergroup(chat, channel=True)
    me = world.me(bot, chat)
    need_right(chat, me, "can_promote_members", "not enough rights")
    _below(world, bot, member, "can't promote the chat owner", "can't promote self")
    rights = {name: True for name in ALL_RIGHTS if p.get(name)}
    for name in rights:
        if name != "is_anonymous" and not me.may(name):
            raise bad("RIGHT_FORBIDDEN")
    if not rights and member.status != "administrator":
        return True
    if rights and not member.present and chat.kind == "supergroup":
        raise bad("USER_NOT_PARTICIPANT")
    set_rights(world, chat, member.user_id, bot.id, rights or None)
    return True


@method("setChatAdministratorCustomTitle")
def set_title(world: World, bot: Bot, p: Json) -> Any:
    chat, member = _target(world, bot, p)
    need_supergroup(chat)
    need_right(
        chat,
        world.me(bot, chat),
        "can_promote_members",
        "not enough rights to change custom title of the user",
    )
    if member.status == "creator":
        raise bad("only creator can edit their custom title")
    if member.status != "administrator":
        raise bad("user is not an administrator")
    if member.promoted_by != bot.id:
        raise bad("not enough rights to change custom title of the user")
    change(world, chat, member.user_id, bot.id, quiet=True, title=p["custom_title"])
    return True


@method("setChatMemberTag")
def set_tag(world: World, bot: Bot, p: Json) -> Any:
    chat, member = _target(world, bot, p)
    need_right(chat, world.me(bot, chat), "can_manage_tags", "not enough rights to manage member tags")
    if not member.present or member.leads:
        raise bad("USER_NOT_PARTICIPANT" if not member.present else "user is an administrator of the chat")
    change(world, chat, member.user_id, bot.id, quiet=True, tag=p.get("tag", ""))
    return True


def _sender(banned: bool) -> Any:
    def play(world: World, bot: Bot, p: Json) -> Any:
        chat = world.chat_for(bot, p["chat_id"])
        need_supergroup(chat, channel=True)
        need_right(chat, world.me(bot, chat), "can_restrict_members", NO_RESTRICT)
        sender = p["sender_chat_id"]
        if sender not in world.chats:
            raise bad("PARTICIPANT_ID_INVALID")
        if sender in (chat.id, chat.linked):
            raise bad("can't ban the linked chat" if sender == chat.linked else "PARTICIPANT_ID_INVALID")
        (chat.banned_senders.add if banned else chat.banned_senders.discard)(sender)
        return True

    return play


method("banChatSenderChat")(_sender(True))
method("unbanChatSenderChat")(_sender(False))


# -- asking ------------------------------------------------------------------------------------------


@method("getChatMember")
def get_member(world: World, bot: Bot, p: Json) -> Any:
    chat = world.chat_for(bot, p["chat_id"])
    me = world.me(bot, chat)
    need_inside(chat, me)
    user_id = p["user_id"]
    if user_id not in world.users:
        raise bad("invalid user_id specified")
    if chat.kind == "private":
        if user_id not in (chat.id, bot.id):
            raise bad("member not found")
        return shown(chat, Member(user_id, "member"), world.users[user_id], bot.id)
    if (
        user_id not in chat.members
        and (chat.kind == "channel" or chat.flags.get("has_hidden_members"))
        and not me.leads
    ):
        raise bad("member list is inaccessible")
    return shown(chat, chat.member(user_id, world.now()), world.users[user_id], bot.id)


@method("getChatAdministrators")
def get_administrators(world: World, bot: Bot, p: Json) -> Any:
    chat = world.chat_for(bot, p["chat_id"])
    if chat.kind == "private":
        raise bad("there are no administrators in the private chat")
    need_inside(chat, world.me(bot, chat))
    return [
        shown(chat, member, world.users[member.user_id], bot.id)
        for member in chat.members.values()
        if member.leads
        and (member.user_id not in world.bots or member.user_id == bot.id or p.get("return_bots"))
    ]


@method("getChatMemberCount")
def get_count(world: World, bot: Bot, p: Json) -> Any:
    chat = world.chat_for(bot, p["chat_id"])
    need_inside(chat, world.me(bot, chat))
    now = world.now()
    return 2 if chat.kind == "private" else sum(one.settle(now).present for one in chat.members.values())
