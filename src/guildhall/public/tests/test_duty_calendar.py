"""The address of a calendar answers whoever holds it, says when nothing changed, and ends when it is revoked."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from guildhall.core import clock
from guildhall.people.models import Team, TeamMembership
from guildhall.people.roles import Role
from guildhall.people.testing import make_staff
from guildhall.work.duty import actions
from guildhall.work.duty.actions import NewShift

pytestmark = pytest.mark.django_db


def test_a_calendar_program_reads_the_shifts_until_the_key_is_revoked(client: Client) -> None:
    team, mei = Team.objects.create(slug="desk", name="Desk"), make_staff(Role.SUPPORT_AGENT)
    TeamMembership.objects.create(team=team, staff=mei)
    start = clock.now() + timedelta(hours=5)
    actions.add_shift(NewShift(team.pk, mei.pk, start, start + timedelta(hours=8)), by="staff:1")
    feed, key = actions.make_feed(mei)
    address = f"/duty/calendar/{key}.ics"
    answer = client.get(address)
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert start.strftime("DTSTART:%Y%m%dT%H%M%SZ").encode() in answer.content
    again = client.get(address, headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
    assert client.post(address).status_code == 405
    actions.revoke_feed(feed.pk, mei)
    assert client.get(address).status_code == 404
    assert client.get("/duty/calendar/no-such-key.ics").status_code == 404
