"""The demo's desk: two weeks of tickets with their clocks, shifts, questions to finance; gone without a trace."""

from __future__ import annotations

from datetime import timedelta

import pytest

from guildhall.demo import actions, building, desk, queries, sweeping
from guildhall.demo.models import World
from guildhall.desk.models import Clock, Entry, Escalation, ExchangeTeam, FigureDay, Ticket, Vendor
from guildhall.guard import freshness
from guildhall.guard.actions import install_shipped
from guildhall.people import actions as people
from guildhall.people.models import Team
from guildhall.work.models_duty import Shift

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.one_database]


@pytest.fixture
def world() -> World:
    install_shipped(by="system:test")
    freshness.forget()
    queries.forget()
    people.create_staff("owner@example.org", "Olga", ["owner"], by="system:test")
    actions.begin(length=timedelta(hours=4))
    assert building.build()
    return World.objects.get()


def test_a_desk_with_a_past_is_built_and_all_of_it_goes_without_a_trace(world: World) -> None:
    desk.build(world)
    tickets = Ticket.objects.count()
    assert tickets > 70
    assert Ticket.objects.filter(status="solved", rating__isnull=False).count() > 15
    assert Ticket.objects.filter(status="open").count() == 8
    assert set(Ticket.objects.values_list("language", flat=True)) == {"en", "zh-hans"}
    assert Clock.objects.filter(metric="first_response", met_at__isnull=False).count() > 60
    assert {one.state for one in Escalation.objects.all()} == {"returned", "answered"}
    assert sum(FigureDay.objects.values_list("tickets", flat=True)) == tickets
    assert Shift.objects.filter(starts_at__gt=world.ends + timedelta(days=3)).exists()
    entries = Entry.objects.count()
    desk.build(world)  # as after a builder that was killed at its last step
    assert (Ticket.objects.count(), Entry.objects.count()) == (tickets, entries)
    actions.remove(by="system:test")
    assert sweeping.sweep()
    for model in (Ticket, Entry, Clock, Escalation, ExchangeTeam, FigureDay, Vendor, Shift):
        assert not model.objects.exists(), model
    assert not Team.objects.filter(slug__startswith="demo-").exists()
