"""Each verb as requests to Discord: which route, with what. One function a verb; those that say something
stand in `saying`, those about members in `membering`, locks and slow mode in `closing`.

When a request leaves is for `client`; what can never be done was refused by `checks`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import unquote

from django.db import transaction

from guildhall.channels.discord import answering, checks, closing, invites, membering, rights, saying, wording
from guildhall.channels.discord.checks import is_yes, params_of
from guildhall.channels.discord.errors import reason
from guildhall.channels.discord.models import DiscordInvite
from guildhall.channels.discord.task import Task, usual_channel
from guildhall.channels.models import Space
from guildhall.channels.port import Receipt, Verb
from guildhall.core import clock

_MESSAGE = "/channels/{channel_id}/messages/{message_id}"
_LINK = "https://discord.gg/"
_THREAD_TYPE, _TEXT_CHANNEL = 11, 0
_ARCHIVED_AFTER_MIN = 10_080


def carry_out(task: Task) -> Receipt:
    """Do one act. Raises Temporary, Uncertain, Refused."""
    return _VERBS[task.act.verb](task)


def _delete(task: Task) -> Receipt:
    task.do("DELETE", _MESSAGE, channel_id=task.message_channel(), message_id=task.message_id)
    return Receipt()


def _pin(task: Task) -> Receipt:
    task.do(
        "PUT", "/channels/{channel_id}/messages/pins/{message_id}", channel_id=task.message_channel(),
        message_id=task.message_id,
    )  # fmt: skip
    return Receipt()


def _unpin(task: Task) -> Receipt:
    task.do(
        "DELETE", "/channels/{channel_id}/messages/pins/{message_id}", channel_id=task.message_channel(),
        message_id=task.message_id,
    )  # fmt: skip
    return Receipt()


def _react(task: Task) -> Receipt:
    """React as the parameter `reaction` says (an emoji, or `name:id` of the server's own); '' takes back what
    our bot reacted.
    """
    said = params_of(task.act).get("reaction", "")
    where: dict[str, str] = {"channel_id": task.message_channel(), "message_id": task.message_id}
    mine = f"{_MESSAGE}/reactions/{{emoji_name}}/@me"
    if said:
        task.do("PUT", mine, emoji_name=said, **where)
        return Receipt()
    told = task.ask("GET", _MESSAGE, **where)
    for one in told.get("reactions") or ():
        if one.get("me") is True:
            task.do("DELETE", mine, emoji_name=_emoji(one.get("emoji") or {}), **where)
    return Receipt()


def _emoji(emoji: dict[str, Any]) -> str:
    name = unquote(str(emoji.get("name") or "_"))
    return f"{name}:{emoji['id']}" if emoji.get("id") else name


# Servers


def _set_title(task: Task) -> Receipt:
    title = checks.title_of(task.act)
    task.do("PATCH", "/guilds/{guild_id}", body={"name": title}, guild_id=task.guild_id)
    return Receipt(record=partial(_keep_title, task.act.space_id, title))


def _create_topic(task: Task) -> Receipt:
    """A thread of the message named, a thread or post of the channel named, else a new text channel."""
    name = checks.topic_of(task.act)
    parent = task.named_channel()
    if task.refs.message_external_id and parent:
        path, body = f"{_MESSAGE}/threads", {"name": name, "auto_archive_duration": _ARCHIVED_AFTER_MIN}
        made = task.do("POST", path, body=body, channel_id=parent, message_id=task.message_id)
    elif parent:
        row = task.server()
        kind = (row.channels.get(parent, {}) if row is not None else {}).get("type")
        body = {"name": name, "auto_archive_duration": _ARCHIVED_AFTER_MIN}
        if kind in (rights.FORUM, rights.MEDIA):
            body |= {"message": {"content": name, "allowed_mentions": {"parse": []}}}
        else:
            body |= {"type": _THREAD_TYPE}
        made = task.do("POST", "/channels/{channel_id}/threads", body=body, channel_id=parent)
    else:
        body = {"name": name, "type": _TEXT_CHANNEL}
        under = params_of(task.act).get("category", "")
        if under.isdigit():
            body["parent_id"] = under
        made = task.do("POST", "/guilds/{guild_id}/channels", body=body, guild_id=task.guild_id)
    topic = str(made["id"])
    return Receipt(topic, record=partial(wording.keep_topic, task.act.space_id, topic, name, is_closed=False))


def _create_invite(task: Task) -> Receipt:
    params, now = params_of(task.act), clock.now()
    row = task.server()
    channel = task.named_channel() or (row.rules_channel if row is not None else "")
    channel = channel or usual_channel(task.act.space_id)
    if not channel:
        raise reason("no_channel")
    until = task.act.until
    seconds = 0 if until is None else int((until - now).total_seconds())
    if until is not None and seconds <= 0:
        return Receipt(is_void=True)
    body = {
        "max_age": min(seconds, checks.LONGEST_INVITE_S),
        "max_uses": checks.member_limit_of(task.act),
        "temporary": is_yes(params, "temporary"),
        "unique": True,
    }
    made = task.do("POST", "/channels/{channel_id}/invites", body=body, channel_id=channel)
    record = partial(_keep_invite, task.act.space_id, made, params.get("name", ""), params.get("by", ""))
    return Receipt(f"{_LINK}{made['code']}", record=record)


def _revoke_invite(task: Task) -> Receipt:
    code = invites.code_of(checks.invite_link_of(task.act))
    task.do("DELETE", "/invites/{code}", code=code)
    return Receipt(record=partial(_end_invite, task.act.space_id, code))


def _leave(task: Task) -> Receipt:
    task.do("DELETE", "/users/@me/guilds/{guild_id}", guild_id=task.guild_id)
    return Receipt()


_VERBS: dict[Verb, Callable[[Task], Receipt]] = {
    Verb.SEND: saying.send, Verb.REPLY: saying.reply, Verb.WARN: saying.warn, Verb.EDIT: saying.edit,
    Verb.SEND_POLL: saying.send_poll, Verb.CLOSE_POLL: saying.close_poll,
    Verb.ANSWER_BUTTON: answering.answer_button, Verb.DELETE: _delete, Verb.PIN: _pin, Verb.UNPIN: _unpin,
    Verb.REACT: _react, Verb.RESTRICT: membering.restrict, Verb.UNRESTRICT: membering.unrestrict,
    Verb.BAN: membering.ban, Verb.UNBAN: membering.unban, Verb.KICK: membering.kick,
    Verb.APPROVE_JOIN: membering.approve, Verb.DECLINE_JOIN: membering.decline,
    Verb.PROMOTE: membering.promote, Verb.DEMOTE: membering.demote, Verb.LOCK: closing.lock,
    Verb.UNLOCK: closing.unlock, Verb.SLOW_MODE: closing.slow_mode, Verb.CLOSE_TOPIC: closing.close_topic,
    Verb.SET_TITLE: _set_title, Verb.CREATE_TOPIC: _create_topic, Verb.CREATE_INVITE: _create_invite,
    Verb.REVOKE_INVITE: _revoke_invite, Verb.LEAVE_SPACE: _leave,
}  # fmt: skip


def _keep_title(space_id: str, title: str) -> None:
    from guildhall.channels.actions.finding import retitle_space

    space = Space.objects.filter(pk=space_id).first()
    if space is not None:
        retitle_space(space, title)


def _keep_invite(space_id: str, made: dict[str, Any], name: str, by: str) -> None:
    space = Space.objects.filter(pk=space_id).first()
    if space is None:
        return
    with transaction.atomic():
        row = invites.keep(space, [made]).get(str(made.get("code")))
        if row is not None:
            row.name, row.by = name[:120], by[:60] or "system:discord"
            row.save(update_fields=["name", "by"])


def _end_invite(space_id: str, code: str) -> None:
    space = Space.objects.filter(pk=space_id).first()
    if space is not None:
        invites.end(space, code, DiscordInvite.State.REVOKED)
