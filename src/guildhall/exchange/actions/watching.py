"""Watched folders and buckets: looked at every minute; a file that has stopped growing is taken as a
batch.

Nothing there is moved, changed or deleted. A file is known by its name, size and time, and its contents by
their hash, so that the same file under another name is the same batch.
"""

from __future__ import annotations

import hashlib
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import IO, Any, Final
from urllib.parse import urlsplit

from django.db import transaction

from guildhall.core import clock
from guildhall.core.errors import GuildhallError
from guildhall.core.log import get_logger
from guildhall.core.settings import settings
from guildhall.core.text import Text
from guildhall.effects import http
from guildhall.effects.types import Claimed, Done
from guildhall.exchange import files
from guildhall.exchange.actions.batches import receive
from guildhall.exchange.actions.feeds import bucket_secret_of
from guildhall.exchange.models import Feed, SeenFile

LOOK: Final = "exchange.look"
SETTLED: Final = timedelta(seconds=20)
"""How long a file must have been left alone before it counts as whole."""
MOST_AT_ONCE: Final = 200
_ENDINGS = (".csv", ".csv.gz", ".jsonl", ".jsonl.gz", ".ndjson", ".ndjson.gz", ".json", ".parquet", ".txt")
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Found:
    """A file that lies there: how to open it, its name below the folder, size and time (aware UTC)."""

    name: str
    size: int
    at: datetime
    open: Callable[[], IO[bytes]]

    @property
    def stamp(self) -> str:
        return f"{self.size}:{self.at.timestamp():.6f}"


def perform(_effect: Claimed) -> Done:
    """Look at every watched feed."""
    feeds = Feed.objects.filter(way__in=(Feed.Way.FOLDER, Feed.Way.BUCKET), state=Feed.State.ON)
    return Done({"taken": sum(look(feed) for feed in feeds.order_by("id"))})


def look(feed: Feed) -> int:
    """Take what is new in a folder or bucket; returns how many files. What is wrong with the place itself is
    noted on the feed. Of a paused feed everything is left for later.
    """
    if feed.state != Feed.State.ON:
        return 0
    try:
        taken = sum(_take(feed, found) for found in _new(feed))
        problem: dict[str, str] = {}
    except (OSError, http.InsideTarget) as error:
        why = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        _log.warning("exchange.look_failed", feed=feed.slug, error=type(error).__name__)
        taken, problem = 0, Text(f"It cannot be looked at: {why}", f"无法读取：{why}").to_json()
    Feed.objects.filter(pk=feed.pk).update(looked_at=clock.now(), problem=problem)
    return taken


def _new(feed: Feed) -> Iterator[_Found]:
    """Whole files that have not been taken, oldest first."""
    now = clock.now()
    lying = _bucket(feed) if feed.way == Feed.Way.BUCKET else _folder(feed)
    whole = sorted(
        (one for one in lying if now - one.at >= SETTLED and one.size), key=lambda one: (one.at, one.name)
    )
    seen = set(SeenFile.objects.filter(feed=feed).values_list("name", "stamp"))
    fresh = [one for one in whole if (one.name, one.stamp) not in seen]
    yield from fresh[:MOST_AT_ONCE]


def _take(feed: Feed, found: _Found) -> int:
    problem: dict[str, str] = {}
    batch, is_new = None, False
    digest = hashlib.sha256()
    try:
        with files.Receiving(f"look-{feed.id}") as taken, found.open() as source:
            while piece := source.read(1 << 20):
                digest.update(piece)
                taken.take(piece)
            key = f"file:{digest.hexdigest()}"
            batch, is_new = receive(
                feed, key, taken, by="system:exchange", file_name=found.name.rpartition("/")[2]
            )
    except GuildhallError as error:
        problem = error.text.to_json()
    with transaction.atomic():
        SeenFile.objects.get_or_create(
            feed=feed, name=found.name, stamp=found.stamp, defaults={"batch": batch, "problem": problem}
        )
    return int(is_new)


def _is_ours(name: str) -> bool:
    last = name.rpartition("/")[2]
    return not last.startswith(".") and last.lower().endswith(_ENDINGS) and len(name) <= 500


def _folder(feed: Feed) -> Iterator[_Found]:
    root = files.inbox(feed.slug)
    for path in root.rglob("*"):
        name = path.relative_to(root).as_posix()
        # A link could lead anywhere on this machine.
        if not _is_ours(name) or path.is_symlink() or not path.is_file():
            continue
        stat = path.stat()
        at = datetime.fromtimestamp(stat.st_mtime_ns / 1e9, UTC)
        yield _Found(name, stat.st_size, at, lambda path=path: path.open("rb"))  # type: ignore[misc]


def _bucket(feed: Feed) -> Iterator[_Found]:
    from pyarrow import fs

    store, root = bucket_of(feed)
    for info in store.get_file_info(fs.FileSelector(root, recursive=True, allow_not_found=False)):
        name = info.path.removeprefix(root).lstrip("/")
        if info.type != fs.FileType.File or not _is_ours(name):
            continue
        at = datetime.fromtimestamp(info.mtime_ns / 1e9, UTC)
        yield _Found(name, info.size, at, lambda info=info: store.open_input_stream(info.path))  # type: ignore[misc]


def bucket_of(feed: Feed) -> tuple[Any, str]:
    """The file system of a bucket feed and the path in it."""
    from pyarrow import fs

    said = feed.options
    endpoint = str(said.get("endpoint", ""))
    scheme, _sep, host = endpoint.rpartition("://")
    if host and not settings.exchange_inside:
        _refuse_inside(endpoint)
    secret = bucket_secret_of(feed)
    store = fs.S3FileSystem(
        access_key=str(said.get("access_key", "")) or None,
        secret_key=secret or None,
        anonymous=not secret,
        region=str(said.get("region", "")) or "us-east-1",
        endpoint_override=host or None,
        scheme=scheme or "https",
        connect_timeout=10,
        request_timeout=30,
    )
    return store, str(said["url"]).removeprefix("s3://").rstrip("/")


def _refuse_inside(endpoint: str) -> None:
    """Raises InsideTarget for an object store that is not on the public internet, OSError for none at all."""
    parts = urlsplit(endpoint if "://" in endpoint else f"https://{endpoint}")
    found = socket.getaddrinfo(parts.hostname or "", parts.port or 443, type=socket.SOCK_STREAM)
    if not all(http.is_public(str(one[4][0])) for one in found):
        raise http.InsideTarget(
            Text(
                "The object store is on a private network; GUILDHALL_EXCHANGE_INSIDE allows that.",
                "该对象存储位于内网；如需允许，请设置 GUILDHALL_EXCHANGE_INSIDE。",
            )
        )
