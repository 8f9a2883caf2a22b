"""A batch is worked off: its file is read once into good rows and bad ones, then the good rows are shipped to
their table.

Both steps may be cut off anywhere and done again: reading is deterministic and its result is written in one
transaction, and the tables know a row they have.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
from django.db import transaction

from guildhall.core import audit, bulk, clock
from guildhall.core.errors import BadInput, GuildhallError, Temporary, Unavailable
from guildhall.core.ids import new_id
from guildhall.core.log import get_logger
from guildhall.core.text import Text
from guildhall.effects import table
from guildhall.effects.types import Claimed, Done
from guildhall.exchange import accounts, files, repeats
from guildhall.exchange.actions.batches import BUSY, State, locked
from guildhall.exchange.models import BadRow, Batch
from guildhall.exchange.reading import formats, rows
from guildhall.exchange.reading import mapping as mappings
from guildhall.exchange.reading.mapping import Mapping
from guildhall.exchange.reading.reasons import Bad
from guildhall.facts import registry, shipping

MOST_LISTED: Final = 100_000
"""Bad rows of one batch that are listed one by one; more are counted, and stay in the file."""
_CHUNK = 2_000
_KNOWN = "SELECT uid FROM exchange_venueaccount WHERE venue = %s AND {among}"
_FEW = ["venue", "account", "symbol", "liquidity", "asset", "state", "source"]
"""Columns with few different values, which are worth a dictionary while they wait on the disk."""
_log = get_logger(__name__)
Tell = Callable[[int], None]


def perform(effect: Claimed) -> Done | None:
    """Work on the batch of an effect until it is in the tables, or has failed."""
    work(str(effect.payload["batch"]))
    return None


def work(batch_id: str, *, tell: Tell | None = None) -> Batch:
    """Read and ship a batch as far as it is not done. `tell` hears of rows done, every now and then.

    Raises Temporary when the tables do not answer just now.
    """
    batch = read(batch_id, tell=tell)
    if batch.state == State.READ:
        batch = _ship(batch, tell)
    return batch


def read(batch_id: str, *, tell: Tell | None = None) -> Batch:
    """Read a received batch into good rows and bad ones; nothing when that is done."""
    batch = Batch.objects.select_related("feed").get(pk=batch_id)
    is_first = batch.state == State.RECEIVED
    # Good rows that are gone (a house restored from a backup) are made again from the file.
    if not is_first and (batch.state != State.READ or files.rows_of(batch.id).exists()):
        return batch
    try:
        counts, bad, format_ = _read(batch, tell or _teller(batch))
    except (BadInput, FileNotFoundError) as error:
        return _failed(batch, error.text if isinstance(error, GuildhallError) else _GONE)
    with transaction.atomic():
        now = locked(batch.id)
        if now.state not in BUSY:
            return now
        now.state, now.counts, now.format, now.progress = State.READ, counts, format_, 0
        now.save(update_fields=["state", "counts", "format", "progress"])
        if not is_first:
            return now
        BadRow.objects.filter(batch=now).delete()
        for start in range(0, len(bad), _CHUNK):
            bulk.insert(BadRow, _COLUMNS, [_row(batch, one) for one in bad[start : start + _CHUNK]])
    return now


_GONE = Text("The file of this batch is gone.", "该批次的文件已不存在。")
_COLUMNS = ("batch", "line", "field", "reason", "raw", "mended", "state", "by")


def mapping_of(batch: Batch) -> Mapping:
    """How a batch is read. Raises BadInput."""
    return mappings.from_json(batch.mapping) if batch.mapping else mappings.native(batch.table)


def _read(batch: Batch, tell: Tell) -> tuple[dict[str, int], list[Bad], str]:
    path, mapping = files.file_of(batch.id), mapping_of(batch)
    shape = formats.look(path)
    formats.check(shape, mapping)
    bad: list[Bad] = []
    counts = {"rows": 0, "good": 0, "bad": 0, "repeated": 0}
    known: dict[str, str] = {}
    made = files.rows_of(batch.id).with_suffix(f".{new_id()}.making")
    facts = registry.get(mapping.table)
    schema = pa.schema([*facts.schema, pa.field("line", pa.int64())])
    with pq.ParquetWriter(made, schema, compression="lz4", use_dictionary=_FEW) as out:
        for stretch in formats.stretches(path, shape, mapping.kinds()):
            done = rows.convert(stretch, mapping, batch.feed.venue, batch.at)
            counts["rows"] += stretch.count
            counts["bad"] += len(done.bad)
            bad.extend(done.bad[: max(0, MOST_LISTED - len(bad))])
            if done.good.num_rows:
                out.write_table(_as_fact(done.good, batch, schema, known))
                counts["good"] += done.good.num_rows
            tell(counts["rows"])
    found = repeats.find(made, facts.key)
    if found.same or found.other:
        repeats.leave_out(made, {*found.same, *found.other})
        raw = repeats.raw_of(path, shape, mapping, set(found.other))
        bad.extend(repeats.worded(found.other, raw, facts.key)[: max(0, MOST_LISTED - len(bad))])
        bad.sort(key=lambda one: one.line)
        counts["repeated"], counts["bad"] = len(found.same), counts["bad"] + len(found.other)
        counts["good"] -= len(found.same) + len(found.other)
    os.replace(made, files.rows_of(batch.id))
    return counts, bad, shape.format


def _as_fact(good: pa.Table, batch: Batch, schema: pa.Schema, known: dict[str, str]) -> pa.Table:
    """Good rows in the schema of their table, accounts under their pseudonyms. Notes accounts that are
    new.
    """
    venue, count = batch.feed.venue, good.num_rows
    coded = good.column("uid").combine_chunks().dictionary_encode()
    uids = coded.dictionary.to_pylist()
    _note_accounts(venue, [uid for uid in uids if uid not in known], known)
    named = pa.array([known[uid] for uid in uids], pa.string()).take(coded.indices)
    own = {
        "venue": pa.repeat(pa.scalar(venue), count),
        "account": named,
        "received_at": pa.repeat(pa.scalar(batch.at, pa.timestamp("us", "UTC")), count),
    }
    columns = [own[name] if name in own else good.column(name) for name in schema.names]
    return pa.table(columns, names=schema.names).cast(schema)


def _note_accounts(venue: str, uids: list[str], known: dict[str, str]) -> None:
    """Remember accounts nobody has named before, and add all of them to `known`."""
    known.update(zip(uids, accounts.pseudonyms(venue, uids), strict=True))
    for start in range(0, len(uids), _CHUNK):
        some = uids[start : start + _CHUNK]
        found = table.run(_KNOWN.format(among=table.any_of("uid")), [venue, table.many(some)])
        there = {uid for (uid,) in found}
        missing = [uid for uid in some if uid not in there]
        if missing:
            with transaction.atomic():
                accounts.remember(venue, missing)


def _ship(batch: Batch, tell: Tell | None) -> Batch:
    tell = tell or _teller(batch)
    try:
        shipped = shipping.ship(
            batch.table, _good_rows(files.rows_of(batch.id), tell), batch_id=f"batch:{batch.id}",
            source=f"feed:{batch.feed.slug}",
        )  # fmt: skip
    except Unavailable as error:
        raise Temporary(error.text) from error
    except (GuildhallError, FileNotFoundError) as error:
        return _failed(batch, error.text if isinstance(error, GuildhallError) else _GONE)
    with transaction.atomic():
        now = locked(batch.id)
        if now.state not in BUSY:
            return now
        now.state, now.shipped_at = State.SHIPPED, clock.now()
        now.counts = {
            **now.counts, "new": shipped.new, "same": shipped.same, "conflicts": shipped.conflicts,
            "refused": shipped.refused, "version": shipped.version,
        }  # fmt: skip
        now.save(update_fields=["state", "shipped_at", "counts"])
        audit.record("system:exchange", "batch.shipped", f"batch:{now.id}", now.counts)
    files.rows_of(batch.id).unlink(missing_ok=True)
    return now


def _good_rows(path: Path, tell: Tell) -> Iterator[pa.RecordBatch]:
    done = 0
    with pq.ParquetFile(path) as file:
        names = [name for name in file.schema_arrow.names if name != "line"]
        for piece in file.iter_batches(batch_size=131_072, columns=names):
            yield piece
            done += piece.num_rows
            tell(done)


def _failed(batch: Batch, why: Text) -> Batch:
    with transaction.atomic():
        now = locked(batch.id)
        if now.state in BUSY:
            now.state, now.problem = State.FAILED, why.to_json()
            now.save(update_fields=["state", "problem"])
            audit.record("system:exchange", "batch.failed", f"batch:{now.id}", {"why": why.en[:200]})
            _log.warning("exchange.batch_failed", batch=batch.id)
    return now


def _row(batch: Batch, one: Bad) -> tuple[object, ...]:
    raw = one.raw.replace("\x00", "\ufffd")
    reason = orjson.dumps(one.reason.to_json()).decode().replace("\\u0000", "\ufffd")
    return batch.id, one.line, one.field[:40], reason, raw, "", BadRow.State.OPEN.value, ""


def _teller(batch: Batch) -> Tell:
    """Notes progress at most once a second, for the page."""
    last = time.monotonic()

    def tell(done: int) -> None:
        nonlocal last
        if time.monotonic() - last >= 1:
            last = time.monotonic()
            Batch.objects.filter(pk=batch.pk).update(progress=done)

    return tell


__all__ = ["mapping_of", "perform", "read", "work"]
