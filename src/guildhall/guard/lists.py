"""The lists every policy shares: domains allowed and blocked, names nobody else may use. Compiled once per
change.

`current()` costs a dictionary look-up on the hot path; the stamp is asked for at most once a second, the
staff's names once a minute (they are kept by people, which does not know of us).
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, replace

from guildhall.channels.models import DiscordBot, TelegramBot
from guildhall.guard import freshness, staff_addresses
from guildhall.guard.feeds.hashes import Hashes
from guildhall.guard.feeds.index import FedIndex
from guildhall.guard.models import DomainEntry, Feed, FeedContent, LookUpList, ProtectedName
from guildhall.guard.rules import names
from guildhall.guard.types import Lists, Protected
from guildhall.people.queries import staff_names

STAFF_EVERY_S = 60.0


@dataclass(frozen=True, slots=True)
class _Compiled:
    lists: Lists
    stamp: str
    generation: int
    staff: tuple[Protected, ...]
    staff_at: float


_lock = threading.Lock()
_compiled: _Compiled | None = None


def current() -> Lists:
    """The compiled lists, at most a second behind the database."""
    global _compiled
    stamp, generation, now = freshness.stamp("lists"), freshness.generation(), time.monotonic()
    held = _compiled
    if (
        held is not None
        and held.stamp == stamp
        and held.generation == generation
        and now - held.staff_at < STAFF_EVERY_S
    ):
        return held.lists
    with _lock:
        staff = (*(Protected(name, "staff") for name in staff_names()), *_bots())
        held = _compiled
        unchanged = held is not None and (held.stamp, held.generation, held.staff) == (
            stamp,
            generation,
            staff,
        )
        lists = held.lists if held is not None and unchanged else _compile(stamp, staff)
        addresses = staff_addresses.current()
        if lists.addresses != addresses:
            lists = replace(lists, addresses=addresses)
        _compiled = _Compiled(lists, stamp, generation, staff, now)
        return lists


def _bots() -> list[Protected]:
    """Our own bots, whom nobody may imitate either."""
    rows = [
        row
        for bots in (TelegramBot, DiscordBot)
        for row in bots.objects.order_by("bot_id").values_list("name", "username")
    ]
    return [Protected(name, "bot") for both in rows for name in both if name]


def _compile(stamp: str, staff: tuple[Protected, ...]) -> Lists:
    allow: set[str] = set()
    block: set[str] = set()
    for domain, kind in DomainEntry.objects.values_list("domain", "kind").iterator(chunk_size=5000):
        (block if kind == DomainEntry.Kind.BLOCK else allow).add(domain)
    own = [
        Protected(row.name, row.kind, tuple(str(domain) for domain in row.domains))
        for row in ProtectedName.objects.all()
    ]
    protected = [*names.shipped_brands(), *staff, *own]
    fed, people = _fed(Feed.About.DOMAINS), _fed(Feed.About.PEOPLE)
    asked = tuple(LookUpList.objects.filter(is_on=True).order_by("name").values_list("id", "name"))
    index = names.index(protected)
    return Lists(frozenset(allow), frozenset(block), index, stamp, fed=fed, people=people, look_ups=asked)


_hashes: dict[str, Hashes] = {}


def _fed(about: str) -> FedIndex | None:
    """The feeds in force; what has not changed since is not read again."""
    rows = Feed.objects.filter(about=about, state=Feed.State.ACTIVE).exclude(digest="").order_by("name")
    found = []
    for pk, name, digest in rows.values_list("id", "name", "digest"):
        key = f"{pk}:{digest}"
        if key not in _hashes:
            packed = FeedContent.objects.filter(feed_id=pk).values_list("hashes", flat=True).first()
            for old in [old for old in _hashes if old.startswith(f"{pk}:")]:
                del _hashes[old]
            _hashes[key] = Hashes(bytes(packed or b""))
        found.append((name, _hashes[key]))
    return FedIndex(found) if found else None
