"""The verbs that put words before people: messages, answers, warnings, edits, polls. (Answers to a press or
command stand in `answering`.)

Nobody is called by the words themselves: a message rings for those it is meant for and for nobody else,
whatever stands in it. A poll is written as its question in the first line and one option a line, so that the
clearance covers every word of it.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from django.db import transaction

from guildhall.channels.discord import answering, buttons, checks, interactions, rights
from guildhall.channels.discord.checks import DM, is_yes, params_of
from guildhall.channels.discord.errors import Refused
from guildhall.channels.discord.models import DiscordInteraction, DiscordServer
from guildhall.channels.discord.task import Task, note_closed
from guildhall.channels.discord.wording import (
    CALLS_NOBODY,
    NO_PREVIEW,
    body_of,
    files_of,
    keep_place,
    keep_topic,
)
from guildhall.channels.models import Message
from guildhall.channels.port import PollState, Receipt, SpaceRef
from guildhall.core import clock
from guildhall.people.models import Account

PLATFORM = "discord"
MESSAGES = "/channels/{channel_id}/messages"
_NOBODY_THERE = ("closed_talk", "user_gone")
_POST_NAME = 100


def send(task: Task) -> Receipt:
    channel = task.channel_id()
    body = body_of(task)
    if _is_forum(task, channel):
        return _post(task, channel, body)
    return _said(task, channel, task.say("POST", MESSAGES, body, files_of(task), channel_id=channel))


def reply(task: Task) -> Receipt:
    """Under the message answered; a command is answered the way commands are, seen by its user only."""
    answered = task.refs.reply_to_external_id
    waiting = interactions.waiting(answered)
    if waiting is not None:
        try:
            return answering.answer(task, waiting, body_of(task))
        except Refused as refused:
            if refused.why not in ("press_over", "interaction_gone", "other"):
                raise
        answered = ""  # it waited too long: said in the channel instead
    body = body_of(task)
    if answered.isdigit() and not DiscordInteraction.objects.filter(pk=answered).exists():
        body["message_reference"] = {"message_id": answered, "fail_if_not_exists": False}
        body["allowed_mentions"] = {"parse": [], "replied_user": True}
    channel = task.channel_id()
    return _said(task, channel, task.say("POST", MESSAGES, body, files_of(task), channel_id=channel))


def warn(task: Task) -> Receipt:
    """In a private talk, where only they see it; else in the channel, naming them."""
    user = task.account_id
    space = f"{DM}{user}/{task.bot_id}"
    body = body_of(task)
    body["flags"] = body.get("flags", 0) | NO_PREVIEW
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
    body["content"] = _naming(user, task.act.text)
    body["allowed_mentions"] = {"parse": [], "users": [user]}
    answered = task.refs.reply_to_external_id
    if answered.isdigit() and not DiscordInteraction.objects.filter(pk=answered).exists():
        body["message_reference"] = {"message_id": answered, "fail_if_not_exists": False}
    channel = task.channel_id()
    sent = task.say("POST", MESSAGES, body, channel_id=channel)
    return Receipt(
        str(sent["id"]),
        space_external_id=task.refs.space_external_id,
        record=partial(keep_place, task.act.space_id, str(sent["id"]), channel),
    )


def edit(task: Task) -> Receipt:
    text, account = task.act.text, task.refs.account_external_id
    if is_yes(params_of(task.act), "naming") and account.isdigit():
        text = _naming(account, text)
    body: dict[str, Any] = {
        "content": text,
        "allowed_mentions": CALLS_NOBODY,
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
        "allowed_mentions": CALLS_NOBODY,
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


def _said(task: Task, channel: str, sent: Any) -> Receipt:
    number = str(sent["id"])
    return Receipt(number, record=partial(keep_place, task.act.space_id, number, channel))


def _naming(user: str, text: str) -> str:
    """The words with the member named above them, where there is room."""
    named = f"<@{user}>\n{text}"
    return named if checks.units(named) <= checks.TEXT else text


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
        "POST", "/channels/{channel_id}/threads", body, files_of(task), has_nonce=False, channel_id=channel
    )
    thread = str(made["id"])
    number = str((made.get("message") or {}).get("id") or thread)

    def record() -> None:
        keep_topic(task.act.space_id, thread, name, is_closed=False)
        keep_place(task.act.space_id, number, thread)

    return Receipt(number, record=record)


def _ensure_talk(task: Task, external_id: str) -> None:
    """The space a private message stands in."""
    from guildhall.channels.actions.finding import SpaceSeen, ensure_spaces

    name = Account.objects.filter(pk=task.act.account_id).values_list("display_name", flat=True).first() or ""
    with transaction.atomic():
        ensure_spaces([SpaceSeen(PLATFORM, SpaceRef(external_id, name, "private"), str(task.bot_id))])


def _keep_poll(space_id: str, external_id: str, channel: str, asked: checks.PollAsked) -> None:
    from guildhall.channels.actions.echoes import Polled, record_polls

    keep_place(space_id, external_id, channel)
    message = Message.objects.filter(space_id=space_id, external_id=external_id).first()
    if message is not None:
        state = PollState(external_id, asked.question, tuple((option, 0) for option in asked.options))
        record_polls([Polled(PLATFORM, state, clock.now(), message.id)])
