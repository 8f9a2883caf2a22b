"""What the fake remembers: corporations with staff, customers, groups, codes and conversations; Official
Accounts with followers; access tokens.

Plain records; what happens to them stands in `world.py`, `people.py` and `methods/`.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
MAY: dict[str, tuple[str, ...]] = {
    "contact": ("externalcontact/", "media/", "user/", "department/"),
    "kf": ("kf/", "media/"),
    "app": ("externalcontact/", "kf/", "media/", "user/", "department/", "agent/", "message/"),
}
"""What a secret of each agent opens (the first word of the path behind cgi-bin)."""


@dataclass(slots=True)
class Callback:
    """Where events go, and the keys they are sealed with."""

    url: str
    token: str
    aes_key: str
    receiver: str
    agent: str = ""


@dataclass(slots=True)
class Customer:
    """`follows` by the userid of who added them: remark, createtime, state, tags, add_way."""

    id: str
    name: str
    unionid: str = ""
    follows: dict[str, Json] = field(default_factory=dict)
    chatted: set[str] = field(default_factory=set)
    """Staff they began to talk with: then no welcome can be sent."""
    received: list[tuple[float, str]] = field(default_factory=list)
    """Mass sends they got: (time, msgid)."""
    welcomes: list[Json] = field(default_factory=list)


@dataclass(slots=True)
class Group:
    """`members` by userid or external userid: type 1 staff, 2 customer; join_time, join_scene, invitor."""

    id: str
    name: str
    owner: str
    created: int
    capacity: int = 500
    notice: str = ""
    members: dict[str, Json] = field(default_factory=dict)
    admins: list[str] = field(default_factory=list)
    version: int = 1
    dismissed: bool = False
    status: int = 0
    received: list[tuple[float, str]] = field(default_factory=list)
    history: list[tuple[int, int]] = field(default_factory=list)
    """(time, +1 or -1) of customers, for statistics."""
    talk: list[int] = field(default_factory=list)
    """When members wrote: counted by statistics, never handed over."""

    @property
    def is_full(self) -> bool:
        return len(self.members) >= self.capacity


@dataclass(slots=True)
class Welcome:
    """A one-time code that came with an event."""

    customer: str
    userid: str
    at: float
    used: bool = False


@dataclass(slots=True)
class Mass:
    """A mass send waiting for its staff; `targets` by userid who must confirm."""

    id: str
    kind: str
    body: Json
    created: int
    targets: dict[str, list[str]]
    confirmed: dict[str, int] = field(default_factory=dict)
    results: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)
    """By (userid, target): (status, send_time)."""
    cancelled: bool = False


@dataclass(slots=True)
class Talk:
    """One customer at one kf account."""

    heard_at: float = 0.0
    answered: int = 0
    state: int = 0
    servicer: str = ""
    shown: list[Json] = field(default_factory=list)
    """What the customer sees, in order."""


@dataclass(slots=True)
class Kf:
    id: str
    name: str
    media_id: str = ""
    servicers: list[str] = field(default_factory=list)
    log: list[Json] = field(default_factory=list)
    talks: dict[str, Talk] = field(default_factory=dict)
    codes: dict[str, Welcome] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Robot:
    key: str
    name: str
    at: deque[float] = field(default_factory=deque)
    shown: list[Json] = field(default_factory=list)


@dataclass(slots=True)
class Corp:
    """`secrets` by agent name: contact, kf, app."""

    id: str
    name: str
    secrets: dict[str, str]
    staff: dict[str, Json] = field(default_factory=dict)
    customers: dict[str, Customer] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    ways: dict[str, Json] = field(default_factory=dict)
    joins: dict[str, Json] = field(default_factory=dict)
    welcomes: dict[str, Welcome] = field(default_factory=dict)
    templates: dict[str, Json] = field(default_factory=dict)
    tags: dict[str, Json] = field(default_factory=dict)
    masses: dict[str, Mass] = field(default_factory=dict)
    kf: dict[str, Kf] = field(default_factory=dict)
    robots: dict[str, Robot] = field(default_factory=dict)
    callbacks: dict[str, Callback] = field(default_factory=dict)
    told: list[Json] = field(default_factory=list)
    """Messages an app sent to staff."""
    daily: bool = False
    """One mass send a customer and day instead of as many a month as it has days."""


@dataclass(slots=True)
class Follower:
    openid: str
    unionid: str = ""
    language: str = "zh_CN"
    subscribed: bool = True
    subscribe_time: int = 0
    scene: str = ""
    until: float = 0.0
    allowed: int = 0
    """How many customer messages may still be sent, and until when."""
    shown: list[Json] = field(default_factory=list)


@dataclass(slots=True)
class Account:
    """An Official Account."""

    id: str
    name: str
    secret: str
    followers: dict[str, Follower] = field(default_factory=dict)
    menu: Json | None = None
    templates: dict[str, Json] = field(default_factory=dict)
    codes: dict[str, Json] = field(default_factory=dict)
    callbacks: dict[str, Callback] = field(default_factory=dict)


@dataclass(slots=True)
class Token:
    owner: Corp | Account
    agent: str
    until: float
    replaced: bool = False
