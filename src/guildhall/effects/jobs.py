"""What this room itself has done by effects: the posting of webhooks and the removal of old finished
effects.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction

from guildhall.core import clock
from guildhall.core.settings import settings
from guildhall.core.text import Text
from guildhall.effects import buckets, performers, schedules, table, webhook_log, webhook_posting, webhooks
from guildhall.effects.types import Claimed, Done

PRUNE = "effects.prune"
_CHUNK = 500
_MOST_CHUNKS = 2000
_PRUNE = """
DELETE FROM effects_effect WHERE id IN (
    SELECT id FROM effects_effect{finished} WHERE state IN ('done', 'cancelled') AND finished_at < %s
    ORDER BY finished_at LIMIT %s{lock})
RETURNING id
"""


def register() -> None:
    """Fill the registries; called when Django is ready."""
    performers.performer(
        webhooks.KIND,
        lease_s=45,
        describe=Text("Tell a webhook's endpoint of an event", "向 Webhook 端点推送事件"),
    )(webhook_posting.post)
    performers.performer(PRUNE, describe=Text("Remove effects finished long ago", "清理早已完成的任务"))(
        prune
    )
    buckets.rule(webhooks.BUCKET, rate_per_s=10, burst=50)
    schedules.schedule(
        PRUNE,
        "17 * * * *",
        PRUNE,
        describe=Text("Removal of effects finished long ago", "定期清理早已完成的任务"),
    )


def prune(effect: Claimed) -> Done:
    """Delete done and cancelled effects and settled deliveries of webhooks older than the setting says, in
    short transactions of their own.
    """
    before = clock.now() - timedelta(days=settings.effects_keep_days)
    removed = 0
    for _ in range(_MOST_CHUNKS):
        chunk = _prune_chunk(table.time(before))
        removed += chunk
        if chunk < _CHUNK:
            break
    return Done({"removed": removed, "deliveries": webhook_log.prune(before), "mended": webhook_log.mend()})


def _prune_chunk(before: object) -> int:
    with transaction.atomic():
        sql = _PRUNE.format(finished=table.using("effect_finished"), lock=table.locking())
        return len(table.run(sql, [before, _CHUNK]))
