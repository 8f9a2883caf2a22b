"""Telegram with nobody at the other end, for tests of commands: groups and private talks, and hands to say and
press things in them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

from django.db import transaction

from guildhall.channels import registry
from guildhall.channels.actions.acting import KIND, from_payload, refs_of
from guildhall.channels.models import Message, Space, SpaceMember, TelegramBot
from guildhall.channels.port import (
    Act,
    Callback,
    Entity,
    Inbound,
    Kind,
    Receipt,
    Refs,
    SenderRef,
    SpaceRef,
)
from guildhall.channels.telegram.adapter import TelegramAdapter
from guildhall.core import clock
from guildhall.core.ids import new_id
from guildhall.effects.models import Effect
from guildhall.intake.commands import Heard, hear
from guildhall.people.actions import Known, Sighting, resolve_accounts
from guildhall.people.models import Account

PLATFORM = "telegram"
BOT_ID = 777
_ids = count(1)


class Silent(TelegramAdapter):
    """Telegram with everything it declares, refuses and cannot do, but nobody at the other end."""

    def perform(self, act: Act, refs: Refs) -> Receipt:
        self.check(act, refs)
        return Receipt(str(next(_ids)))


@contextmanager
def a_platform() -> Iterator[None]:
    """The silent Telegram in the place of the real one."""
    before = next((one for one in registry.all() if one.platform == PLATFORM), None)
    registry.register(Silent())
    TelegramBot.objects.create(bot_id=BOT_ID, username="GuildBot", name="Guild", created_by="system:test")
    try:
        yield
    finally:
        if before is not None:
            registry.register(before)
        else:
            registry._adapters.pop(PLATFORM, None)


def a_group(slug: str = "traders", language: str = "en", kind: str = "supergroup") -> Space:
    return Space.objects.create(
        platform=PLATFORM, external_id=f"-100{next(_ids)}", slug=slug, name=slug.title(), language=language,
        kind=kind, receiver=str(BOT_ID),
    )  # fmt: skip


def a_private_talk(account: Known) -> Space:
    return Space.objects.create(
        platform=PLATFORM, external_id=f"{account.external_id}/{BOT_ID}", slug=f"dm-{account.external_id}",
        name="private", kind="private", receiver=str(BOT_ID),
    )  # fmt: skip


def somebody(name: str, space: Space | None = None, *, state: str = "member", language: str = "en") -> Known:
    number = str(1_000_000 + next(_ids))
    with transaction.atomic():
        found = resolve_accounts([Sighting(PLATFORM, number, name.lower(), name, False, language)])
    account = found[PLATFORM, number]
    if space is not None:
        SpaceMember.objects.create(space=space, account_id=account.id, state=state)
    return account


def known(account: Account) -> Known:
    with transaction.atomic():
        return resolve_accounts([Sighting(account.platform, account.external_id)])[
            account.platform, account.external_id
        ]


def words(
    space: Space,
    account: Known,
    text: str,
    *,
    reply_to: Message | str | None = None,
    entities: tuple[Entity, ...] = (),
    anonymous: bool = False,
    **more: object,
) -> Heard:
    """Something said, stored as intake stores it."""
    external = str(next(_ids))
    now = clock.now()
    answered = reply_to.external_id if isinstance(reply_to, Message) else reply_to
    stored = Message.objects.create(
        id=new_id(), space=space, account_id=account.id, external_id=external, text=text,
        reply_to=answered or "", sent_at=now, received_at=now,
    )  # fmt: skip
    sender = SenderRef(
        account.external_id, account.username, account.display_name,
        is_anonymous=anonymous, is_admin=anonymous,
    )  # fmt: skip
    said = Inbound(
        Kind.MESSAGE, PLATFORM, SpaceRef(space.external_id, space.name, space.kind), external, sender, now,
        text, entities=entities, reply_to=answered, receiver=str(BOT_ID), **more,  # type: ignore[arg-type]
    )  # fmt: skip
    return Heard(said, space, account, stored.id)


def press(space: Space, account: Known, data: str) -> Heard:
    """A pressed button."""
    sender = SenderRef(account.external_id)
    pressed = Inbound(
        Kind.CALLBACK, PLATFORM, SpaceRef(space.external_id), "", sender, clock.now(),
        callback=Callback(f"cb-{next(_ids)}", data), receiver=str(BOT_ID),
    )  # fmt: skip
    return Heard(pressed, space, account)


def take(*heard: Heard) -> None:
    """Have it heard, and see that Telegram would take everything that was asked of it."""
    before = Effect.objects.order_by("-id").values_list("id", flat=True).first() or 0
    with transaction.atomic():
        hear(heard)
    for effect in Effect.objects.filter(kind=KIND, id__gt=before):
        act = from_payload(effect.payload)
        Silent().check(act, refs_of(act, Space.objects.get(pk=act.space_id)))


def said_by_us(space: Space | None = None) -> list[str]:
    """What was asked to be said, in order."""
    rows = Effect.objects.filter(kind="channels.act").order_by("id")
    return [
        row.payload.get("text", "")
        for row in rows
        if row.payload["verb"] in ("reply", "send", "warn", "answer_button")
        and (space is None or row.payload["space_id"] == space.id)
    ]


def verbs() -> list[str]:
    return [row.payload["verb"] for row in Effect.objects.filter(kind="channels.act").order_by("id")]
