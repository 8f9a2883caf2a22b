"""Telegram's sending limits as sliding windows: 30 a second a bot, one a second a chat, 20 a minute a group.

Counts every sending request by the moment it was fully read, whatever becomes of it, answers whether it is
over a limit, and can afterwards say every window that was broken.
"""

from __future__ import annotations

import bisect
from collections import defaultdict
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` in any window of `seconds`."""

    name: str
    most: int
    seconds: float


BOT = Limit("bot", 30, 1.0)
CHAT = Limit("chat", 1, 1.0)
GROUP = Limit("group", 20, 60.0)


class Limits:
    def __init__(self, *, enforce: bool = True) -> None:
        self.enforce = enforce
        self.of: dict[str, Limit] = {one.name: one for one in (BOT, CHAT, GROUP)}
        self._lock = Lock()
        self._arrivals: dict[tuple[str, int, int], list[float]] = defaultdict(list)
        self._held: dict[tuple[int, int], tuple[float, float]] = {}
        self._ignored: list[dict[str, Any]] = []

    def set(self, **most: int | bool) -> None:
        """`bot=`, `chat=`, `group=` set how many; `enforce=` whether 429 is answered. 0 lifts a limit."""
        for name, value in most.items():
            if name == "enforce":
                self.enforce = bool(value)
            else:
                self.of[name] = replace(self.of[name], most=int(value))

    def arrived(self, bot: int, chat: int, at: float, *, group: bool) -> float:
        """Counts a sending request; seconds until it would have been allowed, 0 when it is."""
        wait = 0.0
        with self._lock:
            kinds = ("bot", "chat", "group") if group else ("bot", "chat")
            for name in kinds:
                limit = self.of[name]
                times = self._arrivals[(name, bot, 0 if name == "bot" else chat)]
                bisect.insort(times, at)
                before = bisect.bisect_right(times, at) - 1 - limit.most
                if limit.most and before >= 0 and at - times[before] < limit.seconds:
                    wait = max(wait, times[before] + limit.seconds - at)
            held = self._held.get((bot, chat))
            if held is not None and held[0] + 0.05 < at < held[1]:
                self._ignored.append(
                    {"limit": "retry_after", "bot": bot, "chat": chat, "at": at, "early": held[1] - at}
                )
        return wait if self.enforce else 0.0

    def told_to_wait(self, bot: int, chat: int, answered: float, seconds: float) -> None:
        """A 429 was answered: sending again before the time is a violation too."""
        with self._lock:
            self._held[(bot, chat)] = (answered, answered + seconds)

    def broken(self) -> list[dict[str, Any]]:
        """Every window that held too many, and every retry_after not kept."""
        found: list[dict[str, Any]] = []
        with self._lock:
            for (name, bot, chat), times in self._arrivals.items():
                limit = self.of[name]
                if not limit.most:
                    continue
                found += [
                    {"limit": name, "bot": bot, "chat": chat, "at": times[index],
                     "early": round(times[index - limit.most] + limit.seconds - times[index], 6)}
                    for index in range(limit.most, len(times))
                    if times[index] - times[index - limit.most] < limit.seconds
                ]  # fmt: skip
            return found + list(self._ignored)

    def rate(self, bot: int) -> tuple[int, float]:
        """How many sending requests the bot made, and over how many seconds."""
        with self._lock:
            times = self._arrivals.get(("bot", bot, 0)) or [0.0]
            return len(times), times[-1] - times[0]

    def forget(self) -> None:
        with self._lock:
            self._arrivals.clear()
            self._held.clear()
            self._ignored.clear()
