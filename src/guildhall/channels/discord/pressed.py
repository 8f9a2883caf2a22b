"""Interactions: a slash or menu command becomes the message it stands for, a pressed button, a choice or a
form a callback. Pure.

Each waits for an answer, which names its id. What a choice or form brings stands behind the name of its
control, one line each: `name`, then the chosen values; or `name`, then the fields as JSON.
"""

from __future__ import annotations

from typing import Any

import orjson

from guildhall.channels.discord import media
from guildhall.channels.discord.content import place
from guildhall.channels.discord.event import Event
from guildhall.channels.discord.people import NOBODY, NOWHERE, invoker
from guildhall.channels.discord.reading import (
    Json,
    bad,
    id_at,
    inner,
    items,
    line,
    made_at,
    maybe_id,
    number,
    words,
)
from guildhall.channels.discord.spans import marked
from guildhall.channels.links import extract
from guildhall.channels.port import Callback, Inbound, Kind
from guildhall.channels.text import clean

COMMAND, COMPONENT, FORM = 2, 3, 5
_PING, _AUTOCOMPLETE = 1, 4
_SUB_COMMAND, _SUB_GROUP, _USER, _CHANNEL, _ROLE, _MENTIONABLE = 1, 2, 6, 7, 8, 9
_ON_USER, _ON_MESSAGE = 2, 3
_MOST_OPTIONS = 25
_DEEPEST = 3


def used(e: Event) -> Inbound:
    """An interaction of any kind. Raises BadInput for one that nobody could answer."""
    interaction, kind = id_at(e.d, "id"), number(e.d, "type")
    if kind in (_PING, _AUTOCOMPLETE):
        return e.told(Kind.OTHER, NOWHERE, NOBODY)
    who = invoker(e.d, e.rank)
    if who is None:
        raise bad("user")
    space = place(e.d, who.external_id, e.bot)
    if space is None:
        return e.told(Kind.OTHER, NOWHERE, who)
    at = made_at(interaction)
    channel = maybe_id(e.d, "channel_id")
    if kind == COMMAND:
        text, reply_to = _command(inner(e.d, "data"))
        entities, masked = marked(text)
        return e.told(
            Kind.MESSAGE, space, who, at, interaction, text=text, entities=entities,
            links=extract(text, masked), reply_to=reply_to or None, thread_id=channel,
            callback=Callback(interaction, ""),
        )  # fmt: skip
    if kind not in (COMPONENT, FORM):
        raise bad("type")
    data = inner(e.d, "data")
    told = _chosen(data) if kind == COMPONENT else _filled(data)
    under = maybe_id(inner(e.d, "message"), "id")
    return e.told(
        Kind.CALLBACK, space, who, at, under, callback=Callback(interaction, told), thread_id=channel
    )


def _command(data: Json) -> tuple[str, str]:
    """A command as it would be typed, and the message it is about ('' for none). Raises BadInput."""
    name = line(data, "name", 100)
    if not name:
        raise bad("data.name")
    target = maybe_id(data, "target_id")
    kind = number(data, "type")
    # A menu shows words; the command behind them is the first, as in "Report message".
    parts = [f"/{name.split()[0].lower() if kind in (_ON_USER, _ON_MESSAGE) else name}"]
    if kind == _ON_USER and target:
        parts.append(f"<@{target}>")
    parts += _options(items(data, "options"), 0)
    return clean(" ".join(parts)), target if kind == _ON_MESSAGE else ""


def _options(options: list[Any], depth: int) -> list[str]:
    """What was given with a command, in order; commands under a command are words of it."""
    found: list[str] = []
    for one in options[:_MOST_OPTIONS]:
        if type(one) is not dict:
            continue
        kind, value = number(one, "type"), one.get("value")
        if kind in (_SUB_COMMAND, _SUB_GROUP) and depth < _DEEPEST:
            found.append(line(one, "name", 32))
            found += _options(items(one, "options"), depth + 1)
        elif kind in (_USER, _MENTIONABLE) and (person := maybe_id(one, "value")):
            found.append(f"<@{person}>")
        elif kind == _CHANNEL and (channel := maybe_id(one, "value")):
            found.append(f"<#{channel}>")
        elif kind == _ROLE and (role := maybe_id(one, "value")):
            found.append(f"<@&{role}>")
        elif type(value) is str:
            found.append(words(one, "value"))
        elif type(value) in (int, float, bool):
            found.append(str(value))
    return [part for part in found if part]


def _chosen(data: Json) -> str:
    values = [clean(value) for value in items(data, "values") if type(value) is str]
    return "\n".join([clean(_name(data)), *values])


def _filled(data: Json) -> str:
    fields = dict(media.submitted(items(data, "components")))
    return f"{clean(_name(data))}\n{orjson.dumps(fields).decode()}"


def _name(data: Json) -> str:
    name = data.get("custom_id")
    if type(name) is not str or not 0 < len(name) <= 100:
        raise bad("data.custom_id")
    return name


def kept(d: Json) -> tuple[str, int, str, int, str] | None:
    """What is needed to answer: id, application, token, kind, language; None when nobody waits."""
    kind, token = number(d, "type"), line(d, "token", 400)
    interaction, application = maybe_id(d, "id"), maybe_id(d, "application_id")
    if kind not in (COMMAND, COMPONENT, FORM) or not token or not interaction or not application:
        return None
    return interaction, int(application), token, kind, line(d, "locale", 10)
