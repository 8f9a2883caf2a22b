"""A raid declared and ended from the chat by those who look after it, and by nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from guildhall.channels.models import Space
from guildhall.core import clock
from guildhall.guard import freshness
from guildhall.guard.models import Raid
from guildhall.intake.commands.tests.chat import (
    a_group,
    a_platform,
    a_private_talk,
    said_by_us,
    somebody,
    take,
    words,
)
from guildhall.people.actions import Known

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _platform(db: None) -> Iterator[None]:
    freshness.forget()
    with a_platform():
        yield


@pytest.fixture
def group() -> Space:
    return a_group()


@pytest.fixture
def admin(group: Space) -> Known:
    return somebody("Ada", group, state="admin")


def test_an_administrator_declares_a_raid_for_two_hours_and_ends_it(group: Space, admin: Known) -> None:
    take(words(group, admin, "/raid 2h"))
    raid = Raid.objects.get()
    assert (raid.state, raid.declared_by, raid.space_id) == ("on", f"account:{admin.id}", group.id)
    assert raid.until is not None
    assert raid.until > clock.now() + timedelta(minutes=119)
    assert any("may read but not write" in said for said in said_by_us(group))
    take(words(group, admin, "/unraid"))
    raid.refresh_from_db()
    assert (raid.state, raid.ended_by) == ("over", f"account:{admin.id}")


def test_declaring_twice_in_the_chat_is_one_raid(group: Space, admin: Known) -> None:
    take(words(group, admin, "/raid"), words(group, admin, "/raid"))
    assert Raid.objects.count() == 1


def test_a_chinese_word_alone_declares_it_too_but_talk_about_raids_does_not(
    group: Space, admin: Known
) -> None:
    take(words(group, admin, "突袭防护 是什么功能"))
    assert not Raid.objects.exists()
    take(words(group, admin, "突袭防护"))
    assert Raid.objects.get().state == "on"


def test_a_member_cannot_lock_a_group_and_is_told_so(group: Space) -> None:
    take(words(group, somebody("Mallory", group), "/raid"))
    assert not Raid.objects.exists()
    assert len(said_by_us(group)) == 1


def test_in_private_it_says_to_ask_in_the_group_and_ending_nothing_says_so(
    group: Space, admin: Known
) -> None:
    talk = a_private_talk(admin)
    take(words(talk, admin, "/raid"))
    assert not Raid.objects.exists()
    take(words(group, admin, "/unraid"))
    assert said_by_us(group) == ["No raid is going on here."]
