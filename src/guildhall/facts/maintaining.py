"""What keeps tables small and quick: staged rows shipped, small files merged, months past their time deleted,
files nobody needs swept away, and a measure of what is there. All may be repeated or cut short anywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from guildhall.core import clock
from guildhall.core.log import get_logger
from guildhall.facts import checking, files, following, landing, registry, rows, shipping, store
from guildhall.facts.keyindex import KeyIndex, month_ordinals
from guildhall.facts.models import Aside, Measure, Shipment, Staged
from guildhall.facts.tables import Table

if TYPE_CHECKING:
    from deltalake import DeltaTable

_logger = get_logger(__name__)
_STAGED_AT_ONCE = 20_000
_TARGET = 128 * 2**20
_SMALL, _MANY_SMALL = 32 * 2**20, 32
KEPT_FILES = timedelta(days=7)
"""How long files that were merged or deleted stay readable for whoever pinned a version."""
_KEPT_DECISIONS = timedelta(days=180)
_KEPT_SHIPMENTS = timedelta(days=90)


def ship_staged() -> dict[str, int]:
    """Ship what waits in state; rows shipped by table. A row leaves state only after its commit."""
    done: dict[str, int] = {}
    for name in list(Staged.objects.order_by("table").values_list("table", flat=True).distinct()):
        if name not in {table.name for table in registry.tables()}:
            _logger.warning("facts.unknown_table", table=name)
            continue
        while count := _ship_some(registry.get(name)):
            done[name] = done.get(name, 0) + count
    return done


def _ship_some(table: Table) -> int:
    waiting = list(
        Staged.objects.filter(table=table.name).order_by("id").values_list("id", "row")[:_STAGED_AT_ONCE]
    )
    if not waiting:
        return 0
    first, last = waiting[0][0], waiting[-1][0]
    given = rows.to_arrow(table, (row for _, row in waiting))
    shipping.ship(table.name, given, batch_id=f"staged:{first}-{last}", source="state")
    ids = [pk for pk, _ in waiting]
    for start in range(0, len(ids), 5_000):
        Staged.objects.filter(pk__in=ids[start : start + 5_000]).delete()
    return len(ids)


def compact(table: str, *, always: bool = False) -> int:
    """Merge a table's small files where there are many (or `always`); how many files went."""
    from deltalake.exceptions import CommitFailedError

    one = registry.get(table)
    with shipping.alone(table):
        delta = store.open_table(table)
        if delta is None or not (always or _has_many_small(delta)):
            return 0
        index = KeyIndex(store.index_dir(table))
        if one.once == "row":
            following.catch_up(one, index, delta)
        try:
            done = delta.optimize.compact(
                target_size=_TARGET,
                max_concurrent_tasks=1,
                writer_properties=landing.writer_properties(),
                commit_properties=landing.properties("compaction"),
            )
        except CommitFailedError:
            return 0  # another machine wrote meanwhile; the next hour will do
        if one.once == "row":
            index.merge_all()
            index.cover(landing.covered(delta))
        return int(done["numFilesRemoved"])


def delete_expired(table: str) -> list[str]:
    """Delete the months a table no longer keeps; which (`2025-01`)."""
    one = registry.get(table)
    since = checking.kept_since(one, clock.now())
    if since is None:
        return []
    with shipping.alone(table):
        delta = store.open_table(table)
        if delta is None:
            return []
        index = KeyIndex(store.index_dir(table))
        if one.once == "row":
            following.catch_up(one, index, delta)
        cut = f"{since:%Y-%m}"
        gone = sorted({month for month, *_ in _files(delta) if month < cut})
        if gone:
            delta.delete(f"_month < '{cut}'", commit_properties=landing.properties("retention"))
        if one.once == "row":
            index.forget_months(range(month_ordinals([cut])[0]))
            index.cover(landing.covered(delta))
        return gone


def withdraw(table: str, column: str, values: Sequence[str]) -> int:
    """Take out what never was: the rows of a practice world, whose `column` is one of `values`; how many.

    Nothing else is ever deleted row by row. The files go a week later, with the others nobody needs.
    """
    one = registry.get(table)
    if one.column(column).kind != "string":
        raise ValueError(f"{table}.{column} holds no names")
    if not values:
        return 0
    with shipping.alone(table):
        delta = store.open_table(table)
        if delta is None:
            return 0
        names = ", ".join("'" + value.replace("'", "''") + "'" for value in values)
        done = delta.delete(f"{column} IN ({names})", commit_properties=landing.properties("withdrawal"))
        if one.once == "row":
            KeyIndex(store.index_dir(table)).clear()
        return int(done["num_deleted_rows"])


def sweep(table: str) -> int:
    """Remove files that no version of the last week needs, and what crashes left behind; how many."""
    with shipping.alone(table):
        delta = store.open_table(table)
        if delta is None:
            return 0
        hours = int(KEPT_FILES.total_seconds() // 3600)
        return len(delta.vacuum(retention_hours=hours, dry_run=False, enforce_retention_duration=False))


def forget_old() -> None:
    """Remove decisions and shipments from long ago."""
    now = clock.now()
    decided = Aside.objects.exclude(state=Aside.State.OPEN)
    decided.filter(decided_at__lt=now - _KEPT_DECISIONS).delete()
    Shipment.objects.filter(at__lt=now - _KEPT_SHIPMENTS).delete()


def measure(table: str) -> Measure | None:
    """Note what a table holds; only months that changed are counted anew. None while there is none."""
    one = registry.get(table)
    delta = store.open_table(table)
    if delta is None:
        return None
    before = Measure.objects.filter(pk=table).first()
    if before is not None and before.version == delta.version():
        return before
    months: dict[str, dict[str, int]] = {}
    for month, count, size in _files(delta):
        told = months.setdefault(month, {"rows": 0, "bytes": 0, "files": 0})
        told["rows"] += count
        told["bytes"] += size
        told["files"] += 1
    known = before.months if before else {}
    changed = [m for m, told in months.items() if known.get(m, {}).get("rows") != told["rows"]]
    days = {day: n for day, n in (before.days if before else {}).items() if day[:7] in months}
    days = {day: n for day, n in days.items() if day[:7] not in changed}
    days |= _days(one, delta, changed)
    now, _ = Measure.objects.update_or_create(
        pk=table,
        defaults={
            "version": delta.version(),
            "rows": sum(told["rows"] for told in months.values()),
            "files": sum(told["files"] for told in months.values()),
            "size": sum(told["bytes"] for told in months.values()),
            "months": dict(sorted(months.items())),
            "days": dict(sorted(days.items())),
            "at": clock.now(),
        },
    )
    return now


def _days(table: Table, delta: DeltaTable, months: list[str]) -> dict[str, int]:
    import numpy as np
    import pyarrow as pa

    counts: dict[str, int] = {}
    for batch in files.scan(files.uris(delta, months), [table.day], table):
        values = batch.column(0)
        if pa.types.is_timestamp(values.type):
            numbers = values.cast(pa.int64()).to_numpy() // 86_400_000_000
        else:
            numbers = values.cast(pa.int32()).to_numpy()
        for number, count in zip(*np.unique(numbers, return_counts=True), strict=True):
            day = str(np.datetime64(int(number), "D"))
            counts[day] = counts.get(day, 0) + int(count)
    return counts


def _files(delta: DeltaTable) -> list[tuple[str, int, int]]:
    """Month, rows and bytes of each file."""
    import pyarrow as pa

    told = pa.table(delta.get_add_actions(flatten=True))
    columns = ("partition._month", "num_records", "size_bytes")
    return list(zip(*(told[name].to_pylist() for name in columns), strict=True))


def _has_many_small(delta: DeltaTable) -> bool:
    small: dict[str, int] = {}
    for month, _, size in _files(delta):
        if size < _SMALL:
            small[month] = small.get(month, 0) + 1
    return max(small.values(), default=0) >= _MANY_SMALL
