"""Telegram keeps the contract of adapters; every verb is performed against the fake Bot API."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from guildhall.channels.port import SAYING, Act, Button, Refs, Verb
from guildhall.channels.telegram import buttons
from guildhall.channels.telegram.adapter import TelegramAdapter
from guildhall.channels.testing.contract import AT, AdapterContract
from guildhall.channels.tests.telegram_town import Town, in_town, settle
from guildhall.core.errors import GuildhallError

CHAT, BOT = -1001234567890, 7000000001


class TestTelegram(AdapterContract):
    adapter = TelegramAdapter()
    space = str(CHAT)

    @pytest.fixture(autouse=True)
    def _town(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, request: Any) -> Iterator[None]:
        """Those that perform get a town to perform in."""
        if "repeatable" not in request.node.name:
            yield
            return
        with in_town(monkeypatch, tmp_path) as tg:
            self.town = settle(tg)
            yield
            assert tg.violations() == []
            assert tg.unplayed == []

    def body(self, field: str, about: dict[str, Any]) -> bytes:
        return orjson.dumps({"bot": BOT, "update": {"update_id": 1, field: about}})

    def message(self, text: str, *, message_id: str = "m1", sender: str = "s1", **more: Any) -> bytes:
        return self.body("message", self._message(text, message_id, sender) | more)

    def edit(self, text: str, *, message_id: str, sender: str) -> bytes:
        about = self._message(text, message_id, sender)
        return self.body("edited_message", about | {"edit_date": int(AT.timestamp()) + 5})

    def join(self, *, sender: str) -> bytes:
        return self._member(sender, "left", "member")

    def leave(self, *, sender: str) -> bytes:
        return self._member(sender, "member", "left")

    def _message(self, text: str, message_id: str, sender: str) -> dict[str, Any]:
        return {
            "message_id": _number(message_id), "from": _user(sender), "chat": _CHAT,
            "date": int(AT.timestamp()), "text": text,
        }  # fmt: skip

    def _member(self, sender: str, before: str, after: str) -> bytes:
        about = {
            "chat": _CHAT, "from": _user(sender), "date": int(AT.timestamp()),
            "old_chat_member": {"status": before, "user": _user(sender)},
            "new_chat_member": {"status": after, "user": _user(sender)},
        }  # fmt: skip
        return self.body("chat_member", about)

    def test_performing_a_repeatable_verb_twice_is_as_good_as_once(self) -> None:
        from guildhall.effects.types import Mode

        town: Town = self.town
        for verb, capability in self.adapter.capabilities.items():
            if capability.supported and self.adapter.mode(verb) is Mode.REPEATABLE:
                act, refs = _ready(town, verb)
                self.adapter.perform(act, refs)
                self.adapter.perform(act, refs)

    def test_every_verb_it_declares_is_performed_and_none_repeatable_says_anything_new(self) -> None:
        town: Town = self.town
        for verb, capability in self.adapter.capabilities.items():
            act, refs = _ready(town, verb)
            if not capability.supported:
                with pytest.raises((GuildhallError, KeyError)):
                    self.adapter.perform(act, refs)
                continue
            self.adapter.perform(act, refs)

    def test_words_that_are_said_need_a_slot_and_nothing_else_does(self) -> None:
        refs = Refs(self.space, receiver=str(BOT))
        for verb in Verb:
            names = self.adapter.buckets(Act(verb, "s"), refs)
            assert bool(names) == (verb in SAYING - {Verb.EDIT}), verb
        private = Refs(f"55/{BOT}", receiver=str(BOT))
        assert self.adapter.buckets(Act(Verb.SEND, "s"), private) == (
            f"telegram:bot:{BOT}",
            f"telegram:chat:55/{BOT}",
        )

    def test_what_a_pressed_button_brings_is_ours_or_nothing(self) -> None:
        wire = buttons.pack(Button("Appeal", data="appeal:1"))
        for sent, read in ((wire, "appeal:1"), ("appeal:1", ""), (wire[:-1] + "2", "")):
            about = {
                "id": "99", "from": _user("s1"), "chat_instance": "1", "data": sent,
                "message": self._message("x", "m1", "s2"),
            }  # fmt: skip
            callback = self.adapter.parse(self.body("callback_query", about)).callback
            assert callback is not None
            assert callback.data == read


_CHAT = {"id": CHAT, "type": "supergroup", "title": "Contract"}


def _number(name: str) -> int:
    return int(name.removeprefix("m"))


def _user(name: str) -> dict[str, Any]:
    return {"id": 100 + int(name.removeprefix("s")), "is_bot": False, "first_name": "Ann"}


def _ready(town: Town, verb: Verb) -> tuple[Act, Refs]:
    """An act of this verb with everything it is about in place."""
    tg, more, refs = town.tg, {}, {}
    tg.add_bot_to_chat(town.bot, town.chat, town.owner, {"all": True, "can_promote_members": True})
    number = tg.say(town.chat, town.owner, "hello")
    if verb in (Verb.EDIT, Verb.CLOSE_POLL):
        said = "Which?\none\ntwo"
        sent = town.do(Verb.SEND_POLL if verb is Verb.CLOSE_POLL else Verb.SEND, said=said)
        number = int(sent.external_id)
    row = town.kept(number, direction="out", account=None)
    refs["message_external_id"] = row.external_id
    params: list[tuple[str, str]] = []
    text = "hello there"
    if verb in (Verb.APPROVE_JOIN, Verb.DECLINE_JOIN):
        tg.leave(town.chat, town.ann)
        tg.join_request(town.chat, town.ann)
    elif tg.member(town.chat, town.ann)["status"] in ("left", "kicked"):
        tg.set_member(town.chat, town.ann, status="member")
    if verb is Verb.SEND_POLL:
        text = "Which?\none\ntwo"
    if verb in (Verb.CREATE_TOPIC, Verb.CLOSE_TOPIC):
        tg.world.chats[town.chat].is_forum = True
        params = [("name", "Futures"), ("thread", str(tg.topic(town.chat, "Old")))]
    if verb is Verb.REACT:
        params = [("reaction", "👍")]
    if verb is Verb.REVOKE_INVITE:
        params = [("link", str(town.do(Verb.CREATE_INVITE).external_id))]
    if verb is Verb.ANSWER_BUTTON:
        params = [("callback", "1")]
    more = {"message_id": row.pk, "params": tuple(params)}
    return Act(verb, town.space.pk, account_id=town.account.pk, text=text, **more), town.refs(**refs)
