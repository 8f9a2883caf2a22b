"""The pages of duty: planned by pattern, read on the week, given away and asked for; nobody sees another
vendor's.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from guildhall.core import clock
from guildhall.people.models import Staff, Team, TeamMembership
from guildhall.people.roles import Role
from guildhall.people.testing import make_staff, sign_in
from guildhall.work.duty import actions, queries
from guildhall.work.duty.actions import Needed, NewShift
from guildhall.work.models import FeedKey, Leave, Pattern, Shift, Swap

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)


@pytest.fixture(autouse=True)
def monday() -> Iterator[None]:
    with clock.freeze(NOW):
        yield


@pytest.fixture
def team() -> Team:
    return Team.objects.create(slug="desk", name="Desk")


def member(team: Team, *roles: Role, name: str = "", lead: bool = False) -> Staff:
    staff = make_staff(*(roles or (Role.SUPPORT_AGENT,)))
    if name:
        Staff.objects.filter(pk=staff.pk).update(name=name)
        staff.name = name
    TeamMembership.objects.create(team=team, staff=staff, is_lead=lead)
    return staff


def signed_in(staff: Staff) -> Client:
    client = Client()
    sign_in(client, staff)
    return client


def shift(team: Team, staff: Staff | None, hours: int = 33) -> Shift:
    start = NOW.replace(hour=0) + timedelta(hours=hours)
    row = NewShift(team.pk, staff.pk if staff else None, start, start + timedelta(hours=8))
    return actions.add_shift(row, by="staff:1")


def said(answer: Any) -> str:
    assert answer.status_code == 200, answer.status_code
    return str(answer.content.decode())


def test_a_planner_writes_a_pattern_looks_at_it_and_reads_the_week(team: Team) -> None:
    mei, tom = member(team, name="Mei"), member(team, name="Tom")
    client = signed_in(make_staff(Role.MANAGER))
    form = {
        "name": "Night call", "team": team.pk, "shape": "rotation", "on": 4, "off": 2, "turn": 7,
        "start": "09:00", "end": "09:00", "anchor": "2026-11-16", "kind": "on_call", "layer": 1,
        "zone": "Europe/Berlin", "people-TOTAL_FORMS": 2, "people-INITIAL_FORMS": 0,
        "people-0-staff": mei.pk, "people-1-staff": tom.pk,
    }  # fmt: skip
    looked = said(client.post(reverse("console:duty-pattern-new"), form | {"preview": "1"}))
    assert "Mei" in looked
    assert not Shift.objects.exists()
    assert client.post(reverse("console:duty-pattern-new"), form).status_code == 303
    week = said(client.get(reverse("console:duty"), {"week": "2026-12-02", "team": "desk"}))
    assert "Tom" in week
    one = Pattern.objects.get()
    assert "Night call" in said(client.get(reverse("console:duty-patterns")))
    page = said(client.get(reverse("console:duty-pattern", args=[one.pk])))
    assert 'value="7"' in page
    client.post(reverse("console:duty-pattern-switch", args=[one.pk]))
    assert not queries.planned(NOW, NOW + timedelta(days=90)).filter(starts_at__gt=NOW).exists()


def test_a_wrong_pattern_is_answered_at_its_field(team: Team) -> None:
    client = signed_in(make_staff(Role.MANAGER))
    form = {
        "name": "x", "team": team.pk, "shape": "weekly", "on": 1, "off": 1, "turn": 1, "start": "09:00",
        "end": "17:00", "anchor": "2026-11-16", "kind": "shift", "layer": 1, "zone": "UTC",
        "people-TOTAL_FORMS": 0, "people-INITIAL_FORMS": 0,
    }  # fmt: skip
    answer = client.post(reverse("console:duty-pattern-new"), form)
    assert answer.status_code == 422
    assert "Choose at least one day." in answer.content.decode()


def test_a_shift_goes_from_one_to_another_through_the_pages(team: Team) -> None:
    mei, tom = member(team, name="Mei"), member(team, name="Tom")
    one, back = shift(team, mei), shift(team, tom, 57)
    page = reverse("console:duty-shift", args=[one.pk])
    assert "Tom: " in said(signed_in(mei).get(page))
    asked = signed_in(mei).post(page, {"deed": "swap", "to": tom.pk, "in_return": back.pk, "note": "dentist"})
    assert asked.status_code == 303
    requests, decide = reverse("console:duty-requests"), "console:duty-swap-decide"
    swap = Swap.objects.get()
    assert "dentist" in said(signed_in(tom).get(requests))
    signed_in(tom).post(reverse(decide, args=[swap.pk, "accept"]))
    planner = signed_in(make_staff(Role.MANAGER))
    assert "dentist" in said(planner.get(requests))
    planner.post(reverse(decide, args=[swap.pk, "approve"]))
    assert [p.staff_id for p in queries.shifts(one.starts_at, back.ends_at)] == [tom.pk, mei.pk]
    assert planner.post(reverse(decide, args=[swap.pk, "nonsense"])).status_code == 404
    assert "Mei" in said(signed_in(tom).get(page))


def test_leave_is_asked_for_decided_and_leaves_an_open_shift_to_take(team: Team) -> None:
    mei, tom = member(team, name="Mei"), member(team, name="Tom")
    one = shift(team, mei)
    mine = reverse("console:duty-mine")
    wrong = signed_in(mei).post(mine, {"kind": "holiday", "first": "2026-11-25", "last": "2026-11-23"})
    assert wrong.status_code == 422
    signed_in(mei).post(mine, {"kind": "holiday", "first": "2026-11-24", "last": "2026-11-25", "note": "sea"})
    planner = signed_in(make_staff(Role.MANAGER))
    assert "sea" in said(planner.get(reverse("console:duty-requests")))
    planner.post(reverse("console:duty-leave-decide", args=[Leave.objects.get().pk, "approve"]))
    page = reverse("console:duty-shift", args=[one.pk])
    assert "Still open" in said(signed_in(tom).get(page))
    signed_in(tom).post(reverse("console:duty-shift-claim", args=[one.pk]))
    assert Swap.objects.get().state == "accepted"
    sick = {"staff": tom.pk, "kind": "sick", "first": "2026-11-26", "last": "2026-11-26"}
    assert planner.post(reverse("console:duty-requests"), sick).status_code == 303
    assert "sea" in said(signed_in(mei).get(mine))


def test_a_planner_adds_moves_covers_and_cancels_a_shift(team: Team) -> None:
    mei, tom = member(team, name="Mei"), member(team, name="Tom")
    client = signed_in(make_staff(Role.MANAGER))
    form = {
        "team": team.pk, "staff": mei.pk, "kind": "shift", "layer": 1, "day": "2026-10-25", "start": "02:30",
        "end": "08:00", "zone": "Europe/Berlin",
    }  # fmt: skip
    twice = client.post(reverse("console:duty-shift-new"), form)
    assert twice.status_code == 422
    assert "comes twice" in twice.content.decode()
    answer = client.post(reverse("console:duty-shift-new"), form | {"reading": "second"})
    one = Shift.objects.get()
    assert answer.headers["Location"] == reverse("console:duty-shift", args=[one.pk])
    assert one.starts_at == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    client.post(reverse("console:duty-shift-edit", args=[one.pk]), form | {"day": "2026-11-24"})
    page = reverse("console:duty-shift", args=[one.pk])
    client.post(page, {"deed": "cover", "staff": tom.pk, "start": "03:00", "end": "04:00", "why": "doctor"})
    cover = one.covers.get()
    assert (cover.starts_at, cover.ends_at) == tuple(datetime(2026, 11, 24, h, tzinfo=UTC) for h in (3, 4))
    assert "doctor" in said(client.get(page))
    outside = client.post(page, {"deed": "cover", "staff": tom.pk, "start": "13:00", "end": "14:00"})
    assert outside.status_code == 422
    client.post(reverse("console:duty-shift-uncover", args=[one.pk, cover.pk]))
    client.post(reverse("console:duty-shift-switch", args=[one.pk]))
    one.refresh_from_db()
    assert one.state == "cancelled"
    assert "Let it take place" in said(client.get(page))


def test_gaps_show_what_is_missing_by_language(team: Team) -> None:
    shift(team, member(team, name="Mei"))
    actions.add_need(Needed(team.pk, 0, 1440, "UTC", language="zh"), by="staff:1")
    client = signed_in(make_staff(Role.MANAGER))
    page = said(client.get(reverse("console:duty-gaps"), {"days": "14"}))
    assert "中文" in page
    assert "(0/1)" in page
    need = {
        "team": team.pk, "kind": "shift", "language": "en", "least": 2, "weekdays": [0, 1], "opens": "22:00",
        "closes": "06:00", "zone": "Asia/Shanghai",
    }  # fmt: skip
    assert client.post(reverse("console:duty-gaps"), need).status_code == 303
    assert team.duty_needs.filter(closes=1800).exists()


def test_a_calendar_is_made_shown_once_and_revoked(team: Team) -> None:
    client = signed_in(member(team))
    page = said(client.post(reverse("console:duty-feed-new"), {"team": "desk"}))
    assert "/duty/calendar/" in page
    assert "/duty/calendar/" not in said(client.get(reverse("console:duty-mine")))
    client.post(reverse("console:duty-feed-revoke", args=[FeedKey.objects.get().pk]))
    assert FeedKey.objects.get().revoked_at is not None


def test_a_vendor_agent_sees_the_duty_of_their_own_team_only(team: Team) -> None:
    vendor = Team.objects.create(slug="vendor", name="Vendor")
    mei, own = member(team, name="Mei"), member(vendor, Role.VENDOR_AGENT, name="Vi")
    one = shift(team, mei)
    shift(vendor, own)
    client = signed_in(own)
    week = said(client.get(reverse("console:duty"), {"week": "2026-11-24"}))
    assert "Vi" in week
    assert "Mei" not in week
    assert client.get(reverse("console:duty"), {"team": "desk"}).status_code == 404
    for name, method in (("duty-shift", "get"), ("duty-shift-claim", "post"), ("duty-shift-switch", "post")):
        assert getattr(client, method)(reverse(f"console:{name}", args=[one.pk])).status_code == 404
    assert client.get(reverse("console:duty-patterns")).status_code == 404
    assert client.get(reverse("console:duty-shift-new")).status_code == 404
    client.post(reverse("console:duty-feed-new"), {"team": "desk"})
    assert not FeedKey.objects.exists()
    assert "Mei" not in said(client.get(reverse("console:duty-gaps")))


def test_the_lead_of_a_team_plans_that_team(team: Team) -> None:
    lead = member(team, name="Lea", lead=True)
    client = signed_in(lead)
    assert "Add a shift" in said(client.get(reverse("console:duty")))
    other = Team.objects.create(slug="other", name="Other")
    theirs = shift(other, member(other))
    assert client.get(reverse("console:duty-shift-edit", args=[theirs.pk])).status_code == 404
    client.post(reverse("console:duty-shift-switch", args=[theirs.pk]))
    theirs.refresh_from_db()
    assert theirs.state == "planned"


def test_today_says_what_waits_and_where_too_few_will_be(team: Team) -> None:
    mei, tom = member(team, name="Mei"), member(team, name="Tom")
    actions.ask(shift(team, mei).pk, mei, to=tom.pk)
    actions.add_need(Needed(team.pk, 0, 1440, "UTC"), by="staff:1")
    assert "1 request about shifts waits for you" in said(signed_in(tom).get("/"))
    assert "Too few are on duty now" in said(signed_in(make_staff(Role.MANAGER)).get("/"))
