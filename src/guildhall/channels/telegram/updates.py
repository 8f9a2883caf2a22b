"""Reads one update of Telegram, as it was delivered to one of our bots, into what the port knows.

Pure, straight from the JSON: python-telegram-bot's types cost as much to build as all the rest of intake, and
are for what we send. Whatever the bytes, only BadInput leaves; a kind of update this version does not know is
bad input, so that it waits for a person instead of being lost. Where Telegram tells no time (presses, votes)
it is the time of reading.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

import orjson

from guildhall.channels.links import extract
from guildhall.channels.port import (
    Callback,
    Inbound,
    Kind,
    MemberChange,
    MemberState,
    PollState,
    SenderRef,
    SpaceRef,
)
from guildhall.channels.telegram import service
from guildhall.channels.telegram.content import read_message, thread_of
from guildhall.channels.telegram.media import chosen, poll_state
from guildhall.channels.telegram.people import (
    NOBODY,
    NOWHERE,
    PRIVATE,
    change,
    invite_of,
    is_inside,
    space_of,
    speaking,
    user,
    user_at,
)
from guildhall.channels.telegram.reading import (
    PLATFORM,
    Json,
    bad,
    count,
    id_at,
    inner,
    line,
    maybe_id,
    maybe_inner,
    maybe_moment,
    moment,
    objects,
    word,
    words,
)
from guildhall.channels.text import clean
from guildhall.core import clock
from guildhall.core.errors import BadInput
from guildhall.core.text import Text

PAID = "paid"
"""What a reaction paid with stars is called; others are their emoji, or the id of a custom one."""


class _Update(NamedTuple):
    """One update on its way: `body` is what stands under its kind."""

    kind: str
    body: Json
    whole: Json
    bot: str

    def told(
        self,
        kind: Kind,
        space: SpaceRef,
        sender: SenderRef,
        at: datetime | None = None,
        message_id: str = "",
        **more: object,
    ) -> Inbound:
        return Inbound(
            kind,
            PLATFORM,
            space,
            message_id,
            sender,
            at or clock.now(),
            delivery_id=str(self.whole["update_id"]),
            receiver=self.bot,
            raw=self.whole,
            **more,  # type: ignore[arg-type]
        )


def parse(raw: bytes) -> Inbound:
    """`{"bot": <bot id>, "update": <as Telegram sent it>}` as an Inbound; its `raw` is the update. Raises
    BadInput.
    """
    try:
        envelope = orjson.loads(raw)
    except ValueError as error:
        raise BadInput(Text(f"This is not JSON: {error}.", f"不是有效的 JSON：{error}。")) from error
    if type(envelope) is not dict:
        raise BadInput(Text("This is not a JSON object.", "不是 JSON 对象。"))
    whole = inner(envelope, "update")
    id_at(whole, "update_id")
    return _read(whole, id_at(envelope, "bot"))


def _read(whole: Json, bot: str) -> Inbound:
    kinds = [field for field in whole if field in _READERS]
    if len(kinds) != 1:
        names = ", ".join(sorted(set(whole) - {"update_id"}))[:120]
        names = clean(names) or "-"
        raise BadInput(
            Text(
                f"This kind of Telegram update is not known here: {names}.",
                f"未知的 Telegram 更新类型：{names}。",
            ),
            field="update",
        )
    kind = kinds[0]
    return _READERS[kind](_Update(kind, inner(whole, kind), whole, bot))


def _message(u: _Update) -> Inbound:
    return _written(u, edited=False)


def _edited(u: _Update) -> Inbound:
    return _written(u, edited=True)


def _written(u: _Update, *, edited: bool) -> Inbound:
    message = u.body
    chat = inner(message, "chat")
    space = space_of(chat, u.bot)
    if not service.FIELDS.isdisjoint(message):
        told = service.read_service(message, chat, space, u.whole, u.bot)
        if told is not None:
            return told
    return read_message(message, chat, space, u.whole, u.bot, edited=edited)


def _bot_membership(u: _Update) -> Inbound:
    chat = inner(u.body, "chat")
    by = user_at(u.body, "from")
    return u.told(
        Kind.BOT_MEMBERSHIP, space_of(chat, u.bot), by, moment(u.body, "date"), members=(change(u.body),)
    )


def _membership(u: _Update) -> Inbound:
    changed = change(u.body)
    if changed.account.external_id == u.bot:
        return _bot_membership(u)
    space = space_of(inner(u.body, "chat"), u.bot)
    kind = Kind.MEMBER_UPDATE
    if is_inside(changed.after) and changed.before is not None and not is_inside(changed.before):
        kind = Kind.JOIN
    elif changed.after is MemberState.LEFT and (changed.before is None or is_inside(changed.before)):
        kind = Kind.LEAVE
    return u.told(kind, space, user_at(u.body, "from"), moment(u.body, "date"), members=(changed,))


def _join_request(u: _Update) -> Inbound:
    who = user_at(u.body, "from")
    bio = words(u.body, "bio")
    asks = MemberChange(who, MemberState.LEFT, MemberState.LEFT, invite=invite_of(u.body))
    space = space_of(inner(u.body, "chat"), u.bot)
    return u.told(
        Kind.JOIN_REQUEST, space, who, moment(u.body, "date"),
        text=bio, links=extract(bio), members=(asks,),
    )  # fmt: skip


def _reaction(u: _Update) -> Inbound:
    chat = inner(u.body, "chat")
    space = space_of(chat, u.bot)
    actor = maybe_inner(u.body, "actor_chat")
    sender = speaking(actor, chat, space) if actor else user_at(u.body, "user")
    given = tuple(name for one in objects(u.body, "new_reaction") if (name := _reaction_name(one)))
    return u.told(
        Kind.REACTION, space, sender, moment(u.body, "date"), id_at(u.body, "message_id"), reactions=given
    )


def _reaction_count(u: _Update) -> Inbound:
    counts = tuple(
        (name, count(one, "total_count"))
        for one in objects(u.body, "reactions")
        if (name := _reaction_name(maybe_inner(one, "type")))
    )
    space = space_of(inner(u.body, "chat"), u.bot)
    at, message_id = moment(u.body, "date"), id_at(u.body, "message_id")
    return u.told(Kind.REACTION, space, NOBODY, at, message_id, reaction_counts=counts)


def _reaction_name(of: Json) -> str:
    if of.get("type") == PAID:
        return PAID
    return line(of, "emoji", 64) or line(of, "custom_emoji_id", 64) or line(of, "type", 64)


def _pressed(u: _Update) -> Inbound:
    who = user_at(u.body, "from")
    query = line(u.body, "id", 190)
    if not query:
        raise bad("callback_query.id")
    message = maybe_inner(u.body, "message")
    chat = maybe_inner(message, "chat")
    # A button under an inline message has no chat that we know: it is answered in the talk with the presser.
    space = space_of(chat, u.bot) if chat else SpaceRef(f"{who.external_id}/{u.bot}", "", PRIVATE)
    callback = Callback(query, clean(word(u.body, "data") or word(u.body, "game_short_name")))
    return u.told(
        Kind.CALLBACK, space, who, None, maybe_id(message, "message_id"),
        callback=callback, thread_id=thread_of(message),
    )  # fmt: skip


def _tally(u: _Update) -> Inbound:
    state = poll_state(u.body)
    if not state.id:
        raise bad("poll.id")
    return u.told(Kind.POLL, NOWHERE, NOBODY, poll=state)


def _vote(u: _Update) -> Inbound:
    poll = line(u.body, "poll_id", 190)
    if not poll:
        raise bad("poll_answer.poll_id")
    chat = maybe_inner(u.body, "voter_chat")
    sender = speaking(chat, {}, NOWHERE) if chat else user_at(u.body, "user")
    return u.told(Kind.POLL, NOWHERE, sender, poll=PollState(poll, "", chosen=chosen(u.body)))


def _boost(u: _Update) -> Inbound:
    return u.told(Kind.OTHER, space_of(inner(u.body, "chat"), u.bot), NOBODY)


def _needs_nothing(u: _Update) -> Inbound:
    """Business accounts, inline queries, payments: in no chat of ours, and nothing that we do."""
    return u.told(Kind.OTHER, NOWHERE, user(u.body.get("from")) or NOBODY, maybe_moment(u.body, "date"))


_READERS: dict[str, Callable[[_Update], Inbound]] = {
    "message": _message,
    "edited_message": _edited,
    "channel_post": _message,
    "edited_channel_post": _edited,
    "business_connection": _needs_nothing,
    "business_message": _needs_nothing,
    "edited_business_message": _needs_nothing,
    "deleted_business_messages": _needs_nothing,
    "guest_message": _needs_nothing,
    "message_reaction": _reaction,
    "message_reaction_count": _reaction_count,
    "inline_query": _needs_nothing,
    "chosen_inline_result": _needs_nothing,
    "callback_query": _pressed,
    "shipping_query": _needs_nothing,
    "pre_checkout_query": _needs_nothing,
    "purchased_paid_media": _needs_nothing,
    "poll": _tally,
    "poll_answer": _vote,
    "my_chat_member": _bot_membership,
    "chat_member": _membership,
    "chat_join_request": _join_request,
    "chat_boost": _boost,
    "removed_chat_boost": _boost,
    "managed_bot": _needs_nothing,
}
ALLOWED = tuple(_READERS)
"""For `allowed_updates`: all there are, since Telegram leaves some out unless they are named."""
