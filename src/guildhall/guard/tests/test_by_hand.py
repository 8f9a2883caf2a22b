"""What a person does about a member by hand: told, counted, carried out, and really taken back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction

from guildhall.channels.models import Message, Space, SpaceMember
from guildhall.core import clock
from guildhall.core.errors import BadInput, NotAllowed
from guildhall.effects.models import Effect
from guildhall.effects.testing import drain
from guildhall.guard import actions, pauses, standing
from guildhall.guard.actions import Hand, take_measure, undo_measure
from guildhall.guard.models import HandMeasure
from guildhall.guard.tests.rows import FINE, SCAM, a_message, a_moderator, a_space, an_account, case_of, post
from guildhall.guard.types import Measure
from guildhall.people.models import Account

pytestmark = pytest.mark.django_db
Kind = HandMeasure.Kind
BY = "staff:1"


@pytest.fixture
def space() -> Space:
    return a_space()


@pytest.fixture
def mallory(space: Space) -> Account:
    account = an_account("Mallory")
    SpaceMember.objects.create(space=space, account=account)
    return account


def member(space: Space, account: Account) -> SpaceMember:
    return SpaceMember.objects.get(space=space, account=account)


def told(account: Account) -> list[str]:
    found = Message.objects.filter(account=account, direction="out").order_by("id")
    return list(found.values_list("text", flat=True))


def test_a_warning_is_a_strike_and_the_member_is_told_why(space: Space, mallory: Account) -> None:
    taken = take_measure(Hand(Kind.WARN, space.id, mallory.id, BY, reason="shilling"))
    drain()
    assert (taken.strikes, taken.followed, member(space, mallory).strikes) == (1, None, 1)
    assert "shilling" in told(mallory)[0]


def test_the_ladder_decides_what_follows_a_warning(space: Space, mallory: Account) -> None:
    take_measure(Hand(Kind.WARN, space.id, mallory.id, BY))
    second = take_measure(Hand(Kind.WARN, space.id, mallory.id, BY))
    drain()
    assert second.followed is not None
    assert (second.followed.kind, second.followed.via, member(space, mallory).state) == (
        "mute", "ladder", "restricted",
    )  # fmt: skip
    assert second.followed.until is not None
    assert abs(second.followed.until - second.followed.at - timedelta(hours=1)) < timedelta(seconds=1)


def test_undoing_a_warning_takes_the_strike_and_what_followed_back(space: Space, mallory: Account) -> None:
    take_measure(Hand(Kind.WARN, space.id, mallory.id, BY))
    second = take_measure(Hand(Kind.WARN, space.id, mallory.id, BY))
    drain()
    undo_measure(second.measure.id, BY)
    undo_measure(second.measure.id, "staff:2")
    drain()
    now = member(space, mallory)
    assert (now.strikes, now.state) == (1, "member")
    assert HandMeasure.objects.get(pk=second.measure.id).undone_by == BY
    assert second.followed is not None
    assert HandMeasure.objects.get(pk=second.followed.id).undone_at is not None


def test_the_same_command_twice_is_one_measure(space: Space, mallory: Account) -> None:
    first = take_measure(Hand(Kind.WARN, space.id, mallory.id, BY, key="command:1"))
    again = take_measure(Hand(Kind.WARN, space.id, mallory.id, BY, key="command:1"))
    assert (first.is_new, again.is_new, again.measure.id) == (True, False, first.measure.id)
    assert member(space, mallory).strikes == 1


def test_a_mute_ends_when_it_was_said_to_end_and_can_be_lifted_and_the_lifting_undone(
    space: Space, mallory: Account
) -> None:
    muted = take_measure(Hand(Kind.MUTE, space.id, mallory.id, BY, seconds=7200)).measure
    drain()
    assert member(space, mallory).until == muted.until
    lifted = take_measure(Hand(Kind.UNMUTE, space.id, mallory.id, BY)).measure
    drain()
    assert member(space, mallory).state == "member"
    undo_measure(lifted.id, BY)
    drain()
    assert (member(space, mallory).state, member(space, mallory).until) == ("restricted", muted.until)


def test_undoing_the_longer_of_two_mutes_leaves_the_shorter_one(space: Space, mallory: Account) -> None:
    short = take_measure(Hand(Kind.MUTE, space.id, mallory.id, BY, seconds=3600)).measure
    long = take_measure(Hand(Kind.MUTE, space.id, mallory.id, BY, seconds=86_400)).measure
    drain()
    undo_measure(long.id, BY)
    drain()
    assert (member(space, mallory).state, member(space, mallory).until) == ("restricted", short.until)


def test_a_short_mute_does_not_cut_a_longer_one_short(space: Space, mallory: Account) -> None:
    long = take_measure(Hand(Kind.MUTE, space.id, mallory.id, BY, seconds=86_400)).measure
    short = take_measure(Hand(Kind.MUTE, space.id, mallory.id, BY, seconds=60))
    drain()
    assert short.until == long.until == member(space, mallory).until


def test_undoing_a_case_does_not_lift_a_mute_by_hand(space: Space, mallory: Account) -> None:
    post(space, mallory, SCAM)
    second = post(space, mallory, SCAM)
    take_measure(Hand(Kind.MUTE, space.id, mallory.id, BY, seconds=86_400))
    drain()
    actions.undo(case_of(second).id, a_moderator())
    drain()
    assert member(space, mallory).state == "restricted"


def test_what_was_lifted_by_hand_no_longer_holds(space: Space, mallory: Account) -> None:
    take_measure(Hand(Kind.BAN, space.id, mallory.id, BY))
    drain()
    take_measure(Hand(Kind.UNBAN, space.id, mallory.id, BY))
    assert standing.called_for(space.id, mallory.id, Measure.BAN) is None


def test_nothing_to_lift_is_said(space: Space, mallory: Account) -> None:
    with pytest.raises(BadInput, match="nothing to lift"):
        take_measure(Hand(Kind.UNMUTE, space.id, mallory.id, BY))


@pytest.mark.parametrize("who", ["admin", "owner", "staff", "space"])
def test_nobody_who_runs_the_space_is_touched(space: Space, mallory: Account, who: str) -> None:
    if who in ("admin", "owner"):
        SpaceMember.objects.filter(account=mallory).update(state=who)
    elif who == "staff":
        Account.objects.filter(pk=mallory.pk).update(is_staff=True)
    else:
        Account.objects.filter(pk=mallory.pk).update(external_id=space.external_id)
    with pytest.raises(NotAllowed):
        take_measure(Hand(Kind.BAN, space.id, mallory.id, BY))
    assert not HandMeasure.objects.exists()


def test_a_report_is_told_to_staff_once_and_never_quotes_the_member(space: Space, mallory: Account) -> None:
    admins = a_space("admins")
    space.settings = {"reports_to": admins.id}
    space.save()
    first, second = a_message(space, mallory, FINE), a_message(space, mallory, "other words")
    bob, eve = an_account("Bob"), an_account("Eve")
    for reporter in (bob, eve):
        actions.report_message(first.id, f"account:{reporter.id}", "look at his words")
    actions.report_message(second.id, f"account:{bob.id}")
    drain()
    said = list(Message.objects.filter(space=admins, direction="out").values_list("text", flat=True))
    assert len(said) == 1
    assert "/review/" in said[0]
    assert FINE not in said[0]
    assert "his words" not in said[0]


def test_storms_of_reports_are_told_seldom_with_their_number(space: Space, mallory: Account) -> None:
    admins = a_space("admins")
    Space.objects.filter(pk=space.pk).update(settings={"reports_to": admins.id})
    bob = an_account("Bob")
    with clock.freeze(clock.now()) as held:
        for minute in range(2):
            for n in range(20):
                actions.report_message(
                    a_message(space, mallory, f"spam {minute} {n}").id, f"account:{bob.id}"
                )
            held.advance(40)
    texts = [
        row.payload["text"] for row in Effect.objects.order_by("id") if row.payload.get("verb") == "send"
    ]
    assert len(texts) == 2
    assert "(1 open)" in texts[0]
    assert "(21 open)" in texts[1]


def test_whoever_appealed_is_told_how_it_ended_in_their_language(space: Space, mallory: Account) -> None:
    mallory.member.language = "zh-hans"
    mallory.member.save()
    upheld, undone = post(space, mallory, SCAM), post(space, mallory, SCAM)
    moderator = a_moderator()
    actions.uphold(actions.open_appeal(upheld.id, mallory.id).id, moderator)
    actions.undo(actions.open_appeal(undone.id, mallory.id).id, moderator)
    drain()
    words = told(mallory)[-2:]
    assert "维持移除" in words[0]
    assert "申诉已通过" in words[1]
    assert not any("appeal" in one.lower() for one in words)


def test_undoing_the_removal_grants_the_appeal_that_waits(space: Space, mallory: Account) -> None:
    message = post(space, mallory, SCAM)
    appeal = actions.open_appeal(message.id, mallory.id)
    actions.undo(case_of(message).id, a_moderator())
    drain()
    appeal.refresh_from_db()
    assert appeal.state == "undone"
    assert sum("appeal was granted" in text for text in told(mallory)) == 1


def test_a_statement_is_added_once_and_only_by_the_one_who_appealed(space: Space, mallory: Account) -> None:
    message = post(space, mallory, SCAM)
    case = actions.open_appeal(message.id, mallory.id)
    assert actions.add_statement(case.id, mallory.id, "it was a quote")
    assert not actions.add_statement(case.id, mallory.id, "again")
    case.refresh_from_db()
    assert case.statement == "it was a quote"


def test_a_pause_lets_one_through_at_a_time() -> None:
    with clock.freeze(clock.now()) as held, transaction.atomic():
        assert pauses.take("x", 10)
        assert not pauses.take("x", 10)
        assert pauses.take("y", 10)
        held.advance(10)
        assert pauses.take("x", 10)
        held.advance(60)
        assert pauses.forget_past() == 2
