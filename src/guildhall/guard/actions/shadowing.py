"""Trying a policy version on stored messages: started here, worked off by the effects engine chunk by
chunk.

Each chunk is its own effect and its own short transaction; the run's row holds progress and result, so the
page that shows it may be closed. A run never changes anything but its own row.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from guildhall.channels.models import Space
from guildhall.core import audit, clock
from guildhall.core.errors import BadInput, NotFound
from guildhall.core.text import Text
from guildhall.effects.actions import enqueue
from guildhall.effects.types import Claimed, Done, NewEffect
from guildhall.guard import history, policies, policy, shadow
from guildhall.guard.models import PolicyVersion, ShadowRun
from guildhall.guard.policy import shipped_source

KIND = "guard.shadow"
JUDGED, ALL = "judged", "all"
CHUNK = 500
MOST_MESSAGES = 200_000
LONGEST = timedelta(days=90)


def start_shadow(
    version_id: str, by: str, *, since: datetime | None = None, most: int = 20_000, scope: str = JUDGED
) -> ShadowRun:
    """Try a version on the messages since then (default: 30 days), oldest first, at most `most` of them.

    `scope`: the spaces this policy judges (all, when it judges none yet), `all`, or one space by id; there it
    is compared with what is in force in each. Raises NotFound; BadInput for a span of more than 90 days or
    more than 200,000 messages.
    """
    now = clock.now()
    since = since or now - timedelta(days=30)
    if now - since > LONGEST or since > now:
        raise BadInput(
            Text("Choose a time within the last 90 days.", "请选择最近 90 天内的时间。"), field="since"
        )
    if not 1 <= most <= MOST_MESSAGES:
        raise BadInput(Text("Choose 1 to 200,000 messages.", "请选择 1 至 200,000 条消息。"), field="most")
    with transaction.atomic():
        version = PolicyVersion.objects.select_related("policy").filter(pk=version_id).first()
        if version is None:
            raise NotFound(Text("There is no such version.", "不存在该版本。"))
        if scope not in (JUDGED, ALL) and not Space.objects.filter(pk=scope).exists():
            raise NotFound(Text("There is no such space.", "不存在该群组。"))
        active = PolicyVersion.objects.filter(policy=version.policy, state=PolicyVersion.State.ACTIVE).first()
        named = f"{version.policy.slug}@{active.version}" if active else f"{policies.DEFAULT}@0"
        own = active.source_yaml if active else shipped_source(policies.DEFAULT)
        received = history.received(since, now, _spaces(scope, version.policy.slug))
        run = ShadowRun.objects.create(
            version=version,
            against=named if scope == JUDGED else "",
            source_yaml=version.source_yaml,
            against_yaml=own if scope == JUDGED else "",
            scope=scope,
            since=since,
            until=now,
            most=most,
            total=received[: most + 1].count() if most < MOST_MESSAGES else received[:most].count(),
            result=shadow.empty(),
            started_by=by,
        )
        run.total = min(run.total, most)
        run.save(update_fields=["total"])
        _enqueue(run)
        audit.record(
            by,
            "policy.shadowed",
            f"policy:{version.policy.slug}",
            {"version": version.version, "run": run.id},
        )
    return run


def stop_shadow(run_id: str, by: str) -> None:
    """Stop a run; what it has counted stays. Raises NotFound."""
    with transaction.atomic():
        run = ShadowRun.objects.select_for_update().filter(pk=run_id).first()
        if run is None:
            raise NotFound(Text("There is no such run.", "不存在该试运行。"))
        if run.state == ShadowRun.State.RUNNING:
            run.state, run.finished_at = ShadowRun.State.STOPPED, clock.now()
            run.save(update_fields=["state", "finished_at"])
            audit.record(by, "policy.shadow_stopped", f"shadow:{run.id}")


def perform(effect: Claimed) -> Done | None:
    """Judge one chunk by both versions; the next one is queued in the transaction that keeps this one's
    result.
    """
    run = ShadowRun.objects.select_related("version__policy").filter(pk=effect.payload["run"]).first()
    if run is None or run.state != ShadowRun.State.RUNNING or run.cursor != effect.payload["cursor"]:
        return None
    slug = run.version.policy.slug
    before = (
        policy.ByPlace(policy.parse(run.against_yaml, slug=slug, version=0))
        if run.against_yaml
        else policies.in_force()
    )
    after = policy.ByPlace(policy.parse(run.source_yaml, slug=slug, version=run.version.version))
    size = min(CHUNK, run.most - run.seen)
    spaces = _spaces(run.scope, slug)
    rows = history.chunk(run.since, run.until, run.cursor, size, spaces) if size > 0 else []
    for row in rows:
        shadow.add(run.result, row, before, after)
    run.seen += len(rows)
    run.cursor = rows[-1].message_id if rows else run.cursor
    if len(rows) < size or run.seen >= run.most:
        run.state, run.finished_at = ShadowRun.State.DONE, clock.now()

    def record() -> None:
        if not ShadowRun.objects.filter(pk=run.pk, state=ShadowRun.State.RUNNING).exists():
            return
        run.save(update_fields=["result", "seen", "cursor", "state", "finished_at"])
        if run.state == ShadowRun.State.RUNNING:
            _enqueue(run)

    return Done({"seen": run.seen}, record)


def _spaces(scope: str, slug: str) -> list[str] | None:
    """Ids of the spaces whose messages are judged; None for all."""
    if scope == ALL:
        return None
    return policies.judged_spaces(slug) or None if scope == JUDGED else [scope]


def _enqueue(run: ShadowRun) -> None:
    enqueue(
        NewEffect(
            KIND,
            {"run": run.id, "cursor": run.cursor},
            unique_key=f"{KIND}:{run.id}:{run.cursor}",
            priority=500,
            cause=f"shadow:{run.id}",
        )
    )
