"""The verbs that put words before people: messages, warnings, edits, polls, answers to a press.

A poll is written as its question in the first line and one option a line, so that the clearance covers every
word of it. Loads python-telegram-bot.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import telegram
from django.db import transaction

from guildhall.channels.links import extract
from guildhall.channels.models import Message, Space
from guildhall.channels.port import Button, PollState, Receipt, Verb
from guildhall.channels.telegram import buttons, checks, enclosing
from guildhall.channels.telegram.checks import is_yes, params_of, units
from guildhall.channels.telegram.doorstep import Doorstep
from guildhall.channels.telegram.errors import Refused
from guildhall.channels.telegram.models import TelegramChat
from guildhall.channels.telegram.task import Task
from guildhall.core import clock
from guildhall.people.models import Account

GENERAL_TOPIC = "1"
SOMEBODY = "\N{BUST IN SILHOUETTE}"
_LONGEST_NAME = 40
_SHORT_LABEL = 14
_NOBODY_THERE = ("blocked", "user_gone", "chat_gone")


def send(task: Task) -> Receipt:
    return enclosing.speak(task, **_where(task), **_look(task))


def reply(task: Task) -> Receipt:
    answered = task.refs.reply_to_external_id
    return enclosing.speak(task, reply_parameters=_reply_parameters(answered), **_where(task), **_look(task))


def warn(task: Task) -> Receipt:
    """In the member's private talk with the bot, where only they see it; else in the group, naming them."""
    talk = f"{task.refs.account_external_id}/{task.door.bot_id}"
    if _may_write_to(talk):
        try:
            there = Doorstep(task.door.bot_id, task.refs.account_external_id, Verb.WARN, task.door.mode)
            sent = there.say(
                "send_message",
                chat_id=task.account_id,
                text=task.act.text,
                reply_markup=_keyboard(task.act.buttons),
            )
            return Receipt(str(sent.message_id), space_external_id=talk)
        except Refused as refused:
            if refused.why not in _NOBODY_THERE:
                raise
            _note_blocked(talk)
    text, entities = _naming(task)
    sent = task.door.say(
        "send_message",
        text=text,
        entities=entities,
        reply_parameters=_reply_parameters(task.refs.reply_to_external_id),
        link_preview_options=telegram.LinkPreviewOptions(is_disabled=True),
        **_where(task),
        **_look(task),
    )
    return Receipt(str(sent.message_id), space_external_id=task.refs.space_external_id)


def edit(task: Task) -> Receipt:
    media = Message.objects.filter(pk=task.act.message_id).values_list("media", flat=True).first()
    text, entities = task.act.text, None
    if is_yes(params_of(task.act), "naming"):
        text, entities = _naming(task)
    what: dict[str, Any] = {"caption": text} if media else {"text": text}
    if entities is not None:
        what["caption_entities" if media else "entities"] = entities
    task.door.do(
        "edit_message_caption" if media else "edit_message_text",
        chat_id=task.chat_id,
        message_id=task.message_id,
        reply_markup=_keyboard(task.act.buttons),
        **what,
    )
    return Receipt()


def send_poll(task: Task) -> Receipt:
    poll, params = checks.poll_of(task.act), params_of(task.act)
    sent = task.door.say(
        "send_poll",
        question=poll.question,
        options=[telegram.InputPollOption(option) for option in poll.options],
        is_anonymous=is_yes(params, "anonymous") if "anonymous" in params else None,
        allows_multiple_answers=True if is_yes(params, "multiple") else None,
        **_where(task),
        **_look(task),
    )
    return Receipt(str(sent.message_id), record=partial(_keep_poll, task.act.space_id, sent))


def close_poll(task: Task) -> Receipt:
    task.door.do("stop_poll", chat_id=task.chat_id, message_id=task.message_id)
    return Receipt()


def answer_button(task: Task) -> Receipt:
    params = params_of(task.act)
    task.door.do(
        "answer_callback_query",
        callback_query_id=checks.callback_of(task.act),
        text=checks.cut(task.act.text, checks.ANSWER) or None,
        show_alert=True if is_yes(params, "alert") else None,
    )
    return Receipt()


def _where(task: Task) -> dict[str, Any]:
    """The chat, and the topic if it is not the general one, which must not be named."""
    thread = params_of(task.act).get("thread", "") or task.refs.thread_external_id
    named = thread.isdigit() and thread != GENERAL_TOPIC
    return {"chat_id": task.chat_id, "message_thread_id": int(thread) if named else None}


def _look(task: Task) -> dict[str, Any]:
    silent = is_yes(params_of(task.act), "silent")
    return {
        "reply_markup": _keyboard(task.act.buttons),
        "disable_notification": True if silent else None,
    }


def _keyboard(wanted: Sequence[Button]) -> telegram.InlineKeyboardMarkup | None:
    """Two short buttons in a row, long ones alone."""
    if not wanted:
        return None
    keys = [
        telegram.InlineKeyboardButton(button.text, url=button.url)
        if button.url
        else telegram.InlineKeyboardButton(button.text, callback_data=buttons.pack(button))
        for button in wanted
    ]
    width = 2 if all(units(button.text) <= _SHORT_LABEL for button in wanted) else 1
    return telegram.InlineKeyboardMarkup([keys[at : at + width] for at in range(0, len(keys), width)])


def _reply_parameters(external_id: str) -> telegram.ReplyParameters | None:
    if not external_id.isdigit():
        return None
    return telegram.ReplyParameters(int(external_id), allow_sending_without_reply=True)


def _naming(task: Task) -> tuple[str, list[telegram.MessageEntity] | None]:
    """The words with the member named above them, by a link to their profile. A name that could be an
    advertisement is not repeated.
    """
    text, user_id = task.act.text, task.account_id
    if user_id < 0:
        return text, None
    name = Account.objects.filter(pk=task.act.account_id).values_list("display_name", flat=True).first() or ""
    name = " ".join(name.split())
    is_plain = 0 < len(name) <= _LONGEST_NAME and not extract(name) and not set(name) & set("@/:.")
    shown = name if is_plain else SOMEBODY
    named = f"{shown}\n{text}"
    if units(named) > checks.TEXT:
        return text, None
    who = telegram.User(user_id, shown, is_bot=False)
    return named, [telegram.MessageEntity("text_mention", 0, units(shown), user=who)]


def _may_write_to(talk: str) -> bool:
    """Whether somebody has begun a private talk with this bot of ours and has not blocked it since."""
    space = Space.objects.filter(platform="telegram", external_id=talk).values_list("id", flat=True).first()
    return space is not None and not TelegramChat.objects.filter(space=space, status="kicked").exists()


def _note_blocked(talk: str) -> None:
    with transaction.atomic():
        space = Space.objects.filter(platform="telegram", external_id=talk).first()
        if space is not None:
            TelegramChat.objects.update_or_create(space=space, defaults={"status": "kicked"})


def _keep_poll(space_id: str, sent: telegram.Message) -> None:
    from guildhall.channels.actions.echoes import Polled, record_polls

    message = Message.objects.filter(space_id=space_id, external_id=str(sent.message_id)).first()
    if sent.poll is None or message is None:
        return
    options = tuple((option.text, option.voter_count) for option in sent.poll.options)
    state = PollState(sent.poll.id, sent.poll.question, options, sent.poll.is_closed)
    record_polls([Polled("telegram", state, clock.now(), message.id)])
