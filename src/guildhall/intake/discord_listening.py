"""Hears the gateway connections of our Discord bots, has every event recorded, and remembers in the same
transaction how far that is: from there Discord repeats after whatever breaks.

Where Discord has forgotten the session, or there was none, what a gap swallowed is fetched by REST in a
thread of its own while events go on. One listener is one shard of one bot.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import UTC, datetime
from typing import Protocol, cast

from django.db import DatabaseError, InterfaceError, connection, transaction

from guildhall.channels.discord import AWAY, bots, client, filling, shards
from guildhall.channels.discord.errors import TokenRefused
from guildhall.channels.discord.framing import Broken, Frame, Gone, Heard, Start, fetched, frame
from guildhall.channels.discord.models import DiscordShard, secret_name
from guildhall.channels.discord.reading import PLATFORM, maybe_id, objects, word
from guildhall.channels.discord.rights import INTENTS
from guildhall.channels.discord.updates import NEEDLESS
from guildhall.channels.port import Platform
from guildhall.core import clock, secrets, troubles
from guildhall.core.errors import GuildhallError, Temporary
from guildhall.core.log import get_logger
from guildhall.core.settings import settings
from guildhall.core.text import Text
from guildhall.intake.listening import Listener
from guildhall.intake.pipeline import Raw, ingest

MOST = 500
WINDOW_S = 0.010
GATHER_S = 0.05
"""Least time between two commits while more keeps coming: in a raid, one for what came meanwhile."""
WAIT_S = 0.5
MARK_EVERY_S = 5.0
"""How often it is noted how far we are when all that came needed nothing."""
INTENTS_PAUSE_S = 120.0
PATIENT_FOR = 3
"""So many refusals in a row are bad luck; after them the sessions left for the day are looked at."""
SESSIONS_KEPT = 50
LONGEST_WAIT_S = 900.0
AGAIN_S = 0.2
FILL_AGAIN_S = 10.0
TOKEN_REFUSED, BAD_SHARD, TOO_FEW_SHARDS, BAD_INTENTS, REFUSED_INTENTS = 4004, 4010, 4011, 4013, 4014
_DISCORD_AWAY = Text("Discord does not answer the gateway.", "Discord 网关没有响应。")
_TOO_MANY_SESSIONS = Text(
    "Discord let this bot begin nearly as many sessions today as it allows; waiting.",
    "该机器人今日建立的会话数已接近 Discord 上限，等待中。",
)
_logger = get_logger(__name__)


class Line(Protocol):
    """A connection that is being heard."""

    def close(self) -> None: ...


Connect = Callable[["Start", "queue.SimpleQueue[Frame]"], Line]


def discord_line(start: Start, out: queue.SimpleQueue[Frame]) -> Line:
    """A real connection, on discord.py's layer."""
    from guildhall.channels.discord.wire import Connection

    return Connection(start, out)


class Shard(Listener):
    """Hears one shard until told to stop."""

    away = AWAY

    def __init__(self, row: DiscordShard, lease_until: datetime, connect: Connect = discord_line) -> None:
        super().__init__(PLATFORM, str(row.pk), lease_until)
        self.row, self.bot = row, row.bot
        self.name_of_bot = str(row.bot.bot_id)
        self.mark = shards.Mark(row.session, row.resume_url, row.seq)
        self.gap_since = row.gap_since
        self.gaps = self._known_places() if row.gap_since is not None else set()
        """Servers something may be missing of; '' for private talks."""
        self.new: set[str] = set()
        """Servers whose leaders have to be learned."""
        self.untold: set[str] = set()
        """Servers that the session has still to tell: what was missed there can be fetched afterwards."""
        self.ranks = shards.ranks(row.bot.bot_id)
        self._connect = connect
        self._line: Line | None = None
        self._frames: queue.SimpleQueue[Frame] = queue.SimpleQueue()
        self._taken: list[Frame] = []
        self._recorded_at = shards.heard_last(row)
        self._has_settled = False
        self._marked = self.mark
        self._mark_at = self._committed_at = 0.0
        self._refused = 0
        self._filler: Filler | None = None
        self._filler_due = 0.0

    def close(self) -> None:
        if self._line is not None:
            self._line.close()
        if self._filler is not None:
            self._filler.join(2.0)

    def turn(self) -> None:
        """Connect if need be; take what was heard, have it recorded; then what follows from it."""
        if self._line is None:
            self._begin()
        if not self._taken:
            self._taken = self._gather()
        if self.stop_asked.is_set():
            return  # nothing of it was noted: it is told again
        ended = self._record_taken()
        self._fill()
        if ended is not None:
            self._line = None
            self._after(ended)

    def went_well(self) -> None:
        """Only a session that stands says that a trouble is over."""
        if self._has_settled:
            super().went_well()

    # -- the connection ------------------------------------------------------------------------------

    def _begin(self) -> None:
        if self._refused >= PATIENT_FOR and self.mark.seq is None:
            self._mind_the_limit()
        since = int(self._recorded_at.timestamp() * 1000) if self._recorded_at is not None else 0
        start = Start(
            self._address(),
            secrets.get(secret_name(self.bot.bot_id)),
            INTENTS,
            (self.row.number, max(1, self.bot.shard_count)),
            self.mark.session if self.mark.seq is not None else "",
            self.mark.resume_address if self._refused < 2 else "",
            self.mark.seq,
            since,
        )
        self._has_settled = False
        self._line = self._connect(start, self._frames)

    def _mind_the_limit(self) -> None:
        """Discord takes the token away from a bot that begins too many sessions in a day (1,000 for most):
        one that is refused again and again asks how many are left before it tries once more.
        """
        answer = client.call(self.bot.bot_id, "GET", "/gateway/bot")
        limit = answer.get("session_start_limit") if isinstance(answer, dict) else None
        left = limit.get("remaining") if isinstance(limit, dict) else None
        if isinstance(limit, dict) and type(left) is int and left <= SESSIONS_KEPT:
            resets = limit.get("reset_after")
            wait = resets / 1000 if type(resets) is int else LONGEST_WAIT_S
            raise Temporary(_TOO_MANY_SESSIONS, retry_after=min(max(wait, 1.0), LONGEST_WAIT_S))

    def _address(self) -> str:
        """Where the gateway listens: as set, else as Discord says."""
        if settings.discord_gateway:
            return settings.discord_gateway
        answer = client.call(self.bot.bot_id, "GET", "/gateway/bot")
        url = word(answer, "url") if isinstance(answer, dict) else ""
        if not url.startswith(("wss://", "ws://")):
            raise Temporary(_DISCORD_AWAY)
        return url

    def _after(self, ended: Gone) -> None:
        """A connection is over: take up its session again, begin a new one, or wait for a person."""
        if self.stop_asked.is_set():
            return
        _logger.info("discord.reconnects", shard=self.key, why=ended.why, resume=ended.resume)
        if not ended.resume:
            self.mark = shards.Mark("", "", None)
        if ended.code == TOKEN_REFUSED:
            _logger.error("gateway.token_refused", bot=self.bot.pk)
            self.tell(lambda: bots.note_refused_token(self.bot.bot_id))
            self.stop()
        elif ended.code in (BAD_SHARD, TOO_FEW_SHARDS):
            self._resize()
            self.stop()
        elif ended.code in (BAD_INTENTS, REFUSED_INTENTS):
            self.tell(lambda: bots.note_refused_intents(self.bot.bot_id))
            self._refused = max(self._refused, PATIENT_FOR)
            self.stop_asked.wait(INTENTS_PAUSE_S)
        elif self._has_settled:
            self._refused = 0
            self.stop_asked.wait(AGAIN_S)
        else:
            self._refused += 1
            if self._refused > 1:
                raise Temporary(_DISCORD_AWAY)
            self.stop_asked.wait(AGAIN_S)

    def _resize(self) -> None:
        answer = client.call(self.bot.bot_id, "GET", "/gateway/bot")
        count = answer.get("shards") if isinstance(answer, dict) else None
        self.tell(lambda: shards.resize(self.bot, count if type(count) is int else self.bot.shard_count + 1))

    # -- what is heard -------------------------------------------------------------------------------

    def _gather(self) -> list[Frame]:
        """At most 500 frames, or what comes within 10 ms of the first; under load within 50 ms of the last
        commit.
        """
        try:
            frames = [self._frames.get(timeout=WAIT_S)]
        except queue.Empty:
            return []
        until = max(time.monotonic() + WINDOW_S, self._committed_at + GATHER_S)
        while len(frames) < MOST:
            left = until - time.monotonic()
            try:
                frames.append(self._frames.get(timeout=left) if left > 0 else self._frames.get_nowait())
            except queue.Empty:
                break
        return frames

    def _record_taken(self) -> Gone | None:
        """Record what was taken; returns the end of the connection when that was among it."""
        bodies: list[bytes] = []
        mark, ready = self.mark, False
        ended: Gone | None = None
        events: list[Heard] = []
        for one in self._taken:
            if isinstance(one, Heard):
                events.append(one)
                if one.name == "READY":
                    session = word(one.d, "session_id")[:190]
                    mark, ready = shards.Mark(session, word(one.d, "resume_gateway_url")[:255], one.seq), True
                    bodies += self._new_session(one)
                elif one.seq is not None:
                    mark = shards.Mark(mark.session, mark.resume_address, one.seq)
                bodies += self._bodies(one, mark.session)
            elif isinstance(one, Broken):
                bodies.append(one.text.encode("utf-8", "surrogatepass"))
            else:
                ended = one
        if bodies or ready:
            self._commit(bodies, mark, ready=ready)
        elif mark != self._marked and time.monotonic() >= self._mark_at:
            shards.advance(self.key, mark)
            self._marked, self._mark_at = mark, time.monotonic() + MARK_EVERY_S
        self.mark = mark
        self._taken = []
        for heard in events:
            self._recorded_at = datetime.fromtimestamp(heard.at / 1000, UTC)
            self._follow(heard)
        return ended

    def _bodies(self, heard: Heard, session: str) -> Iterator[bytes]:
        if heard.name in NEEDLESS:
            return
        guild = maybe_id(heard.d, "id") if heard.name == "GUILD_CREATE" else maybe_id(heard.d, "guild_id")
        if self.ranks.heard(heard.name, heard.d):
            self.new.add(guild or maybe_id(heard.d, "id"))
        rank = self.ranks.of_event(heard.name, heard.d)
        yield frame(heard, self.name_of_bot, session, rank, gap=guild in self.gaps)

    def _commit(self, bodies: list[bytes], mark: shards.Mark, *, ready: bool) -> None:
        with transaction.atomic():
            if bodies:
                self.record(bodies)
            if ready:
                shards.begin(self.key, mark, self.gap_since)
                shards.note_settled(self.bot)
            else:
                shards.advance(self.key, mark)
        self._committed_at = time.monotonic()
        self._marked, self._mark_at = mark, self._committed_at + MARK_EVERY_S

    def _new_session(self, ready: Heard) -> Iterator[bytes]:
        """Discord begins anew: whatever happened since the last thing recorded was not told. A server it
        names no longer is one that we are out of.
        """
        inside = {maybe_id(one, "id") for one in objects(ready.d, "guilds")} - {""}
        known = {space.external_id for space in shards.servers(self.row)}
        self.untold = set(inside)
        if self.gap_since is None:
            self.gap_since = self._recorded_at
        if self.gap_since is not None:
            self.gaps = inside | self._talks()
        for guild in sorted(known - inside) if "guilds" in ready.d else ():
            yield fetched(self.name_of_bot, "GUILD_DELETE", {"id": guild}, clock.now())

    def _known_places(self) -> set[str]:
        """Where something may be missing that an earlier gateway did not get to fetch."""
        return {space.external_id for space in shards.servers(self.row)} | self._talks()

    def _talks(self) -> set[str]:
        """Private talks are told on the first shard."""
        return {""} if self.row.number == 0 else set()

    def _follow(self, heard: Heard) -> None:
        """What has to be done once something is recorded."""
        if heard.name in ("READY", "RESUMED"):
            self._has_settled = True
            self._refused = 0
        elif heard.name == "GUILD_CREATE" and heard.d.get("unavailable") is not True:
            guild = maybe_id(heard.d, "id")
            self.untold.discard(guild)
            if guild not in self.gaps:
                self.new.add(guild)
        elif heard.name == "GUILD_DELETE" and heard.d.get("unavailable") is not True:
            self.gaps.discard(maybe_id(heard.d, "id"))

    # -- what was missed -----------------------------------------------------------------------------

    def _fill(self) -> None:
        """Have a thread fetch what is missing, one at a time."""
        if self._filler is not None and self._filler.is_alive():
            return
        if self._filler is not None:
            self._filled(self._filler)
            self._filler = None
        gaps, new = self.gaps - self.untold, self.new - self.untold
        if not self._has_settled or not (gaps or new) or self._filler_due > time.monotonic():
            return
        self._filler = Filler(self, gaps, new)
        self._filler.start()

    def _filled(self, filler: Filler) -> None:
        self.gaps -= filler.done
        self.new -= filler.learned
        self.count += filler.count
        if filler.failed:
            self._filler_due = time.monotonic() + FILL_AGAIN_S
        if not self.gaps and self.gap_since is not None:
            shards.close_gap(self.key, self.gap_since)
            self.gap_since = None


class Filler(threading.Thread):
    """Fetches once what a shard may have missed. `done`: servers nothing is missing of any more."""

    def __init__(self, shard: Shard, gaps: set[str], new: set[str]) -> None:
        super().__init__(name=f"{shard.name}-fill", daemon=True)
        self.shard, self.gaps, self.new = shard, gaps, new
        self.done: set[str] = set()
        self.learned: set[str] = set()
        self.count = 0
        self.failed = False

    def run(self) -> None:
        try:
            self._fill()
        except TokenRefused:
            self.failed = True
        except (GuildhallError, DatabaseError, InterfaceError, OSError) as error:
            if isinstance(error, DatabaseError | InterfaceError | OSError):
                troubles.report_error(error)
            _logger.warning("discord.filling_failed", shard=self.shard.key, error=type(error).__name__)
            self.failed = True
        finally:
            connection.close()

    def _fill(self) -> None:
        shard = self.shard
        known = {space.external_id: space for space in shards.servers(shard.row)}
        for guild in sorted(self.gaps | self.new):
            since = shard.gap_since if guild in self.gaps else None
            space = known.get(guild)
            if guild and space is not None:
                self._take(filling.server(shard.bot, space, since, shard.ranks, self._may_go_on))
            elif not guild and since is not None:
                self._take(filling.talks(shard.bot, since, shard.ranks, self._may_go_on))
            if not self._may_go_on():
                return
            self.learned.add(guild)
            if guild in self.gaps:
                self.done.add(guild)

    def _take(self, pages: Iterator[list[bytes]]) -> None:
        for page in pages:
            now = clock.now()
            for start in range(0, len(page), MOST):
                ingest([Raw(PLATFORM, body, now) for body in page[start : start + MOST]])
            self.count += len(page)

    def _may_go_on(self) -> bool:
        return not self.shard.stop_asked.is_set() and self.shard.has_lease()


class DiscordListening:
    """All shards of all Discord bots."""

    platform: Platform = PLATFORM

    def __init__(self, connect: Connect = discord_line) -> None:
        self._connect = connect

    def wanted(self) -> Mapping[str, object]:
        return {str(row.pk): row for row in shards.wanted()}

    def take(self, row: object, owner: str) -> datetime | None:
        return shards.take(cast(DiscordShard, row), owner)

    def give_back(self, owner: str, keys: Collection[str]) -> None:
        shards.give_back(owner, keys)

    def note_heard(self, keys: Collection[str]) -> None:
        shards.note_heard(keys)

    def listen(self, row: object, until: datetime) -> Listener:
        return Shard(shards.at_hand(str(cast(DiscordShard, row).pk)), until, self._connect)
