"""Token buckets by name: rules give every bucket whose name starts with a prefix its shape.

A bucket without a rule limits nothing. Levels live in the database, so all workers draw from the same ones;
they are drawn in the transaction that claims, and effects that find too little wait in the bucket's own
line.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction

from guildhall.effects import bucket, table
from guildhall.effects.types import BUCKET_PREFIX

_rules: dict[str, bucket.Shape] = {}
_MOST_WOKEN = 500
_STEP_OUT = """
UPDATE effects_effect SET waiting_for = '' WHERE id IN (
    SELECT id FROM effects_effect{queue} WHERE state = 'queued' AND waiting_for = %s
    ORDER BY priority, id LIMIT %s{lock})
"""


def rule(prefix: str, rate_per_s: float | Fraction, burst: int) -> None:
    """Give buckets whose name starts with `prefix` a rate (tokens a second) and a burst (whole tokens).

    The longest matching prefix holds. Raises ValueError for a shape that gives nothing out.
    """
    _rules[prefix] = bucket.Shape.of(rate_per_s, burst)


def shape_of(name: str) -> bucket.Shape | None:
    """The shape of a bucket, or None when no rule limits it."""
    best = max((prefix for prefix in _rules if name.startswith(prefix)), key=len, default=None)
    return None if best is None else _rules[best]


def forget(prefix: str) -> None:
    """Take a rule out again; for tests."""
    _rules.pop(prefix, None)


@dataclass(slots=True)
class Refusal:
    """Which bucket lacks a token, and when it will have one if nobody else takes it."""

    name: str
    until: datetime


class Purse:
    """The buckets one claim draws from: read and locked once, written back once. Use inside the claim's
    transaction.
    """

    def __init__(self, names: Iterable[str], now: datetime) -> None:
        shapes = {name: shape_of(name) for name in names}
        self._shapes = {name: shape for name, shape in shapes.items() if shape is not None}
        self._now = table.micros(now)
        self._levels: dict[str, bucket.Level] = {}
        self._refused: set[str] = set()
        self._had_line: set[str] = set()
        if self._shapes:
            self._read()

    def draw(self, names: Iterable[str]) -> Refusal | None:
        """Take a token of each bucket, or none of any and say which one keeps the effect waiting
        longest.
        """
        wanted = [name for name in names if name in self._shapes]
        short = [name for name in wanted if bucket.whole_tokens(self._levels[name]) < 1]
        if short:
            at, name = max((self._available(name), name) for name in short)
            self._refused.add(name)
            return Refusal(name, _moment(at))
        for name in wanted:
            self._levels[name] = bucket.take(self._levels[name])
        return None

    def put_back(self) -> None:
        """Write the levels, and when each bucket somebody waits for should be looked at again."""
        for name, level in sorted(self._levels.items()):
            line = name in self._refused or (name in self._had_line and _has_line(name))
            wake = table.time(_moment(self._available(name))) if line else None
            table.run(
                "UPDATE effects_bucket SET tokens = %s, at = %s, wake_at = %s WHERE name = %s",
                [level.tokens, level.at, wake, name],
            )

    def _available(self, name: str) -> int:
        return bucket.available_at(self._levels[name], self._shapes[name])

    def _read(self) -> None:
        names = sorted(self._shapes)
        found = self._locked(names)
        missing = [name for name in names if name not in found]
        for name in missing:
            table.run(
                "INSERT INTO effects_bucket (name, tokens, at) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
                [name, self._shapes[name].burst, self._now],
            )
        if missing:
            found |= self._locked(missing)
        for name, level in found.items():
            self._levels[name] = bucket.refill(level, self._shapes[name], self._now)

    def _locked(self, names: list[str]) -> dict[str, bucket.Level]:
        rows = table.run(
            f"SELECT name, tokens, at, wake_at FROM effects_bucket WHERE {table.any_of('name')} "
            f"ORDER BY name{table.locking(skip_locked=False)}",
            [table.many(names)],
        )
        self._had_line |= {row[0] for row in rows if row[3] is not None}
        return {row[0]: bucket.Level(int(row[1]), int(row[2])) for row in rows}


def wake(now: datetime) -> list[str]:
    """Let as many waiting effects step out of each due bucket's line as it has tokens; the buckets'
    names.
    """
    due = table.run(
        "SELECT name, tokens, at FROM effects_bucket WHERE wake_at IS NOT NULL AND wake_at <= %s",
        [table.time(now)],
    )
    for name, tokens, at in due:
        shape = shape_of(name)
        level = bucket.Level(int(tokens), int(at))
        free = _MOST_WOKEN
        if shape is not None:
            free = min(free, max(1, bucket.whole_tokens(bucket.refill(level, shape, table.micros(now)))))
        table.run(
            _STEP_OUT.format(queue=table.using("effect_queue"), lock=table.locking()),
            [BUCKET_PREFIX + name, free],
        )
        if shape is None and not _has_line(name):
            table.run("UPDATE effects_bucket SET wake_at = NULL WHERE name = %s", [name])
    return [row[0] for row in due]


def _has_line(name: str) -> bool:
    queue = table.using("effect_queue")
    sql = f"SELECT EXISTS (SELECT 1 FROM effects_effect{queue} WHERE state = 'queued' AND waiting_for = %s)"
    return bool(table.run(sql, [BUCKET_PREFIX + name])[0][0])


def _moment(micros: int) -> datetime:
    return datetime.fromtimestamp(micros // 1_000_000, UTC).replace(microsecond=micros % 1_000_000)
