"""The verbs that put words before people: messages, warnings, edits, polls, answers to a press or command.

Nobody is called by the words themselves: a message rings for those it is meant for and for nobody else,
whatever stands in it. A poll is written as its question in the first line and one option a line, so that the
clearance covers every word of it.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import orjson
from django.db import transaction

from guildhall.channels import enclosures
from guildhall.channels.discord import buttons, checks, client, interactions, rights
from guildhall.channels.discord.checks import DM, is_yes, params_of
from guildhall.channels.discord.client import File
from guildhall.channels.discord.errors import Refused
from guildhall.channels.discord.models import DiscordInteraction, DiscordServer
from guildhall.channels.discord.task import Task, note_closed
from guildhall.channels.models import Message
from guildhall.channels.port import PollState, Receipt, SpaceRef
from guildhall.core import clock
from guildhall.core.errors import NotFound, Permanent
from guildhall.people.models import Account

PLATFORM = "discord"
MESSAGES = "/channels/{channel_id}/messages"
_CALLBACK = "/interactions/{interaction_id}/{interaction_token}/callback"
_FOLLOW_UP = "/webhooks/{webhook_id}/{webhook_token}"
_NOBODY_THERE = ("closed_talk", "user_gone")
_NO_PREVIEW, _ONLY_YOU, _SILENT = 1 << 2, 1 << 6, 1 << 12
_SAY, _LATER, _QUIETLY, _UPDATE, _FORM = 4, 5, 6, 7, 9
_TEXT_INPUT, _SHORT, _LONG = 4, 1, 2
_POST_NAME = 100
_CALLS_NOBODY: dict[str, Any] = {"parse": []}


def send(task: Task) -> Receipt:
    channel = task.channel_id()
    body = _body(task)
    if _is_forum(task, channel):
        return _post(task, channel, body)
    return _said(task, channel, task.say("POST", MESSAGES, body, _files(task), channel_id=channel))


def reply(task: Task) -> Receipt:
    """Under the message answered; a command is answered the way commands are, seen by its user only."""
    answered = task.refs.reply_to_external_id
    waiting = interactions.waiting(answered)
    if waiting is not None:
        try:
            return _answer(task, waiting, _body(task) | {"flags": _ONLY_YOU})
        except Refused as refused:
            if refused.why not in ("press_over", "interaction_gone", "other"):
                raise
        answered = ""  # it waited too long: said in the channel instead
    body = _body(task)
    if answered.isdigit() and not DiscordInteraction.objects.filter(pk=answered).exists():
        body["message_reference"] = {"message_id": answered, "fail_if_not_exists": False}
        body["allowed_mentions"] = {"parse": [], "replied_user": True}
    channel = task.channel_id()
    return _said(task, channel, task.say("POST", MESSAGES, body, _files(task), channel_id=channel))


def warn(task: Task) -> Receipt:
    """In a private talk, where only they see it; else in the channel, naming them."""
    user = task.account_id
    space = f"{DM}{user}/{task.bot_id}"
    body = _body(task)
    body["flags"] = body.get("flags", 0) | _NO_PREVIEW
    try:
        channel = task.talk(user)
        sent = task.say("POST", MESSAGES, body, channel_id=channel)
    except Refused as refused:
        if refused.why not in _NOBODY_THERE:
            raise
        note_closed(task.bot_id, user)
    else:
        _ensure_talk(task, space)
        return Receipt(str(sent["id"]), space_external_id=space)
    named = f"<@{user}>\n{task.act.text}"
    if checks.units(named) <= checks.TEXT:
        body["content"] = named
    body["allowed_mentions"] = {"parse": [], "users": [user]}
    answered = task.refs.reply_to_external_id
    if answered.isdigit() and not DiscordInteraction.objects.filter(pk=answered).exists():
        body["message_reference"] = {"message_id": answered, "fail_if_not_exists": False}
    channel = task.channel_id()
    sent = task.say("POST", MESSAGES, body, channel_id=channel)
    return Receipt(
        str(sent["id"]),
        space_external_id=task.refs.space_external_id,
        record=partial(_keep_place, task.act.space_id, str(sent["id"]), channel),
    )


def edit(task: Task) -> Receipt:
    body: dict[str, Any] = {
        "content": task.act.text,
        "allowed_mentions": _CALLS_NOBODY,
        "components": buttons.components(task.act.buttons, task.act.params),
    }
    task.do(
        "PATCH", f"{MESSAGES}/{{message_id}}", body=body, channel_id=task.message_channel(),
        message_id=task.message_id,
    )  # fmt: skip
    return Receipt()


def send_poll(task: Task) -> Receipt:
    poll = checks.poll_of(task.act)
    body = {
        "allowed_mentions": _CALLS_NOBODY,
        "poll": {
            "question": {"text": poll.question},
            "answers": [{"poll_media": {"text": option}} for option in poll.options],
            "duration": poll.hours,
            "allow_multiselect": is_yes(params_of(task.act), "multiple"),
            "layout_type": 1,
        },
    }
    channel = task.channel_id()
    sent = task.say("POST", MESSAGES, body, channel_id=channel)
    number = str(sent["id"])
    return Receipt(number, record=partial(_keep_poll, task.act.space_id, number, channel, poll))


def close_poll(task: Task) -> Receipt:
    task.do(
        "POST", "/channels/{channel_id}/polls/{message_id}/expire", channel_id=task.message_channel(),
        message_id=task.message_id,
    )  # fmt: skip
    return Receipt()


def answer_button(task: Task) -> Receipt:
    """Answer a press: with words for the presser alone, a form to fill in (parameter `form`), a new wording
    of the message itself (parameter `update`), or quietly.
    """
    waiting = interactions.waiting(checks.callback_of(task.act))
    if waiting is None:
        return Receipt(is_void=True)
    params = params_of(task.act)
    if "form" in params and waiting.acknowledged_at is None:
        _first(task, waiting, _FORM, _form(params["form"]))
        return Receipt()
    if not task.act.text:
        if waiting.acknowledged_at is None:
            is_press = waiting.kind == interactions.COMPONENT
            _first(
                task, waiting, _QUIETLY if is_press else _LATER, None if is_press else {"flags": _ONLY_YOU}
            )
        return Receipt()
    body = _body(task) | {"flags": _ONLY_YOU}
    if is_yes(params, "update") and waiting.kind == interactions.COMPONENT and not waiting.acknowledged_at:
        _first(task, waiting, _UPDATE, {key: value for key, value in body.items() if key != "flags"})
        return Receipt()
    return _answer(task, waiting, body)


def _answer(task: Task, waiting: DiscordInteraction, body: dict[str, Any]) -> Receipt:
    """Words for the user of a command or the presser alone: the first answer, or one after it."""
    if waiting.acknowledged_at is None:
        made = _first(task, waiting, _SAY, body)
        told = ((made or {}).get("resource") or {}).get("message") or {}
    else:
        told = task.say(
            "POST", _FOLLOW_UP, body, _files(task), has_nonce=False, is_open=True,
            webhook_id=waiting.application_id, webhook_token=waiting.token,
        ) or {}  # fmt: skip
    number = str(told.get("id") or "")
    if not number:
        return Receipt()
    return Receipt(number, record=partial(_keep_place, task.act.space_id, number, task.named_channel()))


def _first(task: Task, waiting: DiscordInteraction, kind: int, data: dict[str, Any] | None) -> Any:
    body: dict[str, Any] = {"type": kind}
    if data is not None:
        body["data"] = data
    asked = client.Call(
        "POST", _CALLBACK, {"interaction_id": waiting.pk, "interaction_token": waiting.token}, body,
        {"with_response": "true"} if kind == _SAY else {}, is_open=True,
    )  # fmt: skip
    try:
        made = client.attempt(task.bot_id, asked)
    except client.CallFailed as failed:
        if failed.failure.code == 40060:  # somebody of us answered first
            interactions.acknowledged(waiting)
        raise client.understood(task.bot_id, failed.failure, task.mode) from None
    interactions.acknowledged(waiting)
    return made


def _body(task: Task) -> dict[str, Any]:
    """A message as it is: no word in it rings for anybody."""
    body: dict[str, Any] = {"content": task.act.text, "allowed_mentions": _CALLS_NOBODY}
    rows = buttons.components(task.act.buttons, task.act.params)
    if rows:
        body["components"] = rows
    params = params_of(task.act)
    flags = (_SILENT if is_yes(params, "silent") else 0) | (_NO_PREVIEW if is_yes(params, "plain") else 0)
    if flags:
        body["flags"] = flags
    return body


def _files(task: Task) -> tuple[File, ...]:
    """The files that go along. Raises Permanent when one is no longer kept."""
    try:
        found = [enclosures.read(digest) for digest in task.act.media]
    except NotFound as gone:
        raise Permanent(gone.text) from gone
    return tuple(File(one.name, one.mime, one.body) for one in found)


def _said(task: Task, channel: str, sent: Any) -> Receipt:
    number = str(sent["id"])
    return Receipt(number, record=partial(_keep_place, task.act.space_id, number, channel))


def _is_forum(task: Task, channel: str) -> bool:
    row = DiscordServer.objects.filter(pk=task.act.space_id).only("channels").first()
    found = row.channels.get(channel, {}) if row is not None else {}
    return found.get("type") in (rights.FORUM, rights.MEDIA)


def _post(task: Task, channel: str, message: dict[str, Any]) -> Receipt:
    """A post of a forum: its name is the first line."""
    first = next((line.strip() for line in task.act.text.splitlines() if line.strip()), "")
    name = first[:_POST_NAME] or "\N{HORIZONTAL ELLIPSIS}"
    body = {"name": name, "message": message}
    made = task.say(
        "POST", "/channels/{channel_id}/threads", body, _files(task), has_nonce=False, channel_id=channel
    )
    thread = str(made["id"])
    number = str((made.get("message") or {}).get("id") or thread)

    def record() -> None:
        keep_topic(task.act.space_id, thread, name, is_closed=False)
        _keep_place(task.act.space_id, number, thread)

    return Receipt(number, record=record)


def _form(said: str) -> dict[str, Any]:
    """A form from its JSON: {"title", "data", "fields": [{"id", "label", "long", "required", "most"}]}."""
    told = orjson.loads(said)
    return {
        "title": str(told["title"])[:45],
        "custom_id": buttons.pack(str(told["data"])),
        "components": [
            {
                "type": buttons.ACTION_ROW,
                "components": [
                    {
                        "type": _TEXT_INPUT,
                        "custom_id": str(one["id"])[:100],
                        "label": str(one["label"])[:45],
                        "style": _LONG if one.get("long") else _SHORT,
                        "required": bool(one.get("required", True)),
                        "max_length": min(4000, int(one.get("most", 1000))),
                    }
                ],
            }
            for one in told["fields"][: buttons.ROWS]
        ],
    }


def _ensure_talk(task: Task, external_id: str) -> None:
    """The space a private message stands in."""
    from guildhall.channels.actions.finding import SpaceSeen, ensure_spaces

    name = Account.objects.filter(pk=task.act.account_id).values_list("display_name", flat=True).first() or ""
    with transaction.atomic():
        ensure_spaces([SpaceSeen(PLATFORM, SpaceRef(external_id, name, "private"), str(task.bot_id))])


def _keep_place(space_id: str, external_id: str, channel: str) -> None:
    """Where in the server our message stands."""
    Message.objects.filter(space_id=space_id, external_id=external_id, thread_id="").update(thread_id=channel)


def keep_topic(space_id: str, thread: str, name: str, *, is_closed: bool) -> None:
    from guildhall.channels.actions.echoes import TopicSeen, record_topics

    record_topics([TopicSeen(space_id, thread, name, is_closed)])


def _keep_poll(space_id: str, external_id: str, channel: str, asked: checks.PollAsked) -> None:
    from guildhall.channels.actions.echoes import Polled, record_polls

    _keep_place(space_id, external_id, channel)
    message = Message.objects.filter(space_id=space_id, external_id=external_id).first()
    if message is not None:
        state = PollState(external_id, asked.question, tuple((option, 0) for option in asked.options))
        record_polls([Polled(PLATFORM, state, clock.now(), message.id)])
