"""Words that tell of a deed: held back until it happened, never said when it was refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from guildhall.channels.actions import AFTER, UNLESS, Deed, Wanted, awaiting, request_many
from guildhall.channels.actions.acting import KIND, to_payload
from guildhall.channels.actions.awaiting import now_sayable
from guildhall.channels.models import Message, SpaceMember
from guildhall.channels.port import Act, Verb
from guildhall.channels.tests.rows import AT, a_row, a_space, an_account, record
from guildhall.channels.tests.test_acting import cleared
from guildhall.core.errors import Permanent, Temporary
from guildhall.effects.models import Effect
from guildhall.effects.testing import drain

pytestmark = pytest.mark.django_db(transaction=True)


def scene() -> tuple[str, str, str]:
    """A space, its member and a message."""
    space, ann = a_space(), an_account()
    row = a_row(space, ann, "hello")
    record(row)
    return space.id, ann.id, row.id


def told(space: str, account: str, *params: tuple[str, str]) -> Act:
    return Act(Verb.WARN, space, account_id=account, text="it was removed", params=params)


def queued(act: Act, order_key: str) -> Effect:
    return Effect.objects.create(kind=KIND, payload=to_payload(act), order_key=order_key)


def look(act: Act, attempt: int = 1) -> Act | None:
    return now_sayable(act, kind=KIND, attempt=attempt, orders_by_subject=True)


def test_a_notice_waits_for_the_removal_and_goes_out_without_the_condition() -> None:
    space, ann, message = scene()
    notice = told(space, ann, ("silent", "yes"), (AFTER, Deed.REMOVED.of(message)))
    queued(Act(Verb.DELETE, space, message), f"message:{message}")
    with pytest.raises(Temporary):
        look(notice)
    Message.objects.filter(pk=message).update(removed_at=AT)
    assert look(notice) == replace(notice, params=(("silent", "yes"),))


def test_a_notice_of_a_refused_removal_is_given_up_at_once() -> None:
    space, ann, message = scene()
    queued(Act(Verb.DELETE, space, message), f"message:{message}")
    Effect.objects.update(state="dead")
    with pytest.raises(Permanent):
        look(told(space, ann, (AFTER, Deed.REMOVED.of(message))))


def test_a_notice_is_given_up_after_so_many_looks_whichever_it_would_say() -> None:
    space, ann, message = scene()
    queued(Act(Verb.DELETE, space, message), f"message:{message}")
    for name in (AFTER, UNLESS):
        with pytest.raises(Permanent):
            look(told(space, ann, (name, Deed.REMOVED.of(message))), attempt=awaiting.MOST_LOOKS)


def test_of_a_restriction_either_the_deed_is_told_or_that_it_failed() -> None:
    space, ann, _ = scene()
    deed = Deed.RESTRICTED.of(ann)
    yes, no = told(space, ann, (AFTER, deed)), told(space, ann, (UNLESS, deed))
    queued(Act(Verb.UNRESTRICT, space, account_id=ann), f"member:{space}:{ann}")
    with pytest.raises(Permanent):
        look(yes)
    assert look(no) == replace(no, params=())
    member, _ = SpaceMember.objects.get_or_create(space_id=space, account_id=ann)
    for state in ("restricted", "banned"):
        SpaceMember.objects.filter(pk=member.pk).update(state=state)
        assert look(yes) == replace(yes, params=())
        assert look(no) is None


def test_where_our_database_is_the_platform_the_notice_follows_the_removal() -> None:
    space, ann, message = scene()
    notice = told(space, ann, (AFTER, Deed.REMOVED.of(message)))
    wanted = [Act(Verb.DELETE, space, message), Wanted(notice, cleared(notice.text))]
    request_many(wanted, actor="system:guard", reason="case:1")
    drain()
    assert Message.objects.filter(direction="out", text="it was removed").count() == 1
    assert set(Effect.objects.values_list("state", flat=True)) == {"done"}
