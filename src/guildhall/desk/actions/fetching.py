"""What a member sent along with a question is fetched from the platform, checked and kept with the ticket.

Queued in the transaction that hears the message, fetched later by the engine. What is not taken (too large,
an archive, no longer there) stands in the ticket with the reason; nothing of it is kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from guildhall.channels import registry, sql
from guildhall.channels.models import Message, Space
from guildhall.channels.port import Fetching, MediaKind
from guildhall.core import clock, reading
from guildhall.core.errors import BadInput, NotFound, Permanent
from guildhall.core.text import Text
from guildhall.desk import attachments
from guildhall.desk.attachments import MOST_BYTES, Kept
from guildhall.desk.models import Attachment, Entry, Ticket
from guildhall.effects import actions as effects
from guildhall.effects.types import Claimed, Done, NewEffect

KIND = "desk.fetch"
MOST_FILES = 6
LINES = 4
"""Files are fetched by so many lines in parallel at most."""
_WANTED = frozenset(
    {
        MediaKind.PHOTO,
        MediaKind.DOCUMENT,
        MediaKind.VIDEO,
        MediaKind.AUDIO,
        MediaKind.VOICE,
        MediaKind.ANIMATION,
    }
)


def want_files(entries: Sequence[tuple[str, str]]) -> int:
    """Have fetched what came along with messages: (entry id, our message id). Joins the caller's transaction;
    returns how many entries have something.
    """
    by_message = {message: entry for entry, message in entries if message}
    if not by_message:
        return 0
    rows = reading.rows(
        Message, ("id", "media", "space"), f"{sql.any_of('id')} AND media <> '[]'", [sql.many(by_message)]
    )
    if not rows:
        return 0
    platforms = dict(
        Space.objects.filter(pk__in={space for _, _, space in rows}).values_list("pk", "platform")
    )
    queued = [
        NewEffect(
            KIND,
            {"entry": by_message[pk]},
            order_key=f"{KIND}:{sum(pk.encode()) % LINES}",
            unique_key=f"{KIND}:{by_message[pk]}",
            priority=150,
            cause=f"message:{pk}",
        )
        for pk, media, space in rows
        if _to_fetch(media) and isinstance(registry.get(platforms[space]), Fetching)
    ]
    return effects.enqueue_many(queued) if queued else 0


def perform(effect: Claimed) -> Done:
    """Perform one `desk.fetch`. Raises Temporary while the platform does not answer."""
    entry = Entry.objects.select_related("message__space").filter(pk=effect.payload["entry"]).first()
    if entry is None or entry.message is None or entry.attachments.exists() or entry.message.removed_at:
        return Done()
    adapter = registry.get(entry.message.space.platform)
    if not isinstance(adapter, Fetching):
        return Done()
    kept: list[Kept] = []
    refused: list[dict[str, Any]] = []
    for number, media in enumerate(_to_fetch(entry.message.media), 1):
        name = str(media.get("name") or f"{media.get('kind', 'file')}-{number}")
        try:
            if int(media.get("size") or 0) > MOST_BYTES:
                raise attachments.too_large()
            kept.append(
                attachments.accept(
                    name, adapter.fetch(str(media["ref"]), entry.message.space.receiver, MOST_BYTES)
                )
            )
        except (BadInput, Permanent) as error:
            refused.append({"name": name[:120], "why": error.text.to_json()})
    with transaction.atomic():
        _keep(entry.pk, kept, refused)
    return Done({"kept": len(kept), "refused": len(refused)})


def attach(entry_id: str, files: Sequence[tuple[str, bytes]]) -> list[Attachment]:
    """Keep files that came with the words themselves (by API, from the web chat): (name, bytes). Raises
    NotFound, BadInput.
    """
    if len(files) > MOST_FILES:
        raise BadInput(Text(f"At most {MOST_FILES} files.", f"最多 {MOST_FILES} 个文件。"), field="files")
    kept = [attachments.accept(name, body) for name, body in files]
    with transaction.atomic():
        return _keep(entry_id, kept, [])


def _to_fetch(media: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [one for one in media if one.get("ref") and one.get("kind") in _WANTED][:MOST_FILES]


def _keep(entry_id: str, kept: Sequence[Kept], refused: list[dict[str, Any]]) -> list[Attachment]:
    entry = Entry.objects.select_for_update().filter(pk=entry_id).first()
    if entry is None:
        raise NotFound(Text("There is no such entry.", "不存在该条目。"))
    rows = Attachment.objects.bulk_create(rows_of(entry, kept))
    if refused:
        entry.data = {**entry.data, "refused": refused}
        entry.save(update_fields=["data"])
    if kept:
        Ticket.objects.filter(pk=entry.ticket_id).update(indexed=False)
    return rows


def rows_of(entry: Entry, kept: Sequence[Kept]) -> list[Attachment]:
    """Files of an entry, not saved yet."""
    now = clock.now()
    return [
        Attachment(
            entry=entry, name=one.name, mime=one.mime, size=one.size, digest=one.digest, body=one.body, at=now
        )
        for one in kept
    ]
