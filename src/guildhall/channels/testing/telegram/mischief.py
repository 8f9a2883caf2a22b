"""Misbehaviour on demand, the same for the same seed: refusals for haste, server errors, answers that never
come (before or after the effect), updates doubled, out of order or of a kind nobody knows.

Decides only what goes wrong; the server does it.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Literal

Trouble = Literal[
    "", "429", "5xx", "5xx_after", "timeout_before", "timeout_after", "closed_before", "closed_after"
]
RATES: tuple[tuple[Trouble, str], ...] = (
    ("429", "rate_429"),
    ("5xx", "rate_5xx"),
    ("5xx_after", "rate_5xx_after"),
    ("timeout_before", "rate_timeout_before"),
    ("timeout_after", "rate_timeout_after"),
    ("closed_before", "rate_closed_before"),
    ("closed_after", "rate_closed_after"),
)
NEVER = frozenset({"getupdates"})
"""Left alone unless named in `methods`: a poller that is always refused shows nothing."""


@dataclass(frozen=True, slots=True)
class Rates:
    """Each a share of calls from 0 to 1. `timeout_*`: no answer for `hold_s` seconds, then the connection
    is closed; `closed_*`: it is closed at once; `*_after`: the effect has happened."""

    rate_429: float = 0.0
    retry_after: tuple[int, int] = (1, 3)
    rate_5xx: float = 0.0
    rate_5xx_after: float = 0.0
    rate_timeout_before: float = 0.0
    rate_timeout_after: float = 0.0
    rate_closed_before: float = 0.0
    rate_closed_after: float = 0.0
    hold_s: float = 30.0
    duplicate_updates: float = 0.0
    out_of_order: float = 0.0
    unknown_updates: float = 0.0
    methods: tuple[str, ...] | None = None
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

    def trouble(self, method: str) -> tuple[Trouble, int]:
        """What goes wrong with this call, and the seconds of retry_after for a 429."""
        rates = self.rates
        named = rates.methods is not None and method in {name.lower() for name in rates.methods}
        if (rates.methods is not None and not named) or (method in NEVER and not named):
            return "", 0
        with self._lock:
            dice = self._roll(method)
            drawn = dice.random()
            for trouble, name in RATES:
                share: float = getattr(rates, name)
                if drawn < share:
                    self.done[trouble] = self.done.get(trouble, 0) + 1
                    return trouble, dice.randint(*rates.retry_after)
                drawn -= share
        return "", 0

    def mix(self, bodies: list[bytes], past: Sequence[bytes]) -> list[bytes]:
        """The updates of one answer, some of them twice or again, and in another order."""
        rates = self.rates
        if not bodies or not (rates.duplicate_updates or rates.out_of_order):
            return bodies
        with self._lock:
            dice = self._roll("updates")
            mixed: list[bytes] = []
            for body in bodies:
                mixed.append(body)
                if dice.random() < rates.duplicate_updates:
                    mixed.append(dice.choice((body, *list(past)[-5:])))
                    self._count("duplicate")
            for index in range(1, len(mixed)):
                if dice.random() < rates.out_of_order:
                    other = dice.randrange(index)
                    mixed[index], mixed[other] = mixed[other], mixed[index]
                    self._count("out_of_order")
            return mixed

    def twice(self) -> bool:
        return self._often("duplicate", self.rates.duplicate_updates)

    def late(self) -> float:
        """Seconds by which an update to a webhook is held back."""
        if self._often("out_of_order", self.rates.out_of_order):
            with self._lock:
                return self._roll("late").uniform(0.05, 0.3)
        return 0.0

    def unknown(self) -> bool:
        return self._often("unknown", self.rates.unknown_updates)

    def _often(self, name: str, share: float) -> bool:
        if not share:
            return False
        with self._lock:
            hit = self._roll(name).random() < share
            if hit:
                self._count(name)
            return hit

    def _count(self, name: str) -> None:
        self.done[name] = self.done.get(name, 0) + 1
