"""What the demo's world promises before anything of it is in a database."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest

from guildhall.channels.links import extract
from guildhall.demo import plot, script
from guildhall.demo.building import ticks
from guildhall.demo.cast import EN, PREFIX, VIP, ZH
from guildhall.demo.events import Truth, What
from guildhall.demo.stories import RAIDERS

ENDS = datetime(2026, 3, 18, 9, 41, tzinfo=UTC)


@pytest.fixture(scope="module")
def world():
    return plot.write(7, ENDS)


def test_the_same_seed_and_moment_give_the_same_world_and_another_seed_another(world):
    assert plot.write(7, ENDS) == world
    assert plot.write(8, ENDS).events != world.events


def test_everything_lies_in_the_past_and_in_order(world):
    times = [event.at for event in world.events]
    assert times == sorted(times)
    assert ENDS - timedelta(days=14) <= times[0]
    assert times[-1] < ENDS


def test_three_communities_of_hundreds_talk_thousands_of_messages_in_both_languages(world):
    said = [event for event in world.events if event.what is What.SAY]
    by_space = Counter(event.space for event in said)
    assert len(world.people) > 300
    assert set(by_space) == {EN, ZH, VIP}
    assert sum(by_space.values()) > 5_000
    assert len({event.text for event in said}) > 2_500
    assert {event.language for event in said if event.space == VIP} >= {"en", "zh-hans"}


def test_nobody_speaks_before_they_came_and_no_two_messages_share_an_id(world):
    came: set[tuple[str, str]] = set()
    keys = [event.key for event in world.events if event.what is What.SAY]
    assert len(keys) == len(set(keys))
    for event in world.events:
        if event.what is What.JOIN:
            came.add((event.space, event.who))
        elif event.what is What.SAY:
            assert (event.space, event.who) in came, event
        assert event.who.startswith(PREFIX)


def test_people_sleep(world):
    hours = Counter(e.at.hour for e in world.events if e.what is What.SAY and e.space == ZH and not e.truth)
    night, evening = sum(hours[h] for h in (18, 19, 20, 21)), sum(hours[h] for h in (11, 12, 13, 14))
    assert night * 3 < evening


def test_there_is_a_raid_of_sixty_within_some_minutes(world):
    raiders = [e for e in world.events if e.who.startswith(f"{PREFIX}r") and e.what is What.SAY]
    assert len(raiders) == RAIDERS
    assert len({e.text for e in raiders}) == 1
    assert raiders[-1].at - raiders[0].at < timedelta(minutes=4)


def test_every_link_in_the_demo_leads_to_a_name_that_cannot_exist(world):
    links = [link for event in world.events for link in extract(event.text)]
    assert len(links) > 100
    for link in links:
        host = urlsplit(link.url).hostname or ""
        assert host.rpartition(".")[2] in ("example", "invalid", "test"), link


def test_every_kind_of_scam_is_there_in_both_languages(world):
    truths = Counter(event.truth for event in world.events if event.what is What.SAY)
    assert truths[Truth.SCAM] > 200
    assert truths[Truth.FINE] > 25
    assert len(script.scams()["en"]) > 15
    assert len(script.scams()["zh"]) > 15


def test_no_place_is_left_unfilled(world):
    for event in world.events:
        assert not set("{}[]|") & set(event.text) or "|" in event.name, event.text


def test_nobody_speaks_in_the_group_of_events_they_joined_in(world):
    events = list(world.events)
    groups = list(ticks(events))
    assert [event for group in groups for event in group] == events
    for group in groups:
        came: set[str] = set()
        for event in group:
            assert not (event.what is What.SAY and event.who in came)
            if event.what is What.JOIN:
                came.add(event.who)
