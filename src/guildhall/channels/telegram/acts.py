"""Each verb as calls of the Bot API: which method, to whom, with which of Telegram's parameters.

One function a verb; those that say something stand in `saying`. When and whether a call leaves is for
`doorstep`; what can never be done was refused by `checks`. Loads python-telegram-bot.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import telegram
from django.db import transaction

from guildhall.channels.models import Space
from guildhall.channels.port import Act, Receipt, Refs, Verb
from guildhall.channels.telegram import checks, lifting, saying
from guildhall.channels.telegram.checks import CHANNEL, GROUP, is_sender_chat, is_yes, params_of
from guildhall.channels.telegram.doorstep import Doorstep
from guildhall.channels.telegram.task import Task
from guildhall.channels.telegram.terms import term, untimed
from guildhall.core import clock

UNLOCKED = "telegram_permissions"
"""In `Space.settings`: what members were allowed before the group was locked."""
_MODERATOR = ("can_delete_messages", "can_restrict_members", "can_invite_users", "can_pin_messages")
_RIGHTS = (
    "is_anonymous", "can_manage_chat", "can_delete_messages", "can_manage_video_chats",
    "can_restrict_members", "can_promote_members", "can_change_info", "can_invite_users", "can_post_stories",
    "can_edit_stories", "can_delete_stories",
)  # fmt: skip
_RIGHTS_OF = {
    CHANNEL: (*_RIGHTS, "can_post_messages", "can_edit_messages"),
    "": (*_RIGHTS, "can_pin_messages", "can_manage_topics"),
}
_NOT_USUAL = ("can_change_info", "can_pin_messages", "can_manage_topics")


def carry_out(act: Act, refs: Refs, door: Doorstep) -> Receipt:
    """Do one act. Raises Temporary, Uncertain, Refused."""
    return _VERBS[act.verb](Task(act, refs, door))


def _delete(task: Task) -> Receipt:
    task.door.do("delete_message", chat_id=task.chat_id, message_id=task.message_id)
    return Receipt()


def _pin(task: Task) -> Receipt:
    task.door.do(
        "pin_chat_message", chat_id=task.chat_id, message_id=task.message_id, disable_notification=True
    )
    return Receipt()


def _unpin(task: Task) -> Receipt:
    task.door.do("unpin_chat_message", chat_id=task.chat_id, message_id=task.message_id)
    return Receipt()


def _react(task: Task) -> Receipt:
    said = params_of(task.act).get("reaction", "")
    reaction: list[telegram.ReactionType] = []
    if said:
        reaction = [
            telegram.ReactionTypeCustomEmoji(said) if said.isdigit() else telegram.ReactionTypeEmoji(said)
        ]
    task.door.do("set_message_reaction", chat_id=task.chat_id, message_id=task.message_id, reaction=reaction)
    return Receipt()


# Members


def _restrict(task: Task) -> Receipt:
    until = term(task.act.until, clock.now())
    if until.is_over:
        return Receipt(is_void=True)
    task.door.do(
        "restrict_chat_member",
        chat_id=task.chat_id,
        user_id=task.account_id,
        permissions=telegram.ChatPermissions.no_permissions(),
        until_date=until.at,
        use_independent_chat_permissions=True,
    )
    return Receipt(record=lifting.planned(task.act, Verb.UNRESTRICT, until.lift_at))


def _unrestrict(task: Task) -> Receipt:
    if not lifting.is_due(task.act):
        return Receipt(is_void=True)
    task.door.do(
        "restrict_chat_member",
        chat_id=task.chat_id,
        user_id=task.account_id,
        permissions=telegram.ChatPermissions.all_permissions(),
        use_independent_chat_permissions=True,
    )
    return Receipt()


def _ban(task: Task) -> Receipt:
    if is_sender_chat(task.refs.account_external_id):
        until = untimed(task.act.until, clock.now())
        call = partial(
            task.door.do, "ban_chat_sender_chat", chat_id=task.chat_id, sender_chat_id=task.account_id
        )
    else:
        until = term(task.act.until, clock.now())
        call = partial(
            task.door.do,
            "ban_chat_member",
            chat_id=task.chat_id,
            user_id=task.account_id,
            until_date=until.at,
            revoke_messages=True if is_yes(params_of(task.act), "revoke_messages") else None,
        )
    if until.is_over:
        return Receipt(is_void=True)
    call()
    return Receipt(record=lifting.planned(task.act, Verb.UNBAN, until.lift_at))


def _unban(task: Task) -> Receipt:
    if not lifting.is_due(task.act):
        return Receipt(is_void=True)
    if is_sender_chat(task.refs.account_external_id):
        task.door.do("unban_chat_sender_chat", chat_id=task.chat_id, sender_chat_id=task.account_id)
    elif task.refs.space_kind != GROUP:
        # A basic group keeps no list of the banned: there is nothing to lift.
        task.door.do("unban_chat_member", chat_id=task.chat_id, user_id=task.account_id, only_if_banned=True)
    return Receipt()


def _kick(task: Task) -> Receipt:
    """One call: whoever is "unbanned" is out afterwards and may come back. No moment, and no crash, leaves
    them banned.
    """
    if task.refs.space_kind == GROUP:
        task.door.do("ban_chat_member", chat_id=task.chat_id, user_id=task.account_id)
    else:
        task.door.do("unban_chat_member", chat_id=task.chat_id, user_id=task.account_id, only_if_banned=False)
    return Receipt()


def _approve(task: Task) -> Receipt:
    task.door.do("approve_chat_join_request", chat_id=task.chat_id, user_id=task.account_id)
    return Receipt()


def _decline(task: Task) -> Receipt:
    task.door.do("decline_chat_join_request", chat_id=task.chat_id, user_id=task.account_id)
    return Receipt()


def _promote(task: Task) -> Receipt:
    said = params_of(task.act).get("rights", "")
    wanted = {name.strip() for name in said.split(",") if name.strip()} or set(_MODERATOR)
    return _appoint(task, wanted | {"can_manage_chat"})


def _demote(task: Task) -> Receipt:
    return _appoint(task, set())


def _appoint(task: Task, wanted: set[str]) -> Receipt:
    known = _RIGHTS_OF.get(task.refs.space_kind, _RIGHTS_OF[""])
    task.door.do(
        "promote_chat_member",
        chat_id=task.chat_id,
        user_id=task.account_id,
        **{name: name in wanted for name in known},
    )
    return Receipt()


# Chats


def _lock(task: Task) -> Receipt:
    _remember_permissions(task)
    _permit(task, telegram.ChatPermissions.no_permissions())
    return Receipt()


def _unlock(task: Task) -> Receipt:
    kept = Space.objects.filter(pk=task.act.space_id).values_list("settings", flat=True).first() or {}
    before = kept.get(UNLOCKED)
    _permit(task, _usual() if before is None else telegram.ChatPermissions(**before))
    return Receipt(record=partial(_forget_permissions, task.act.space_id))


def _permit(task: Task, permissions: telegram.ChatPermissions) -> None:
    task.door.do(
        "set_chat_permissions",
        chat_id=task.chat_id,
        permissions=permissions,
        use_independent_chat_permissions=True,
    )


def _set_title(task: Task) -> Receipt:
    title = checks.title_of(task.act)
    task.door.do("set_chat_title", chat_id=task.chat_id, title=title)
    return Receipt(record=partial(_keep_title, task.act.space_id, title))


def _create_topic(task: Task) -> Receipt:
    name = checks.topic_of(task.act)
    topic = task.door.do("create_forum_topic", chat_id=task.chat_id, name=name)
    thread = str(topic.message_thread_id)
    return Receipt(thread, record=partial(_keep_topic, task.act.space_id, thread, name, is_closed=False))


def _close_topic(task: Task) -> Receipt:
    thread = checks.thread_of(task.act)
    if thread == saying.GENERAL_TOPIC:
        task.door.do("close_general_forum_topic", chat_id=task.chat_id)
    else:
        task.door.do("close_forum_topic", chat_id=task.chat_id, message_thread_id=int(thread))
    return Receipt(record=partial(_keep_topic, task.act.space_id, thread, "", is_closed=True))


def _create_invite(task: Task) -> Receipt:
    params = params_of(task.act)
    link = task.door.do(
        "create_chat_invite_link",
        chat_id=task.chat_id,
        name=params.get("name") or None,
        expire_date=task.act.until,
        member_limit=checks.member_limit_of(task.act),
        creates_join_request=True if is_yes(params, "creates_join_request") else None,
    )
    return Receipt(str(link.invite_link))


def _revoke_invite(task: Task) -> Receipt:
    task.door.do("revoke_chat_invite_link", chat_id=task.chat_id, invite_link=checks.invite_link_of(task.act))
    return Receipt()


def _leave(task: Task) -> Receipt:
    task.door.do("leave_chat", chat_id=task.chat_id)
    return Receipt()


_VERBS: dict[Verb, Callable[[Task], Receipt]] = {
    Verb.SEND: saying.send, Verb.REPLY: saying.reply, Verb.WARN: saying.warn, Verb.EDIT: saying.edit,
    Verb.SEND_POLL: saying.send_poll, Verb.CLOSE_POLL: saying.close_poll,
    Verb.ANSWER_BUTTON: saying.answer_button, Verb.DELETE: _delete, Verb.PIN: _pin,
    Verb.UNPIN: _unpin, Verb.REACT: _react, Verb.RESTRICT: _restrict, Verb.UNRESTRICT: _unrestrict,
    Verb.BAN: _ban, Verb.UNBAN: _unban, Verb.KICK: _kick, Verb.APPROVE_JOIN: _approve,
    Verb.DECLINE_JOIN: _decline, Verb.PROMOTE: _promote, Verb.DEMOTE: _demote, Verb.LOCK: _lock,
    Verb.UNLOCK: _unlock, Verb.SET_TITLE: _set_title, Verb.CREATE_TOPIC: _create_topic,
    Verb.CLOSE_TOPIC: _close_topic, Verb.CREATE_INVITE: _create_invite, Verb.REVOKE_INVITE: _revoke_invite,
    Verb.LEAVE_SPACE: _leave,
}  # fmt: skip


def _remember_permissions(task: Task) -> None:
    """Keep what members may do now, before it is taken away: a crash between the two loses nothing."""
    space = Space.objects.filter(pk=task.act.space_id).first()
    if space is None or UNLOCKED in space.settings:
        return
    chat = task.door.do("get_chat", chat_id=task.chat_id)
    now = chat.permissions.to_dict() if chat.permissions is not None else {}
    known = set(telegram.ChatPermissions.__slots__)
    if now.get("can_send_messages"):
        with transaction.atomic():
            kept = Space.objects.select_for_update().get(pk=space.pk)
            kept.settings = {**kept.settings, UNLOCKED: {k: v for k, v in now.items() if k in known}}
            kept.save(update_fields=["settings"])


def _forget_permissions(space_id: str) -> None:
    space = Space.objects.select_for_update().filter(pk=space_id).first()
    if space is not None and UNLOCKED in space.settings:
        space.settings = {key: value for key, value in space.settings.items() if key != UNLOCKED}
        space.save(update_fields=["settings"])


def _keep_title(space_id: str, title: str) -> None:
    from guildhall.channels.actions.finding import retitle_space

    space = Space.objects.filter(pk=space_id).first()
    if space is not None:
        retitle_space(space, title)


def _keep_topic(space_id: str, thread: str, name: str, *, is_closed: bool) -> None:
    from guildhall.channels.actions.echoes import TopicSeen, record_topics

    record_topics([TopicSeen(space_id, thread, name, is_closed)])


def _usual() -> telegram.ChatPermissions:
    """What members may do in most groups."""
    names = telegram.ChatPermissions.no_permissions().to_dict()
    return telegram.ChatPermissions(**{name: name not in _NOT_USUAL for name in names}, api_kwargs=None)
