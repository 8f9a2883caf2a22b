"""The demo goes on in real time: through intake, as its own people, and faster than life."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from guildhall.channels.models import Message, Quarantine
from guildhall.core import clock
from guildhall.core.errors import Conflict
from guildhall.demo import actions, building, live, queries
from guildhall.demo.cast import EN, PREFIX
from guildhall.demo.events import What
from guildhall.effects.testing import drain
from guildhall.guard import freshness
from guildhall.guard.actions import install_shipped
from guildhall.guard.models import Campaign
from guildhall.intake.pipeline import Raw, ingest
from guildhall.people.actions import create_staff
from guildhall.people.models import Account

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
NOW = datetime(2026, 3, 18, 11, 41, tzinfo=UTC)


@pytest.fixture
def world(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    install_shipped(by="system:test")
    create_staff("owner@example.org", "Olga", ["owner"], by="system:test")
    freshness.forget()
    with clock.freeze(NOW):
        actions.begin(length=timedelta(hours=8))
    building.build()

    def at_once(raw: Raw) -> Future[Any]:
        done: Future[Any] = Future()
        done.set_result(ingest([raw])[0])
        return done

    monkeypatch.setattr(live.batcher, "submit", at_once)
    return queries.world()


def test_messages_come_every_few_seconds_and_all_of_them_from_made_up_people(world: Any) -> None:
    before = Message.objects.filter(direction="in").count()
    with clock.freeze(NOW) as held:
        going_on = live.Live(world, seed=3)
        heard = []
        for _ in range(10 * 60):
            held.advance(1)
            heard += list(going_on.turn())
    said = [event for event in heard if event.what is What.SAY]
    assert 60 < len(said) < 400
    assert Message.objects.filter(direction="in").count() == before + len(said)
    assert len({event.space for event in said}) == 3
    assert not Account.objects.exclude(external_id__startswith=PREFIX).exists()


def test_now_and_then_newcomers_post_nearly_the_same_and_the_guard_finds_a_campaign(world: Any) -> None:
    with clock.freeze(NOW) as held:
        going_on = live.Live(world, seed=3)
        going_on._plan(going_on._copies(EN, NOW), NOW)
        for _ in range(5 * 60):
            held.advance(1)
            list(going_on.turn())
    assert Campaign.objects.filter(accounts__gte=4, spaces=1).exists()


def test_it_stops_by_itself_when_the_demo_is_removed(world: Any) -> None:
    going_on = live.Live(world, seed=3)
    actions.remove("staff:1")
    drain()
    going_on.run(lambda event: pytest.fail("somebody spoke in a house without a demo"))
    assert not Quarantine.objects.exists()


def test_a_house_without_a_world_has_nothing_to_go_on_with() -> None:
    install_shipped(by="system:test")
    freshness.forget()
    world = actions.furnish()
    assert world is not None
    with pytest.raises(Conflict):
        live.Live(world)
