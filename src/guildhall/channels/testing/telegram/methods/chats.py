"""Methods on a chat itself: what it is, its title, description, permissions, photo, leaving it."""

from __future__ import annotations

from typing import Any

from guildhall.channels.testing.telegram.membership import change
from guildhall.channels.testing.telegram.methods.registry import method
from guildhall.channels.testing.telegram.refusals import bad
from guildhall.channels.testing.telegram.rights import PERMISSIONS, implied, need_inside, need_right
from guildhall.channels.testing.telegram.state import Bot, Chat, Json
from guildhall.channels.testing.telegram.world import World

GIFTS = {
    "unlimited_gifts": True, "limited_gifts": True, "unique_gifts": True, "premium_subscription": True,
    "gifts_from_channels": True,
}  # fmt: skip


@method("getChat")
def get_chat(world: World, bot: Bot, p: Json) -> Any:
    if _is_met(world, bot, p["chat_id"]):
        return _person(world, p["chat_id"])
    chat = world.chat_for(bot, p["chat_id"])
    me = world.me(bot, chat)
    if chat.kind != "private" or not chat.blocked:
        need_inside(chat, me)
    full: Json = {
        **world.chat_json(chat), "accent_color_id": abs(chat.id) % 7, "max_reaction_count": 11,
        "accepted_gift_types": GIFTS, **chat.flags,
    }  # fmt: skip
    if chat.username:
        full["active_usernames"] = [chat.username]
    if chat.kind == "private":
        return full | _shown(world, chat.id)
    if chat.description:
        full["description"] = chat.description
    if chat.kind != "channel":
        full["permissions"] = {name: bool(chat.permissions.get(name)) for name in PERMISSIONS}
    if chat.slow_mode:
        full["slow_mode_delay"] = chat.slow_mode
    if chat.linked:
        full["linked_chat_id"] = chat.linked
    if chat.pins:
        full["pinned_message"] = world.show(chat.pins[-1], bot.id)
    primary = next((one for one in chat.invites.values() if one.primary and one.creator == bot.id), None)
    if primary is not None and me.may("can_invite_users"):
        full["invite_link"] = primary.link
    return full


def _is_met(world: World, bot: Bot, user: int | str) -> bool:
    """Whether a person the bot never talked to is known to it from a group."""
    return (
        isinstance(user, int)
        and user in world.users
        and user not in world.gone
        and (user, bot.id) not in world.private
        and any({user, bot.id} <= chat.members.keys() for chat in world.chats.values())
    )


def _person(world: World, user: int) -> Json:
    known = {
        key: value
        for key, value in world.users[user].items()
        if key in ("first_name", "last_name", "username")
    }
    return {
        "id": user, "type": "private", **known, "accent_color_id": user % 7, "max_reaction_count": 11,
        "accepted_gift_types": GIFTS, **_shown(world, user),
    }  # fmt: skip


def _shown(world: World, user: int) -> Json:
    out: Json = {"bio": world.bios[user]} if user in world.bios else {}
    if user in world.faces:
        face = world.faces[user]
        out["photo"] = {
            "small_file_id": face, "small_file_unique_id": f"{face}-s", "big_file_id": face,
            "big_file_unique_id": f"{face}-b",
        }  # fmt: skip
    return out


def _changing(world: World, bot: Bot, p: Json, said: str) -> Chat:
    chat = world.chat_for(bot, p["chat_id"])
    if chat.kind == "private":
        raise bad("can't change private chat properties")
    need_right(chat, world.me(bot, chat), "can_change_info", said)
    return chat


@method("setChatTitle")
def set_title(world: World, bot: Bot, p: Json) -> Any:
    chat = _changing(world, bot, p, "not enough rights to change chat title")
    if chat.title == p["title"]:
        raise bad("chat title is not modified")
    chat.title = p["title"]
    world.post(chat, {"new_chat_title": chat.title}, sender=bot.id, service=True)
    return True


@method("setChatDescription")
def set_description(world: World, bot: Bot, p: Json) -> Any:
    chat = _changing(world, bot, p, "not enough rights to set chat description")
    if chat.description == p.get("description", ""):
        raise bad("chat description is not modified")
    chat.description = p.get("description", "")
    return True


@method("setChatPermissions")
def set_permissions(world: World, bot: Bot, p: Json) -> Any:
    chat = world.chat_for(bot, p["chat_id"])
    if chat.kind not in ("group", "supergroup"):
        raise bad(
            "can't change private chat permissions" if chat.kind == "private" else "CHAT_ADMIN_REQUIRED"
        )
    need_right(
        chat, world.me(bot, chat), "can_restrict_members", "not enough rights to change chat permissions"
    )
    permissions = implied(p["permissions"], independent=bool(p.get("use_independent_chat_permissions")))
    if permissions == chat.permissions:
        raise bad("CHAT_NOT_MODIFIED")
    chat.permissions = permissions
    return True


@method("setChatPhoto")
def set_photo(world: World, bot: Bot, p: Json) -> Any:
    chat = _changing(world, bot, p, "not enough rights to change chat photo")
    chat.photo = p["photo"]
    size = {"file_id": f"photo-{world.count('id')}", "file_unique_id": f"p{abs(chat.id)}", "width": 160,
            "height": 160}  # fmt: skip
    world.post(chat, {"new_chat_photo": [size]}, sender=bot.id, service=True)
    return True


@method("deleteChatPhoto")
def delete_photo(world: World, bot: Bot, p: Json) -> Any:
    chat = _changing(world, bot, p, "not enough rights to change chat photo")
    if not chat.photo:
        raise bad("CHAT_NOT_MODIFIED")
    chat.photo = ""
    world.post(chat, {"delete_chat_photo": True}, sender=bot.id, service=True)
    return True


@method("leaveChat")
def leave_chat(world: World, bot: Bot, p: Json) -> Any:
    chat = world.chat_for(bot, p["chat_id"])
    if chat.kind == "private":
        raise bad("chat member status can't be changed in private chats")
    need_inside(chat, world.me(bot, chat))
    change(world, chat, bot.id, bot.id, status="left")
    return True
