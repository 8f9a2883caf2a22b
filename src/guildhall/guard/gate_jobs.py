"""What the effects engine runs for gates: an attempt whose time is up ends, a question that is settled is
taken away, and what is long over is forgotten.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import models, transaction

from guildhall.core import clock, troubles
from guildhall.core.errors import Temporary
from guildhall.core.text import Text
from guildhall.effects import performers, schedules
from guildhall.effects.types import Claimed, Done
from guildhall.guard import gates_in_force
from guildhall.guard.actions.gates import asking, ending
from guildhall.guard.models import GateAttempt, Probation
from guildhall.people import registry

TRIM = "guard.gate.trim"
KEPT = timedelta(days=90)
STILL_ON_ITS_WAY = Text("The question is still on its way.", "验证消息仍在发送中。")
_CHUNK = 1000
_MOST_EXPORTED = 1000


def register() -> None:
    """Fill the registries of the floors below."""
    performers.performer(
        asking.EXPIRE, describe=Text("End an attempt at a gate in time", "入群验证超时处理")
    )(expire)
    performers.performer(
        asking.CLEAR, describe=Text("Take a settled gate question away", "移除已结束的验证消息")
    )(clear)
    words = Text("Forget attempts at gates that are long over", "清理过期的入群验证记录")
    performers.performer(TRIM, describe=words)(trim)
    schedules.schedule(TRIM, "53 4 * * *", TRIM, describe=words)
    registry.on_erase(erase)
    registry.on_export("gates")(export)
    troubles.describe(
        gates_in_force.TROUBLE,
        Text(
            "The settings of a gate cannot be read; it asks as a new one would.",
            "有入群验证设置无法读取，暂按默认设置执行。",
        ),
    )


def expire(effect: Claimed) -> Done:
    """End one attempt, if nothing else has."""
    return Done({"ended": ending.expire(str(effect.payload.get("attempt", "")))})


def clear(effect: Claimed) -> Done:
    """Have one question deleted. Raises Temporary while it is still on its way."""
    key, space = str(effect.payload.get("key", "")), str(effect.payload.get("space", ""))
    if not ending.clear_message(key, space):
        raise Temporary(STILL_ON_ITS_WAY, retry_after=2.0)
    return Done()


def trim(effect: Claimed) -> Done:
    """Forget what ended more than ninety days ago, but for whom an attempt still keeps silent."""
    before = clock.now() - KEPT
    attempts = GateAttempt.objects.filter(ended_at__lt=before, held=False)
    return Done(
        {"attempts": _delete(attempts), "trials": _delete(Probation.objects.filter(ended_at__lt=before))}
    )


def erase(member_id: str) -> None:
    """Forget when and how somebody came in. Twice is the same as once."""
    Probation.objects.filter(account__member_id=member_id).delete()
    GateAttempt.objects.filter(account__member_id=member_id).delete()


def export(member_id: str) -> list[dict[str, Any]]:
    """When somebody stood at a gate, how it ended, and which rules they accepted; ready for JSON."""
    rows = GateAttempt.objects.filter(account__member_id=member_id).order_by("id")
    columns = ("id", "space_id", "way", "state", "started_at", "ended_at", "rules_version", "rules_at")
    return [
        {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in row.items()}
        for row in rows.values(*columns)[:_MOST_EXPORTED]
    ]


def _delete(rows: models.QuerySet[Any]) -> int:
    removed = 0
    while found := list(rows.values_list("pk", flat=True)[:_CHUNK]):
        with transaction.atomic():
            rows.model._default_manager.filter(pk__in=found).delete()
        removed += len(found)
    return removed
