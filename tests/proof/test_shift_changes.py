"""A thousand changes of shift, on two sides of the house and at two vendors: whatever happens to rosters, breaks,
sick days and vendors with nobody on duty, no open ticket is left without an owner on duty.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from guildhall.core import clock
from guildhall.desk.models import Handover, Ticket
from guildhall.desk.testing import shift_changes

pytestmark = [pytest.mark.proof, pytest.mark.django_db]
CHANGES, WORLDS = 1000, 10
MONDAY = datetime(2026, 3, 2, 6, tzinfo=UTC)


@pytest.mark.parametrize("seed", range(WORLDS))
def test_after_every_change_of_shift_every_open_ticket_has_an_owner_on_duty(seed: int) -> None:
    with clock.freeze(MONDAY) as now:
        world = shift_changes.build(seed, now.at)
        for _ in range(CHANGES // WORLDS):
            left = world.turn(now.at)
            assert left == [], f"at {now.at}: {[(one.number, one.assignee) for one in left]}"
            now.advance(timedelta(hours=8))
    assert world.moved > 100
    assert Handover.objects.filter(state="given").count() > 50
    assert shift_changes.given_without_a_part() == 0
    assert Ticket.objects.exclude(vendor=None).filter(assignee__isnull=True, status="open").count() == 0
