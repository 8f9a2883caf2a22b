"""The fake's gateway: sessions that number and keep what they dispatched, and the lines (WebSocket
connections) they are heard on.

A session outlives its line: what happens meanwhile is kept and replayed after RESUME. `Hub` decides who
hears of an event; `lines.py` speaks the protocol.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

import orjson

from guildhall.channels.testing.discord.mischief import Mischief
from guildhall.channels.testing.discord.state import App, Guild, Json

(GUILDS, MEMBERS, MODERATION, INVITES, PRESENCES, MESSAGES, REACTIONS, TYPING, DIRECT, DIRECT_REACTIONS,
 DIRECT_TYPING, CONTENT, AUTOMOD_RULES, AUTOMOD_ACTIONS, POLLS, DIRECT_POLLS) = (
    1 << bit for bit in (0, 1, 2, 6, 8, 9, 10, 11, 12, 13, 14, 15, 20, 21, 24, 25)
)  # fmt: skip
EXPRESSIONS, WEBHOOKS = 1 << 3, 1 << 5
WANTED: dict[str, tuple[int, int]] = {
    **dict.fromkeys(("GUILD_CREATE", "GUILD_UPDATE", "GUILD_DELETE", "GUILD_ROLE_CREATE",
                     "GUILD_ROLE_UPDATE", "GUILD_ROLE_DELETE", "CHANNEL_CREATE", "CHANNEL_UPDATE",
                     "CHANNEL_DELETE", "CHANNEL_PINS_UPDATE", "THREAD_CREATE", "THREAD_UPDATE",
                     "THREAD_DELETE", "THREAD_LIST_SYNC", "THREAD_MEMBER_UPDATE", "STAGE_INSTANCE_CREATE"),
                    (GUILDS, 0)),
    "THREAD_MEMBERS_UPDATE": (GUILDS, 0),
    **dict.fromkeys(("GUILD_MEMBER_ADD", "GUILD_MEMBER_UPDATE", "GUILD_MEMBER_REMOVE",
                     "GUILD_JOIN_REQUEST_CREATE", "GUILD_JOIN_REQUEST_UPDATE", "GUILD_JOIN_REQUEST_DELETE"),
                    (MEMBERS, 0)),
    **dict.fromkeys(("GUILD_BAN_ADD", "GUILD_BAN_REMOVE", "GUILD_AUDIT_LOG_ENTRY_CREATE"), (MODERATION, 0)),
    **dict.fromkeys(("GUILD_EMOJIS_UPDATE", "GUILD_STICKERS_UPDATE"), (EXPRESSIONS, 0)),
    "WEBHOOKS_UPDATE": (WEBHOOKS, 0),
    **dict.fromkeys(("INVITE_CREATE", "INVITE_DELETE"), (INVITES, 0)),
    "PRESENCE_UPDATE": (PRESENCES, 0),
    **dict.fromkeys(("MESSAGE_CREATE", "MESSAGE_UPDATE", "MESSAGE_DELETE"), (MESSAGES, DIRECT)),
    "MESSAGE_DELETE_BULK": (MESSAGES, 0),
    **dict.fromkeys(("MESSAGE_REACTION_ADD", "MESSAGE_REACTION_REMOVE", "MESSAGE_REACTION_REMOVE_ALL",
                     "MESSAGE_REACTION_REMOVE_EMOJI"), (REACTIONS, DIRECT_REACTIONS)),
    "TYPING_START": (TYPING, DIRECT_TYPING),
    **dict.fromkeys(("AUTO_MODERATION_RULE_CREATE", "AUTO_MODERATION_RULE_UPDATE",
                     "AUTO_MODERATION_RULE_DELETE"), (AUTOMOD_RULES, 0)),
    "AUTO_MODERATION_ACTION_EXECUTION": (AUTOMOD_ACTIONS, 0),
    **dict.fromkeys(("MESSAGE_POLL_VOTE_ADD", "MESSAGE_POLL_VOTE_REMOVE"), (POLLS, DIRECT_POLLS)),
}  # fmt: skip
"""The intent an event needs in a server and in a direct message; others reach every session."""
SAID = frozenset({"MESSAGE_CREATE", "MESSAGE_UPDATE"})
BLANK: Json = {"content": "", "embeds": [], "attachments": [], "components": []}


class Line(Protocol):
    """A connection a session is heard on; `push` may be called from any thread."""

    def push(self, body: bytes) -> None: ...
    def cut(self) -> None: ...


@dataclass(slots=True, eq=False)
class Session:
    """`lost` is the monotonic moment its line broke, None while there is one."""

    id: str
    app: App
    intents: int
    shard: tuple[int, int]
    seq: int = 0
    kept: deque[tuple[int, bytes]] = field(default_factory=deque)
    line: Line | None = None
    lost: float | None = None

    def hears(self, guild_id: str) -> bool:
        """A server belongs to one shard, direct messages to the first."""
        number, of = self.shard
        return (int(guild_id) >> 22) % of == number if guild_id else number == 0

    def replay(self, after: int) -> Iterator[bytes]:
        return (body for seq, body in self.kept if seq > after)


class Hub:
    """Everything the gateway knows of who listens. Its methods run under the world's lock."""

    def __init__(self, mischief: Mischief) -> None:
        self.mischief = mischief
        self.sessions: dict[str, Session] = {}
        self.heartbeat_ms = 41_250
        self.most_kept = 100_000
        self.resume_seconds = 300.0
        self.identify_seconds = 0.0
        self.trim_on_heartbeat = False
        self.starts: dict[str, list[float]] = {}
        self.resumes = 0

    def tell(
        self,
        event: str,
        data: Json,
        guild: Guild | None = None,
        sees: Callable[[str], bool] | None = None,
        to: str = "",
    ) -> None:
        """Dispatches to every session that may hear it: of the server's bots, or of the one named `to`;
        `sees` says which application may know of it."""
        in_guild, in_direct = WANTED.get(event, (0, 0))
        intent = in_guild if guild is not None else in_direct
        whole: bytes | None = None
        for session in list(self.sessions.values()):
            app_id = session.app.id
            if (
                (to and app_id != to)
                or (guild is not None and app_id not in guild.members and event != "GUILD_DELETE")
                or (intent and not session.intents & intent)
                or not session.hears(guild.id if guild is not None else "")
                or (sees is not None and not sees(app_id))
            ):
                continue
            if event in SAID and guild is not None and not _may_read(session, data):
                self.dispatch(session, event, {**data, **BLANK})
                continue
            if whole is None:
                whole = orjson.dumps(data)
            self.dispatch(session, event, data, whole)

    def dispatch(self, session: Session, event: str, data: Json, whole: bytes | None = None) -> None:
        """One event to one session, kept for a later RESUME."""
        rates = self.mischief.rates
        if rates.missing_fields or rates.unknown_fields:
            data, whole = self.mischief.bent(data), None
        if self.mischief.often("unknown_events", rates.unknown_events):
            self._put(session, "SOMETHING_OF_NEXT_YEAR", b'{"id":"1","what":["nobody","knows"]}')
        body = self._put(session, event, whole if whole is not None else orjson.dumps(data))
        if self.mischief.often("duplicate_events", rates.duplicate_events) and session.line:
            session.line.push(body)
        if self.mischief.often("drop_after_event", rates.drop_after_event) and session.line:
            session.line.cut()

    def _put(self, session: Session, event: str, data: bytes) -> bytes:
        session.seq += 1
        body = b'{"t":"%b","s":%d,"op":0,"d":%b}' % (event.encode(), session.seq, data)
        session.kept.append((session.seq, body))
        while len(session.kept) > self.most_kept:
            session.kept.popleft()
        if session.line is not None:
            session.line.push(body)
        return body

    def of(self, app_id: str = "") -> list[Session]:
        return [one for one in self.sessions.values() if not app_id or one.app.id == app_id]

    def resumable(self, session_id: str, token: str, seq: int) -> Session | None:
        """The session, if it still lives and still has everything after `seq`."""
        session = self.sessions.get(session_id)
        if session is None or session.app.token != token or not session.app.alive:
            return None
        if session.lost is not None and time.monotonic() - session.lost > self.resume_seconds:
            del self.sessions[session_id]
            return None
        oldest = session.kept[0][0] if session.kept else session.seq + 1
        return session if seq >= oldest - 1 else None

    def trim(self, session: Session, seq: int) -> None:
        """The client said by a heartbeat what it has heard."""
        while self.trim_on_heartbeat and session.kept and session.kept[0][0] <= seq:
            session.kept.popleft()

    def forget(self, app_id: str = "") -> int:
        """Sessions end without a word: the next RESUME is answered INVALID_SESSION. How many."""
        gone = self.of(app_id)
        for session in gone:
            del self.sessions[session.id]
            if session.line is not None:
                session.line.cut()
        return len(gone)


def _may_read(session: Session, data: dict[str, Any]) -> bool:
    """Without the message-content intent a bot reads only what it said itself or is named in."""
    if session.intents & CONTENT or data.get("author", {}).get("id") == session.app.id:
        return True
    return any(one["id"] == session.app.id for one in data.get("mentions", ()))
