"""What a replay knows of the conduct around a message: only what was there before it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from guildhall.channels.models import Message
from guildhall.core import clock
from guildhall.guard import freshness, history
from guildhall.guard.actions.tracing import Linked, link
from guildhall.guard.models import Campaign, Raid
from guildhall.guard.shadow import Stored
from guildhall.guard.tests.rows import a_message, a_space, an_account

pytestmark = pytest.mark.django_db
TEXT = "the very same remark about the maintenance window on Sunday"


def replayed() -> list[Stored]:
    freshness.forget()
    now = clock.now()
    return history.chunk(now - timedelta(days=2), now + timedelta(days=1), "", 100)


def test_copies_that_came_later_do_not_count_for_the_first() -> None:
    space = a_space()
    for n in range(5):
        a_message(space, an_account(f"Member {n}"), TEXT)
    assert [one.context.copies.accounts for one in replayed()] == [0, 1, 2, 3, 4]


def test_a_campaign_is_one_only_from_its_fourth_account_on_and_confirmed_only_after_the_decision() -> None:
    space = a_space()
    rows = [a_message(space, an_account(f"Member {n}"), TEXT + "!" * n) for n in range(6)]
    now = clock.now()
    campaign = Campaign.objects.create(first_seen=now, last_seen=now, found_at=now)
    link(Linked(campaign.id, row.id, str(row.account_id), space.id, now) for row in rows)
    Campaign.objects.update(state="confirmed", decided_at=rows[4].received_at)
    Message.objects.filter(pk=rows[5].pk).update(received_at=clock.now() + timedelta(seconds=1))
    seen = [(one.context.alike.campaign != "", one.context.alike.is_confirmed) for one in replayed()]
    assert seen == [(False, False)] * 3 + [(True, False), (True, True), (True, True)]


def test_links_before_and_when_somebody_last_wrote_are_as_they_were() -> None:
    space, account = a_space(), an_account("Ann")
    a_message(space, account, "nothing to click here at all")
    a_message(space, account, "see https://one.example/a")
    a_message(space, account, "see https://two.example/b")
    assert [one.context.sender.links_seen for one in replayed()] == [0, 0, 1]
    assert [one.context.sender.last_seen is None for one in replayed()] == [True, False, False]


def test_a_raid_counts_for_the_messages_of_its_time() -> None:
    space, account = a_space(), an_account("Ann")
    now = clock.now()
    for minutes in (30, 20, 10):
        a_message(space, account, f"a remark {minutes}", at=now - timedelta(minutes=minutes))
    Raid.objects.create(
        space=space,
        state="over",
        since=now - timedelta(minutes=26),
        began_at=now - timedelta(minutes=25),
        last_seen=now,
        ended_at=now - timedelta(minutes=15),
        declared_by="staff:1",
    )
    assert [one.context.under_raid for one in replayed()] == [False, True, False]
