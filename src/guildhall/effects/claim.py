"""Taking effects in hand: a batch by lease in one short transaction, beginning them, and keeping the lease.

An effect is claimable when it is due, when no other effect of its order key is in hand or earlier in the
queue, and when each of its buckets has a token. What is not claimable is set aside where the next claim
need not look at it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from guildhall.core import clock
from guildhall.effects import buckets, locks, performers, table
from guildhall.effects.types import BUCKET_PREFIX, Claimed, Mode, Payload, State

_ROUNDS = 8
_MOST_DUE = 500


@dataclass(slots=True)
class Lease:
    """An effect in a worker's hand. `attempt` and `owner` together fence every later write."""

    id: int
    kind: str
    payload: Payload
    mode: Mode
    attempt: int
    order_key: str
    cause: str
    created_at: datetime
    due_at: datetime
    owner: str
    state: State = State.LEASED

    def claimed(self) -> Claimed:
        """What its performer is given."""
        return Claimed(self.id, self.kind, self.payload, self.attempt, self.mode, self.cause, self.created_at)


@dataclass(frozen=True, slots=True)
class Glance:
    """What an idle worker needs to know: is anything ready, and if not, when may something be."""

    ready: bool
    next_at: datetime | None


_GLANCE = """
SELECT (SELECT id FROM effects_effect{queue} WHERE state = 'queued' AND waiting_for = ''
        ORDER BY priority, id LIMIT 1) IS NOT NULL,
       (SELECT MIN(due_at) FROM effects_effect{due} WHERE state = 'queued' AND waiting_for = 'time'),
       (SELECT MIN(wake_at) FROM effects_bucket WHERE wake_at IS NOT NULL)
"""
_PROMOTE_DUE = """
UPDATE effects_effect SET waiting_for = '' WHERE id IN (
    SELECT id FROM effects_effect{due} WHERE state = 'queued' AND waiting_for = 'time' AND due_at <= %s
    ORDER BY due_at LIMIT %s{lock})
"""
_CANDIDATES = """
SELECT id, kind, payload, mode, attempts, order_key, buckets, cause, created_at, due_at
FROM effects_effect{queue} WHERE state = 'queued' AND waiting_for = ''
ORDER BY priority, id LIMIT %s{lock}
"""
_THESE = """
SELECT id, kind, payload, mode, attempts, order_key, buckets, cause, created_at, due_at
FROM effects_effect WHERE {these} AND state = 'queued' AND waiting_for = '' ORDER BY priority, id{lock}
"""
_BEHIND = """
SELECT c.id FROM effects_effect c WHERE {these} AND (
    EXISTS (SELECT 1 FROM effects_effect b{live} WHERE b.order_key = c.order_key AND b.order_key > ''
            AND b.state IN ('queued', 'leased', 'running') AND b.id < c.id)
    OR EXISTS (SELECT 1 FROM effects_effect b{in_hand} WHERE b.order_key = c.order_key AND b.order_key > ''
               AND b.state IN ('leased', 'running')))
"""
_HEADS = """
SELECT h.id, h.state, h.waiting_for FROM effects_effect h WHERE h.id IN (
    SELECT (SELECT e.id FROM effects_effect e{live} WHERE e.order_key = k.value AND e.order_key > ''
            AND e.state IN ('queued', 'leased', 'running') ORDER BY e.id LIMIT 1)
    FROM {keys} WHERE NOT EXISTS (
        SELECT 1 FROM effects_effect b{in_hand} WHERE b.order_key = k.value AND b.order_key > ''
        AND b.state IN ('leased', 'running')))
ORDER BY h.id
"""


def _sql(text: str, **parts: str) -> str:
    """A statement with the indexes SQLite is to read by, the row locks of PostgreSQL, and these parts."""
    return text.format(
        queue=table.using("effect_queue"),
        due=table.using("effect_due"),
        live=table.using("effect_key_live"),
        in_hand=table.using("effect_key_in_hand"),
        lock=table.locking(),
        **parts,
    )


def glance() -> Glance:
    """One cheap read without a transaction: may a claim find anything now?"""
    now = clock.now()
    ready, due, wake = table.run(_sql(_GLANCE))[0]
    times = [table.moment(at) for at in (due, wake) if at is not None]
    soonest = min(times, default=None)
    return Glance(bool(ready) or (soonest is not None and soonest <= now), soonest)


def claim(owner: str, limit: int) -> list[Lease]:
    """Lease up to `limit` effects to `owner`, most urgent and oldest first; one transaction."""
    if limit < 1:
        return []
    now = clock.now()
    leases: list[Lease] = []
    with transaction.atomic():
        table.run(_sql(_PROMOTE_DUE), [table.time(now), _MOST_DUE])
        woken = buckets.wake(now)
        for _ in range(_ROUNDS):
            wanted = limit - len(leases)
            rows = table.run(_sql(_CANDIDATES), [wanted])
            taken, skipped = _take(owner, rows, now, woken)
            leases += taken
            woken = []
            if len(rows) < wanted or skipped or len(leases) == limit:
                break
    return leases


def claim_heads(owner: str, keys: Collection[str], limit: int) -> list[Lease]:
    """Lease the next effect of each of these order keys, where it may begin. Inside the caller's
    transaction.

    The keys must be held (`locks.hold_keys`); what waits for one of them and now comes first is made ready.
    """
    heads = _heads(keys)
    waiting = [id_ for id_, _, waits in heads if waits == "key"]
    if waiting:
        table.run(
            f"UPDATE effects_effect SET waiting_for = '' WHERE {table.any_of('id')}",
            [table.many(waiting)],
        )
    ready = [id_ for id_, state, waits in heads if state == State.QUEUED and waits in ("", "key")][:limit]
    if not ready:
        return []
    rows = table.run(_sql(_THESE, these=table.any_of("id")), [table.many(ready)])
    return _take(owner, rows, clock.now(), [])[0]


def start(leases: Sequence[Lease]) -> list[Lease]:
    """Mark ONCE effects as running, just before they are performed; those whose lease is lost are left out.

    Inside the caller's transaction, which must be committed before the performer is called.
    """
    held = held_by(leases)
    begun = [lease for lease in leases if held.get(lease.id) is State.LEASED]
    now = clock.now()
    for seconds, group in _by_lease(begun).items():
        table.run(
            "UPDATE effects_effect SET state = 'running', started_at = %s, lease_until = %s "
            f"WHERE {table.any_of('id')}",
            [table.time(now), table.time(now + timedelta(seconds=seconds)), table.many(x.id for x in group)],
        )
    return begun


def extend(leases: Sequence[Lease]) -> None:
    """Promise again that these are in hand; one short transaction. Lost ones stay lost."""
    now = clock.now()
    with transaction.atomic():
        for (owner, seconds), group in _by_owner_and_lease(leases).items():
            table.run(
                "UPDATE effects_effect SET lease_until = %s WHERE id IN (SELECT id FROM effects_effect "
                f"WHERE {table.any_of('id')} AND lease_owner = %s AND state IN ('leased', 'running')"
                f"{table.locking()})",
                [table.time(now + timedelta(seconds=seconds)), table.many(x.id for x in group), owner],
            )


def held_by(leases: Sequence[Lease]) -> dict[int, State]:
    """The leases that still hold, with their state; their rows are locked. Inside a transaction."""
    if not leases:
        return {}
    rows = table.run(
        "SELECT id, attempts, lease_owner, state FROM effects_effect "
        f"WHERE {table.any_of('id')} AND state IN ('leased', 'running'){table.locking(skip_locked=False)}",
        [table.many(lease.id for lease in leases)],
    )
    found = {(row[0], row[1], row[2]): State(row[3]) for row in rows}
    return {
        lease.id: found[key] for lease in leases if (key := (lease.id, lease.attempt, lease.owner)) in found
    }


def _heads(keys: Collection[str]) -> list[tuple[int, str, str]]:
    """The first live effect of each key: (id, state, waiting_for); none for keys with an effect in hand."""
    if not keys:
        return []
    rows = table.run(_sql(_HEADS, keys=table.rows_of("k")), [table.many(sorted(set(keys)))])
    return [(int(id_), str(state), str(waits)) for id_, state, waits in rows]


def _take(
    owner: str, rows: Sequence[tuple[Any, ...]], now: datetime, woken: Sequence[str]
) -> tuple[list[Lease], bool]:
    """Of candidate rows, lease what may begin and set the rest aside; whether some had to be skipped."""
    free, skipped = _free_of_key(rows)
    wanted = {row[0]: json.loads(row[6]) for row in free}
    purse = buckets.Purse({*woken, *(name for names in wanted.values() for name in names)}, now)
    leases = []
    for row in free:
        refusal = purse.draw(wanted[row[0]]) if wanted[row[0]] else None
        if refusal is None:
            leases.append(_lease(owner, row))
        else:
            table.run(
                "UPDATE effects_effect SET waiting_for = %s, due_at = %s WHERE id = %s",
                [BUCKET_PREFIX + refusal.name, table.time(refusal.until), row[0]],
            )
    purse.put_back()
    for seconds, group in _by_lease(leases).items():
        table.run(
            "UPDATE effects_effect SET state = 'leased', lease_owner = %s, lease_until = %s, "
            f"started_at = %s, attempts = attempts + 1 WHERE {table.any_of('id')}",
            [
                owner,
                table.time(now + timedelta(seconds=seconds)),
                table.time(now),
                table.many(lease.id for lease in group),
            ],
        )
    return leases, skipped


def _free_of_key(rows: Sequence[tuple[Any, ...]]) -> tuple[list[tuple[Any, ...]], bool]:
    """The candidates that no other effect of their key holds up; those held up wait for their key."""
    keyed = [row for row in rows if row[5]]
    if not keyed:
        return list(rows), False
    ours = locks.try_keys({row[5] for row in keyed})
    mine = [row for row in keyed if row[5] in ours]
    first: dict[str, int] = {}
    for row in mine:
        first[row[5]] = min(row[0], first.get(row[5], row[0]))
    behind = {row[0] for row in mine if row[0] != first[row[5]]}
    sql = _sql(_BEHIND, these=table.any_of("c.id"))
    behind |= {row[0] for row in table.run(sql, [table.many(first.values())])} if first else set()
    if behind:
        table.run(
            f"UPDATE effects_effect SET waiting_for = 'key' WHERE {table.any_of('id')}",
            [table.many(behind)],
        )
    free = [row for row in rows if not row[5] or (row[5] in ours and row[0] not in behind)]
    return free, len(mine) < len(keyed)


def _lease(owner: str, row: tuple[Any, ...]) -> Lease:
    id_, kind, payload, mode, attempts, order_key, _, cause, created_at, due_at = row
    made, due = table.moment(created_at), table.moment(due_at)
    return Lease(id_, kind, json.loads(payload), Mode(mode), attempts + 1, order_key, cause, made, due, owner)


def _by_lease(leases: Sequence[Lease]) -> dict[int, list[Lease]]:
    groups: dict[int, list[Lease]] = {}
    for lease in leases:
        groups.setdefault(performers.lease_s(lease.kind), []).append(lease)
    return groups


def _by_owner_and_lease(leases: Sequence[Lease]) -> dict[tuple[str, int], list[Lease]]:
    groups: dict[tuple[str, int], list[Lease]] = {}
    for lease in leases:
        groups.setdefault((lease.owner, performers.lease_s(lease.kind)), []).append(lease)
    return groups
