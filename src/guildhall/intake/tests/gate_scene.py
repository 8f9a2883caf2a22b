"""A group at the fake Bot API with a gate: updates are fetched, recorded and everything due is carried out, by
hand and in this process.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from guildhall.channels.models import Space
from guildhall.channels.telegram import buttons, pace
from guildhall.channels.telegram.adapter import BOT_BUCKET, CHAT_BUCKET, GROUP_BUCKET
from guildhall.channels.telegram.polling import Updates
from guildhall.channels.telegram.updates import ALLOWED
from guildhall.channels.testing.telegram import FakeTelegram
from guildhall.channels.tests.telegram_town import Town, in_town, settle
from guildhall.core import clock
from guildhall.effects import buckets as buckets_of_the_house
from guildhall.effects.testing import drain
from guildhall.guard import freshness
from guildhall.guard.actions import gates, install_shipped
from guildhall.guard.actions.gates import asking
from guildhall.guard.gates.settings import Settings
from guildhall.guard.models import GateAttempt
from guildhall.intake.pipeline import Raw, ingest
from guildhall.intake.telegram_listening import split


@dataclass(slots=True)
class Scene:
    """A town whose updates somebody fetches. `offset`: what was confirmed so far."""

    town: Town
    source: Updates
    offset: int = 0

    @property
    def tg(self) -> FakeTelegram:
        return self.town.tg

    @property
    def chat(self) -> int:
        return self.town.chat

    @property
    def space(self) -> Space:
        return Space.objects.get(pk=self.town.space.pk)

    def gate(self, *, is_on: bool = True, **settings: Any) -> None:
        """Set the gate, as somebody does on its page."""
        gates.set_gate(self.town.space.pk, Settings(**settings), is_on=is_on, by="staff:1")

    def hear(self) -> None:
        """Fetch what there is, record it, and do everything that is due."""
        while True:
            bodies, offset = split(self.town.bot.id, self.source.next(self.offset, wait_s=0))
            if not bodies:
                break
            ingest([Raw("telegram", body, clock.now()) for body in bodies])
            self.offset = offset
        freshness.forget()
        drain()

    def arrives(self, name: str = "Eve", *, invite: str | None = None, **more: Any) -> int:
        """Somebody new joins the group, and we hear of it."""
        user = self.tg.add_user(name, **more)
        self.tg.join(self.chat, user, invite)
        self.hear()
        return user

    def attempt(self, user: int) -> GateAttempt:
        """The latest attempt of a user."""
        found = GateAttempt.objects.filter(account__external_id=str(user)).order_by("-id").first()
        assert found is not None
        return found

    def status(self, user: int) -> str:
        return str(self.tg.member(self.chat, user)["status"])

    def is_silent(self, user: int) -> bool:
        found = self.tg.member(self.chat, user)
        return found["status"] == "restricted" and not found.get("can_send_messages")

    def right(self, user: int) -> str:
        """The data of the right button of the question that stands."""
        return self._data(user, asking.challenge_of(self.attempt(user)).right)

    def wrong(self, user: int) -> str:
        challenge = asking.challenge_of(self.attempt(user))
        return self._data(user, (challenge.right + 1) % len(challenge.choices))

    def other(self, user: int, what: str) -> str:
        """The data of another button, such as `asking.PERSON`."""
        attempt = self.attempt(user)
        return f"{asking.DATA}{attempt.pk}:{attempt.round}:{what}"

    def _data(self, user: int, choice: int) -> str:
        attempt = self.attempt(user)
        return f"{asking.DATA}{attempt.pk}:{attempt.round}:{choice}"

    def press(self, user: int, data: str, chat: int | None = None, message: int = 0) -> dict[str, Any]:
        """A user presses a button of the question; what they were told."""
        where = self.chat if chat is None else chat
        bot = self.town.bot if where > 0 else None
        found = message or self.under(data, where)
        number = self.tg.press(user, where, found, buttons.pack(data), bot)
        self.hear()
        return dict(self.tg.callback(number)["answer"] or {})

    def under(self, data: str, chat: int | None = None) -> int:
        """The message that carries a button."""
        where = self.chat if chat is None else chat
        bot = self.town.bot if where > 0 else None
        wire = buttons.pack(data)
        for one in reversed(self.tg.messages(where, bot)):
            rows = one.get("reply_markup", {}).get("inline_keyboard", [])
            if any(wire == key.get("callback_data") for row in rows for key in row):
                return int(one["message_id"])
        raise AssertionError(f"no message carries {data}")

    def asked(self, chat: int | None = None) -> list[dict[str, Any]]:
        """Messages with buttons that stand in a chat."""
        where = self.chat if chat is None else chat
        bot = self.town.bot if where > 0 else None
        return [one for one in self.tg.messages(where, bot) if one.get("reply_markup")]


@contextmanager
def at_the_gate(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Iterator[Scene]:
    """The scene, with a pace that makes no test wait."""
    for name in ("BOT", "CHAT", "GROUP"):
        monkeypatch.setattr(pace, name, pace.Limit(10_000, pace.SECOND))
    for bucket in (BOT_BUCKET, CHAT_BUCKET, GROUP_BUCKET):
        monkeypatch.delitem(buckets_of_the_house._rules, bucket)
    with in_town(monkeypatch, folder) as tg:
        tg.set_limits(bot=0, chat=0, group=0)
        install_shipped(by="system:test")
        town = settle(tg)
        scene = Scene(town, Updates(tg.url, lambda: town.bot.token, ALLOWED))
        scene.hear()
        yield scene
        scene.source.close()
        assert tg.violations() == []
        assert tg.failures == []
