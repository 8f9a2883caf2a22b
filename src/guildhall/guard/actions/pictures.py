"""Pictures that messages show: remembered in the transaction that stores the message, fetched and read later
by the effects engine, and the messages judged again with what stood on them.

A person's decision about a message that is mostly its picture teaches the picture too.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from guildhall.channels import registry
from guildhall.channels.models import Message
from guildhall.channels.port import Fetching, Media
from guildhall.core import audit, bulk, clock
from guildhall.core.errors import BadInput, NotFound, Permanent
from guildhall.core.ids import new_id
from guildhall.effects.actions import enqueue, enqueue_many
from guildhall.effects.types import Claimed, Done, NewEffect
from guildhall.guard import pictures, vision
from guildhall.guard.actions.again import judge_again
from guildhall.guard.canonical import canonical, letters
from guildhall.guard.models import Picture, Shown

KIND, AGAIN = "guard.picture", "guard.again"
ORDER_KEYS = 4
"""Pictures are read by so many lines in parallel at most, however many wait."""
MOST_AGAIN = 50
BACK = timedelta(days=3)
KEEP_WORDLESS = 20
"""A caption of fewer letters says so little that the picture is what was decided about."""
FORGOTTEN_AFTER = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Showing:
    """A stored message with its attachments. `is_newcomer`: its sender had hardly written here before."""

    message_id: str
    account_id: str | None
    platform: str
    receiver: str
    media: tuple[Media, ...]
    at: datetime


def note_pictures(rows: Iterable[Showing]) -> int:
    """Remember which messages show which pictures and have the unknown ones read; joins the caller's
    transaction. Returns how many are to be read.
    """
    found: dict[str, tuple[Showing, Media]] = {}
    shown: list[tuple[str, Showing]] = []
    for row in rows:
        if not isinstance(registry.get(row.platform), Fetching):
            continue
        for media in [one for one in row.media if pictures.is_picture(one)][: pictures.MOST_A_MESSAGE]:
            key = pictures.key(row.platform, media.hash)
            found.setdefault(key, (row, media))
            shown.append((key, row))
    if not found:
        return 0
    fresh = [
        (new_id(), key, media.ref, row.receiver, "[]", "", "", "", "{}", row.at)
        for key, (row, media) in sorted(found.items())
    ]
    columns = (
        "id",
        "key",
        "ref",
        "receiver",
        "codes",
        "words",
        "state",
        "decided_by",
        "problem",
        "first_seen",
    )
    bulk.insert(Picture, columns, fresh, ignore_conflicts=True)
    ids = dict(Picture.objects.filter(key__in=found).values_list("key", "id"))
    bulk.insert(
        Shown,
        ("picture", "message", "account", "at"),
        [(ids[key], row.message_id, row.account_id, row.at) for key, row in shown],
        ignore_conflicts=True,
    )
    if not vision.is_installed():
        return 0
    unread = set(
        Picture.objects.filter(pk__in=ids.values(), read_at__isnull=True).values_list("id", flat=True)
    )
    enqueue_many([_look(picture_id) for picture_id in sorted(unread)])
    return len(unread)


def perform(effect: Claimed) -> Done | None:
    """Fetch a picture and read it. What cannot be read is noted with the reason and not tried again."""
    picture = Picture.objects.filter(pk=effect.payload["picture"]).first()
    if picture is None or picture.read_at is not None:
        return None
    from guildhall.guard.vision.opening import MOST_BYTES
    from guildhall.guard.vision.reader import shared

    platform = picture.key.partition(":")[0]
    adapter = registry.get(platform)
    if not isinstance(adapter, Fetching):
        return None
    problem: dict[str, str] = {}
    try:
        reading = shared().read(adapter.fetch(picture.ref, picture.receiver, MOST_BYTES))
    except (BadInput, Permanent) as error:
        reading, problem = None, error.text.to_json()

    def record() -> None:
        picture.read_at, picture.problem = clock.now(), problem
        if reading is not None:
            picture.fingerprint, picture.codes = reading.fingerprint, list(reading.codes)
            picture.words = reading.words.replace("\x00", "")
        picture.save(update_fields=["read_at", "problem", "fingerprint", "codes", "words"])
        if reading is not None:
            enqueue(_again(picture.id, ""))

    return Done({"words": len(reading.words) if reading else 0, "problem": problem.get("en", "")}, record)


def perform_again(effect: Claimed) -> Done | None:
    """Judge the messages that showed a picture again, some at a time, now that it was read or decided."""
    picture_id, after = str(effect.payload["picture"]), str(effect.payload["after"])
    since = clock.now() - BACK
    ids = list(
        Shown.objects.filter(picture_id=picture_id, at__gte=since, message_id__gt=after)
        .order_by("message_id")
        .values_list("message_id", flat=True)[:MOST_AGAIN]
    )
    if not ids:
        return None

    def record() -> None:
        judge_again(ids)
        if len(ids) == MOST_AGAIN:
            enqueue(_again(picture_id, ids[-1]))

    return Done({"messages": len(ids)}, record)


def learn_from_decision(message_id: str, truth: str, by: str, rules: Iterable[str] = ()) -> None:
    """A message was called bad or fine: so are its pictures, if it hardly said anything itself or was judged
    by them. Joins the caller's transaction.
    """
    shown = list(Shown.objects.filter(message_id=message_id).values_list("picture_id", flat=True))
    if not shown or truth not in (Picture.State.BAD, Picture.State.FINE):
        return
    text = Message.objects.filter(pk=message_id).values_list("text", flat=True).first() or ""
    is_about_picture = any(rule.startswith("IMG-") for rule in rules)
    if not is_about_picture and len(letters(canonical(text).text)) >= KEEP_WORDLESS:
        return
    for picture_id in shown:
        decide_picture(picture_id, truth, by)


def decide_picture(picture_id: str, state: str, by: str) -> Picture:
    """Call a picture bad, fine or undecided (''); the messages that showed it of late are judged again.

    Raises NotFound, BadInput.
    """
    if state not in Picture.State.values:
        raise BadInput("A picture is bad, fine or undecided.", field="state")
    with transaction.atomic():
        picture = Picture.objects.select_for_update().filter(pk=picture_id).first()
        if picture is None:
            raise NotFound("There is no such picture.")
        if picture.state == state:
            return picture
        picture.state, picture.decided_by, picture.decided_at = state, by, clock.now()
        picture.save(update_fields=["state", "decided_by", "decided_at"])
        audit.record(by, "picture.decided", f"picture:{picture.id}", {"state": state})
        if state == Picture.State.BAD:
            enqueue(_again(picture.id, "", picture.decided_at.isoformat()))
        return picture


def forget_old() -> int:
    """Drop pictures nobody decided about and nobody showed for a month; returns how many."""
    old = Picture.objects.filter(state="", first_seen__lt=clock.now() - FORGOTTEN_AFTER).exclude(
        shown__at__gte=clock.now() - FORGOTTEN_AFTER
    )
    ids = list(old.values_list("id", flat=True)[:5_000])
    Picture.objects.filter(pk__in=ids).delete()
    return len(ids)


def _look(picture_id: str) -> NewEffect:
    return NewEffect(
        KIND,
        {"picture": picture_id},
        order_key=f"{KIND}:{sum(picture_id.encode()) % ORDER_KEYS}",
        unique_key=f"{KIND}:{picture_id}",
        priority=300,
        cause=f"picture:{picture_id}",
    )


def _again(picture_id: str, after: str, stamp: str = "read") -> NewEffect:
    return NewEffect(
        AGAIN,
        {"picture": picture_id, "after": after},
        unique_key=f"{AGAIN}:{picture_id}:{stamp}:{after}",
        priority=200,
        cause=f"picture:{picture_id}",
    )
