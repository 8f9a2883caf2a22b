"""A house with one bot and a supergroup at the fake Bot API, for the tests of what goes out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from guildhall.channels.models import Message, Space, TelegramBot
from guildhall.channels.port import Act, Refs, Verb
from guildhall.channels.telegram import bots, client, doorstep, fetching
from guildhall.channels.telegram.adapter import TelegramAdapter
from guildhall.channels.testing.telegram import Bot, FakeTelegram
from guildhall.core import clock
from guildhall.core import settings as house
from guildhall.core.clearance import Clearance, content_hash
from guildhall.core.ids import new_id
from guildhall.people.models import Account, Member

RIGHTS = {"all": True}


@contextmanager
def in_town(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Iterator[FakeTelegram]:
    """A fake Bot API that the settings point at, with a pace of its own."""
    with FakeTelegram() as tg:
        changed = replace(house.settings, telegram_api=tg.url, data_dir=folder)
        for module in (client, doorstep, bots, fetching):
            monkeypatch.setattr(module, "settings", changed)
        yield tg
        client.forget()
        doorstep.the_pace().close()


@dataclass(slots=True)
class Town:
    """A bot of ours that serves a group in which Ann talks; the owner appointed it."""

    tg: FakeTelegram
    bot: Bot
    chat: int
    owner: int
    ann: int
    space: Space
    account: Account
    adapter: TelegramAdapter

    @property
    def row(self) -> TelegramBot:
        return TelegramBot.objects.get(bot_id=self.bot.id)

    def refs(self, **more: Any) -> Refs:
        known = {"account_external_id": self.account.external_id, **more}
        return Refs(self.space.external_id, receiver=str(self.bot.id), space_kind=self.space.kind, **known)

    def do(self, verb: Verb, *, said: str = "", act: dict[str, Any] | None = None, **refs: Any) -> Any:
        """Perform one act by the adapter, as a worker does."""
        asked = Act(verb, self.space.pk, account_id=self.account.pk, text=said, **(act or {}))
        return self.adapter.perform(asked, self.refs(**refs))

    def says(self, text: str, **more: Any) -> Message:
        """Ann says something, and we have recorded it."""
        number = self.tg.say(self.chat, self.ann, text)
        return self.kept(number, text, **more)

    def kept(self, number: int, text: str = "", **more: Any) -> Message:
        now = clock.now()
        return Message.objects.create(
            **{
                "id": new_id(), "space": self.space, "account": self.account, "external_id": str(number),
                "text": text, "sent_at": now, "received_at": now, **more,
            }
        )  # fmt: skip

    def calls(self, method: str) -> list[dict[str, Any]]:
        return [call.body for call in self.tg.calls if call.method == method]


def settle(tg: FakeTelegram, kind: str = "supergroup", **more: Any) -> Town:
    """A new town in this world."""
    owner, ann = tg.add_user("Olga"), tg.add_user("Ann", username="ann")
    chat = tg.add_chat(kind, "The town", owner=owner, **more)
    bot = tg.add_bot(username=f"warden{chat % 1000}_bot", name="Warden")
    tg.add_bot_to_chat(bot, chat, owner, RIGHTS)
    if kind != "channel":
        tg.join(chat, ann)
    bots.add_bot(bot.token, "staff:1")
    space = Space.objects.create(
        platform="telegram", external_id=str(chat), slug=f"town{abs(chat)}", name="The town", kind=kind,
        receiver=str(bot.id),
    )  # fmt: skip
    account = Account.objects.create(
        member=Member.objects.create(display_name="Ann"), platform="telegram", external_id=str(ann),
        display_name="Ann",
    )  # fmt: skip
    return Town(tg, bot, chat, owner, ann, space, account, TelegramAdapter())


def cleared(text: str) -> Clearance:
    return Clearance("service", "", content_hash(text), ("test",), clock.now())
