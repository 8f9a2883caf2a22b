"""Finds out who asks, with what standing, and who or what they mean. Reads only.

A colleague's rights come from the staff record their account is linked to; an administrator's from what the
platform told us of this space. Whoever speaks as the space itself is an administrator whose name the platform
keeps; what they do is noted under the space's own account.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models.functions import Lower

from guildhall.channels.models import Message, Space, SpaceMember
from guildhall.channels.port import MemberState
from guildhall.guard.actions.by_hand import person
from guildhall.guard.hand import Person
from guildhall.guard.models import Case
from guildhall.intake.commands.deciding import Caller
from guildhall.intake.commands.heard import Heard
from guildhall.intake.commands.parsing import Command
from guildhall.people.models import Account, Staff

RUNS_IT = (MemberState.ADMIN, MemberState.OWNER)


@dataclass(frozen=True, slots=True)
class Standing:
    """What the caller may, under which name it is audited, and what the audit keeps beside it."""

    caller: Caller
    actor: str
    facts: tuple[tuple[str, str], ...] = ()
    may_review: bool = False
    """Undo what the guard did."""


def standing_of(heard: Heard, space: Space) -> Standing:
    """The caller's standing in a space, which need not be where they ask."""
    account_id = heard.account.id
    staff = colleague(account_id)
    if staff is not None and staff.may("members.restrict"):
        caller = Caller(account_id, may_moderate=True, sees_why=staff.may("cases.view"))
        return Standing(caller, staff.actor, (("account", account_id),), staff.may("cases.review"))
    actor = f"account:{account_id}"
    if _speaks_as(heard, space):
        facts = (("anonymous", "yes"),)
        return Standing(Caller(account_id, may_moderate=True, sees_why=True), actor, facts, True)
    here = SpaceMember.objects.filter(space=space, account_id=account_id, state__in=RUNS_IT).first()
    # Whom Telegram lets ban nobody must not ban through us.
    may_moderate = here is not None and here.may_restrict
    sees_why = here is not None or (staff is not None and staff.may("cases.view"))
    return Standing(Caller(account_id, may_moderate=may_moderate, sees_why=sees_why), actor, (), may_moderate)


def account_meant(heard: Heard, command: Command, answered: Message | None) -> Account | None:
    """Whoever is named, else the sender of the message answered; None when we do not know them."""
    target = command.target
    here = Account.objects.filter(platform=heard.space.platform)
    if target.username:
        return (
            here.alias(lowered=Lower("username"))
            .filter(lowered=target.username.casefold())
            .order_by("-last_seen_at")
            .first()
        )
    if target.external_id:
        return here.filter(external_id=target.external_id).first()
    if target.id:
        return here.filter(pk=target.id).first()
    return answered.account if answered is not None else None


def as_person(heard: Heard, account: Account) -> Person:
    """Somebody as the rules about measures see them, in the space of the command."""
    member = SpaceMember.objects.filter(space=heard.space, account=account).first()
    return person(heard.space, account, member, caller_id=heard.account.id)


def answered(heard: Heard) -> Message | None:
    """The message a command answers; for one of our notices, the message the notice is about."""
    if not heard.inbound.reply_to:
        return None
    found = _at(heard.space, heard.inbound.reply_to)
    if found is not None and found.direction == Message.Direction.OUT and found.reply_to:
        return _at(heard.space, found.reply_to) or found
    return found


def latest_enacted(account_id: str) -> Case | None:
    """The last case in which something was done about a message of this account, and still stands."""
    return (
        Case.objects.filter(account_id=account_id)
        .exclude(enacted=[])
        .exclude(state=Case.State.UNDONE)
        .order_by("-id")
        .first()
    )


def _at(space: Space, external_id: str) -> Message | None:
    return Message.objects.select_related("account").filter(space=space, external_id=external_id).first()


def colleague(account_id: str) -> Staff | None:
    account = Account.objects.select_related("staff").filter(pk=account_id, staff__is_active=True).first()
    return account.staff if account is not None else None


def _speaks_as(heard: Heard, space: Space) -> bool:
    sender = heard.inbound.sender
    return (
        space.pk == heard.space.pk
        and sender.is_anonymous
        and sender.is_admin
        and sender.external_id == space.external_id == heard.account.external_id
    )
