"""What our gateway puts around an event before it is recorded: which bot heard it, when, of what session;
what the person it is about is in the server.

Pure. Discord's own bytes stay as they came. After a break Discord repeats what was missed in order but does
not say when each thing happened; then the time is that of the newest thing heard so far, so that order and
times agree.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, TypeAlias

import orjson

from guildhall.channels.discord.reading import Json, inner, made_at, maybe_id, moment, objects

_TRIMMED = ("members", "presences", "voice_states", "emojis", "stickers", "soundboard_sounds",
            "stage_instances", "guild_scheduled_events")  # fmt: skip
"""Of a whole server as told at the start of a session: what nothing here reads, often megabytes."""


class Heard(NamedTuple):
    """A frame of the gateway that told an event. `text` as it came; `d` {} where it says nothing; `at` in
    milliseconds since 1970.
    """

    text: str
    name: str
    d: Json
    seq: int | None
    at: int


@dataclass(frozen=True, slots=True)
class Gone:
    """A connection ended. `resume`: its session may be taken up again. `code`: Discord's reason, if it gave
    one that no new connection mends, else 0; `why` for the log.
    """

    resume: bool
    why: str
    code: int = 0


@dataclass(frozen=True, slots=True)
class Broken:
    """A frame that is no event: kept to be put aside."""

    text: str


Frame: TypeAlias = Heard | Gone | Broken


@dataclass(frozen=True, slots=True)
class Start:
    """What a connection begins with. `session` '' begins a new one; `since` as in `Clockwork`."""

    address: str
    token: str = field(repr=False)
    intents: int
    shard: tuple[int, int]
    session: str = ""
    resume_address: str = ""
    seq: int | None = None
    since: int = 0


class Clockwork:
    """Says when things were heard: now, or while Discord repeats what was missed, as far as that has come."""

    def __init__(self, since: int) -> None:
        """since: when the last thing before the break was heard, in milliseconds since 1970."""
        self._reached = since
        self.is_repeating = False

    def of(self, d: Json, now: int) -> int:
        if not self.is_repeating:
            self._reached = now
            return now
        self._reached = min(now, max(self._reached, _told(d)))
        return self._reached


def frame(heard: Heard, bot: str, session: str, rank: str = "", *, gap: bool = False) -> bytes:
    """The body to be recorded for an event."""
    head: Json = {"bot": bot, "session": session, "at": heard.at}
    if rank:
        head["rank"] = rank
    if gap:
        head["gap"] = True
    if heard.name == "GUILD_CREATE":
        kept = {name: value for name, value in heard.d.items() if name not in _TRIMMED}
        own = [one for one in objects(heard.d, "members") if inner(one, "user").get("id") == bot]
        with contextlib.suppress(TypeError):  # broken surrogates: refused when it is read
            return orjson.dumps({**head, "t": heard.name, "s": heard.seq, "d": {**kept, "members": own}})
    return orjson.dumps(head)[:-1] + b"," + heard.text.lstrip()[1:].encode("utf-8", "surrogatepass")


def fetched(bot: str, name: str, d: Json, at: datetime, rank: str = "") -> bytes:
    """The body for what we asked for ourselves because it may have been missed. It has no session."""
    head = {"bot": bot, "at": int(at.timestamp() * 1000), "fill": True, "t": name, "d": d}
    return orjson.dumps({**head, "rank": rank} if rank else head)


def _told(d: Json) -> int:
    """The time an event tells itself, in milliseconds since 1970; 0 when it tells none."""
    at = (
        moment(d, "timestamp")
        or moment(d, "joined_at")
        or made_at(maybe_id(d, "id") if "author" in d else "")
    )
    return int(at.timestamp() * 1000) if at is not None else 0
