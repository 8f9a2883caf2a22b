"""What the guard decides really happens in the web chat, whose platform is our own database: removal, restriction, and back."""

from __future__ import annotations

import pytest

from guildhall.channels.models import Message, SpaceMember
from guildhall.effects.testing import drain
from guildhall.guard import actions
from guildhall.guard.tests.rows import DOUBTFUL, SCAM, a_moderator, a_space, an_account, case_of, post

pytestmark = pytest.mark.django_db


def member_state(message: Message) -> str:
    return SpaceMember.objects.get(space_id=message.space_id, account_id=message.account_id).state


def test_a_removed_message_comes_back_when_it_is_undone() -> None:
    message = post(a_space(), an_account(), SCAM)
    assert not message.visible
    drain()
    actions.undo(case_of(message).id, a_moderator())
    drain()
    message.refresh_from_db()
    assert (message.visible, message.removed_at) == (True, None)


def test_undo_before_the_removal_was_carried_out_ends_visible_all_the_same() -> None:
    message = post(a_space(), an_account(), SCAM)
    actions.undo(case_of(message).id, a_moderator())
    drain()
    message.refresh_from_db()
    assert message.visible


def test_a_restricted_member_may_speak_again_after_a_granted_appeal() -> None:
    space, account = a_space(), an_account()
    first = post(space, account, SCAM)
    second = post(space, account, SCAM)
    drain()
    assert member_state(second) == "restricted"
    appeal = actions.open_appeal(second.id, account.id, "that was a quote")
    actions.undo(appeal.id, a_moderator())
    drain()
    second.refresh_from_db()
    first.refresh_from_db()
    assert (member_state(second), second.visible, first.visible) == ("member", True, False)


def test_a_doubtful_message_goes_when_a_moderator_says_so() -> None:
    message = post(a_space(), an_account(), DOUBTFUL)
    drain()
    message.refresh_from_db()
    assert message.visible
    actions.uphold(case_of(message).id, a_moderator())
    drain()
    message.refresh_from_db()
    assert not message.visible
