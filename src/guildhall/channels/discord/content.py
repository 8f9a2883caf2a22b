"""A Discord message as the port knows it: words, links, files, what it answers and where it was forwarded
from; new, edited, or one of Discord's own lines.

Pure. Discord makes previews of links by changing the message without saying that anybody edited it; those
say what a page says, not what the member wrote, and change nothing here.
"""

from __future__ import annotations

from datetime import datetime

from guildhall.channels.discord import media as attachments
from guildhall.channels.discord.people import NOBODY, named, server, talk, user
from guildhall.channels.discord.reading import (
    PLATFORM,
    Json,
    bits,
    id_at,
    inner,
    items,
    made_at,
    maybe_id,
    moment,
    number,
    objects,
    words,
)
from guildhall.channels.discord.spans import marked
from guildhall.channels.links import extract
from guildhall.channels.port import (
    Inbound,
    Kind,
    Link,
    Media,
    MediaKind,
    PollState,
    Quote,
    SenderRef,
    SpaceRef,
)

PINNED, POLL_RESULT = 6, 46
_WRITTEN = frozenset({0, 19, 20, 23, -1})
"""Types of messages that somebody wrote: plain, a reply, answers of apps to commands."""
_OWN_LINES = frozenset(
    {1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12, 14, 15, 16, 17, 18, 21, 22, 24, 25, 26, 27, 28, 29, 30, 31, 32,
     36, 37, 38, 39, 44, 46, 55}
)  # fmt: skip
"""Lines that Discord writes itself and that need nothing: what they tell comes as an event of its own."""
CROSSPOST, VOICE_NOTE, LAID_OUT = 1 << 1, 1 << 13, 1 << 15
_FORWARD = 1


def read_message(
    d: Json, bot: str, at: datetime, delivery: str, rank: str, whole: Json, *, edited: bool
) -> Inbound:
    """A message somebody wrote, or its new wording. Raises BadInput."""
    message_id = id_at(d, "id")
    sender = _author(d, rank)
    space = place(d, sender.external_id, bot)
    sent_at = moment(d, "timestamp") or made_at(message_id) or at
    kind = number(d, "type")
    if sender.external_id == bot or space is None or kind in _OWN_LINES or _is_preview(d, edited=edited):
        return _own_line(d, kind, message_id, sender, space, sent_at, bot, delivery, whole)
    if kind == PINNED:
        pinned = maybe_id(inner(d, "message_reference"), "message_id")
        return Inbound(
            Kind.PIN, PLATFORM, space, pinned, sender, sent_at,
            thread_id=maybe_id(d, "channel_id"), delivery_id=delivery, receiver=bot, raw=whole,
        )  # fmt: skip
    flags = bits(d, "flags")
    text, media, links = _said(d, flags)
    entities, masked = marked(text)
    reference = inner(d, "message_reference")
    forwarded = None
    if snapshots := [inner(one, "message") for one in objects(d, "message_snapshots")]:
        forwarded = _source(reference)
        for shown in snapshots:
            more, shown_media, shown_links = _said(shown, bits(shown, "flags"))
            text = f"{text}\n{more}" if text and more else text or more
            media, links = (*media, *shown_media), [*links, *shown_links]
        entities, masked = marked(text)
    is_crosspost = bool(flags & CROSSPOST)
    if is_crosspost:
        forwarded = _source(reference)
    if kind not in _WRITTEN and not text and not media:
        media = (Media(MediaKind.OTHER, f"type {kind}"),)
    reply_to, quote = _answered(reference, space) if reference and forwarded is None else (None, None)
    return Inbound(
        Kind.EDIT if edited else Kind.MESSAGE,
        PLATFORM,
        space,
        message_id,
        sender,
        sent_at,
        text,
        entities,
        extract(text, [*masked, *links]),
        media,
        reply_to,
        forwarded,
        (moment(d, "edited_timestamp") or at) if edited else None,
        maybe_id(d, "channel_id"),
        "",
        quote,
        poll=_poll(d, message_id),
        is_automatic=is_crosspost or inner(d, "author").get("system") is True,
        delivery_id=delivery,
        receiver=bot,
        raw=whole,
    )


def place(d: Json, person: str, bot: str) -> SpaceRef | None:
    """Where something happened: the server, else the private talk with a person; None when nobody is told
    (or our own bot, whose talk it could be with anybody).
    """
    guild = maybe_id(d, "guild_id")
    if guild:
        return server(guild)
    if not person or person == bot:
        return None
    return talk(person, bot)


def _author(d: Json, rank: str) -> SenderRef:
    """Who wrote it. An edit may leave out who; then it is nobody here, and known from the message stored."""
    member = inner(d, "member")
    hook = maybe_id(d, "webhook_id")
    return user(d.get("author"), member, rank, is_bot=bool(hook)) or named(hook) or NOBODY


def _is_preview(d: Json, *, edited: bool) -> bool:
    """Whether an update says nothing that somebody wrote: a preview, a flag, or parts without the words."""
    if not edited or moment(d, "edited_timestamp") is not None:
        return False
    if "content" not in d:
        return True
    embeds = objects(d, "embeds")
    return "author" in d and all(attachments.is_preview(one) for one in embeds)


def _own_line(
    d: Json, kind: int, message_id: str, sender: SenderRef, space: SpaceRef | None, sent_at: datetime,
    bot: str, delivery: str, whole: Json,
) -> Inbound:  # fmt: skip
    """What needs nothing; but the line that tells a poll's result closes the poll."""
    poll, told = None, Kind.OTHER
    if kind == POLL_RESULT and (about := maybe_id(inner(d, "message_reference"), "message_id")):
        poll, told = PollState(about, "", is_closed=True), Kind.POLL
    return Inbound(
        told, PLATFORM, space or SpaceRef(""), message_id, sender, sent_at,
        thread_id=maybe_id(d, "channel_id"), poll=poll, delivery_id=delivery, receiver=bot, raw=whole,
    )  # fmt: skip


def _said(d: Json, flags: int) -> tuple[str, tuple[Media, ...], list[Link]]:
    """Words, files and the links that have no place in the words. Raises BadInput."""
    text = words(d, "content")
    media: tuple[Media, ...] = ()
    links: list[Link] = []
    if d.get("attachments") or d.get("embeds") or d.get("sticker_items") or d.get("poll"):
        media = attachments.attached(d, is_voice=bool(flags & VOICE_NOTE))
        links = attachments.embedded_links(d)
    if items(d, "components"):
        texts, more_links, more = attachments.in_components(d)
        text = "\n".join([text, *texts] if text else texts)
        media, links = (*media, *more), [*links, *more_links]
    return text, media, links


def _poll(d: Json, message_id: str) -> PollState | None:
    return attachments.poll_state(d, message_id) if d.get("poll") else None


def _answered(reference: Json, space: SpaceRef) -> tuple[str | None, Quote | None]:
    """The message this one answers; one of another server is only told of."""
    message_id = maybe_id(reference, "message_id")
    guild = maybe_id(reference, "guild_id")
    if guild and guild != space.external_id and space.kind == "server":
        return None, Quote("", 0, guild)
    return message_id or None, None


def _source(reference: Json) -> str:
    """Where a text first stood: server and channel, as far as Discord tells. Never ''."""
    return "/".join(part for name in ("guild_id", "channel_id") if (part := maybe_id(reference, name))) or "?"
