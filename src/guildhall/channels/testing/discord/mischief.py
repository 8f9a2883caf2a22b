"""Misbehaviour on demand, the same for the same seed: refusals for haste, server errors, answers that never
come (before or after the effect), events doubled, with fields missing or new, or of a kind nobody knows.

Decides only what goes wrong; the server and the gateway do it.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Literal

Trouble = Literal[
    "", "429", "429_global", "5xx", "5xx_after", "timeout_before", "timeout_after", "closed_before",
    "closed_after",
]  # fmt: skip
RATES: tuple[tuple[Trouble, str], ...] = (
    ("429", "rate_429"),
    ("429_global", "rate_429_global"),
    ("5xx", "rate_5xx"),
    ("5xx_after", "rate_5xx_after"),
    ("timeout_before", "rate_timeout_before"),
    ("timeout_after", "rate_timeout_after"),
    ("closed_before", "rate_closed_before"),
    ("closed_after", "rate_closed_after"),
)
NEEDED = frozenset({"id", "channel_id", "guild_id", "session_id", "resume_gateway_url", "user"})
"""Never taken away: without them an event says nothing at all."""


@dataclass(frozen=True, slots=True)
class Rates:
    """Each a share from 0 to 1, of calls or of dispatched events. `timeout_*`: no answer for `hold_s`
    seconds, then the connection is closed; `closed_*`: it is closed at once; `*_after`: the effect has
    happened. `routes` limits the calls to some ("POST /channels/{channel_id}/messages")."""

    rate_429: float = 0.0
    rate_429_global: float = 0.0
    retry_after: tuple[float, float] = (0.2, 1.0)
    rate_5xx: float = 0.0
    rate_5xx_after: float = 0.0
    rate_timeout_before: float = 0.0
    rate_timeout_after: float = 0.0
    rate_closed_before: float = 0.0
    rate_closed_after: float = 0.0
    hold_s: float = 30.0
    duplicate_events: float = 0.0
    unknown_events: float = 0.0
    missing_fields: float = 0.0
    unknown_fields: float = 0.0
    drop_after_event: float = 0.0
    """The connection is cut right after an event was sent."""
    routes: tuple[str, ...] | None = None
    seed: int = 0


@dataclass(slots=True)
class Mischief:
    rates: Rates = Rates()
    done: dict[str, int] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)
    _dice: dict[str, random.Random] = field(default_factory=dict)

    def set(self, rates: Rates) -> None:
        with self._lock:
            self.rates = rates
            self._dice = {}

    def _roll(self, name: str) -> random.Random:
        found = self._dice.get(name)
        if found is None:
            found = self._dice[name] = random.Random(f"{self.rates.seed}:{name}")
        return found

    def _count(self, name: str) -> None:
        self.done[name] = self.done.get(name, 0) + 1

    def trouble(self, route: str) -> tuple[Trouble, float]:
        """What goes wrong with this call, and the seconds of retry_after for a 429."""
        rates = self.rates
        if rates.routes is not None and route not in rates.routes:
            return "", 0.0
        with self._lock:
            dice = self._roll(route)
            drawn = dice.random()
            for trouble, name in RATES:
                share: float = getattr(rates, name)
                if drawn < share:
                    self._count(trouble)
                    return trouble, round(dice.uniform(*rates.retry_after), 3)
                drawn -= share
        return "", 0.0

    def often(self, name: str, share: float) -> bool:
        """Whether the mischief of this name strikes now."""
        if not share:
            return False
        with self._lock:
            hit = self._roll(name).random() < share
            if hit:
                self._count(name)
            return hit

    def bent(self, data: dict[str, Any]) -> dict[str, Any]:
        """The event's data, perhaps without one field, perhaps with one nobody knows."""
        rates = self.rates
        if self.often("missing_fields", rates.missing_fields):
            with self._lock:
                names = sorted(set(data) - NEEDED)
                gone = self._roll("which").choice(names) if names else ""
            data = {name: value for name, value in data.items() if name != gone}
        if self.often("unknown_fields", rates.unknown_fields):
            data = {**data, "field_of_next_year": {"deep": [1, None, {"x": "y"}]}}
        return data
