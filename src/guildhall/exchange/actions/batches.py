"""Batches: received whole or in parts, given a mapping, worked off by an effect, tried again, dropped.

A batch is on the disk before its sender hears that it was received. The same key with the same bytes is the
batch that came before; with other bytes it is refused.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.db.models import Q

from guildhall.core import audit, clock
from guildhall.core.errors import BadInput, Conflict, NotAllowed, NotFound
from guildhall.core.ids import new_id
from guildhall.core.text import Text
from guildhall.effects.actions import NewEffect, enqueue
from guildhall.effects.types import Claimed, Done
from guildhall.exchange import files
from guildhall.exchange.models import BadRow, Batch, Feed
from guildhall.exchange.reading import mapping as mappings

WORK: Final = "exchange.batch"
LONGEST_KEY: Final = 120
State = Batch.State
BUSY: Final = (State.RECEIVED, State.READ)
ENDED: Final = (State.SHIPPED, State.FAILED, State.DROPPED)
_PARTS_KEPT = timedelta(days=7)


def receive(
    feed: Feed, key: str, taken: files.Receiving, *, by: str, table: str = "", file_name: str = "",
    state: str = State.RECEIVED, mends: Batch | None = None, mapping: Mapping[str, Any] | None = None,
) -> tuple[Batch, bool]:  # fmt: skip
    """Keep a batch and have it read; whether it is new. Raises BadInput, Conflict for a key that came with
    other bytes, NotAllowed while the feed is paused.
    """
    table = table or feed.table
    _check(feed, key, table)
    digest = taken.settled()
    said = dict(feed.mapping if mapping is None else mapping)
    batch = Batch(
        id=new_id(), feed=feed, key=key, table=table, sha256=digest, size=taken.size, state=state,
        file_name=file_name[:255], mends=mends, by=by[:60],
        mapping=said if said.get("table") == table else {},
    )  # fmt: skip
    before = _before(feed, key, table, digest)
    if before is not None:
        return before, False
    try:
        with transaction.atomic():
            batch.save(force_insert=True)
            taken.keep_as(files.file_of(batch.id))
            _note_received(batch, by)
    except IntegrityError:
        # Somebody sent the same key at the same moment.
        before = _before(feed, key, table, digest)
        if before is None:
            raise
        files.remove(batch.id)
        return before, False
    return batch, True


def key_of_file(feed: Feed, digest: str, *, table: str, mapping: Mapping[str, Any] | None = None) -> str:
    """The key under which a file somebody brings is taken: one for its contents, so that twice is once.

    A new one where it was dropped, came for another table, was read by another `mapping`, or (mapping not
    known yet) left bad rows behind: then it is to be read anew. Rows that are in the tables stay there once.
    """
    base = f"file:{digest}"
    before = Batch.objects.filter(Q(key=base) | Q(key__startswith=f"{base}:"), feed=feed)
    last = before.order_by("-id").first()
    if last is None:
        return base
    if mapping is None:
        is_left = last.state == State.SHIPPED and bool(last.counts.get("bad"))
    else:
        is_left = last.state == State.SHIPPED and last.mapping != dict(mapping)
    is_left = is_left or last.state == State.DROPPED or last.table != table
    return f"{base}:{before.count() + 1}" if is_left else last.key


def receive_part(
    feed: Feed, key: str, taken: files.Receiving, *, table: str, offset: int, total: int, sha256: str, by: str
) -> tuple[Batch, int]:
    """Add a part of a batch that begins at byte `offset` of `total`; the batch, and how many bytes it has.

    A part that is there already changes nothing. Raises Conflict where there would be a gap or the end
    result is not `sha256`, BadInput, NotAllowed as `receive`.
    """
    table = table or feed.table
    _check(feed, key, table)
    taken.settled()
    if offset < 0 or offset + taken.size > total or total > files.LARGEST:
        raise BadInput(Text("offset and total do not fit.", "offset 与 total 不匹配。"), field="query.offset")
    batch = _arriving(feed, key, table, total, sha256, by)
    with _alone(batch.id):
        batch.refresh_from_db()
        if batch.state != State.ARRIVING:
            return batch, batch.size
        path = files.part_of(batch.id)
        there = path.stat().st_size if path.exists() else 0
        if offset > there:
            raise Conflict(
                Text(f"{there} bytes have arrived; go on there.", f"已收到 {there} 字节，请从该处继续。"),
                code="wrong_offset",
            )
        if offset + taken.size > there:
            there = taken.append_to(path, offset)
        if there == total:
            _whole(batch, by)
    return batch, there


def arrived(batch: Batch) -> int:
    """How many bytes of a batch are here."""
    if batch.state != State.ARRIVING:
        return batch.size
    path = files.part_of(batch.id)
    return path.stat().st_size if path.exists() else 0


def give_mapping(batch_id: str, mapping: Mapping[str, Any], by: str) -> None:
    """Say how the columns of a batch are to be read, and have it read. Raises BadInput, Conflict,
    NotFound.
    """
    read = mappings.from_json(dict(mapping))
    with transaction.atomic():
        batch = locked(batch_id)
        if batch.state not in (State.MAPPING, State.FAILED) or not batch.has_file:
            raise Conflict(Text("This batch does not wait for a mapping.", "该批次当前不需要映射。"))
        batch.mapping, batch.table = mappings.to_json(read), read.table
        batch.state, batch.problem, batch.counts = State.RECEIVED, {}, {}
        batch.save(update_fields=["mapping", "table", "state", "problem", "counts"])
        BadRow.objects.filter(batch=batch).delete()
        audit.record(by, "batch.mapped", f"batch:{batch.id}", {"table": batch.table})
        queue(batch)


def retry(batch_id: str, by: str) -> None:
    """Work on a failed batch again. Raises Conflict, NotFound."""
    with transaction.atomic():
        batch = locked(batch_id)
        if batch.state != State.FAILED or not batch.has_file:
            raise Conflict(Text("Only a failed batch is tried again.", "只有失败的批次可以重试。"))
        batch.state, batch.problem = State.RECEIVED, {}
        batch.save(update_fields=["state", "problem"])
        BadRow.objects.filter(batch=batch).delete()
        audit.record(by, "batch.retried", f"batch:{batch.id}")
        queue(batch)


def drop(batch_id: str, by: str) -> None:
    """Put a batch away that is not in the tables. Raises Conflict, NotFound."""
    with transaction.atomic():
        batch = locked(batch_id)
        if batch.state not in (State.ARRIVING, State.MAPPING, State.FAILED):
            raise Conflict(Text("This batch is under way or in the tables.", "该批次正在处理或已入库。"))
        batch.state, batch.has_file = State.DROPPED, False
        batch.save(update_fields=["state", "has_file"])
        audit.record(by, "batch.dropped", f"batch:{batch.id}", {"table": batch.table})
    files.remove(batch.id)


def remove_file(batch_id: str, by: str) -> None:
    """Delete the file of a batch that is in the tables; its bad rows stay. Raises Conflict, NotFound."""
    with transaction.atomic():
        batch = locked(batch_id)
        if batch.state not in ENDED:
            raise Conflict(Text("The file is needed.", "该文件仍在使用。"))
        batch.has_file = False
        batch.save(update_fields=["has_file"])
        audit.record(by, "batch.file_removed", f"batch:{batch.id}")
    files.remove(batch.id)


def tidy(_effect: Claimed) -> Done:
    """Delete files kept long enough, what never became whole, and what belongs to no batch."""
    before = clock.now() - timedelta(days=files.KEEP_DAYS)
    old = Batch.objects.filter(has_file=True, at__lt=before, state__in=ENDED)
    gone = list(old.values_list("id", flat=True))
    for batch_id in gone:
        remove_file(batch_id, "system:exchange")
    stuck = Batch.objects.filter(state=State.ARRIVING, at__lt=clock.now() - _PARTS_KEPT)
    for batch_id in stuck.values_list("id", flat=True):
        drop(batch_id, "system:exchange")
    known = set(Batch.objects.filter(has_file=True).values_list("id", flat=True))
    day_ago = clock.now().timestamp() - 86_400
    for path in files.folder().iterdir():
        if path.stem not in known and path.stat().st_mtime < day_ago:
            path.unlink(missing_ok=True)
    return Done({"removed": len(gone)})


def locked(batch_id: str) -> Batch:
    """A batch for the caller's transaction. Raises NotFound."""
    batch = Batch.objects.select_for_update().filter(pk=batch_id).first()
    if batch is None:
        raise NotFound(Text("There is no such batch.", "不存在该批次。"))
    return batch


def queue(batch: Batch) -> None:
    """Have a batch worked off, after those of its feed that came before it. Joins the transaction."""
    enqueue(
        NewEffect(WORK, {"batch": batch.id}, order_key=f"feed:{batch.feed_id}", cause=f"batch:{batch.id}")
    )


def _check(feed: Feed, key: str, table: str) -> None:
    if not key or len(key) > LONGEST_KEY or not key.isprintable():
        raise BadInput(
            Text(
                f"Name an idempotency key of at most {LONGEST_KEY} printable characters.",
                f"请提供幂等键，最多 {LONGEST_KEY} 个可打印字符。",
            ),
            field="header.Idempotency-Key",
        )
    mappings.fields_of(table)
    if feed.state != Feed.State.ON:
        raise NotAllowed(Text("This feed is paused.", "该数据源已暂停。"), code="paused")


def _before(feed: Feed, key: str, table: str, digest: str) -> Batch | None:
    before = Batch.objects.filter(feed=feed, key=key).first()
    if before is not None and (before.sha256 != digest or before.table != table):
        raise Conflict(
            Text(
                "This idempotency key came before with other contents.",
                "该幂等键此前已用于不同内容。",
            ),
            code="idempotency_key_reused",
        )
    return before


def _note_received(batch: Batch, by: str) -> None:
    said = {"table": batch.table, "bytes": batch.size, "sha256": batch.sha256, "feed": batch.feed_id}
    audit.record(by, "batch.received", f"batch:{batch.id}", said)
    if batch.state == State.RECEIVED:
        queue(batch)


def _arriving(feed: Feed, key: str, table: str, total: int, sha256: str, by: str) -> Batch:
    """The batch that parts of this key belong to."""
    if len(sha256) != 64:
        raise BadInput(
            Text("sha256 of the whole is needed.", "需要整体内容的 sha256。"), field="query.sha256"
        )
    before = _before(feed, key, table, sha256)
    if before is None:
        fresh = Batch(
            feed=feed, key=key, table=table, sha256=sha256, size=total, state=State.ARRIVING, by=by[:60],
            mapping=dict(feed.mapping) if feed.mapping.get("table") == table else {},
        )  # fmt: skip
        Batch.objects.bulk_create([fresh], ignore_conflicts=True)
        before = _before(feed, key, table, sha256)
    if before is None or before.size != total:
        raise Conflict(Text("total is not what it was before.", "total 与之前不一致。"), code="other_total")
    return before


def _whole(batch: Batch, by: str) -> None:
    path = files.part_of(batch.id)
    if files.digest_of(path) != batch.sha256:
        path.unlink()
        raise Conflict(
            Text(
                "The parts do not make the sha256 that was named; begin again.",
                "各分段与声明的 sha256 不符，请重新发送。",
            ),
            code="wrong_digest",
        )
    with transaction.atomic():
        os.replace(path, files.file_of(batch.id))
        files.sync_folder()
        batch.state = State.RECEIVED
        batch.save(update_fields=["state"])
        _note_received(batch, by)


@contextmanager
def _alone(batch_id: str) -> Iterator[None]:
    """One part of a batch at a time, on this machine."""
    with (files.folder() / f"{batch_id}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
