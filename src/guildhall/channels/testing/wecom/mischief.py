"""Misbehaviour on demand: named error codes for named calls, server errors, answers that never come.

Decides only what goes wrong; the server does it. The same seed goes wrong in the same way.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from threading import Lock


@dataclass(slots=True)
class Failing:
    """The next `times` calls of `path` (its start; '' for any) answer `errcode`; 5xx for 500 to 599."""

    path: str
    errcode: int
    times: int


@dataclass(frozen=True, slots=True)
class Rates:
    """Shares of calls from 0 to 1. `busy`: -1; `limit`: 45009; `server`: 502; `lost_before` and `lost_after`:
    the connection is cut without an answer, before or after the effect."""

    busy: float = 0.0
    limit: float = 0.0
    server: float = 0.0
    lost_before: float = 0.0
    lost_after: float = 0.0
    paths: tuple[str, ...] = ()
    seed: int = 0


@dataclass(slots=True)
class Mischief:
    rates: Rates = Rates()
    failing: list[Failing] = field(default_factory=list)
    done: dict[str, int] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)
    _dice: random.Random = field(default_factory=lambda: random.Random(0))

    def set(self, rates: Rates) -> None:
        with self._lock:
            self.rates, self._dice = rates, random.Random(rates.seed)

    def fail(self, path: str, errcode: int, times: int = 1) -> None:
        with self._lock:
            self.failing.append(Failing(path, errcode, times))

    def errcode(self, path: str) -> int:
        """The error this call was told to answer, 0 for none."""
        with self._lock:
            for one in self.failing:
                if one.times > 0 and path.startswith(one.path):
                    one.times -= 1
                    return one.errcode
        return 0

    def trouble(self, path: str) -> str:
        """busy, limit, server, lost_before, lost_after or ''."""
        rates = self.rates
        if rates.paths and not any(path.startswith(one) for one in rates.paths):
            return ""
        with self._lock:
            drawn = self._dice.random()
            for name in ("busy", "limit", "server", "lost_before", "lost_after"):
                share: float = getattr(rates, name)
                if drawn < share:
                    self.done[name] = self.done.get(name, 0) + 1
                    return name
                drawn -= share
        return ""
