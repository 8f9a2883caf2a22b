"""Files that go out with words: kept once by what is in them, read when a message leaves.

What a file is, is told by its first bytes and not by its name. Files that nothing needs any more are
forgotten after a while by the engine; the messages that showed them stay.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction

from guildhall.channels.models import Enclosure
from guildhall.channels.port import MediaKind
from guildhall.channels.text import one_line
from guildhall.core import audit, clock
from guildhall.core.errors import BadInput, NotFound
from guildhall.core.text import Text

MOST_BYTES = 10 << 20
KEPT_FOR = timedelta(days=90)
_KINDS: tuple[tuple[bytes, int, str, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", 0, "image/png", "png"),
    (b"\xff\xd8\xff", 0, "image/jpeg", "jpg"),
    (b"GIF87a", 0, "image/gif", "gif"),
    (b"GIF89a", 0, "image/gif", "gif"),
    (b"WEBP", 8, "image/webp", "webp"),
    (b"%PDF-", 0, "application/pdf", "pdf"),
    (b"ftyp", 4, "video/mp4", "mp4"),
    (b"OggS", 0, "audio/ogg", "ogg"),
    (b"ID3", 0, "audio/mpeg", "mp3"),
)


@dataclass(frozen=True, slots=True)
class File:
    """A file ready to leave: `body` in bytes, `mime` as its first bytes say."""

    id: str
    name: str
    mime: str
    body: bytes

    @property
    def is_picture(self) -> bool:
        return self.mime.startswith("image/")


def keep(name: str, body: bytes, *, by: str) -> str:
    """Keep a file to be sent; returns its id. The same bytes again are the same file.

    Raises BadInput for what is empty, over 10 MiB, or no kind of file that all platforms take.
    """
    if not body:
        raise BadInput(Text("The file is empty.", "文件为空。"), field="file")
    if len(body) > MOST_BYTES:
        raise BadInput(
            Text("A file may have at most 10 MB.", "文件不得超过 10 MB。"), code="too_large", field="file"
        )
    mime, ending = _kind(body)
    digest = hashlib.sha256(body).hexdigest()
    stem = one_line(name.rpartition(".")[0] or name, 100).replace("/", "_").replace("\\", "_").strip(". ")
    with transaction.atomic():
        _, created = Enclosure.objects.get_or_create(
            id=digest,
            defaults={
                "name": f"{stem or 'file'}.{ending}", "mime": mime, "size": len(body), "body": body,
                "by": by, "at": clock.now(),
            },
        )  # fmt: skip
        if created:
            audit.record(by, "enclosure.kept", f"enclosure:{digest[:16]}", {"mime": mime, "size": len(body)})
        else:
            Enclosure.objects.filter(pk=digest).update(at=clock.now())
    return digest


def read(digest: str) -> File:
    """The file of an id. Raises NotFound."""
    row = Enclosure.objects.filter(pk=digest).first()
    if row is None:
        raise NotFound(Text("The file is no longer kept here.", "该文件已不在此处保存。"))
    return File(row.id, row.name, row.mime, bytes(row.body))


def known(digest: str, where: str) -> str:
    """The platform's own id of a file it has already, '' when it has to be uploaded. `where` names who may
    use that id, such as `telegram:<bot>`.
    """
    row = Enclosure.objects.filter(pk=digest).values_list("kept", flat=True).first()
    return str((row or {}).get(where, ""))


def note_kept(digest: str, where: str, external_id: str) -> None:
    """Note under which id a platform keeps a file. Joins the caller's transaction."""
    with transaction.atomic():
        row = Enclosure.objects.select_for_update().only("id", "kept").filter(pk=digest).first()
        if row is not None and row.kept.get(where) != external_id:
            row.kept = {**row.kept, where: external_id}
            row.save(update_fields=["kept"])


def note_sent(digests: Sequence[str]) -> None:
    """These were sent just now: what is sent again and again does not grow old. Joins the caller's
    transaction.
    """
    Enclosure.objects.filter(pk__in=digests).update(at=clock.now())


def described(digests: Sequence[str]) -> list[dict[str, object]]:
    """Files as a message's `media` tells of them, in order; those no longer kept are left out."""
    rows = {row.id: row for row in Enclosure.objects.filter(pk__in=digests).defer("body")}
    found = [rows[digest] for digest in digests if digest in rows]
    return [
        {
            "kind": _media_kind(row.mime).value,
            "name": row.name,
            "size": row.size,
            "mime": row.mime,
            "hash": row.id,
        }
        for row in found
    ]


def _media_kind(mime: str) -> MediaKind:
    if mime.startswith("image/"):
        return MediaKind.PHOTO
    if mime.startswith("video/"):
        return MediaKind.VIDEO
    return MediaKind.AUDIO if mime.startswith("audio/") else MediaKind.DOCUMENT


def forget_old() -> int:
    """Forget files nobody gave or sent for 90 days; returns how many."""
    return Enclosure.objects.filter(at__lt=clock.now() - KEPT_FOR).delete()[0]


def _kind(body: bytes) -> tuple[str, str]:
    for magic, at, mime, ending in _KINDS:
        if body[at : at + len(magic)] == magic:
            return mime, ending
    raise BadInput(
        Text(
            "Send PNG, JPEG, GIF, WebP, PDF, MP4, OGG or MP3: other kinds are refused by some platform.",
            "请使用 PNG、JPEG、GIF、WebP、PDF、MP4、OGG 或 MP3：其他格式会被部分平台拒绝。",
        ),
        code="unknown_kind",
        field="file",
    )
