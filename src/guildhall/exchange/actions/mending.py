"""Bad rows: written anew by a person, put away, and resubmitted together as a batch of their own.

What came stays in full beside what was written instead; the batch that carries the mended rows names the one
they came from.
"""

from __future__ import annotations

import csv
import io
from typing import Any

import orjson
from django.db import transaction

from guildhall.core import audit
from guildhall.core.errors import BadInput, Conflict, NotFound
from guildhall.core.text import Text
from guildhall.exchange import files
from guildhall.exchange.actions.batches import locked, receive
from guildhall.exchange.models import BadRow, Batch
from guildhall.exchange.reading import formats

_AT_ONCE = 1_000
LONGEST = 20_000
State = BadRow.State


def mend(row_id: int, text: str, by: str) -> BadRow:
    """Write a bad row anew, as a JSON object of column names and values. Raises BadInput, Conflict,
    NotFound.
    """
    said = as_object(text)
    with transaction.atomic():
        row = _open(row_id)
        row.mended, row.state, row.by = orjson.dumps(said).decode(), State.MENDED, by[:60]
        row.save(update_fields=["mended", "state", "by"])
        audit.record(by, "badrow.mended", f"batch:{row.batch_id}", {"line": row.line})
    return row


def put_away(row_ids: list[int], batch_id: str, by: str) -> int:
    """Put bad rows away for good; returns how many were open."""
    with transaction.atomic():
        rows = BadRow.objects.filter(batch_id=batch_id, pk__in=row_ids, state__in=(State.OPEN, State.MENDED))
        gone = rows.update(state=State.DROPPED, by=by[:60])
        if gone:
            audit.record(by, "badrow.dropped", f"batch:{batch_id}", {"rows": gone})
    return gone


def put_all_away(batch_id: str, by: str) -> int:
    """Put every open row of a batch away for good; returns how many."""
    with transaction.atomic():
        gone = BadRow.objects.filter(batch_id=batch_id, state=State.OPEN).update(
            state=State.DROPPED, by=by[:60]
        )
        if gone:
            audit.record(by, "badrow.dropped", f"batch:{batch_id}", {"rows": gone})
    return gone


def resubmit(batch_id: str, by: str) -> Batch:
    """Send the mended rows of a batch as one batch, read as the first one was. Raises Conflict where none is
    mended, NotFound.
    """
    with transaction.atomic():
        batch = locked(batch_id)
        rows = list(BadRow.objects.filter(batch=batch, state=State.MENDED).order_by("line"))
        if not rows:
            raise Conflict(
                Text("No row of this batch has been mended.", "该批次没有已修正的行。"), code="nothing"
            )
        number = Batch.objects.filter(mends=batch).count() + 1
        with files.Receiving(f"mend-{batch.id}-{number}") as taken:
            for row in rows:
                taken.take(row.mended.encode() + b"\n")
            fresh, _is_new = receive(
                batch.feed, f"mend:{batch.id}:{number}", taken, by=by, table=batch.table, mends=batch,
                file_name=batch.file_name, mapping=batch.mapping,
            )  # fmt: skip
        for start in range(0, len(rows), _AT_ONCE):
            ids = [row.pk for row in rows[start : start + _AT_ONCE]]
            BadRow.objects.filter(pk__in=ids).update(state=State.SENT)
        audit.record(by, "badrow.resubmitted", f"batch:{batch.id}", {"rows": len(rows), "as": fresh.id})
    return fresh


def as_object(text: str) -> dict[str, Any]:
    """One row as it is written in a form. Raises BadInput."""
    try:
        said = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise BadInput(
            Text(f"This is not JSON: {error}", f"不是有效的 JSON：{error}"), field="mended"
        ) from error
    if not isinstance(said, dict) or len(text) > LONGEST:
        raise BadInput(
            Text("A row is one JSON object of columns and values.", "一行须为包含列名和值的 JSON 对象。"),
            field="mended",
        )
    return said


def cells_of(batch: Batch, row: BadRow) -> dict[str, Any] | None:
    """The columns and values of a bad row, to be filled into a form; None where it could not be taken
    apart.
    """
    text = row.mended or row.raw
    try:
        said = orjson.loads(text)
        return said if isinstance(said, dict) else None
    except orjson.JSONDecodeError:
        pass
    if batch.format != formats.CSV or not batch.has_file:
        return None
    shape = formats.look(files.file_of(batch.id))
    cells = next(csv.reader(io.StringIO(text), delimiter=shape.separator), [])
    padded = [*cells, *[""] * len(shape.headings)][: len(shape.headings)]
    return dict(zip(shape.headings, padded, strict=True))


def _open(row_id: int) -> BadRow:
    row = BadRow.objects.select_for_update().filter(pk=row_id).first()
    if row is None:
        raise NotFound(Text("There is no such row.", "不存在该行。"))
    if row.state not in (State.OPEN, State.MENDED):
        raise Conflict(Text("This row has been dealt with.", "该行已处理。"))
    return row
