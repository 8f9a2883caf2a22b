"""What the fake remembers: applications with their bots, servers with everything in them, interactions.

Discord's own objects are kept as the JSON they are shown as; what the platform never shows of them (who is
inside a thread, how often an invitation was used by whom) stands beside.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
THREADS = frozenset({10, 11, 12})
TEXT, DM, VOICE, CATEGORY, NEWS, FORUM, MEDIA = 0, 1, 2, 4, 5, 15, 16
PRESENCES, MEMBERS, CONTENT = 1 << 12, 1 << 14, 1 << 18
"""Flags of an application that may use the privileged intents; the limited kinds are one bit higher."""
PRIVILEGED = {"presences": PRESENCES << 1, "members": MEMBERS << 1, "message_content": CONTENT << 1}
"""As set in the developer portal for a bot in fewer than a hundred servers."""


@dataclass(slots=True)
class App:
    """An application and its bot, which share an id. `commands` by guild id, '' for the global ones."""

    id: str
    token: str
    user: Json
    data: Json
    commands: dict[str, dict[str, Json]] = field(default_factory=dict)
    alive: bool = True
    """False after the token was reset."""

    @property
    def flags(self) -> int:
        return int(self.data["flags"])

    def has(self, intent: str) -> bool:
        return bool(self.flags & (PRIVILEGED[intent] | PRIVILEGED[intent] >> 1))


@dataclass(slots=True, eq=False)
class Guild:
    """A server. `members` by user id, without the user; `threads` are the active and archived ones."""

    id: str
    data: Json
    roles: dict[str, Json] = field(default_factory=dict)
    channels: dict[str, Json] = field(default_factory=dict)
    threads: dict[str, Json] = field(default_factory=dict)
    members: dict[str, Json] = field(default_factory=dict)
    bans: dict[str, str] = field(default_factory=dict)
    """User ids with the reason."""
    invites: dict[str, Json] = field(default_factory=dict)
    rules: dict[str, Json] = field(default_factory=dict)
    requests: dict[str, Json] = field(default_factory=dict)
    audit: list[Json] = field(default_factory=list)
    inside: dict[str, dict[str, str]] = field(default_factory=dict)
    """By thread id: who joined it, and when."""
    spoke: dict[tuple[str, str], float] = field(default_factory=dict)
    """When somebody last spoke in a channel; for slow mode."""
    onboarding: Json = field(default_factory=dict)
    welcome: Json = field(default_factory=dict)
    silent: bool = False
    """The server is unavailable (an outage of Discord's)."""

    def place(self, channel_id: str) -> Json | None:
        return self.channels.get(channel_id) or self.threads.get(channel_id)

    def bots(self, apps: dict[str, App]) -> Iterator[App]:
        return (apps[user_id] for user_id in self.members if user_id in apps)


@dataclass(slots=True)
class Interaction:
    """Something a person asked of an application; `answered` once the callback was given."""

    id: str
    token: str
    app_id: str
    kind: int
    at: float
    user_id: str
    channel_id: str
    guild_id: str = ""
    message_id: str = ""
    answered: int = 0
    """The type of the callback given, 0 for none yet."""
    answer: Json = field(default_factory=dict)
    original: str = ""
    """The id of the message that is the answer."""
    followups: list[str] = field(default_factory=list)


@dataclass(slots=True)
class File:
    name: str
    mime: str
    content: bytes
