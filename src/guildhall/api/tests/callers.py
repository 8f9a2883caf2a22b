"""Programs that call the API in tests: a token with some scopes, owned by somebody with some roles."""

from __future__ import annotations

from typing import Any

from django.test import Client

from guildhall.channels.models import Message, Space
from guildhall.core import clock
from guildhall.people.actions.keys import create_token
from guildhall.people.models import Account, Member
from guildhall.people.roles import Role
from guildhall.people.testing import make_staff


def program(*scopes: str, roles: tuple[Role, ...] = (Role.OWNER,), **options: Any) -> Client:
    """A client that sends a fresh token with these scopes. `client.staff` owns it, `client.token` is its
    text.
    """
    staff = make_staff(*roles)
    made = create_token(staff, "test", scopes, by=staff)
    client = Client(headers={"Authorization": f"Bearer {made.text}"}, **options)
    client.staff, client.token, client.token_row = staff, made.text, made.token  # type: ignore[attr-defined]
    return client


def a_member(name: str = "Bob Li", username: str = "bob_li", external_id: str = "1000017") -> Account:
    """A member with one account."""
    member = Member.objects.create(display_name=name)
    return Account.objects.create(
        member=member, platform="webchat", external_id=external_id, username=username, display_name=name
    )


def a_space(slug: str = "demo-en") -> Space:
    """A space."""
    space, _new = Space.objects.get_or_create(
        slug=slug, defaults={"platform": "webchat", "external_id": slug, "name": slug.title()}
    )
    return space


def a_message(
    text: str, account: Account | None = None, space: Space | None = None, **columns: Any
) -> Message:
    """A stored message."""
    now = clock.now()
    number = Message.objects.count()
    return Message.objects.create(
        space=space or a_space(),
        account=account or a_member(external_id=f"u{number}"),
        external_id=f"m{number}",
        text=text,
        sent_at=now,
        received_at=now,
        **columns,
    )
