"""Whoever is erased is no longer named by the entrances they came by."""

from __future__ import annotations

import pytest

from guildhall.channels.models import Space
from guildhall.core import clock
from guildhall.people.actions.members import erase_member
from guildhall.people.models import Account, Member
from guildhall.spaces.actions import erasing
from guildhall.spaces.models import Entrance, Entry, Family

pytestmark = pytest.mark.django_db


def test_an_entry_stays_counted_and_names_nobody_once_its_person_is_erased() -> None:
    family = Family.objects.create(name="SEA spot", made_by="staff:1")
    entrance = Entrance.objects.create(family=family, kind="contact", name="Poster", code="poster-1")
    member = Member.objects.create()
    account = Account.objects.create(member=member, platform="wecom", external_id="wmAnn")
    talk = Space.objects.create(platform="wecom", external_id="t", slug="t", name="Talk")
    for _ in range(2):
        Entry.objects.create(
            entrance=entrance, account=account, space=talk, external_id="wmAnn", how="contact", userid="lilei",
            at=clock.now(),
        )  # fmt: skip
    assert [row["entrance__name"] for row in erasing.export(member.pk)] == ["Poster", "Poster"]
    erase_member(member.pk, "system:test")
    rows = list(Entry.objects.all())
    assert len(rows) == 2
    assert all(row.external_id.startswith("erased:") and row.userid == "" for row in rows)
    assert len({row.external_id for row in rows}) == 2
