"""Builders of stored rows for the guard's database tests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from guildhall.channels.actions import Wanted
from guildhall.channels.models import Message, Space, SpaceMember
from guildhall.channels.port import Act
from guildhall.core import clock
from guildhall.core.ids import new_id
from guildhall.guard import lists, policies
from guildhall.guard.actions import Judged, record_verdicts
from guildhall.guard.canonical import text_hash
from guildhall.guard.judge import judge
from guildhall.guard.models import Case
from guildhall.guard.tests.world import links_in
from guildhall.guard.types import Context, Policy, SenderHistory, Subject
from guildhall.people.models import Account, Member, Staff

SCAM = "Send your seed phrase to our support, link below"
DOUBTFUL = "guaranteed profit every single time"
FINE = "Funding flipped negative on BTC perps today"


def a_space(slug: str = "demo", platform: str = "webchat") -> Space:
    return Space.objects.create(platform=platform, external_id=slug, slug=slug, name=slug.title())


def an_account(name: str = "Ann", *, is_staff: bool = False) -> Account:
    member = Member.objects.create(display_name=name)
    return Account.objects.create(
        member=member, platform="webchat", external_id=new_id(), display_name=name, is_staff=is_staff
    )


def a_message(space: Space, account: Account, text: str, *, at: datetime | None = None) -> Message:
    at = at or clock.now()
    member, _ = SpaceMember.objects.get_or_create(space=space, account=account)
    member.message_count += 1
    member.save()
    return Message.objects.create(
        space=space,
        account=account,
        external_id=new_id(),
        text=text,
        links=[
            {"url": link.url, "text": link.text, "kind": link.kind, "start": link.start, "end": link.end}
            for link in links_in(text)
        ],
        sent_at=at,
        received_at=at,
        text_hash=text_hash(text),
    )


def judged(message: Message, policy: Policy | None = None) -> Judged:
    member = SpaceMember.objects.get(space_id=message.space_id, account_id=message.account_id)
    sender = SenderHistory(
        first_seen=message.sent_at,
        messages_seen=50,
        strikes=member.strikes,
        last_strike_at=member.last_strike_at,
    )
    context = Context(message.received_at, sender, lists=lists.current())
    account = message.account
    name = account.display_name if account else ""
    subject = Subject(message.text, links_in(message.text), sender_name=name)
    verdict = judge(subject, context, policy or policies.active_for(message.space_id))
    return Judged(
        message.id, message.version, message.space_id, message.account_id, verdict, message.received_at
    )


def post(space: Space, account: Account, text: str, policy: Policy | None = None) -> Message:
    """A message as intake leaves it: stored, judged, recorded."""
    message = a_message(space, account, text)
    with transaction.atomic():
        record_verdicts([judged(message, policy)])
    message.refresh_from_db()
    return message


def case_of(message: Message, kind: str = "verdict") -> Case:
    return Case.objects.get(message=message, kind=kind)


def a_moderator(name: str = "Mo") -> str:
    staff = Staff.objects.create(email=f"{name.lower()}@example.org", name=name)
    return f"staff:{staff.pk}"


class Asked:
    """Notes what channels are asked to do instead of queueing it."""

    def __init__(self) -> None:
        self.said: list[Wanted] = []

    def __call__(self, wanted: Sequence[Wanted], *, actor: str, reason: str) -> int:
        self.said += wanted
        return len(wanted)

    @property
    def acts(self) -> list[Act]:
        return [wanted.act for wanted in self.said]

    def clear(self) -> None:
        self.said.clear()

    @property
    def verbs(self) -> list[str]:
        return [act.verb.value for act in self.acts]
