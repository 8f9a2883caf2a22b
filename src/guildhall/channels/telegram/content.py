"""A Telegram message, post or edit as the port knows it: words, links, attachments, what it answers and where
it was forwarded from.

Pure. Service lines (somebody joined, a topic was closed) are read by `service` and never get here.
"""

from __future__ import annotations

from typing import Any

from guildhall.channels.links import extract
from guildhall.channels.port import (
    Inbound,
    Kind,
    Link,
    LinkKind,
    Media,
    MediaKind,
    PollState,
    Quote,
    SpaceRef,
)
from guildhall.channels.telegram import media as attachments
from guildhall.channels.telegram.people import SERVICE_USER, sender_of
from guildhall.channels.telegram.reading import (
    PLATFORM,
    Json,
    id_at,
    items,
    line,
    maybe_id,
    maybe_inner,
    maybe_moment,
    moment,
    names,
    word,
    words,
)
from guildhall.channels.telegram.rich import flatten
from guildhall.channels.telegram.spans import Units, marked
from guildhall.channels.text import clean

_LONGEST_SOURCE = 255
_CONTENT = frozenset({"text", "caption", "rich_message"})
_ENVELOPE = names("""
    message_id message_thread_id direct_messages_topic from sender_chat sender_boost_count
    sender_business_bot sender_tag date guest_query_id business_connection_id chat forward_origin
    forward_from forward_from_chat forward_from_message_id forward_signature forward_sender_name
    forward_date is_topic_message is_automatic_forward reply_to_message external_reply quote
    reply_to_story reply_to_checklist_task_id reply_to_poll_option_id via_bot guest_bot_caller_user
    guest_bot_caller_chat edit_date has_protected_content is_from_offline is_paid_post media_group_id
    author_signature paid_star_count entities link_preview_options suggested_post_info effect_id
    caption_entities show_caption_above_media has_media_spoiler reply_markup
""")
"""What every message may have around what it says."""
_REFERRING = frozenset({"reply_to_message", "external_reply", "quote", "reply_to_story"})


def read_message(
    message: Json, chat: Json, space: SpaceRef, whole: Json, bot: str, *, edited: bool
) -> Inbound:
    """A message somebody wrote, or its new wording. Raises BadInput."""
    sender = sender_of(message, chat, space)
    sent_at = moment(message, "date")
    media: tuple[Media, ...] = ()
    poll: PollState | None = None
    if not attachments.FIELDS.isdisjoint(message):
        media = attachments.attached(message)
        if "poll" in message:
            poll = attachments.poll_state(maybe_inner(message, "poll"))
    text, entities, links, media = _said(message, media)
    reply_to, quote = (None, None) if _REFERRING.isdisjoint(message) else _answered(message, chat)
    return Inbound(
        Kind.EDIT if edited else Kind.MESSAGE,
        PLATFORM,
        space,
        id_at(message, "message_id"),
        sender,
        sent_at,
        text,
        entities,
        links,
        media,
        reply_to,
        _source(message["forward_origin"]) if "forward_origin" in message else None,
        (maybe_moment(message, "edit_date") or sent_at) if edited else None,
        thread_of(message),
        line(message, "media_group_id", 190),
        quote,
        poll=poll,
        via_bot=_via(message["via_bot"]) if "via_bot" in message else "",
        is_automatic=message.get("is_automatic_forward") is True or sender.external_id == str(SERVICE_USER),
        delivery_id=str(whole["update_id"]),
        receiver=bot,
        raw=whole,
    )


def thread_of(message: Json) -> str:
    """The topic a message stands in. A comment thread of a discussion group is none."""
    if message.get("is_topic_message") is True:
        return maybe_id(message, "message_thread_id")
    if "direct_messages_topic" in message:
        return maybe_id(maybe_inner(message, "direct_messages_topic"), "topic_id")
    return ""


def _said(message: Json, media: tuple[Media, ...]) -> tuple[str, Any, tuple[Link, ...], tuple[Media, ...]]:
    """Text, entities, links of all kinds without doubles, and media (a rich message brings its own)."""
    field, entities_field = ("text", "entities") if "text" in message else ("caption", "caption_entities")
    text = words(message, field)
    entities, links = marked(text, given) if (given := items(message, entities_field)) else ((), [])
    if "rich_message" in message:
        flat = flatten(maybe_inner(message, "rich_message"), text)
        text, entities = flat.text, (*entities, *flat.entities)
        links.extend(flat.links)
        media = (*media, *flat.media)
    elif not media and _CONTENT.isdisjoint(message):
        media = (_unknown(message),)
    if media:
        links.extend(attachments.links_in(media))
    if "reply_markup" in message:
        links.extend(_buttons(maybe_inner(message, "reply_markup")))
    if "link_preview_options" in message:
        links.extend(_preview(maybe_inner(message, "link_preview_options"), links))
    return text, entities, extract(text, links), media


def _unknown(message: Json) -> Media:
    """A message whose content this version does not know is still one that can be seen and deleted."""
    fields = sorted(set(message) - _ENVELOPE)
    return Media(MediaKind.OTHER, clean(" ".join(fields)[:255]) or "unsupported")


def _buttons(markup: Json) -> list[Link]:
    found = []
    for row in items(markup, "inline_keyboard"):
        for button in row if type(row) is list else ():
            if type(button) is not dict:
                continue
            url = (
                word(button, "url")
                or word(maybe_inner(button, "login_url"), "url")
                or word(maybe_inner(button, "web_app"), "url")
            )
            if url:
                found.append(Link(clean(url), line(button, "text"), LinkKind.BUTTON))
    return found


def _preview(options: Json, links: list[Link]) -> list[Link]:
    """The page shown below the text need not be one the text names."""
    url = clean(word(options, "url")).strip()
    if not url or options.get("is_disabled") is True or any(link.url == url for link in links):
        return []
    return [Link(url, url, LinkKind.TEXT_LINK)]


def _answered(message: Json, chat: Json) -> tuple[str | None, Quote | None]:
    """The message that is answered, and the words quoted or the place elsewhere that is answered."""
    original = maybe_inner(message, "reply_to_message")
    reply_to = maybe_id(original, "message_id") or None
    if reply_to is not None and "forum_topic_created" in original and reply_to == thread_of(message):
        reply_to = None  # every message of a topic says so
    elsewhere = ""
    if "external_reply" in message:
        external = maybe_inner(message, "external_reply")
        if maybe_inner(external, "chat").get("id") == chat.get("id") and maybe_id(external, "message_id"):
            reply_to = reply_to or maybe_id(external, "message_id")  # another topic of the same forum
            original = original or external
        else:
            elsewhere = maybe_id(maybe_inner(external, "chat"), "id") or _source(external.get("origin"))
    elif "reply_to_story" in message:
        elsewhere = maybe_id(maybe_inner(maybe_inner(message, "reply_to_story"), "chat"), "id") or "?"
    quoted = maybe_inner(message, "quote")
    if not quoted:
        return reply_to, Quote("", 0, elsewhere) if elsewhere else None
    of = clean(word(original, "text") or word(original, "caption"))
    position = quoted.get("position")
    position = position if type(position) is int and 0 <= position < 2**31 else 0
    return reply_to, Quote(words(quoted, "text"), Units(of).point(position) if of else position, elsewhere)


def _source(origin: Any) -> str:
    """Where a text first stood: the name people see, and the @name or id behind it. Never ''."""
    if type(origin) is not dict:
        return "?"
    for field, name, surname in (("sender_user", "first_name", "last_name"), ("sender_chat", "title", ""),
                                 ("chat", "title", "")):  # fmt: skip
        of = maybe_inner(origin, field)
        if of:
            shown = " ".join(part for part in (line(of, name), line(of, surname)) if part)
            username = line(of, "username", 60)
            behind = f"@{username}" if username else maybe_id(of, "id")
            return f"{shown[: _LONGEST_SOURCE - 70]} ({behind})".strip() if behind else shown or "?"
    return line(origin, "sender_user_name") or line(origin, "type") or "?"


def _via(bot: Any) -> str:
    """The bot a message was made with: its @name, or its id."""
    if type(bot) is not dict:
        return ""
    return line(bot, "username", 190) or maybe_id(bot, "id")
