"""Discord's limits: a bucket a route and place, fifty requests a second a bot, and the ban for ten thousand
invalid requests in ten minutes.

Answers what the headers say, refuses what is over, and can afterwards tell every refusal and everybody who
did not wait as told.
"""

from __future__ import annotations

import hashlib
from collections import deque
from dataclasses import dataclass, field
from threading import Lock
from typing import Any


@dataclass(slots=True)
class Window:
    """`left` requests until `ends` (monotonic seconds)."""

    left: int
    ends: float


@dataclass(frozen=True, slots=True)
class Ruling:
    """What becomes of a request: the rate-limit headers, and the seconds to wait when it is refused."""

    headers: dict[str, str]
    wait: float = 0.0
    scope: str = ""


USUAL = (10, 5.0)
RATES: dict[str, tuple[int, float]] = {
    "POST /channels/{channel_id}/messages": (5, 5.0),
    "PATCH /channels/{channel_id}/messages/{message_id}": (5, 5.0),
    "DELETE /channels/{channel_id}/messages/{message_id}": (5, 1.0),
    "POST /channels/{channel_id}/messages/bulk-delete": (1, 3.0),
    "GET /channels/{channel_id}/messages": (5, 1.0),
    "PUT /channels/{channel_id}/messages/{message_id}/reactions/{emoji_name}/@me": (1, 0.25),
    "PATCH /guilds/{guild_id}/members/{user_id}": (10, 10.0),
    "GET /guilds/{guild_id}/members": (10, 10.0),
    "POST /channels/{channel_id}/invites": (5, 15.0),
    "PATCH /channels/{channel_id}": (5, 15.0),
    "POST /users/@me/channels": (10, 10.0),
}
"""Requests and seconds, of the order Discord's headers are known to tell; the rest is `USUAL`."""
UNCOUNTED = ("/interactions/", "/webhooks/", "/gateway")
"""Not held to the global limit."""


@dataclass(slots=True)
class Limits:
    """`enforce`: whether 429 is answered at all; `rates` by route; `most` a second for a whole bot;
    `invalid_most` in ten minutes, 0 for no ban."""

    enforce: bool = True
    most: int = 50
    invalid_most: int = 10_000
    invalid_seconds: float = 600.0
    ban_seconds: float = 3600.0
    rates: dict[str, tuple[int, float]] = field(default_factory=lambda: dict(RATES))
    usual: tuple[int, float] = USUAL
    _lock: Lock = field(default_factory=Lock)
    _windows: dict[tuple[str, str, str], Window] = field(default_factory=dict)
    _seconds: dict[str, Window] = field(default_factory=dict)
    _held: dict[tuple[str, str, str], tuple[float, float]] = field(default_factory=dict)
    _invalid: deque[float] = field(default_factory=deque)
    _banned_until: float = 0.0
    _noted: list[dict[str, Any]] = field(default_factory=list)
    _ignored: list[dict[str, Any]] = field(default_factory=list)

    def set(self, **given: Any) -> None:
        """`enforce=`, `most=`, `invalid_most=`, `usual=[5, 5.0]`, `rates={"POST /...": [5, 5.0]}`."""
        with self._lock:
            for route, rate in given.pop("rates", {}).items():
                self.rates[route] = (int(rate[0]), float(rate[1]))
            for name, value in given.items():
                if name not in ("enforce", "most", "invalid_most", "invalid_seconds", "ban_seconds", "usual"):
                    raise ValueError(f"no limit called {name}")
                setattr(self, name, tuple(value) if name == "usual" else value)
            self._windows.clear()

    def banned(self, now: float) -> bool:
        """Too many invalid requests came from this address: Cloudflare answers in Discord's place."""
        with self._lock:
            return now < self._banned_until

    def invalid(self, now: float) -> None:
        """Counts an answer 401, 403 or 429."""
        with self._lock:
            self._invalid.append(now)
            while self._invalid and self._invalid[0] <= now - self.invalid_seconds:
                self._invalid.popleft()
            if self.invalid_most and len(self._invalid) >= self.invalid_most:
                self._banned_until = now + self.ban_seconds
                self._noted.append({"limit": "invalid_requests", "at": now, "count": len(self._invalid)})
                self._invalid.clear()

    def arrived(self, bot: str, route: str, major: str, path: str, now: float, wall: float) -> Ruling:
        """Counts a request of a bot at a place (`major`: channel, guild or webhook)."""
        most, seconds = self.rates.get(route, self.usual)
        key = (bot, route, major)
        with self._lock:
            self._note_haste(key, now)
            if self.enforce and self.most and not path.startswith(UNCOUNTED):
                over = self._over_all(bot, now)
                if over:
                    self._refuse(key, "global", now, over)
                    return Ruling({"X-RateLimit-Global": "true"}, over, "global")
            window = self._windows.get(key)
            if window is None or window.ends <= now:
                window = self._windows[key] = Window(most, now + seconds)
            after = max(window.ends - now, 0.001)
            if window.left <= 0 and self.enforce:
                self._refuse(key, "user", now, after)
                return Ruling(_headers(route, most, 0, after, wall), after, "user")
            window.left -= 1
            return Ruling(_headers(route, most, max(window.left, 0), after, wall))

    def _over_all(self, bot: str, now: float) -> float:
        second = self._seconds.get(bot)
        if second is None or second.ends <= now:
            second = self._seconds[bot] = Window(self.most, now + 1.0)
        second.left -= 1
        return second.ends - now if second.left < 0 else 0.0

    def _refuse(self, key: tuple[str, str, str], scope: str, now: float, wait: float) -> None:
        self._noted.append({"limit": scope, "bot": key[0], "route": key[1], "major": key[2], "at": now})
        self._held[key] = (now, now + wait)

    def told_to_wait(self, bot: str, route: str, major: str, now: float, wait: float) -> None:
        """A 429 was answered out of mischief: coming again before the time is a violation too."""
        with self._lock:
            self._held[(bot, route, major)] = (now, now + wait)

    def _note_haste(self, key: tuple[str, str, str], now: float) -> None:
        held = self._held.get(key)
        if held is not None and held[0] + 0.05 < now < held[1] - 0.005:
            self._ignored.append(
                {"limit": "retry_after", "bot": key[0], "route": key[1], "major": key[2], "at": now,
                 "early": round(held[1] - now, 3)}
            )  # fmt: skip

    def broken(self) -> list[dict[str, Any]]:
        """Every 429 that was earned, and every retry_after not kept."""
        with self._lock:
            return self._noted + self._ignored

    def forget(self) -> None:
        with self._lock:
            for one in (self._windows, self._seconds, self._held, self._invalid, self._noted, self._ignored):
                one.clear()
            self._banned_until = 0.0


def _headers(route: str, most: int, left: int, after: float, wall: float) -> dict[str, str]:
    return {
        "X-RateLimit-Limit": str(most),
        "X-RateLimit-Remaining": str(left),
        "X-RateLimit-Reset": f"{wall + after:.3f}",
        "X-RateLimit-Reset-After": f"{after:.3f}",
        "X-RateLimit-Bucket": bucket(route),
    }


def bucket(route: str) -> str:
    """Discord's opaque name of a bucket."""
    return hashlib.blake2b(route.encode(), digest_size=16).hexdigest()
