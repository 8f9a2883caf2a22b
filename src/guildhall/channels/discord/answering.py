"""Answers to a press, a choice, a form or a command: Discord wants the first within three seconds, takes one
only, and lets us say more for a quarter of an hour; all of it seen by their user alone.

An answer that was lost on the way is given again: Discord says when it had the first one already.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import orjson

from guildhall.channels.discord import buttons, checks, client, interactions
from guildhall.channels.discord.checks import is_yes, params_of
from guildhall.channels.discord.errors import Failure, Refused
from guildhall.channels.discord.models import DiscordInteraction
from guildhall.channels.discord.task import Task
from guildhall.channels.discord.wording import ONLY_YOU, body_of, files_of, keep_place
from guildhall.channels.port import Receipt

_CALLBACK = "/interactions/{interaction_id}/{interaction_token}/callback"
_FOLLOW_UP = "/webhooks/{webhook_id}/{webhook_token}"
_SAY, _LATER, _QUIETLY, _UPDATE, _FORM = 4, 5, 6, 7, 9
_TEXT_INPUT, _SHORT, _LONG = 4, 1, 2
_ANSWERED = 40060
_TRIES = 3


def answer_button(task: Task) -> Receipt:
    """Answer a press: with words for the presser alone, a form to fill in (parameter `form`), a new wording
    of the message itself (parameter `update`), or quietly.
    """
    waiting = interactions.waiting(checks.callback_of(task.act))
    if waiting is None:
        return Receipt(is_void=True)
    try:
        return _pressed(task, waiting)
    except Refused as refused:
        if refused.why in ("press_over", "interaction_gone"):
            return Receipt(is_void=True)
        raise


def _pressed(task: Task, waiting: DiscordInteraction) -> Receipt:
    params = params_of(task.act)
    is_press, is_first = waiting.kind == interactions.COMPONENT, waiting.acknowledged_at is None
    if "form" in params and is_first:
        _first(task, waiting, _FORM, _form(params["form"]))
        return Receipt()
    if not task.act.text:
        if is_first:
            _first(task, waiting, _QUIETLY if is_press else _LATER, None if is_press else {"flags": ONLY_YOU})
        return Receipt()
    body = body_of(task)
    if is_yes(params, "update") and is_press and is_first:
        _first(task, waiting, _UPDATE, body)
        return Receipt()
    return answer(task, waiting, body)


def answer(task: Task, waiting: DiscordInteraction, body: dict[str, Any]) -> Receipt:
    """Words for the user of a command or the presser alone: the first answer, or one after it."""
    body = body | {"flags": body.get("flags", 0) | ONLY_YOU}
    if waiting.acknowledged_at is None:
        try:
            made = _first(task, waiting, _SAY, body) or {}
            return _said(task, (made.get("resource") or {}).get("message"))
        except Refused:
            if waiting.acknowledged_at is None:
                raise
            # Somebody of us was quicker: this comes after it.
    told = task.say(
        "POST", _FOLLOW_UP, body, files_of(task), has_nonce=False, is_open=True,
        webhook_id=waiting.application_id, webhook_token=waiting.token,
    )  # fmt: skip
    return _said(task, told)


def _said(task: Task, message: Any) -> Receipt:
    number = str((message or {}).get("id") or "")
    if not number:
        return Receipt()
    return Receipt(number, record=partial(keep_place, task.act.space_id, number, task.named_channel()))


def _first(task: Task, waiting: DiscordInteraction, kind: int, data: dict[str, Any] | None) -> Any:
    body: dict[str, Any] = {"type": kind}
    if data is not None:
        body["data"] = data
    asked = client.Call(
        "POST", _CALLBACK, {"interaction_id": waiting.pk, "interaction_token": waiting.token}, body,
        {"with_response": "true"} if kind == _SAY else {}, is_open=True,
    )  # fmt: skip
    doubt: client.CallFailed | None = None
    for _ in range(_TRIES):
        try:
            made = client.attempt(task.bot_id, asked)
        except client.CallFailed as failed:
            if failed.failure.code == _ANSWERED:
                interactions.acknowledged(waiting)
                if doubt is not None:
                    return None  # by us, when nobody could tell
            elif failed.failure.is_doubt:
                doubt = failed
                continue
            raise client.understood(task.bot_id, failed.failure, task.mode) from None
        interactions.acknowledged(waiting)
        return made
    raise client.understood(task.bot_id, (doubt or client.CallFailed(Failure(""))).failure, task.mode)


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
