"""What a person decides about rows that were put aside. A fact itself is never changed: a row that is
accepted against one that is there becomes its next revision.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction

from guildhall.core import audit, clock
from guildhall.core.errors import BadInput, Conflict, NotFound, Unsupported
from guildhall.core.text import Text
from guildhall.facts import registry, rows
from guildhall.facts.actions.staging import stage
from guildhall.facts.models import Aside
from guildhall.facts.tables import REVISION, Column


def accept(aside_id: str, *, by: str, note: str = "") -> int:
    """Take the row that came as the next revision of the one that is there; which revision.

    Reads the table, so never call it inside a transaction. Raises NotFound, Conflict when it was decided,
    Unsupported for a table whose rows cannot be corrected.
    """
    from guildhall.facts import following  # brings Arrow, which few processes need

    found = _found(aside_id)
    table = registry.get(found.table)
    if found.kind != Aside.Kind.CONFLICT or not table.is_revised:
        raise Unsupported(
            Text("Rows of this table cannot be corrected.", "该表的行不支持更正。"),
            Text("Dismiss the row, or have its sender send it anew.", "请忽略该行，或让来源方重新发送。"),
        )
    thing = {name: _value(table.column(name), found.came[name]) for name in table.thing}
    revision = following.highest_revision(table, thing) + 1
    row = {column.name: _value(column, found.came.get(column.name)) for column in table.columns}
    with transaction.atomic():
        stage(table.name, [row | {REVISION: revision}])
        _decide([found], Aside.State.ACCEPTED, by, note, "facts.conflict_accepted", {"revision": revision})
    return revision


def resubmit(aside_id: str, changes: Mapping[str, str], *, by: str, note: str = "") -> None:
    """Send a refused row again with some values changed, given as text ('' for nothing).

    Raises NotFound, Conflict when it was decided, BadInput naming the column that still does not fit.
    """
    found = _found(aside_id)
    table = registry.get(found.table)
    if found.kind != Aside.Kind.REFUSED:
        raise Conflict(Text("Only a refused row can be mended.", "只有被拒绝的行可以修正。"))
    told = {**found.came}
    for name, text in changes.items():
        if name not in table.names:
            raise BadInput(Text(f"{name} is not a column.", f"{name} 不是该表的列。"), field=name)
        told[name] = _parsed(table.column(name), text)
    row = {column.name: _value(column, told.get(column.name)) for column in table.columns}
    with transaction.atomic():
        stage(table.name, [row])
        changed = sorted(name for name in changes if told[name] != found.came.get(name))
        _decide([found], Aside.State.RESUBMITTED, by, note, "facts.row_resubmitted", {"changed": changed})


def dismiss(aside_ids: Sequence[str], *, by: str, note: str = "") -> int:
    """Leave rows out for good; those that were decided meanwhile stay as they are. How many."""
    with transaction.atomic():
        found = list(Aside.objects.select_for_update().filter(pk__in=list(aside_ids), state=Aside.State.OPEN))
        _decide(found, Aside.State.DISMISSED, by, note, "facts.row_dismissed", {})
    return len(found)


def _found(aside_id: str) -> Aside:
    found = Aside.objects.filter(pk=aside_id).first()
    if found is None:
        raise NotFound(Text("There is no such row.", "不存在该行。"))
    if found.state != Aside.State.OPEN:
        raise _decided()
    return found


def _decided() -> Conflict:
    return Conflict(Text("Somebody has decided this row already.", "该行已由他人处理。"))


def _decide(
    found: Sequence[Aside], state: Aside.State, by: str, note: str, verb: str, data: Mapping[str, Any]
) -> None:
    changed = Aside.objects.filter(pk__in=[one.pk for one in found], state=Aside.State.OPEN).update(
        state=state, decided_by=by, decided_at=clock.now(), note=note[:300]
    )
    if changed != len(found):
        raise _decided()
    audit.record_many(
        [
            audit.Entry(
                by, verb, f"facts_row:{one.pk}",
                {"table": one.table, "digest": one.digest, "note": note[:300], **data},
            )
            for one in found
        ]
    )  # fmt: skip


def _value(column: Column, told: Any) -> Any:
    return rows.from_json(column, told)


def _parsed(column: Column, text: str) -> Any:
    """A value as JSON from what somebody typed. Raises BadInput."""
    text = text.strip()
    if not text:
        return None if column.is_nullable or column.kind != "string" else ""
    try:
        match column.kind:
            case "int64":
                return int(text)
            case "bool":
                return {"true": True, "yes": True, "false": False, "no": False}[text.lower()]
            case "timestamp":
                moment = datetime.fromisoformat(text)
                if moment.tzinfo is None:
                    raise ValueError("no zone")
                return moment.isoformat()
            case "date":
                return date.fromisoformat(text).isoformat()
            case "strings":
                return [part.strip() for part in text.split(",") if part.strip()]
    except (ValueError, KeyError) as error:
        wanted = rows.wanted(column.kind)
        raise BadInput(
            Text(f"{column.name}: {wanted.en} is needed.", f"{column.name}：{wanted.zh}。"), field=column.name
        ) from error
    return text
