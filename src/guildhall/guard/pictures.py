"""What is known of the pictures that messages show, as the judge takes it: read once, remembered by the
platform's id of their bytes, so that a picture passed on is known at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from django.db.models import Count

from guildhall.channels import sql
from guildhall.channels.port import Media, MediaKind
from guildhall.channels.text import all_words
from guildhall.guard.models import Picture, Shown
from guildhall.guard.types import Link, Pictured, Subject
from guildhall.guard.vision import alike

SPREAD = timedelta(days=1)
MOST_A_MESSAGE = 4
_MOST_BAD = 20_000
_WORDY = frozenset({MediaKind.PHOTO, MediaKind.STICKER, MediaKind.DOCUMENT, MediaKind.ANIMATION})


def is_picture(media: Media) -> bool:
    """Whether an attachment is a picture that could be fetched and read."""
    if not media.hash or media.kind not in _WORDY:
        return False
    return media.kind is MediaKind.PHOTO or media.mime.startswith("image/")


def key(platform: str, media_hash: str) -> str:
    """How a picture is remembered."""
    return f"{platform}:{media_hash}"[:230]


def keys(platform: str, media: Iterable[Media]) -> list[str]:
    """The pictures among attachments, as they are remembered."""
    found = [key(platform, one.hash) for one in media if is_picture(one)]
    return found[:MOST_A_MESSAGE]


def known(keys: Iterable[str], now: datetime) -> dict[str, Pictured]:
    """What is known by now of pictures by key; those never read are left out."""
    wanted = sorted(set(keys))
    if not wanted:
        return {}
    rows = list(Picture.objects.filter(key__in=wanted, read_at__isnull=False))
    if not rows:
        return {}
    spread = dict(
        Shown.objects.filter(picture__in=rows, at__gt=now - SPREAD)
        .values_list("picture_id")
        .annotate(n=Count("account", distinct=True))
    )
    bad = _bad()
    return {row.key: _pictured(row, bad, spread.get(row.id, 0)) for row in rows}


def of_messages(message_ids: Sequence[str], now: datetime) -> dict[str, tuple[Pictured, ...]]:
    """What is known of the pictures of stored messages."""
    shown = list(
        Shown.objects.filter(message_id__in=message_ids)
        .values_list("message_id", "picture__key")
        .order_by("id")
    )
    about = known((found for _, found in shown), now)
    out: dict[str, tuple[Pictured, ...]] = {}
    for message_id, found in shown:
        if found in about:
            out[message_id] = (*out.get(message_id, ()), about[found])
    return out


def likenesses(account_ids: Iterable[str]) -> dict[str, str]:
    """Whose picture each of these accounts copies; only those that copy one."""
    ids = set(account_ids)
    if not ids:
        return {}
    found = sql.run(
        f"SELECT account_id, looks_like FROM guard_portrait "
        f"WHERE {sql.any_of('account_id')} AND looks_like <> ''",
        [sql.many(ids)],
    )
    return {str(account): looks_like for account, looks_like in found}


def beside(subject: Subject, pictures: Sequence[Pictured]) -> Subject:
    """The subject with what its pictures say and where their codes lead. Its own text stays in front, so that
    offsets hold.
    """
    if not pictures:
        return subject
    codes = [code for picture in pictures for code in picture.codes]
    return replace(
        subject,
        text=all_words(subject.text, [*(picture.words for picture in pictures), *codes]),
        links=(*subject.links, *(Link(code, code, "qr") for code in codes if "." in code or "://" in code)),
        pictures=tuple(pictures),
    )


def _pictured(row: Picture, bad: Sequence[int], accounts: int) -> Pictured:
    closest = alike.nearest(row.fingerprint, bad) if row.fingerprint is not None and bad else None
    return Pictured(
        words=row.words,
        codes=tuple(str(code) for code in row.codes),
        is_bad=row.state == Picture.State.BAD,
        is_fine=row.state == Picture.State.FINE,
        distance=closest[1] if closest is not None else -1,
        accounts=max(0, accounts - 1),
    )


def _bad() -> list[int]:
    """Fingerprints of the pictures known to be bad, the newest first."""
    rows = Picture.objects.filter(state=Picture.State.BAD, fingerprint__isnull=False).order_by("-decided_at")
    return [number for number in rows.values_list("fingerprint", flat=True)[:_MOST_BAD] if number is not None]
