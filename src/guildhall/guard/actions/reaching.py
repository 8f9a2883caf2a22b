"""Works out whom a policy would have punished over the last seven days, before it may come into force.

Little history is judged at once; more of it by the effects engine, chunk by chunk, each its own short
transaction (`actions.overriding` goes on from there). A check that does not pass, or that could not be
finished, leaves everything as it was.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any

from django.db import transaction

from guildhall.core import audit, clock
from guildhall.core.text import Text
from guildhall.effects.actions import enqueue
from guildhall.effects.types import NewEffect
from guildhall.guard import freshness, history, policies, reach
from guildhall.guard import policy as rules
from guildhall.guard.models import Policy, ReachCheck
from guildhall.guard.shadow import Judging

KIND = "guard.reach"
WINDOW = timedelta(days=7)
DIRECTLY = 500
"""Messages judged at once, in the request that asks; about half a CPU second."""
CHUNK = 500
MOST_MESSAGES = 300_000
LONGEST = timedelta(minutes=30)
HOLDS_FOR = timedelta(minutes=10)
"""How long a check that passed answers for the same source without being made again."""
State = ReachCheck.State


@dataclass(frozen=True, slots=True)
class Wanted:
    """What shall come into force: a version of a policy (`version_id`), or a policy in one space."""

    policy: Policy
    number: int
    source: str
    version_id: str = ""
    space_id: str = ""

    @property
    def intent(self) -> dict[str, str]:
        return {"space": self.space_id} if self.space_id else {"version": self.version_id}

    @property
    def sha256(self) -> str:
        return digest(self.source)

    def spaces(self) -> list[str]:
        """Ids of the spaces whose members it would meet."""
        return [self.space_id] if self.space_id else policies.judged_spaces(self.policy.slug)


def digest(source: str) -> str:
    """What an approval and a check hold for: SHA-256 of a policy's source, in hex."""
    return sha256(source.encode()).hexdigest()


def check(wanted: Wanted, by: str) -> ReachCheck | None:
    """The check of what shall come into force, made now, still running, or made just before; None when the
    policy punishes nobody anywhere. Not inside a transaction: it may judge hundreds of messages.
    """
    if not rules.acts(rules.parse(wanted.source, slug=wanted.policy.slug)):
        return None
    known = _known(wanted)
    if known is not None:
        return known
    made = _begin(wanted, by)
    if made.total <= DIRECTLY:
        _work(made, made.total + 1)
        _settle(made)
    with transaction.atomic():
        made.save()
        note(made)
        if made.state == State.RUNNING:
            queue(made)
    return made


def work_on(row: ReachCheck) -> None:
    """Judge the next chunk of a running check, and settle it with the last one. Saves nothing."""
    if clock.now() - row.started_at > LONGEST:
        _stop(row, _TOO_LONG)
    elif row.seen >= MOST_MESSAGES:
        _stop(row, _TOO_MANY)
    elif _work(row, CHUNK):
        _settle(row)


def void(sha: str) -> None:
    """A source was changed or thrown away: checks of it that still run, or that refused it, mean nothing."""
    rows = ReachCheck.objects.filter(sha256=sha, state__in=[State.RUNNING, State.REFUSED, State.UNFINISHED])
    rows.update(state=State.VOID, finished_at=clock.now())


def _known(wanted: Wanted) -> ReachCheck | None:
    rows = ReachCheck.objects.filter(
        policy=wanted.policy, sha256=wanted.sha256, intent=wanted.intent, against=_against()
    ).order_by("-id")
    for row in rows[:5]:
        if row.state == State.RUNNING or (row.proposal_id and row.state in (State.REFUSED, State.UNFINISHED)):
            return row
        fresh = row.finished_at is not None and clock.now() - row.finished_at < HOLDS_FOR
        if row.state == State.PASSED and fresh:
            return row
    return None


def _begin(wanted: Wanted, by: str) -> ReachCheck:
    now = clock.now()
    since = now - WINDOW
    total = history.received(since, now, wanted.spaces())[: MOST_MESSAGES + 1].count()
    return ReachCheck(
        policy=wanted.policy,
        number=wanted.number,
        source_yaml=wanted.source,
        sha256=wanted.sha256,
        against=_against(),
        intent=wanted.intent,
        since=since,
        until=now,
        total=total,
        result=reach.empty(),
        started_at=now,
        started_by=by,
    )


def _work(row: ReachCheck, size: int) -> bool:
    """Judge the next messages; whether they were the last."""
    slug = row.policy.slug
    after: Judging = rules.ByPlace(rules.parse(row.source_yaml, slug=slug, version=row.number))
    before = policies.in_force()
    found = history.chunk(row.since, row.until, row.cursor, size, spaces_of(row))
    for stored in found:
        reach.add(row.result, stored, before, after)
    row.seen += len(found)
    row.cursor = found[-1].message_id if found else row.cursor
    return len(found) < size or reach.is_full(row.result)


def _settle(row: ReachCheck) -> None:
    """Say what the finished check means."""
    row.result["active"] = active_members(row)
    gap = reach.gap(row.result, row.seen)
    refused = reach.refusal(row.result)
    why = refused or gap
    row.state = State.REFUSED if refused else State.UNFINISHED if gap else State.PASSED
    row.why = why.to_json() if why else {}
    row.finished_at = clock.now()


def _stop(row: ReachCheck, why: Text) -> None:
    row.result["active"] = active_members(row)
    row.state, row.why, row.finished_at = State.UNFINISHED, why.to_json(), clock.now()


def active_members(row: ReachCheck) -> int:
    """Accounts of people that wrote in the check's spaces within its time."""
    rows = history.received(row.since, row.until, spaces_of(row)).exclude(account=None)
    return rows.exclude(account__is_bot=True).order_by().values("account_id").distinct().count()


def spaces_of(row: ReachCheck) -> list[str]:
    """Ids of the spaces a check is about."""
    space = row.intent.get("space")
    return [str(space)] if space else policies.judged_spaces(row.policy.slug)


def _against() -> str:
    """Which policies are in force where: another stamp, and a check no longer answers."""
    return freshness.stamp("policies")


def note(row: ReachCheck) -> None:
    """Leave a trace of a check and what it found so far. Inside the caller's transaction."""
    audit.record(
        row.started_by,
        f"policy.check_{row.state}",
        f"policy:{row.policy.slug}",
        {"check": row.id, "version": row.number, **figures(row)},
    )


def figures(row: ReachCheck) -> dict[str, Any]:
    """The numbers of a check, for people and for the audit."""
    return {
        "active": row.result.get("active", 0),
        "punished": reach.counted(row.result),
        "newly": reach.newly(row.result),
        "confirmed": len(row.result["members"]) - reach.counted(row.result),
        "messages": row.seen,
        "unjudged": row.result.get("unjudged", 0),
    }


def queue(row: ReachCheck) -> None:
    enqueue(
        NewEffect(
            KIND,
            {"check": row.id, "cursor": row.cursor},
            unique_key=f"{KIND}:{row.id}:{row.cursor}",
            priority=200,
            cause=f"check:{row.id}",
        )
    )


_TOO_LONG = Text(
    "The check could not be finished in time.",
    "检查未能在限定时间内完成。",
)
_TOO_MANY = Text(
    f"More than {MOST_MESSAGES:,} messages came in within 7 days; the check was stopped there.",
    f"7 天内消息超过 {MOST_MESSAGES:,} 条，检查在此停止。",
)
