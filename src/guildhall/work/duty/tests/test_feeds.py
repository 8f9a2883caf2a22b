"""Calendar feeds: private, revocable, the same to the byte while nothing changes, explicit in their times, and
honest about what is cancelled.
"""

from __future__ import annotations

import icalendar
import pytest

from guildhall.core import clock
from guildhall.core.errors import NotAllowed, NotFound
from guildhall.people.models import Team
from guildhall.work.duty import actions, feeds
from guildhall.work.duty.actions import NewShift, Off
from guildhall.work.duty.tests.conftest import House, at, person
from guildhall.work.models import FeedKey, Shift

BY = "staff:1"
pytestmark = pytest.mark.usefixtures("monday")


def shift(house: House, start: float, end: float, zone: str = "UTC") -> Shift:
    row = NewShift(house.team.pk, house.mei.pk, at(start), at(end), zone=zone)
    return actions.add_shift(row, by=BY)


def events(key: str) -> list[tuple[str, object, object, str, int]]:
    feed = feeds.feed_of(key)
    assert feed is not None
    calendar = icalendar.Calendar.from_ical(feeds.read(feed))
    return [
        (
            str(one["SUMMARY"]),
            one.decoded("DTSTART"),
            one.decoded("DTEND"),
            str(one["STATUS"]),
            one["SEQUENCE"],
        )
        for one in calendar.walk("VEVENT")
    ]


def test_a_person_reads_their_shifts_in_their_language_at_explicit_instants(house: House) -> None:
    shift(house, 33, 41, "Asia/Shanghai")
    _feed, key = actions.make_feed(house.mei)
    assert events(key) == [("Desk：值班", at(33), at(41), "CONFIRMED", 0)]
    feed = feeds.feed_of(key)
    assert feed is not None
    raw = feeds.read(feed)
    assert b"DTSTART:20261124T090000Z" in raw
    assert b"DURATION" not in raw
    assert feeds.read(feed) == raw
    assert icalendar.Calendar.from_ical(raw).to_ical() == raw
    with clock.freeze(at(20)):
        assert feeds.read(feed) == raw


def test_what_is_cancelled_given_away_or_in_leave_stays_as_cancelled(house: House) -> None:
    one, two, _three = shift(house, 33, 41), shift(house, 57, 65), shift(house, 81, 89)
    _feed, key = actions.make_feed(house.mei)
    actions.cancel_shift(one.pk, by=BY)
    actions.cover(two.pk, house.tom.pk, by=BY, start=at(59))
    actions.record_leave(house.mei.pk, Off(at(80), at(90)), house.pat)
    assert [(start, end, status, n) for _s, start, end, status, n in events(key)] == [
        (at(33), at(41), "CANCELLED", 1), (at(57), at(59), "CONFIRMED", 1), (at(81), at(89), "CANCELLED", 1),
    ]  # fmt: skip
    _feed, his = actions.make_feed(house.tom)
    assert [(start, end) for _s, start, end, _st, _n in events(his)] == [(at(59), at(65))]


def test_a_team_reads_who_is_there_and_what_is_open(house: House) -> None:
    shift(house, 33, 41)
    actions.add_shift(NewShift(house.team.pk, None, at(41), at(49), kind="on_call"), by=BY)
    _feed, key = actions.make_feed(house.tom, house.team.pk)
    assert [said for said, *_rest in events(key)] == ["Mei: shift", "still open: on call"]


def test_a_key_ends_when_it_is_revoked_or_its_owner_leaves(house: House) -> None:
    feed, key = actions.make_feed(house.mei)
    assert feeds.feed_of(key + "x") is None
    with pytest.raises(NotFound):
        actions.revoke_feed(feed.pk, house.tom)
    actions.revoke_feed(feed.pk, house.mei)
    assert feeds.feed_of(key) is None
    _feed, key = actions.make_feed(house.tom)
    house.tom.is_active = False
    house.tom.save()
    assert feeds.feed_of(key) is None
    assert key not in str(FeedKey.objects.values())


def test_a_vendor_agent_feeds_on_their_own_team_only_and_only_while_in_it(house: House) -> None:
    vendor = Team.objects.create(slug="vendor", name="Vendor")
    agent = person("Vi", vendor, role="vendor_agent")
    with pytest.raises(NotAllowed):
        actions.make_feed(agent, house.team.pk)
    _feed, key = actions.make_feed(agent, vendor.pk)
    assert feeds.feed_of(key) is not None
    agent.memberships.all().delete()
    assert feeds.feed_of(key) is None
