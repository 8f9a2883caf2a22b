"""Lets the guard look at what an import brought, when somebody asks for it.

What it finds is put before a moderator; nothing is removed, nobody is punished or told by itself. A stretch
is judged in the transaction that queues the next, so that a killed worker skips and repeats nothing.
"""

from __future__ import annotations

from django.db import transaction

from guildhall.channels.models import Message
from guildhall.core import audit
from guildhall.core.errors import Conflict, NotFound
from guildhall.core.text import Text
from guildhall.effects.actions import enqueue
from guildhall.effects.types import Claimed, Done, NewEffect
from guildhall.guard.actions.again import judge_again
from guildhall.intake.models import Import

KIND = "intake.judge_past"
STRETCH = 100
PRIORITY = 650


def begin_judging(import_id: str, by: str) -> None:
    """Have the messages of a finished import looked at, once. Raises NotFound, Conflict."""
    with transaction.atomic():
        one = Import.objects.select_for_update().filter(pk=import_id, kind=Import.Kind.HISTORY).first()
        if one is None:
            raise NotFound(Text("There is no such import.", "不存在该导入。"))
        if one.state != Import.State.DONE or one.options.get("judged_by"):
            raise Conflict(Text("There is nothing to look at.", "没有可检查的内容。"))
        one.options = {**one.options, "judged_by": by[:60]}
        one.counts = {**one.counts, "judged": 0, "doubtful": 0}
        one.save(update_fields=["options", "counts"])
        audit.record(by, "import.judged", f"import:{one.id}", {"kind": one.kind})
        _enqueue(one.id, "")


def perform(effect: Claimed) -> Done:
    """Judge the next stretch."""
    import_id, after = str(effect.payload["import"]), str(effect.payload["after"])

    def record() -> None:
        one = Import.objects.select_for_update().filter(pk=import_id, state=Import.State.DONE).first()
        if one is None:
            return
        found = Message.objects.filter(space__in=one.spaces.all(), id__gt=after, extra__imported=import_id)
        ids = list(found.order_by("id").values_list("id", flat=True)[:STRETCH])
        if not ids:
            return
        one.counts["doubtful"] = one.counts.get("doubtful", 0) + judge_again(ids, only_ask=True)
        one.counts["judged"] = one.counts.get("judged", 0) + len(ids)
        one.save(update_fields=["counts"])
        _enqueue(import_id, ids[-1])

    return Done({"import": import_id}, record)


def _enqueue(import_id: str, after: str) -> None:
    enqueue(
        NewEffect(
            KIND,
            {"import": import_id, "after": after},
            order_key=f"judge:{import_id}",
            priority=PRIORITY,
            cause=f"import:{import_id}",
        )
    )
