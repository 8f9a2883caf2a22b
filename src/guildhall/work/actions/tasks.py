"""Tasks: opened, given to somebody, done with answers and proofs, skipped, cancelled, opened again.

Every change is one transaction with its audit row and with what the kind of the task lets follow. Only
`complete` makes a task done, and only a person's word leads to it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from guildhall.channels.models import Space
from guildhall.channels.text import one_line
from guildhall.core import audit, clock
from guildhall.core.errors import BadInput, Conflict, NotFound
from guildhall.core.text import Text
from guildhall.people.models import Staff
from guildhall.people.roles import Role
from guildhall.work import kinds
from guildhall.work.asking import Ask, Proofs, answered, check_asks
from guildhall.work.models import Proof, Task

MOST_PROOFS = 6
LARGEST_PROOF = 5_000_000
PICTURES = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png"}
_LONGEST_TITLE, _LONGEST_NOTES, _LONGEST_PASTE, _LONGEST_REASON = 200, 4000, 20_000, 300


@dataclass(frozen=True, slots=True)
class NewTask:
    """What somebody is asked to do. `title` and `notes` in both languages; `paste` ready as it is.

    `role` or `staff_id`: whose it is; '' and None: everybody's who may do tasks. `dedupe_key`: while a task
    with it exists, open or closed, no second one is made. `data` comes back to the room that asked, in the
    task it is told of (`kinds`).
    """

    kind: str
    title: Text
    notes: Text = Text("", "")
    paste: str = ""
    space_id: str = ""
    subject: str = ""
    due_at: datetime | None = None
    role: str = ""
    staff_id: int | None = None
    proofs: Proofs = Proofs.OPTIONAL
    asks: tuple[Ask, ...] = ()
    dedupe_key: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)


def open_task(new: NewTask, *, by: str) -> Task:
    """Ask for one thing to be done; the task there already when its dedupe key is. Raises BadInput,
    NotFound.
    """
    _check(new)
    with transaction.atomic():
        if new.dedupe_key:
            known = Task.objects.filter(dedupe_key=new.dedupe_key).first()
            if known is not None:
                return known
        task = Task(
            kind=new.kind,
            title=new.title.to_json(),
            notes=new.notes.to_json(),
            paste=new.paste,
            subject=new.subject,
            space_id=new.space_id or None,
            due_at=new.due_at,
            role=new.role,
            assigned_to_id=new.staff_id,
            proofs_wanted=new.proofs.value,
            asks=[ask.to_json() for ask in new.asks],
            data=dict(new.data),
            dedupe_key=new.dedupe_key or None,
            made_by=by,
            made_at=clock.now(),
        )
        made = Task.objects.bulk_create([task], ignore_conflicts=bool(new.dedupe_key))
        if new.dedupe_key:  # somebody else may have opened it between the look and the write
            kept = Task.objects.get(dedupe_key=new.dedupe_key)
            if kept.pk != made[0].pk:
                return kept
        audit.record(by, "task.opened", f"task:{task.pk}", {"kind": new.kind, "space": new.space_id})
    return task


def complete(task_id: str, *, by: str, answers: Mapping[str, Any] | None = None) -> Task:
    """Note that it was done, with the answers to its questions. Doing it twice changes nothing.

    Raises NotFound, Conflict (closed otherwise meanwhile), BadInput naming the question, or `proof` when a
    picture is missing.
    """
    with transaction.atomic():
        task = _locked(task_id)
        if task.state == Task.State.DONE:
            return task
        _refuse_closed(task)
        task.result = answered(task.questions, answers or {})
        if task.proofs_wanted == Proofs.REQUIRED and not task.proofs.exists():
            raise BadInput(
                Text("Add a picture that shows it.", "请先上传截图作为凭证。"), field="proof", code="no_proof"
            )
        _close(task, Task.State.DONE, by)
        found = kinds.of(task.kind)
        if found.done is not None:
            found.done(task, by)
    return task


def skip(task_id: str, *, by: str, reason: str) -> Task:
    """Note that it will not be done, and why. Raises NotFound, Conflict, BadInput."""
    why = one_line(reason, _LONGEST_REASON)
    if not why:
        raise BadInput(Text("Say why.", "请填写原因。"), field="reason")
    return _give_up(task_id, Task.State.SKIPPED, by, why)


def cancel(task_id: str, *, by: str, reason: str = "") -> Task:
    """Note that it is no longer needed (decided by whoever asked for it). Raises NotFound, Conflict."""
    return _give_up(task_id, Task.State.CANCELLED, by, one_line(reason, _LONGEST_REASON))


def cancel_about(subject: str, *, by: str, reason: str = "") -> int:
    """Cancel all open tasks about a subject; returns how many. Joins the caller's transaction."""
    open_ones = Task.objects.filter(subject=subject, state=Task.State.OPEN).values_list("pk", flat=True)
    called_off = 0
    for task_id in list(open_ones):
        try:
            cancel(task_id, by=by, reason=reason)
        except Conflict:
            continue  # somebody did it in this very moment
        called_off += 1
    return called_off


def reopen(task_id: str, *, by: str) -> Task:
    """Open a task again that was skipped or missed. What was done or cancelled stays: something followed
    from it. Raises NotFound, Conflict.
    """
    with transaction.atomic():
        task = _locked(task_id)
        if task.state == Task.State.OPEN:
            return task
        follows = kinds.of(task.kind).given_up is not None
        if task.state not in (Task.State.SKIPPED, Task.State.MISSED) or follows:
            raise Conflict(Text("This task cannot be opened again.", "该待办无法重新打开。"))
        task.state, task.reason, task.closed_by, task.closed_at = Task.State.OPEN, "", "", None
        task.save(update_fields=["state", "reason", "closed_by", "closed_at"])
        audit.record(by, "task.reopened", f"task:{task.pk}")
    return task


def assign(task_id: str, staff_id: int | None, *, by: str) -> Task:
    """Give an open task to one person, or to everybody of its role again (None). Raises NotFound,
    Conflict.
    """
    with transaction.atomic():
        task = _locked(task_id)
        _refuse_closed(task)
        if staff_id is not None and not Staff.objects.filter(pk=staff_id, is_active=True).exists():
            raise NotFound(Text("There is no such colleague.", "不存在该同事。"))
        if task.assigned_to_id != staff_id:
            task.assigned_to_id = staff_id
            task.save(update_fields=["assigned_to"])
            audit.record(by, "task.assigned", f"task:{task.pk}", {"staff": staff_id})
    return task


def add_proof(task_id: str, *, name: str, body: bytes, by: str) -> Proof:
    """Keep a picture that shows it, also after the task was closed. The same picture is kept once.

    body: JPEG or PNG; whoever takes it from a stranger opens and draws it anew first. Raises NotFound,
    BadInput, Conflict (too many).
    """
    mime = next((kind for start, kind in PICTURES.items() if body.startswith(start)), "")
    if not mime or len(body) > LARGEST_PROOF:
        raise BadInput(
            Text(
                "A proof is a picture (JPEG or PNG) of at most 5 MB.",
                "凭证须为 5 MB 以内的图片（JPEG 或 PNG）。",
            ),
            field="proof",
        )
    digest = hashlib.sha256(body).hexdigest()
    with transaction.atomic():
        task = _locked(task_id)
        known = task.proofs.filter(digest=digest).first()
        if known is not None:
            return known
        if task.proofs.count() >= MOST_PROOFS:
            raise Conflict(
                Text(f"A task takes {MOST_PROOFS} pictures.", f"每个待办最多 {MOST_PROOFS} 张图片。")
            )
        proof = Proof.objects.create(
            task=task,
            name=one_line(name, 120) or "proof",
            mime=mime,
            size=len(body),
            digest=digest,
            body=body,
            by=by,
            at=clock.now(),
        )
        audit.record(by, "task.proof_added", f"task:{task.pk}", {"digest": digest, "size": len(body)})
    return proof


def remove_proof(proof_id: str, *, by: str) -> None:
    """Take back a picture while its task is open. Raises NotFound, Conflict."""
    with transaction.atomic():
        proof = Proof.objects.filter(pk=proof_id).first()
        if proof is None:
            raise NotFound(Text("There is no such picture.", "不存在该图片。"))
        _refuse_closed(_locked(proof.task_id))
        proof.delete()
        audit.record(by, "task.proof_removed", f"task:{proof.task_id}", {"digest": proof.digest})


def miss(tasks: Sequence[Task], *, by: str) -> int:
    """Note that the day of these tasks went by. Joins the caller's transaction; returns how many."""
    for task in tasks:
        _close(task, Task.State.MISSED, by)
        found = kinds.of(task.kind)
        if found.given_up is not None:
            found.given_up(task, by)
    return len(tasks)


def _give_up(task_id: str, state: Task.State, by: str, reason: str) -> Task:
    with transaction.atomic():
        task = _locked(task_id)
        if task.state == state:
            return task
        _refuse_closed(task)
        task.reason = reason
        _close(task, state, by)
        found = kinds.of(task.kind)
        if found.given_up is not None:
            found.given_up(task, by)
    return task


def _close(task: Task, state: Task.State, by: str) -> None:
    task.state, task.closed_by, task.closed_at = state, by, clock.now()
    task.save(update_fields=["state", "closed_by", "closed_at", "result", "reason"])
    audit.record(by, f"task.{state.value}", f"task:{task.pk}", {"kind": task.kind})


def _locked(task_id: str) -> Task:
    task = Task.objects.select_for_update().filter(pk=task_id).first()
    if task is None:
        raise NotFound(Text("There is no such task.", "不存在该待办。"))
    return task


def _refuse_closed(task: Task) -> None:
    if task.state != Task.State.OPEN:
        raise Conflict(Text("This task was closed meanwhile.", "该待办已被关闭。"), code="task_closed")


def _check(new: NewTask) -> None:
    if not (new.title.en.strip() and new.title.zh.strip()):
        raise BadInput(Text("Give the task a title.", "请填写待办标题。"), field="title")
    for name, value, most in (
        ("title", new.title, _LONGEST_TITLE),
        ("notes", new.notes, _LONGEST_NOTES),
        ("paste", Text(new.paste, ""), _LONGEST_PASTE),
    ):
        if max(len(value.en), len(value.zh)) > most:
            raise BadInput(Text(f"At most {most} characters.", f"最多 {most} 个字符。"), field=name)
    if new.role and new.role not in set(Role):
        raise BadInput(Text("There is no such role.", "不存在该角色。"), field="role")
    if new.space_id and not Space.objects.filter(pk=new.space_id).exists():
        raise NotFound(Text("There is no such space.", "不存在该群组。"))
    check_asks(new.asks)
