"""Spaces, people and messages for the tests of this room."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction

from guildhall.channels.actions import NewMessage, Recorded, record_messages
from guildhall.channels.models import Space
from guildhall.core.ids import new_id
from guildhall.people.models import Account, Member

AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def a_space(slug: str = "lobby", platform: str = "webchat", **more: Any) -> Space:
    return Space.objects.create(platform=platform, external_id=slug, slug=slug, name=slug.title(), **more)


def an_account(name: str = "Ann", platform: str = "webchat") -> Account:
    return Account.objects.create(
        member=Member.objects.create(display_name=name), platform=platform, external_id=f"{platform}-{name}",
        display_name=name,
    )  # fmt: skip


def a_row(space: Space, account: Account | None, text: str, key: str = "", **more: Any) -> NewMessage:
    pk = new_id()
    return NewMessage(
        id=pk, space_id=space.id, account_id=account.id if account else None, external_id=key or pk, text=text,
        sent_at=more.pop("sent_at", AT), received_at=more.pop("received_at", AT + timedelta(seconds=1)), **more,
    )  # fmt: skip


def record(*rows: NewMessage) -> Recorded:
    with transaction.atomic():
        return record_messages(rows)
