"""What an erased person takes along: rows that name their account, and nobody else's."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.utils import timezone

from guildhall.exchange.actions import erasing, feeds
from guildhall.exchange.models import BadRow, Batch, VenueAccount
from guildhall.people.models import Member

pytestmark = pytest.mark.django_db


def test_rows_that_name_an_erased_account_are_emptied_and_others_stay(place: Path):
    member = Member.objects.create()
    VenueAccount.objects.create(venue="okx", uid="7001", pseudonym="p7001", at=timezone.now(), member=member)
    feed, _secret = feeds.create_feed(name="F", venue="okx", way="file", by="staff:1")
    other, _secret = feeds.create_feed(name="G", venue="bybit", way="file", by="staff:1")
    rows = [
        BadRow.objects.create(
            batch=Batch.objects.create(feed=where, key=str(place), table="trades", sha256="", size=1, by="t"),
            line=place, field="fee", reason={}, raw=raw, mended=mended,
        )
        for place, (where, raw, mended) in enumerate(
            [
                (feed, "t1,7001,x", ""),
                (feed, '{"uid":"?"}', '{"uid":"7001"}'),
                (feed, "t1,97001,x", ""),
                (other, "t1,7001,x", ""),
            ]
        )
    ]  # fmt: skip
    erasing.erase(member.pk)
    for row in rows:
        row.refresh_from_db()
    assert [(row.raw, row.mended) for row in rows[:2]] == [("", ""), ("", "")]
    assert [row.raw for row in rows[2:]] == ["t1,97001,x", "t1,7001,x"]
    assert not VenueAccount.objects.exists()
