"""How large a made-up exchange is and what goes wrong in it, and the random streams everything is drawn from.

Every stream is named, so a day can be drawn alone and adding one kind of event does not move another.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import UTC, date, datetime

import numpy as np

DAY_US = 86_400_000_000
PPM = 1_000_000


@dataclass(frozen=True, slots=True)
class Shape:
    """What is asked for. Shares are parts per million of the trades, the first three of the accounts.

    `days` UTC days from `start` on; `history_days` is how long before it the oldest account was opened.
    `late_ppm` come one to five days after their day, `doubled_ppm` come twice, `corrected_ppm` are reported
    again with another fee, `reversed_ppm` are taken back. `switchers_ppm` of the accounts change partner in
    the middle of their trading; `returners_ppm` come back to another partner after half a year of silence.
    """

    seed: int
    accounts: int
    partners: int
    venues: tuple[str, ...]
    days: int
    trades: int
    start: date
    history_days: int = 400
    bound_ppm: int = 600_000
    switchers_ppm: int = 10_000
    returners_ppm: int = 5_000
    late_ppm: int = 20_000
    doubled_ppm: int = 10_000
    corrected_ppm: int = 3_000
    reversed_ppm: int = 1_000

    def __post_init__(self) -> None:
        for name in ("accounts", "partners", "days"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name}: at least 1")
        if not self.venues or len(set(self.venues)) != len(self.venues):
            raise ValueError("venues: at least one, each once")
        if self.trades < 0:
            raise ValueError("trades: not negative")

    @property
    def start_us(self) -> int:
        """00:00 UTC of the first day, microseconds since 1970."""
        midnight = datetime(self.start.year, self.start.month, self.start.day, tzinfo=UTC)
        return int(midnight.timestamp()) * 1_000_000

    @property
    def end_us(self) -> int:
        """00:00 UTC after the last day, microseconds since 1970."""
        return self.start_us + self.days * DAY_US

    def draws(self, stream: str, number: int = 0) -> np.random.Generator:
        """The random numbers of one stream, the same for the same seed."""
        sequence = np.random.SeedSequence([self.seed, zlib.crc32(stream.encode()), number])
        return np.random.Generator(np.random.PCG64(sequence))
