"""How much may be posted by one visitor and from one address: token buckets in the database, shared by all
web processes.

Addresses are kept as hashes under a key of the day, so that nobody can be followed by them. A process that
has just seen a bucket empty refuses by itself, so a flood costs no writes.
"""

from __future__ import annotations

import hashlib
import hmac
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from django.conf import settings as django_settings
from django.db import transaction

from guildhall.core import clock
from guildhall.core.errors import TooMany
from guildhall.core.text import Text
from guildhall.effects import bucket, ticker
from guildhall.public.models import Allowance

_SHAPES = {
    "post:visitor": bucket.Shape.of(Fraction(1, 2), 6),
    "post:address": bucket.Shape.of(4, 60),
    "join:address": bucket.Shape.of(Fraction(1, 30), 10),
    "appeal:visitor": bucket.Shape.of(Fraction(1, 60), 5),
}
"""Tokens a second and the most at once. One address may be a whole school or a mobile carrier."""
_FORGET_AFTER = timedelta(days=1)
_MOST_REMEMBERED = 10_000

_empty_until: dict[str, float] = {}
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Draw:
    """One token of a kind (`post:visitor`, …) for one holder (a visitor's id, an address)."""

    kind: str
    holder: str

    def name(self, now: datetime) -> str:
        day = now.date().isoformat() if self.kind.endswith(":address") else ""
        key = f"{django_settings.SECRET_KEY}:{day}".encode()
        return f"{self.kind}:{hmac.new(key, self.holder.encode(), hashlib.sha256).hexdigest()[:32]}"


def take(draws: Iterable[Draw]) -> None:
    """Take a token of each, or none of any. Raises TooMany with the seconds to wait."""
    now = clock.now()
    wanted = {draw.name(now): _SHAPES[draw.kind] for draw in draws}
    _refuse_what_is_known_empty(wanted)
    micros = int(now.timestamp() * 1_000_000)
    with transaction.atomic():
        rows = {
            row.name: row for row in Allowance.objects.select_for_update().filter(name__in=sorted(wanted))
        }
        levels = {
            name: bucket.refill(bucket.Level(rows[name].tokens, rows[name].at), shape, micros)
            if name in rows
            else bucket.full(shape, micros)
            for name, shape in wanted.items()
        }
        waits = {
            name: (bucket.available_at(levels[name], shape) - micros) / 1_000_000
            for name, shape in wanted.items()
            if bucket.whole_tokens(levels[name]) < 1
        }
        if not waits:
            for name, level in sorted(levels.items()):
                left = bucket.take(level)
                Allowance.objects.update_or_create(name=name, defaults={"tokens": left.tokens, "at": left.at})
    if waits:
        _remember(waits)
        raise _too_many(max(waits.values()))


def purge(now: datetime) -> int:
    """Forget buckets that have long been full again."""
    before = int((now - _FORGET_AFTER).timestamp() * 1_000_000)
    stale = list(Allowance.objects.filter(at__lt=before).order_by("at").values_list("name", flat=True)[:1000])
    return Allowance.objects.filter(name__in=stale, at__lt=before).delete()[0] if stale else 0


def register() -> None:
    """Have the ticker purge every few minutes."""
    ticker.on_tick("public.allowances", purge, every_s=300)


def forget_local() -> None:
    """Forget what this process remembers; for tests."""
    with _lock:
        _empty_until.clear()


def _refuse_what_is_known_empty(names: Iterable[str]) -> None:
    moment = time.monotonic()
    with _lock:
        wait = max((_empty_until.get(name, 0.0) - moment for name in names), default=0.0)
    if wait > 0:
        raise _too_many(wait)


def _remember(waits: dict[str, float]) -> None:
    moment = time.monotonic()
    with _lock:
        if len(_empty_until) > _MOST_REMEMBERED:
            _empty_until.clear()
        for name, wait in waits.items():
            # Half of it only: another process may have forgotten less than this one knows.
            _empty_until[name] = moment + wait / 2


def _too_many(wait: float) -> TooMany:
    seconds = max(1, round(wait + 0.5))
    return TooMany(
        Text(
            f"That was quick. Try again in {seconds} s; your text is kept.",
            f"发送过快，请 {seconds} 秒后再试，您的文字已保留。",
        ),
        retry_after=seconds,
    )
