"""When a message may leave: an exact limiter of every sliding window, shared by all processes here.

The engine's buckets hold the average; this holds Telegram's limits to the letter. A message counts from
when its slot is reserved until one window after its *answer* came, because it arrived somewhere between the
two: so whatever the jitter, no window at Telegram holds more than the limit. One that never gets an answer
counts as arrived `GRACE` after its slot; whoever is late for a slot must not use it. The file is disposable:
it knows the last minute only, and a process that is killed leaves nothing behind that blocks for longer.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from guildhall.core.errors import Temporary
from guildhall.core.text import Text

SECOND = 1_000_000
"""Times of this module are whole microseconds of a clock that all processes of the machine share."""
LONGEST_WAIT = 2_200_000
"""A little more than what a message without an answer costs its chat."""
LATE = 400_000
"""A slot that was not used so long after its time is given up."""
GRACE = SECOND
"""So long after its slot a message has arrived, if it ever does: LATE, and time on the way."""
STRAIN = 3
"""So many different chats refusing, none answering between: the bot itself is too fast."""
_KEPT = 61 * SECOND
_IMPOSSIBLE = LONGEST_WAIT + GRACE + SECOND
_LONGEST_HOLD = 7 * 86_400 * SECOND
_TIDY_EVERY = 64
_BUSY_S = 2.0

_SCHEMA = """
CREATE TABLE IF NOT EXISTS send (
    id INTEGER PRIMARY KEY, bot TEXT NOT NULL, chat TEXT NOT NULL, clear INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS send_bot ON send (bot, clear);
CREATE INDEX IF NOT EXISTS send_chat ON send (chat, clear);
CREATE INDEX IF NOT EXISTS send_clear ON send (clear);
CREATE TABLE IF NOT EXISTS hold (key TEXT PRIMARY KEY, until INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS refusal (bot TEXT NOT NULL, chat TEXT NOT NULL, PRIMARY KEY (bot, chat));
CREATE TABLE IF NOT EXISTS era (
    one INTEGER PRIMARY KEY CHECK (one = 1), boot TEXT NOT NULL, behind INTEGER NOT NULL);
"""
_CAME = "UPDATE send SET clear = min(clear, ?) WHERE id = ?"


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` messages in any `span` (microseconds)."""

    most: int
    span: int


BOT = Limit(30, SECOND)
CHAT = Limit(1, SECOND)
GROUP = Limit(20, 60 * SECOND)
"""Groups, supergroups and channels: their ids are negative."""


@dataclass(frozen=True, slots=True)
class Slot:
    """Leave to send one message from `start` on, and not much later."""

    id: int
    bot: str
    chat: str
    start: int

    def is_open(self) -> bool:
        """Whether a message may still leave by it."""
        return now_us() <= self.start + LATE


def now_us() -> int:
    """Microseconds since the machine started, sleep included where the system tells; one clock for all
    processes.
    """
    ask = getattr(time, "CLOCK_BOOTTIME", None)
    return (time.clock_gettime_ns(ask) if ask is not None else time.monotonic_ns()) // 1000


def boot_id() -> str:
    """Names the time since the machine started; '' where the system does not tell."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


class Pace:
    """The limiter on one file. Safe for threads and processes; every method is one short transaction."""

    def __init__(
        self,
        path: Path,
        *,
        now: Callable[[], int] = now_us,
        wall: Callable[[], int] = lambda: time.time_ns() // 1000,
        boot: Callable[[], str] = boot_id,
    ) -> None:
        self._path, self._now, self._wall, self._boot = path, now, wall, boot
        self._lock = threading.Lock()
        self._db: sqlite3.Connection | None = None
        self._pid = 0
        self._count = 0

    def reserve(self, bot: int | str, chat: str) -> Slot:
        """The next slot for a message of the bot to a chat; wait until its start, then tell what came of it.

        Raises Temporary with `retry_after` when none is free within LONGEST_WAIT.
        """
        bot, place = str(bot), _place(bot, chat)
        limits = [("bot", bot, BOT), ("chat", place, CHAT)]
        if chat.startswith("-"):
            limits.append(("chat", place, GROUP))
        with self._transaction() as db:
            now = self._now()
            self._tidy(db, now)
            free = max(now, *(_held(db, key) for key in (bot, place)))
            for column, key, limit in limits:
                row = db.execute(
                    f"SELECT clear FROM send WHERE {column} = ? ORDER BY clear DESC LIMIT 1 OFFSET ?",
                    (key, limit.most - 1),
                ).fetchone()
                if row is not None:
                    free = max(free, row[0] + limit.span + 1)
            if free - now > LONGEST_WAIT:
                raise _too_fast(free - now)
            cursor = db.execute(
                "INSERT INTO send (bot, chat, clear) VALUES (?, ?, ?)", (bot, place, free + GRACE)
            )
            return Slot(int(cursor.lastrowid or 0), bot, place, free)

    def allow(self, bot: int | str, chat: str) -> int:
        """Microseconds to wait before a call that sends no message: 0 unless Telegram asked for a pause.

        Raises Temporary when the pause is longer than LONGEST_WAIT.
        """
        bot = str(bot)
        with self._reading() as db:
            wait = max(_held(db, key) for key in (bot, _place(bot, chat))) - self._now()
        if wait > LONGEST_WAIT:
            raise _too_fast(wait)
        return max(0, wait)

    def answered(self, slot: Slot, at: int = 0) -> None:
        """An answer came at a time (0: now): the message has arrived by then, whether Telegram liked it or
        not.
        """
        with self._transaction() as db:
            db.execute(_CAME, (max(at or self._now(), slot.start), slot.id))
            db.execute("DELETE FROM refusal WHERE bot = ?", (slot.bot,))

    def unsent(self, slot: Slot) -> None:
        """It never left: the slot is free again."""
        with self._transaction() as db:
            db.execute("DELETE FROM send WHERE id = ?", (slot.id,))

    def refused(self, bot: int | str, chat: str, retry_after_s: float, slot: Slot | None = None) -> None:
        """Telegram said 429: nothing was sent, and this chat waits. When STRAIN different chats are refused
        one after the other, the whole bot waits. The slot counts all the same: it was knocked at the door.
        """
        bot, place = str(bot), _place(str(bot), chat)
        until = self._now() + int(max(0.0, retry_after_s) * SECOND)
        with self._transaction() as db:
            if slot is not None:
                db.execute(_CAME, (max(self._now(), slot.start), slot.id))
            _hold(db, place, until)
            db.execute("INSERT OR IGNORE INTO refusal VALUES (?, ?)", (bot, place))
            (chats,) = db.execute("SELECT count(*) FROM refusal WHERE bot = ?", (bot,)).fetchone()
            if chats >= STRAIN:
                _hold(db, bot, until)
                db.execute("DELETE FROM refusal WHERE bot = ?", (bot,))

    def close(self) -> None:
        """Close the file; the next call opens it again."""
        with self._lock:
            self._shut()

    # The file

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._reading() as db:
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
            except BaseException:
                db.execute("ROLLBACK")
                raise
            db.execute("COMMIT")

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                yield self._opened()
            except sqlite3.OperationalError as error:
                self._shut()
                raise Temporary(
                    Text(f"The pace of sending is not known: {error}", f"无法确定发送节奏：{error}"),
                    retry_after=1.0,
                ) from error
            except sqlite3.DatabaseError as error:
                # Torn by a power cut. It knew the last minute only: begin anew.
                self._shut()
                for name in ("", "-wal", "-shm"):
                    with contextlib.suppress(OSError):
                        Path(f"{self._path}{name}").unlink()
                raise Temporary(
                    Text("The pace of sending is counted anew.", "发送节奏将重新统计。"), retry_after=1.0
                ) from error

    def _opened(self) -> sqlite3.Connection:
        if self._db is None or self._pid != os.getpid():
            self._path.parent.mkdir(parents=True, exist_ok=True)
            db = sqlite3.connect(self._path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False)
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = OFF")
            db.executescript(_SCHEMA)
            self._enter_era(db)
            self._db, self._pid = db, os.getpid()
        return self._db

    def _enter_era(self, db: sqlite3.Connection) -> None:
        """After a restart of the machine its clock begins anew: move what is known to the new one."""
        boot, behind = self._boot(), self._wall() - self._now()
        db.execute("BEGIN IMMEDIATE")
        row = db.execute("SELECT boot, behind FROM era").fetchone()
        if row is not None and row[0] != boot:
            shift = row[1] - behind
            db.execute("UPDATE send SET clear = clear + ?", (shift,))
            db.execute("UPDATE hold SET until = until + ?", (shift,))
        db.execute("INSERT OR REPLACE INTO era VALUES (1, ?, ?)", (boot, behind))
        db.execute("COMMIT")

    def _tidy(self, db: sqlite3.Connection, now: int) -> None:
        """Forget what no window sees any more, and what no clock of ours can have written."""
        self._count += 1
        if self._count % _TIDY_EVERY == 1:
            db.execute("DELETE FROM send WHERE clear < ? OR clear > ?", (now - _KEPT, now + _IMPOSSIBLE))
            db.execute("DELETE FROM hold WHERE until < ? OR until > ?", (now, now + _LONGEST_HOLD))

    def _shut(self) -> None:
        if self._db is not None and self._pid == os.getpid():
            with contextlib.suppress(sqlite3.Error):
                self._db.close()
        self._db = None


def _place(bot: str, chat: str) -> str:
    return f"{bot}/{chat}"


def _held(db: sqlite3.Connection, key: str) -> int:
    row = db.execute("SELECT until FROM hold WHERE key = ?", (key,)).fetchone()
    return int(row[0]) if row is not None else 0


def _hold(db: sqlite3.Connection, key: str, until: int) -> None:
    db.execute(
        "INSERT INTO hold VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET until = max(until, excluded.until)",
        (key, until),
    )


def _too_fast(wait_us: int) -> Temporary:
    return Temporary(
        Text("Telegram's limits allow no message just now.", "已达到 Telegram 发送频率上限，稍后再发。"),
        retry_after=wait_us / SECOND,
    )
