"""When a request may leave for Discord: its buckets, the 50 requests a second of a bot, and the count of
refused ones that would have it shut us out; shared by all processes of this machine.

Discord says in each answer how many requests a bucket still takes and when it is full again; it opens a
window with the first request and counts when one *arrives*. So a window here ends no earlier than the latest
moment it may end there, and what is on its way counts against the next one too. The file is disposable: it
knows the last minutes only, and a process that is killed leaves nothing behind that blocks for longer.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from guildhall.channels.discord.ledger import SECOND, Ledger, now_us
from guildhall.core.errors import Temporary
from guildhall.core.settings import settings
from guildhall.core.text import Text

FILE = "discord-pace.sqlite3"
GLOBAL_MOST, GLOBAL_SPAN = 50, SECOND
LONGEST_WAIT = 2_200_000
GRACE = 2 * SECOND
"""A request without an answer so long after it left has arrived, if it ever does."""
LOST = 30 * SECOND
"""A request that never told what became of it (its process was killed) is forgotten after so long."""
INVALID_MOST, INVALID_SPAN = 10_000, 600 * SECOND
INVALID_STOP = 9_000
"""Refused requests of ten minutes after which nothing leaves any more: at 10,000 Discord bars the address."""
_MARGIN = 3_000
_LONGEST_HOLD = 24 * 3600 * SECOND
_TIDY_EVERY = 256
_KEPT = 3600 * SECOND

SCHEMA = """
CREATE TABLE IF NOT EXISTS flight (
    id INTEGER PRIMARY KEY, bot TEXT NOT NULL, bucket TEXT NOT NULL, start INTEGER NOT NULL,
    clear INTEGER NOT NULL, open INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS flight_bot ON flight (bot, clear);
CREATE INDEX IF NOT EXISTS flight_open ON flight (bucket, open);
CREATE INDEX IF NOT EXISTS flight_clear ON flight (clear);
CREATE TABLE IF NOT EXISTS route (key TEXT PRIMARY KEY, bucket TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS bucket (
    key TEXT PRIMARY KEY, most INTEGER NOT NULL, left INTEGER NOT NULL, reset INTEGER NOT NULL,
    span INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS hold (key TEXT PRIMARY KEY, until INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS invalid (id INTEGER PRIMARY KEY, at INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS invalid_at ON invalid (at);
"""


@dataclass(frozen=True, slots=True)
class Route:
    """What a request counts for: `key` names method and path template, `major` the channel, server or webhook
    it is about. `is_global`: whether it counts among the 50 a second (answers to presses do not).
    """

    bot: str
    key: str
    major: str = ""
    is_global: bool = True


@dataclass(frozen=True, slots=True)
class Slot:
    """Leave to send one request now. `bucket`: '' while Discord has not named one."""

    id: int
    route: Route
    bucket: str
    start: int


class Pace:
    """The limiter on one file. Safe for threads and processes; every method is one short transaction."""

    def __init__(self, path: Path, *, now: Callable[[], int] = now_us) -> None:
        self._ledger, self._now, self._count = Ledger(path, SCHEMA), now, 0

    def reserve(self, route: Route) -> Slot | int:
        """A slot to leave at once, or microseconds to wait before asking again.

        Raises Temporary with `retry_after` when none comes free within LONGEST_WAIT.
        """
        with self._ledger.transaction() as db:
            now = self._now()
            self._tidy(db, now)
            wait = max(self._shut_out(db, now), _held(db, f"bot:{route.bot}") - now)
            bucket = _bucket_of(db, route)
            wait = max(wait, _held(db, f"bucket:{bucket}") - now)
            if route.is_global:
                wait = max(wait, self._bot_full(db, route.bot, now))
            if wait <= 0:
                wait = self._enter(db, bucket, now)
            if wait > LONGEST_WAIT:
                raise _too_fast(wait)
            if wait > 0:
                return wait
            cursor = db.execute(
                "INSERT INTO flight (bot, bucket, start, clear, open) VALUES (?, ?, ?, ?, 1)",
                (route.bot if route.is_global else "", bucket, now, now + GRACE),
            )
            return Slot(int(cursor.lastrowid or 0), route, bucket, now)

    def answered(
        self, slot: Slot, status: int, headers: Mapping[str, str], wait_s: float = 0.0, at: int = 0
    ) -> None:
        """An answer came at a time (0: now): learn from its headers (names in small letters). `wait_s`: what
        a 429 asks for.
        """
        with self._ledger.transaction() as db:
            now = max(at or self._now(), slot.start)
            db.execute("UPDATE flight SET clear = min(clear, ?), open = 0 WHERE id = ?", (now, slot.id))
            bucket = self._learn(db, slot, status, headers, now)
            scope = headers.get("x-ratelimit-scope", "")
            if status == 429:
                until = now + int(max(0.0, wait_s) * SECOND) + _MARGIN
                wide = scope == "global" or "x-ratelimit-global" in headers
                _hold(db, f"bot:{slot.route.bot}" if wide else f"bucket:{bucket}", until)
            if status in (401, 403) or (status == 429 and scope != "shared"):
                db.execute("INSERT INTO invalid (at) VALUES (?)", (now,))

    def unsent(self, slot: Slot) -> None:
        """It never left: the slot is free again."""
        with self._ledger.transaction() as db:
            db.execute("DELETE FROM flight WHERE id = ?", (slot.id,))
            db.execute("UPDATE bucket SET left = min(most, left + 1) WHERE key = ?", (slot.bucket,))

    def unanswered(self, slot: Slot) -> None:
        """No answer came: it counts as arrived when its grace is over."""
        with self._ledger.transaction() as db:
            db.execute("UPDATE flight SET open = 0 WHERE id = ?", (slot.id,))

    def count(self, bot: str) -> None:
        """A request of this bot arrived just now that was sent before it was known whose it is."""
        with self._ledger.transaction() as db:
            now = self._now()
            db.execute(
                "INSERT INTO flight (bot, bucket, start, clear, open) VALUES (?, '', ?, ?, 0)",
                (bot, now, now),
            )

    def refused_lately(self) -> int:
        """How many requests were refused in the last ten minutes, by all processes here."""
        with self._ledger.reading() as db:
            return _invalid_since(db, self._now() - INVALID_SPAN)

    def close(self) -> None:
        self._ledger.close()

    def _enter(self, db: sqlite3.Connection, bucket: str, now: int) -> int:
        """Take a place in the bucket; microseconds to wait when it has none."""
        if not bucket:
            return 0
        flying = _flying(db, bucket, now)
        row = db.execute("SELECT most, left, reset, span FROM bucket WHERE key = ?", (bucket,)).fetchone()
        if row is None:
            # Nothing is known of it: one request finds out, the others wait for what it learns.
            return 50_000 if flying else 0
        most, left, reset, span = row
        if now >= reset:
            left, reset = max(0, most - flying), now + span + GRACE
            if left == 0:
                return 50_000
        if left <= 0:
            return max(1_000, reset - now)
        db.execute("UPDATE bucket SET left = ?, reset = ? WHERE key = ?", (left - 1, reset, bucket))
        return 0

    def _learn(
        self, db: sqlite3.Connection, slot: Slot, status: int, headers: Mapping[str, str], now: int
    ) -> str:
        """Keep what an answer says of its bucket; returns the bucket's key."""
        named = headers.get("x-ratelimit-bucket", "")
        most, left = _number(headers, "x-ratelimit-limit"), _number(headers, "x-ratelimit-remaining")
        after = _number(headers, "x-ratelimit-reset-after")
        route = slot.route
        if not named or most is None or left is None or after is None:
            if status < 400:  # a route that Discord counts for nothing but the bot's own limit
                db.execute("INSERT OR IGNORE INTO route VALUES (?, '')", (f"{route.bot} {route.key}",))
            return slot.bucket
        db.execute("INSERT OR REPLACE INTO route VALUES (?, ?)", (f"{route.bot} {route.key}", named))
        key = _key(named, route)
        latest, earliest = now + int(after * SECOND) + _MARGIN, slot.start + int(after * SECOND)
        row = db.execute("SELECT left, reset, span FROM bucket WHERE key = ?", (key,)).fetchone()
        flying = _flying(db, key, now)
        if row is None or earliest > row[1]:
            # The first word of it, or of a window that began after ours: what still flies may count in it.
            span = max(int(after * SECOND), row[2] if row else 0)
            db.execute(
                "INSERT OR REPLACE INTO bucket VALUES (?, ?, ?, ?, ?)",
                (key, max(1, int(most)), max(0, int(left) - flying), latest, span),
            )
        else:
            db.execute(
                "UPDATE bucket SET most = ?, left = ?, reset = ?, span = max(span, ?) WHERE key = ?",
                (max(1, int(most)), min(row[0], int(left)), min(row[1], latest), int(after * SECOND), key),
            )
        return key

    def _bot_full(self, db: sqlite3.Connection, bot: str, now: int) -> int:
        row = db.execute(
            "SELECT clear FROM flight WHERE bot = ? ORDER BY clear DESC LIMIT 1 OFFSET ?",
            (bot, GLOBAL_MOST - 1),
        ).fetchone()
        return 0 if row is None else int(row[0]) + GLOBAL_SPAN + 1 - now

    def _shut_out(self, db: sqlite3.Connection, now: int) -> int:
        """Microseconds until a refused request would be bearable again."""
        if _invalid_since(db, now - INVALID_SPAN) < INVALID_STOP:
            return 0
        row = db.execute(
            "SELECT at FROM invalid ORDER BY at DESC LIMIT 1 OFFSET ?", (INVALID_STOP - 1,)
        ).fetchone()
        return 0 if row is None else int(row[0]) + INVALID_SPAN - now

    def _tidy(self, db: sqlite3.Connection, now: int) -> None:
        """Forget what no window sees any more, and what no clock of ours can have written."""
        self._count += 1
        if self._count % _TIDY_EVERY == 1:
            db.execute("DELETE FROM flight WHERE clear < ? OR start > ?", (now - LOST, now + SECOND))
            db.execute("DELETE FROM bucket WHERE reset < ? OR reset > ?", (now - _KEPT, now + _LONGEST_HOLD))
            db.execute("DELETE FROM hold WHERE until < ? OR until > ?", (now, now + _LONGEST_HOLD))
            db.execute("DELETE FROM invalid WHERE at < ? OR at > ?", (now - INVALID_SPAN, now + SECOND))


def the_pace() -> Pace:
    """The pace of this machine: one file in the data directory."""
    return _pace(settings.data_dir)


@lru_cache(maxsize=4)
def _pace(folder: Path) -> Pace:
    return Pace(folder / FILE)


def _bucket_of(db: sqlite3.Connection, route: Route) -> str:
    row = db.execute("SELECT bucket FROM route WHERE key = ?", (f"{route.bot} {route.key}",)).fetchone()
    if row is not None and not row[0]:
        return ""
    return _key(str(row[0]) if row is not None else f"?{route.key}", route)


def _key(bucket: str, route: Route) -> str:
    return f"{route.bot} {bucket} {route.major}"


def _flying(db: sqlite3.Connection, bucket: str, now: int) -> int:
    row = db.execute(
        "SELECT count(*) FROM flight WHERE bucket = ? AND open = 1 AND start > ?", (bucket, now - LOST)
    ).fetchone()
    return int(row[0])


def _invalid_since(db: sqlite3.Connection, since: int) -> int:
    return int(db.execute("SELECT count(*) FROM invalid WHERE at > ?", (since,)).fetchone()[0])


def _held(db: sqlite3.Connection, key: str) -> int:
    row = db.execute("SELECT until FROM hold WHERE key = ?", (key,)).fetchone()
    return int(row[0]) if row is not None else 0


def _hold(db: sqlite3.Connection, key: str, until: int) -> None:
    db.execute(
        "INSERT INTO hold VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET until = max(until, excluded.until)",
        (key, until),
    )


def _number(headers: Mapping[str, str], name: str) -> float | None:
    try:
        return float(headers[name])
    except (KeyError, ValueError):
        return None


def _too_fast(wait_us: int) -> Temporary:
    return Temporary(
        Text("Discord's limits allow no request just now.", "已达到 Discord 请求频率上限，稍后再发。"),
        retry_after=wait_us / SECOND,
    )
