"""What stays of an erased person where talks and entries named them: nothing."""

from __future__ import annotations

import pytest

from guildhall.channels.models import Space, SpaceMember
from guildhall.core.ids import new_id
from guildhall.people.actions import erase_member
from guildhall.people.models import Account, Member

pytestmark = pytest.mark.django_db


def test_a_private_talk_no_longer_bears_the_name_of_somebody_erased() -> None:
    who = Member.objects.create(id=new_id())
    account = Account.objects.create(id=new_id(), member=who, platform="wecom", external_id="wm1")
    talk = Space.objects.create(
        id=new_id(),
        platform="wecom",
        external_id="contact:lilei/wm1",
        kind="private",
        name="Bob Lee",
        slug="t",
    )
    SpaceMember.objects.create(space=talk, account=account)
    erase_member(who.pk, "staff:1")
    talk.refresh_from_db()
    assert talk.name == "—"
