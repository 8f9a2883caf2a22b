"""What the chat page shows: the latest messages of a space, and what became of a visitor's own.

The messages of a space are read at most once a second by each process, however many people look on; who has
the present state already is answered without a body.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from guildhall.channels.actions.recording import ERASED, SENDER
from guildhall.channels.models import Message, Space
from guildhall.core import clock
from guildhall.guard.models import Case, VerdictRecord
from guildhall.guard.queries import reason_views

SHOWN = 60
_FRESH_S = 1.0
_REMOVED_SHOWN = 5
_REMOVED_FOR = timedelta(days=7)
_MOST_SPACES = 1000
_MOST_DRAWN = 200


@dataclass(frozen=True, slots=True)
class Shown:
    """One message as everybody sees it. `tag` tells people of the same name apart; `reply` is what it
    answers.
    """

    id: str
    account_id: str
    name: str
    tag: str
    is_staff: bool
    is_house: bool
    text: str
    links: tuple[tuple[str, str], ...]
    sent_at: datetime
    is_edited: bool
    version: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The latest messages of a space, oldest first, and a mark that changes with any of them."""

    etag: str
    rows: tuple[Shown, ...]


@dataclass(frozen=True, slots=True)
class Removed:
    """A visitor's own message that was taken away: why, in words, and how their appeal stands ('' for
    none).
    """

    id: str
    text: str
    at: datetime
    reasons: tuple[str, ...]
    appeal: str


@dataclass(frozen=True, slots=True)
class Own:
    """What only this visitor sees: their removed messages and what they were told."""

    removed: tuple[Removed, ...] = ()
    notices: tuple[tuple[str, str], ...] = ()
    """(id, text)"""

    @property
    def mark(self) -> str:
        if not self.removed and not self.notices:
            return ""
        parts = [f"{one.id}{one.appeal}" for one in self.removed] + [pk for pk, _ in self.notices]
        return hashlib.blake2b("|".join(parts).encode(), digest_size=6).hexdigest()


_snapshots: dict[str, tuple[float, Snapshot]] = {}
_drawn: dict[str, str] = {}
_lock = threading.Lock()


def snapshot(space: Space, *, fresh: bool = False) -> Snapshot:
    """The state of a space, at most a second old; `fresh` for one who has just changed it."""
    now = time.monotonic()
    held = _snapshots.get(space.id)
    if held is not None and not fresh and now - held[0] < _FRESH_S:
        return held[1]
    made = _read(space.id)
    with _lock:
        if len(_snapshots) > _MOST_SPACES:
            _snapshots.clear()
        _snapshots[space.id] = (now, made)
    return made


def own(space: Space, account_id: str) -> Own:
    """What became of a visitor's messages within a week."""
    since = clock.now() - _REMOVED_FOR
    gone = list(
        Message.objects.filter(
            space=space,
            account=account_id,
            visible=False,
            direction=Message.Direction.IN,
            removed_at__gte=since,
        )
        .exclude(removed_by__in=(SENDER, ERASED))
        .order_by("-id")[:_REMOVED_SHOWN]
    )
    ids = [message.id for message in gone]
    reasons: dict[str, tuple[str, ...]] = {}
    for verdict in VerdictRecord.objects.filter(message__in=ids).order_by("id"):
        views = reason_views("", verdict.reasons)
        reasons[str(verdict.message_id)] = tuple(dict.fromkeys(str(view.text) for view in views))[:2]
    appeals = dict(
        Case.objects.filter(message__in=ids, kind=Case.Kind.APPEAL)
        .order_by("id")
        .values_list("message_id", "state")
    )
    told = Message.objects.filter(
        space=space, account=account_id, direction=Message.Direction.OUT, sent_at__gte=since
    ).exclude(reply_to__in=[message.external_id for message in gone])
    return Own(
        tuple(
            Removed(
                message.id,
                message.text,
                message.removed_at or message.sent_at,
                reasons.get(message.id, ()),
                str(appeals.get(message.id, "")),
            )
            for message in reversed(gone)
        ),
        tuple(told.order_by("-id").values_list("id", "text")[:3]),
    )


def drawn_once(key: str, draw: Callable[[], str]) -> str:
    """What `draw` gives, kept by `key` among the latest few."""
    held = _drawn.get(key)
    if held is None:
        held = draw()
        with _lock:
            while len(_drawn) >= _MOST_DRAWN:
                _drawn.pop(next(iter(_drawn)))
            _drawn[key] = held
    return held


def forget_local() -> None:
    """Forget what this process holds; for tests."""
    with _lock:
        _snapshots.clear()
        _drawn.clear()


def _read(space_id: str) -> Snapshot:
    rows = (
        Message.objects.filter(space=space_id, visible=True)
        .order_by("-id")
        .values_list(
            "id", "account_id", "account__display_name", "account__is_staff", "direction", "text", "links",
            "sent_at", "version",
        )[:SHOWN]
    )  # fmt: skip
    shown = tuple(
        Shown(
            pk,
            account or "",
            name or "",
            (account or "")[-4:],
            bool(staff),
            direction == Message.Direction.OUT,
            text,
            tuple(
                (str(link["text"]), str(link["url"]))
                for link in links
                if str(link.get("url", "")).startswith(("http://", "https://")) and link.get("kind") == "url"
            ),
            sent_at,
            version > 1,
            version,
        )
        for pk, account, name, staff, direction, text, links, sent_at, version in rows
    )[::-1]
    seal = "|".join(f"{row.id}.{row.version}.{row.name}" for row in shown)
    return Snapshot(hashlib.blake2b(seal.encode(), digest_size=9).hexdigest(), shown)
