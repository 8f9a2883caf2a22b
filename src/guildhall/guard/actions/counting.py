"""Counts what the guard said, day by day, and draws the day's samples; a part of recording, in intake's
transaction.

Two small statements a space and day: one keeps the counts that figures divide by, the other says how much of
the day's sample has been taken. So no figure ever has to read all messages.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from guildhall.channels import sql
from guildhall.guard import policies, sampling
from guildhall.guard.models import GuardDay
from guildhall.guard.types import Measure, Verdict

Said = tuple[str, str, Verdict, datetime]
"""Space id, message id, what was said, when (aware UTC)."""
_ALLOWED, _FLAGGED, _PUNISHED = (
    GuardDay.Stratum.ALLOWED.value,
    GuardDay.Stratum.FLAGGED.value,
    GuardDay.Stratum.PUNISHED.value,
)


def stratum_of(verdict: Verdict) -> str:
    """Left alone, put before a person, or acted on."""
    if verdict.action is Measure.ALLOW:
        return _ALLOWED
    return _PUNISHED if verdict.actions else _FLAGGED


def count_and_draw(said: Sequence[Said]) -> list[float | None]:
    """Count verdicts under their days; for each, the probability with which it was drawn for the sample, or
    None when it was not. What was put before a person anyway is never drawn.
    """
    tally: Counter[tuple[date, str, str, str, str]] = Counter()
    by_day: dict[tuple[str, date], list[int]] = defaultdict(list)
    for position, (space_id, _message_id, verdict, at) in enumerate(said):
        policy = f"{verdict.policy}@{verdict.policy_version}"
        tally[at.date(), space_id, policy, verdict.model[:60], stratum_of(verdict)] += 1
        by_day[space_id, at.date()].append(position)
    _count(tally)
    out: list[float | None] = [None] * len(said)
    for (space_id, day), positions in sorted(by_day.items()):
        _draw(space_id, day, [(position, said[position]) for position in positions], out)
    return out


def _count(tally: Counter[tuple[date, str, str, str, str]]) -> None:
    rows = sorted(tally.items())
    marks = ", ".join(["(%s, %s, %s, %s, %s, %s, '{}')"] * len(rows))
    # Only marks are put into the statement; every value is a parameter.
    statement = (
        f"INSERT INTO guard_guardday (day, space_id, policy, model, stratum, seen, delays) VALUES {marks} "
        "ON CONFLICT (day, space_id, policy, model, stratum) "
        "DO UPDATE SET seen = guard_guardday.seen + excluded.seen"
    )
    sql.run(statement, [value for key, n in rows for value in (*key, n)], fetch=False)


def _draw(space_id: str, day: date, said: list[tuple[int, Said]], out: list[float | None]) -> None:
    policy = policies.active_for(space_id)
    per_day = {_ALLOWED: policy.sample_per_day, _PUNISHED: policy.sample_punished}
    if not any(per_day.values()):
        return
    strata = [stratum_of(verdict) for _, (_, _, verdict, _) in said]
    taken, yesterday = _count_day(space_id, day, strata.count(_ALLOWED), strata.count(_PUNISHED))
    before = dict(taken)
    for stratum, (position, (_, message_id, _, _)) in zip(strata, said, strict=True):
        wanted = per_day.get(stratum, 0)
        if not wanted:
            continue
        full = sampling.rate(wanted, yesterday[stratum], punished=stratum == _PUNISHED)
        share = sampling.slowed(full, wanted, taken[stratum])
        if sampling.is_sampled(message_id, share):
            taken[stratum] += 1
            out[position] = share
    if taken != before:
        sql.run(
            "UPDATE guard_sampleday SET taken = %s, punished_taken = %s WHERE space_id = %s AND day = %s",
            [taken[_ALLOWED], taken[_PUNISHED], space_id, day],
            fetch=False,
        )


def _count_day(
    space_id: str, day: date, allowed: int, punished: int
) -> tuple[dict[str, int], dict[str, int]]:
    """Count messages of a day, holding its row; returns how many were taken so far, and seen a day before,
    by stratum.
    """
    ((taken, punished_taken, seen_before, punished_before),) = sql.run(
        "INSERT INTO guard_sampleday (space_id, day, seen, taken, punished, punished_taken) "
        "VALUES (%s, %s, %s, 0, %s, 0) "
        "ON CONFLICT (space_id, day) DO UPDATE SET seen = guard_sampleday.seen + excluded.seen, "
        "punished = guard_sampleday.punished + excluded.punished "
        "RETURNING taken, punished_taken, "
        "(SELECT y.seen FROM guard_sampleday y WHERE y.space_id = %s AND y.day = %s), "
        "(SELECT y.punished FROM guard_sampleday y WHERE y.space_id = %s AND y.day = %s)",
        [space_id, day, allowed, punished, *[space_id, day - timedelta(days=1)] * 2],
    )
    return (
        {_ALLOWED: taken, _PUNISHED: punished_taken},
        {_ALLOWED: seen_before or 0, _PUNISHED: punished_before or 0},
    )
