"""A connection to a made-up venue, and what facts would hold after its pulls were shipped."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from guildhall.core import clock
from guildhall.core.settings import settings
from guildhall.effects.testing import drain
from guildhall.exchange import accounts
from guildhall.exchange.testing.venues import Person, VenueServer, World, standing
from guildhall.exchange.testing.venues.every import SERVERS
from guildhall.exchange.testing.venues.server import KEY, PASSPHRASE, SECRET
from guildhall.exchange.venues import calling, connections, pulling
from guildhall.exchange.venues.models import Pull, VenueConnection
from guildhall.exchange.venues.wire import Credentials
from guildhall.facts.models import Staged

START = datetime(2026, 9, 1, 12, tzinfo=UTC)
OURS = Credentials(KEY, SECRET, PASSPHRASE)


@dataclass
class Scene:
    """`now` moves the clock; `waited`: seconds the caller held its pace."""

    world: World
    server: VenueServer
    connection: VenueConnection
    now: Any
    waited: list[float] = field(default_factory=list)

    def pull(self, days: float = 0) -> Pull:
        """Move on, pull to the end, and give the pull."""
        self.now.advance(timedelta(days=days))
        made = pulling.begin(self.connection.pk, "staff:1")
        drain()
        self.connection.refresh_from_db()
        made.refresh_from_db()
        return made

    def person(self, uid: str, *, joined: datetime | None = None, **more: Any) -> Person:
        return self.world.add(uid, joined or clock.now(), **more)

    def rows(self, table: str = "daily_user") -> list[dict[str, Any]]:
        """The rows of a table in force, reversed ones left out, as facts would tell them."""
        found: dict[tuple[Any, ...], dict[str, Any]] = {}
        for one in Staged.objects.filter(table=table).order_by("pk"):
            row = one.row if isinstance(one.row, dict) else json.loads(one.row)
            key = tuple(row.get(name) for name in ("account", "day", "asset", "source", "deposit_id"))
            if key not in found or row["revision"] >= found[key]["revision"]:
                found[key] = row
        return [row for row in found.values() if row["state"] == "live"]

    def of(self, uid: str, table: str = "daily_user") -> list[dict[str, Any]]:
        name = accounts.pseudonym(self.connection.venue, uid)
        return sorted(
            (row for row in self.rows(table) if row["account"] == name), key=lambda row: str(row.get("day"))
        )

    def sums(self, uid: str) -> tuple[int, int]:
        """(fee, volume) booked for an account."""
        rows = self.of(uid)
        return sum(row["fee"] for row in rows), sum(row["volume"] for row in rows)


@contextmanager
def scene(
    platform: str, monkeypatch: pytest.MonkeyPatch, *, count_from: date | None = None
) -> Iterator[Scene]:
    """A house connected to a made-up venue, the clock held at noon of 2026-09-01 UTC."""
    world = World()
    server = SERVERS[platform](world)
    waited: list[float] = []
    monkeypatch.setattr(calling, "wait", waited.append)
    monkeypatch.setattr(calling, "settings", replace(settings, exchange_inside=True))
    with standing(server) as address, clock.freeze(START) as now:
        made = connections.connect(
            platform, "staff:1", OURS, origin=address, count_from=count_from or START.date()
        )
        yield Scene(world, server, made, now, waited)
