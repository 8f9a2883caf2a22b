"""A made-up platform for tests of commands: a group with buttons and replies that cannot bring messages back,
as Telegram cannot, and hands to say and press things in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import count

from django.db import transaction

from guildhall.channels import registry
from guildhall.channels.capabilities import declare, no
from guildhall.channels.models import Message, Space, SpaceMember, TelegramBot
from guildhall.channels.port import (
    Act,
    Callback,
    Capability,
    Entity,
    Inbound,
    Kind,
    Limits,
    Receipt,
    Refs,
    SenderRef,
    SpaceRef,
    Verb,
)
from guildhall.core import clock
from guildhall.core.errors import Unsupported
from guildhall.core.ids import new_id
from guildhall.core.text import Text
from guildhall.effects.models import Effect
from guildhall.effects.types import Mode
from guildhall.intake.commands import Heard, hear
from guildhall.people.actions import Known, Sighting, resolve_accounts
from guildhall.people.models import Account

PLATFORM = "telegram"
BOT_ID = 777
_NEVER = no(Text("It cannot.", "无法执行。"), Text("Say it again.", "请重新发送。"))
_ids = count(1)


class Loud:
    """An adapter that does everything but bring messages back."""

    platform = PLATFORM
    name = Text("Loud", "喇叭")
    capabilities: Mapping[Verb, Capability] = declare(set(Verb) - {Verb.RESTORE}, {Verb.RESTORE: _NEVER})
    limits = Limits(text=4096, buttons=8)
    shows_at_once = True

    def mode(self, verb: Verb) -> Mode:
        return Mode.REPEATABLE

    def buckets(self, act: Act, refs: Refs) -> tuple[str, ...]:
        return ()

    def parse(self, raw: bytes) -> Inbound:
        raise NotImplementedError

    def check(self, act: Act, refs: Refs) -> None:
        if refs.space_kind == "group" and act.verb is Verb.RESTRICT:
            raise Unsupported(
                Text("Not in a basic group.", "普通群不支持。"), Text("Upgrade it.", "请升级。")
            )

    def perform(self, act: Act, refs: Refs) -> Receipt:
        return Receipt(f"out-{next(_ids)}")


@contextmanager
def a_platform() -> Iterator[None]:
    """The made-up platform in the place of the real one."""
    before = next((one for one in registry.all() if one.platform == PLATFORM), None)
    registry.register(Loud())
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
    external = f"in-{next(_ids)}"
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
    with transaction.atomic():
        hear(heard)


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
