"""Who may do what in a chat, and how a member is shown.

The checks every act of a bot passes first: is the chat there, is the bot in it, has it the right. Each
refusal is Telegram's sentence for that case.
"""

from __future__ import annotations

from typing import Any

from guildhall.channels.testing.telegram.refusals import bad, forbidden
from guildhall.channels.testing.telegram.state import Chat, Member

RIGHTS = (
    "can_manage_chat", "can_delete_messages", "can_manage_video_chats", "can_restrict_members",
    "can_promote_members", "can_change_info", "can_invite_users", "can_post_stories", "can_edit_stories",
    "can_delete_stories",
)  # fmt: skip
GROUP_RIGHTS = ("can_pin_messages", "can_manage_tags")
FORUM_RIGHTS = ("can_manage_topics",)
CHANNEL_RIGHTS = ("can_post_messages", "can_edit_messages", "can_manage_direct_messages")
ALL_RIGHTS = ("is_anonymous", *RIGHTS, *GROUP_RIGHTS, *FORUM_RIGHTS, *CHANNEL_RIGHTS)
PERMISSIONS = (
    "can_send_messages", "can_send_audios", "can_send_documents", "can_send_photos", "can_send_videos",
    "can_send_video_notes", "can_send_voice_notes", "can_send_polls", "can_send_other_messages",
    "can_add_web_page_previews", "can_react_to_messages", "can_edit_tag", "can_change_info",
    "can_invite_users", "can_pin_messages", "can_manage_topics",
)  # fmt: skip
SENDING = PERMISSIONS[:8]
USUAL = {name: name not in ("can_change_info", "can_pin_messages") for name in PERMISSIONS}
OF_CONTENT = {
    "text": ("can_send_messages", "text messages"),
    "photo": ("can_send_photos", "photos"),
    "video": ("can_send_videos", "videos"),
    "document": ("can_send_documents", "documents"),
    "audio": ("can_send_audios", "music"),
    "voice": ("can_send_voice_notes", "voice notes"),
    "video_note": ("can_send_video_notes", "video notes"),
    "poll": ("can_send_polls", "polls"),
    "sticker": ("can_send_other_messages", "stickers"),
    "animation": ("can_send_other_messages", "animations"),
    "dice": ("can_send_other_messages", "other messages"),
}  # fmt: skip
BASIC_RIGHTS = (
    "can_manage_chat", "can_change_info", "can_delete_messages", "can_restrict_members", "can_invite_users",
    "can_pin_messages", "can_manage_video_chats",
)  # fmt: skip


def full_rights(chat: Chat) -> dict[str, bool]:
    """What an administrator has who was given everything the kind of chat knows, but not promoting."""
    return {name: name not in ("is_anonymous", "can_promote_members") for name in rights_of_kind(chat)}


def rights_of_kind(chat: Chat) -> tuple[str, ...]:
    if chat.kind == "channel":
        return ("is_anonymous", *RIGHTS, *CHANNEL_RIGHTS)
    if chat.kind == "group":
        return ("is_anonymous", *RIGHTS, *GROUP_RIGHTS)
    return ("is_anonymous", *RIGHTS, *GROUP_RIGHTS, *FORUM_RIGHTS)


def implied(permissions: dict[str, Any], *, independent: bool) -> dict[str, bool]:
    """Permissions as Telegram stores them: absent is false, and without `independent` the wider ones
    bring the narrower with them."""
    given = {name: bool(permissions.get(name)) for name in PERMISSIONS}
    if "can_manage_topics" not in permissions:
        given["can_manage_topics"] = given["can_pin_messages"]
    if "can_react_to_messages" not in permissions:
        given["can_react_to_messages"] = given["can_send_messages"]
    if independent:
        return given
    if given["can_send_other_messages"] or given["can_add_web_page_previews"]:
        for name in (*SENDING[:7],):
            given[name] = True
    if given["can_send_polls"]:
        given["can_send_messages"] = True
    return given


def shown(chat: Chat, member: Member, user: dict[str, Any], viewer: int = 0) -> dict[str, Any]:
    """A ChatMember; `viewer` is the bot that asks, for `can_be_edited`."""
    status = member.status
    if status == "creator":
        owner = {"status": status, "user": user, "is_anonymous": bool(member.rights.get("is_anonymous"))}
        return {**owner, "custom_title": member.title} if member.title else owner
    if status == "administrator":
        rights = {name: bool(member.rights.get(name)) for name in rights_of_kind(chat)}
        mine = bool(viewer) and member.promoted_by == viewer
        admin = {"status": status, "user": user, "can_be_edited": mine, **rights}
        return {**admin, "custom_title": member.title} if member.title else admin
    if status == "restricted":
        return {
            "status": status, "user": user, "is_member": member.inside, "until_date": member.until,
            **{name: bool(member.permissions.get(name)) for name in PERMISSIONS},
            **({"tag": member.tag} if member.tag else {}),
        }  # fmt: skip
    if status == "kicked":
        return {"status": status, "user": user, "until_date": member.until}
    return {
        "status": status,
        "user": user,
        **({"tag": member.tag} if member.tag and status == "member" else {}),
    }


def need_inside(chat: Chat, me: Member) -> None:
    """The bot must be able to see the chat."""
    if chat.migrated_to:
        raise bad("group chat was upgraded to a supergroup chat", migrate_to_chat_id=chat.migrated_to)
    if chat.kind == "private":
        if chat.blocked:
            raise forbidden("bot was blocked by the user")
        return
    if me.status == "kicked":
        raise forbidden(f"bot was kicked from the {chat.word()}")
    if not me.present:
        if chat.kind == "group":
            raise forbidden("bot is not a member of the group chat")
        if not chat.username:
            raise forbidden(f"bot is not a member of the {chat.word()}")


def need_right(chat: Chat, me: Member, right: str, said: str) -> None:
    """The bot must be an administrator with this right."""
    need_inside(chat, me)
    if me.may(right):
        return
    if chat.kind == "channel" and not me.leads:
        raise bad("need administrator rights in the channel chat")
    if chat.kind == "group" and not me.leads and right != "can_pin_messages":
        raise bad("CHAT_ADMIN_REQUIRED")
    raise bad(said)


def need_supergroup(chat: Chat, *, channel: bool = False) -> None:
    if chat.kind == "supergroup" or (channel and chat.kind == "channel"):
        return
    if channel:
        raise bad("method is available for supergroup and channel chats only")
    raise bad("method is available only for supergroups")


def need_speech(chat: Chat, me: Member, what: str) -> None:
    """The bot must be allowed to send this kind of content."""
    need_inside(chat, me)
    if chat.kind == "private":
        return
    if chat.kind == "channel":
        if not me.may("can_post_messages"):
            raise bad("need administrator rights in the channel chat")
        return
    if not me.present:
        raise forbidden(f"bot is not a member of the {chat.word()}")
    if me.leads:
        return
    permission, named = OF_CONTENT.get(what, ("can_send_messages", "text messages"))
    if not chat.permissions.get(permission, True):
        raise bad(f"not enough rights to send {named} to the chat")
    if me.status == "restricted" and not me.permissions.get(permission):
        raise bad(f"not enough rights to send {named} to the chat")
