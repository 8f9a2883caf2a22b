"""The life of an import: begun with a file, read, confirmed, worked off in stretches, cancelled or undone.

Each stretch is one short transaction that moves the cursor with what it wrote, so that a killed worker loses
and repeats nothing. One effect works for some seconds and queues the next; effects of one import go one after
the other.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction

from guildhall.channels.models import Space
from guildhall.core import audit, clock
from guildhall.core.errors import BadInput, Conflict, GuildhallError, NotFound
from guildhall.core.ids import new_id
from guildhall.core.log import get_logger
from guildhall.core.text import Text
from guildhall.effects.actions import enqueue
from guildhall.effects.types import Claimed, Done, NewEffect
from guildhall.intake.importing import files
from guildhall.intake.importing.actions import bans, history, rules
from guildhall.intake.models import Import

STEP = "intake.import"
TURN_S = 4.0
"""Seconds that one effect works on an import before it makes room."""
PRIORITY = 600
State, Kind = Import.State, Import.Kind
BUSY = frozenset({State.READING, State.RUNNING, State.UNDOING})
_logger = get_logger(__name__)
_WORKERS = {Kind.BANS: bans, Kind.RULES: rules, Kind.HISTORY: history}


def begin(kind: str, taken: files.Receiving, *, file_name: str, spaces: Sequence[Space], by: str) -> Import:
    """Take a received file into the house and have it read. Raises BadInput, Conflict.

    The same file for the same spaces, while one is under way, is a Conflict that names it.
    """
    if kind not in Kind.values:
        raise BadInput(Text("Choose what is imported.", "请选择导入类型。"), field="kind")
    if not spaces:
        raise BadInput(Text("Choose a space.", "请选择群组。"), field="spaces")
    if kind != Kind.BANS and len(spaces) > 1:
        raise BadInput(Text("Choose one space.", "请只选择一个群组。"), field="spaces")
    try:
        digest = taken.done()
        import_id = new_id()
        with transaction.atomic():
            if same_under_way(kind, digest, spaces) is not None:
                raise Conflict(
                    Text("This file is being imported already.", "该文件正在导入。"), code="under_way"
                )
            made = Import.objects.create(
                id=import_id,
                kind=kind,
                file_name=file_name.replace("\x00", "")[-255:] or "file",
                file_size=taken.size,
                digest=digest,
                by=by[:60],
                at=clock.now(),
            )
            made.spaces.set(spaces)
            audit.record(by, "import.begun", f"import:{made.id}", {"kind": kind})
            files.keep(taken, made.id)
            _enqueue(made)
    except BaseException:
        taken.give_up()
        raise
    return made


def same_under_way(kind: str, digest: str, spaces: Sequence[Space]) -> Import | None:
    """The import of the same file into the same spaces that is not finished, if there is one."""
    unfinished = Import.objects.filter(kind=kind, digest=digest, state__in=[*BUSY, State.PREVIEW])
    wanted = {space.id for space in spaces}
    return next((one for one in unfinished if {space.id for space in one.spaces.all()} == wanted), None)


def confirm(import_id: str, by: str, options: dict[str, Any]) -> None:
    """Carry an import out as it was shown. Raises NotFound, Conflict, BadInput."""
    with transaction.atomic():
        one = _locked(import_id)
        if one.state != State.PREVIEW:
            raise Conflict(Text("This import does not wait to be confirmed.", "该导入当前无需确认。"))
        one.options = {**one.options, **options}
        _WORKERS[Kind(one.kind)].check(one)
        one.state, one.started_at, one.confirmed_by = State.RUNNING, clock.now(), by[:60]
        one.save()
        audit.record(
            by, "import.confirmed", f"import:{one.id}", {"kind": one.kind, "spaces": _space_ids(one)}
        )
        _enqueue(one)


def cancel(import_id: str, by: str) -> None:
    """Stop an import; what it brought so far stays until it is undone. Raises NotFound, Conflict."""
    with transaction.atomic():
        one = _locked(import_id)
        if one.state not in (State.READING, State.PREVIEW, State.RUNNING):
            raise Conflict(Text("There is nothing to cancel.", "没有可取消的内容。"))
        one.state, one.finished_at = State.CANCELLED, clock.now()
        one.save(update_fields=["state", "finished_at"])
        audit.record(by, "import.cancelled", f"import:{one.id}", {"kind": one.kind})


def undo(import_id: str, by: str) -> None:
    """Take back what an import brought, except what has been touched since. Raises NotFound, Conflict."""
    with transaction.atomic():
        one = _locked(import_id)
        if one.state not in (State.DONE, State.CANCELLED, State.FAILED) or one.started_at is None:
            raise Conflict(Text("There is nothing to undo.", "没有可撤销的内容。"))
        one.state, one.finished_at = State.UNDOING, None
        one.options = {**one.options, "undone_by": by[:60], "undo_after": ""}
        one.save(update_fields=["state", "options", "finished_at"])
        audit.record(by, "import.undo_begun", f"import:{one.id}", {"kind": one.kind})
        _enqueue(one)


def remove_file(import_id: str, by: str) -> None:
    """Delete the file of an import now. Raises NotFound, Conflict while it is needed."""
    with transaction.atomic():
        one = _locked(import_id)
        if one.state in (State.READING, State.RUNNING):
            raise Conflict(Text("The file is being read.", "文件正在读取中。"))
        if one.state == State.PREVIEW:
            one.state, one.finished_at = State.CANCELLED, clock.now()
        one.has_file = False
        # The names shown in the preview go with the file.
        one.result = {key: value for key, value in one.result.items() if key not in ("sample", "nameless")}
        one.save(update_fields=["has_file", "state", "finished_at", "result"])
        audit.record(by, "import.file_removed", f"import:{one.id}")
    files.remove(import_id)


def perform(effect: Claimed) -> Done | None:
    """Work on one import for some seconds; the next effect is queued with the note that this one is done."""
    import_id = str(effect.payload["import"])
    if not work(import_id, seconds=TURN_S):
        return None

    def record() -> None:
        one = Import.objects.filter(pk=import_id, state__in=BUSY).first()
        if one is not None:
            _enqueue(one)

    return Done({"import": import_id}, record)


def work(import_id: str, *, seconds: float) -> bool:
    """Work on an import for about so long; whether anything is left to do."""
    deadline = time.monotonic() + seconds
    while True:
        one = Import.objects.filter(pk=import_id).first()
        if one is None or one.state not in BUSY:
            return False
        worker = _WORKERS[Kind(one.kind)]
        try:
            if one.state == State.READING:
                _finish_reading(one, worker.read(one))
                continue
            more = worker.undo(one) if one.state == State.UNDOING else worker.step(one)
        except GuildhallError as error:
            _fail(one, error.text)
            return False
        except (FileNotFoundError, ValueError) as error:
            _logger.warning("import.failed", id=one.id, error=type(error).__name__)
            _fail(
                one, Text(f"The file cannot be read any more ({type(error).__name__}).", "文件已无法读取。")
            )
            return False
        if not more:
            _finish(one.id)
            return False
        if time.monotonic() >= deadline:
            return True


def tidy(_effect: Claimed) -> Done:
    """Delete files kept long enough, and what broken uploads left behind."""
    before = clock.now() - timedelta(days=files.KEEP_DAYS)
    gone = 0
    for import_id in (
        Import.objects.filter(has_file=True, at__lt=before)
        .exclude(state__in=BUSY)
        .values_list("id", flat=True)
    ):
        remove_file(import_id, "system:intake")
        gone += 1
    for part in files.folder().glob("*.part"):
        if part.stat().st_mtime < before.timestamp():
            part.unlink(missing_ok=True)
    return Done({"removed": gone})


def _finish_reading(one: Import, found: dict[str, Any]) -> None:
    with transaction.atomic():
        now = _locked(one.id)
        if now.state != State.READING:
            return
        for name, value in found.items():
            setattr(now, name, value)
        now.state = State.PREVIEW
        now.save()


def _finish(import_id: str) -> None:
    with transaction.atomic():
        one = _locked(import_id)
        if one.state == State.RUNNING:
            one.state, verb, by = State.DONE, "import.finished", one.confirmed_by
        elif one.state == State.UNDOING:
            one.state, verb, by = State.UNDONE, "import.undone", str(one.options.get("undone_by", one.by))
        else:
            return
        one.finished_at = clock.now()
        one.save(update_fields=["state", "finished_at"])
        audit.record(by, verb, f"import:{one.id}", {"kind": one.kind, "rows": one.rows_done})


def _fail(one: Import, why: Text) -> None:
    with transaction.atomic():
        Import.objects.filter(pk=one.id).exclude(state=State.CANCELLED).update(
            state=State.FAILED, problem=why.to_json(), finished_at=clock.now()
        )
        audit.record("system:intake", "import.failed", f"import:{one.id}", {"kind": one.kind})


def _locked(import_id: str) -> Import:
    one = Import.objects.select_for_update().filter(pk=import_id).first()
    if one is None:
        raise NotFound(Text("There is no such import.", "不存在该导入。"))
    return one


def _space_ids(one: Import) -> list[str]:
    return sorted(one.spaces.values_list("id", flat=True))


def _enqueue(one: Import) -> None:
    # A fresh key for every stretch: the same import is queued again and again until it is done.
    enqueue(
        NewEffect(
            STEP,
            {"import": one.id},
            order_key=f"import:{one.id}",
            priority=PRIORITY,
            cause=f"import:{one.id}",
        )
    )
