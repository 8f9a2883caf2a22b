"""Commands from the bytes Telegram sends to what people in the chat see, against the fake Bot API."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from guildhall.channels.models import Message, Space, SpaceMember
from guildhall.channels.telegram import bots
from guildhall.channels.telegram.polling import Updates
from guildhall.channels.testing.telegram import Bot, FakeTelegram
from guildhall.channels.tests.telegram_town import in_town
from guildhall.core import clock
from guildhall.effects.models import Effect
from guildhall.effects.testing import drain
from guildhall.guard import actions as guard
from guildhall.guard import freshness
from guildhall.guard.models import Case, HandMeasure
from guildhall.guard.tests.rows import a_moderator
from guildhall.intake.pipeline import Raw, ingest
from guildhall.people.models import Account

pytestmark = pytest.mark.django_db(transaction=True)
SCAM = "Support team here: send your seed phrase to verify your wallet at https://wallet-verify9.top/unlock"


class Town:
    """A group with an owner, an administrator and two members, served by one bot of ours."""

    def __init__(self, tg: FakeTelegram) -> None:
        self.tg = tg
        self.olga, self.ada = tg.add_user("Olga"), tg.add_user("Ada", username="ada")
        self.ann, self.mallory = (
            tg.add_user("Ann", username="ann"),
            tg.add_user("Mallory", username="mallory"),
        )
        self.bot: Bot = tg.add_bot(username="guild_town_bot", name="Guild")
        self.chat = tg.add_chat("supergroup", "Traders", owner=self.olga)
        bots.add_bot(self.bot.token, "staff:1")
        tg.add_bot_to_chat(self.bot, self.chat, self.olga, {"all": True})
        for who in (self.ada, self.ann, self.mallory):
            tg.join(self.chat, who)
        self.updates = Updates(tg.url, lambda: self.bot.token)
        self.offset = 0
        self.live()
        self.space = Space.objects.get(external_id=str(self.chat))
        guard.install_shipped(by="system:test")
        guard.assign_policy(self.space.pk, "default", "system:test")
        freshness.forget()
        account = self.account(self.ada)
        SpaceMember.objects.update_or_create(space=self.space, account=account, defaults={"state": "admin"})

    def live(self) -> None:
        """Fetch what happened, record it, carry out what may be carried out now."""
        answer = orjson.loads(self.updates.next(self.offset, wait_s=0))
        for update in answer["result"]:
            self.offset = update["update_id"] + 1
            ingest([Raw("telegram", orjson.dumps({"bot": self.bot.id, "update": update}), clock.now())])
        drain()

    def hears(self, chat: int, words: str) -> dict[str, Any]:
        """Live on until the bot has said this in a chat; the limits of Telegram make it wait."""
        until = time.monotonic() + 15
        while time.monotonic() < until:
            self.live()
            found = [one for one in self.said_in(chat) if words in one.get("text", "")]
            if found:
                return found[-1]
            time.sleep(0.1)
        raise AssertionError(f"{words!r} was not said; said: {[one['text'] for one in self.said_in(chat)]}")

    def account(self, user: int) -> Account:
        return Account.objects.get(platform="telegram", external_id=str(user))

    def said_in(self, chat: int) -> list[dict[str, Any]]:
        return [one for one in self.tg.messages(chat) if one.get("from", {}).get("id") == self.bot.id]


@pytest.fixture
def town(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Town]:
    with in_town(monkeypatch, tmp_path) as tg:
        found = Town(tg)
        yield found
        found.updates.close()
        assert tg.violations() == []


def test_a_report_a_mute_and_its_undoing_by_button(town: Town) -> None:
    tg = town.tg
    ad = tg.say(town.chat, town.mallory, "who trades the dip today?")
    tg.say(town.chat, town.ann, "/report spam", reply_to=ad)
    town.hears(town.chat, "moderator will look")
    assert Case.objects.get(kind="report").statement == "spam"
    tg.say(town.chat, town.ada, "/mute 2h spam", reply_to=ad)
    answer = town.hears(town.chat, "may not write until")
    assert tg.member(town.chat, town.mallory)["status"] == "restricted"
    tg.press(town.ada, town.chat, answer["message_id"], "Undo · 撤销")
    town.live()
    assert HandMeasure.objects.get().undone_at is not None
    assert tg.member(town.chat, town.mallory)["status"] != "restricted"


def test_an_appeal_from_the_button_to_the_outcome(town: Town) -> None:
    tg = town.tg
    tg.start(town.mallory, town.bot)
    town.hears(town.mallory, "seed phrases")
    scam = tg.say(town.chat, town.mallory, SCAM)
    notice = town.hears(town.mallory, "A message of yours was removed (")
    assert scam not in [one["message_id"] for one in tg.messages(town.chat)]
    tg.press(town.mallory, town.mallory, notice["message_id"], "Appeal · 申诉")
    town.live()
    case = Case.objects.get(kind="appeal")
    pressed = [call for call in tg.calls if call.method == "answerCallbackQuery"][-1]
    assert "A person will look at it" in pressed.body["text"]
    tg.say(town.mallory, town.mallory, "I was quoting a scammer")
    town.hears(town.mallory, "Added to your appeal.")
    case.refresh_from_db()
    assert case.statement == "I was quoting a scammer"
    guard.undo(case.pk, a_moderator())
    town.hears(town.mallory, "you may post it again")
    assert SpaceMember.objects.get(space=town.space, account=town.account(town.mallory)).strikes == 0
    assert not Message.objects.get(space=town.space, external_id=str(scam)).visible


def test_a_member_who_is_no_administrator_changes_nothing(town: Town) -> None:
    ad = town.tg.say(town.chat, town.mallory, "hello")
    town.tg.say(town.chat, town.ann, "/ban", reply_to=ad)
    town.hears(town.chat, "for moderators")
    assert town.tg.member(town.chat, town.mallory)["status"] == "member"


def test_without_the_rights_nobody_is_told_of_what_did_not_happen(town: Town) -> None:
    tg = town.tg
    tg.start(town.mallory, town.bot)
    town.hears(town.mallory, "seed phrases")
    tg.set_rights(town.bot, town.chat, {"can_pin_messages": True})
    scam = tg.say(town.chat, town.mallory, SCAM)
    tg.say(town.chat, town.ada, "/mute 2h spam", reply_to=scam)
    town.hears(town.chat, "That did not work")
    town.live()
    assert scam in [one["message_id"] for one in tg.messages(town.chat)]
    assert tg.member(town.chat, town.mallory)["status"] == "member"
    said = [one["text"] for chat in (town.chat, town.mallory) for one in town.said_in(chat)]
    assert not [text for text in said if "was removed (" in text or "may not write" in text]
    dead = Effect.objects.filter(state="dead", error__contains="did not happen")
    assert {effect.payload["verb"] for effect in dead} == {"warn", "reply"}


def test_a_removal_is_told_where_only_the_mute_was_refused(town: Town) -> None:
    tg = town.tg
    tg.start(town.mallory, town.bot)
    town.hears(town.mallory, "seed phrases")
    tg.set_rights(town.bot, town.chat, {"can_delete_messages": True})
    SpaceMember.objects.filter(space=town.space, account=town.account(town.mallory)).update(
        strikes=1, last_strike_at=clock.now()
    )
    tg.say(town.chat, town.mallory, SCAM)
    told = town.hears(town.mallory, "A message of yours was removed (")
    assert "You cannot write here" not in told["text"]
    assert len([one for one in town.said_in(town.mallory) if "was removed (" in one["text"]]) == 1
