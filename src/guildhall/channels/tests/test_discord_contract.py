"""Discord keeps the contract of adapters; every verb is performed against the fake."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from guildhall.channels.discord import buttons, interactions
from guildhall.channels.discord.adapter import DiscordAdapter
from guildhall.channels.port import SAYING, Act, Button, Refs, Verb
from guildhall.channels.testing.contract import AT, AdapterContract
from guildhall.channels.tests.discord_town import Town, in_discord, settle
from guildhall.core.errors import GuildhallError
from guildhall.effects.types import Mode

GUILD, CHANNEL, BOT = "900000000000000001", "900000000000000002", "900000000000000003"


class TestDiscord(AdapterContract):
    adapter = DiscordAdapter()
    space = GUILD

    @pytest.fixture(autouse=True)
    def _town(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, request: Any) -> Iterator[None]:
        """Those that perform get a town to perform in."""
        if "performed" not in request.node.name and "performing" not in request.node.name:
            yield
            return
        with in_discord(monkeypatch, tmp_path) as dc:
            self.town = settle(dc, "all")
            yield
            assert dc.invalid == []
            assert dc.unplayed == []
            assert dc.violations() == []

    def body(self, event: str, d: dict[str, Any]) -> bytes:
        return orjson.dumps({"bot": BOT, "t": event, "s": 7, "session": "abc", "d": d})

    def message(self, text: str, *, message_id: str = "m1", sender: str = "s1", **more: Any) -> bytes:
        return self.body("MESSAGE_CREATE", self._message(text, message_id, sender) | more)

    def reply(self, text: str, *, message_id: str, to: str, sender: str) -> bytes:
        named = {"message_id": _number(to), "channel_id": CHANNEL, "guild_id": GUILD, "type": 0}
        about = self._message(text, message_id, sender) | {"type": 19, "message_reference": named}
        return self.body("MESSAGE_CREATE", about)

    def edit(self, text: str, *, message_id: str, sender: str) -> bytes:
        about = self._message(text, message_id, sender)
        return self.body("MESSAGE_UPDATE", about | {"edited_timestamp": "2026-11-23T12:00:05+00:00"})

    def deletion(self, *, message_id: str) -> bytes:
        return self.body(
            "MESSAGE_DELETE", {"id": _number(message_id), "channel_id": CHANNEL, "guild_id": GUILD}
        )

    def attachment(self, text: str, *, message_id: str, sender: str) -> bytes:
        picture = {
            "id": "5", "filename": "chart.png", "content_type": "image/png", "size": 9, "width": 3,
            "height": 3, "url": "https://cdn.discordapp.com/attachments/1/5/chart.png",
            "proxy_url": "https://media.discordapp.net/attachments/1/5/chart.png",
        }  # fmt: skip
        return self.body(
            "MESSAGE_CREATE", self._message(text, message_id, sender) | {"attachments": [picture]}
        )

    def join(self, *, sender: str) -> bytes:
        about = {"guild_id": GUILD, "user": _user(sender), "roles": [], "joined_at": AT.isoformat()}
        return self.body("GUILD_MEMBER_ADD", about)

    def leave(self, *, sender: str) -> bytes:
        return self.body("GUILD_MEMBER_REMOVE", {"guild_id": GUILD, "user": _user(sender)})

    def unknown(self) -> bytes:
        return self.body("SOMETHING_OF_NEXT_YEAR", {"guild_id": GUILD})

    def _message(self, text: str, message_id: str, sender: str) -> dict[str, Any]:
        return {
            "id": _number(message_id), "type": 0, "channel_id": CHANNEL, "guild_id": GUILD, "content": text,
            "author": _user(sender), "timestamp": AT.isoformat(), "edited_timestamp": None,
            "attachments": [], "embeds": [], "mentions": [], "mention_roles": [], "components": [],
            "member": {"roles": []},
        }  # fmt: skip

    def test_performing_a_repeatable_verb_twice_is_as_good_as_once(self) -> None:
        town: Town = self.town
        for verb, capability in self.adapter.capabilities.items():
            if (
                capability.supported
                and self.adapter.mode(verb) is Mode.REPEATABLE
                and verb is not Verb.LEAVE_SPACE
            ):
                act, refs = _ready(town, verb)
                _perform(town, act, refs)
                _perform(town, act, refs)

    def test_every_verb_it_declares_is_performed(self) -> None:
        town: Town = self.town
        for verb, capability in self.adapter.capabilities.items():
            act, refs = _ready(town, verb)
            if not capability.supported:
                with pytest.raises((GuildhallError, KeyError)):
                    self.adapter.perform(act, refs)
            elif verb is not Verb.LEAVE_SPACE:
                _perform(town, act, refs)
        _perform(town, *_ready(town, Verb.LEAVE_SPACE))

    def test_words_that_are_said_need_a_slot_and_nothing_else_does(self) -> None:
        refs = Refs(GUILD, receiver=BOT, thread_external_id=CHANNEL)
        for verb in Verb:
            names = self.adapter.buckets(Act(verb, "s"), refs)
            assert bool(names) == (verb in SAYING - {Verb.EDIT}), verb
        assert self.adapter.buckets(Act(Verb.SEND, "s"), refs) == (
            f"discord:bot:{BOT}",
            f"discord:channel:{CHANNEL}",
        )

    def test_what_a_pressed_button_brings_is_ours_or_nothing(self) -> None:
        wire = buttons.pack(Button("Appeal", data="appeal:1"))
        for sent, read in ((wire, "appeal:1"), ("appeal:1", ""), (wire[:-1] + "2", "")):
            about = {
                "id": "950000000000000009", "application_id": BOT, "token": "t", "type": 3, "version": 1,
                "guild_id": GUILD, "channel_id": CHANNEL, "member": {"user": _user("s1"), "roles": []},
                "data": {"custom_id": sent, "component_type": 2}, "message": self._message("x", "m1", "s2"),
            }  # fmt: skip
            callback = self.adapter.parse(self.body("INTERACTION_CREATE", about)).callback
            assert callback is not None
            assert callback.data == read


def _perform(town: Town, act: Act, refs: Refs) -> None:
    receipt = town.adapter.perform(act, refs)
    if receipt.record is not None:
        receipt.record()


def _number(name: str) -> str:
    return str(910_000_000_000_000_000 + int(name.removeprefix("m")))


def _user(name: str) -> dict[str, Any]:
    number = 920_000_000_000_000_000 + int(name.removeprefix("s"))
    return {"id": str(number), "username": "ann", "global_name": "Ann", "discriminator": "0", "avatar": None}


def _ready(town: Town, verb: Verb) -> tuple[Act, Refs]:
    """An act of this verb with everything it is about in place."""
    dc = town.dc
    number = dc.say(town.channel, town.owner, "hello")
    if verb in (Verb.EDIT, Verb.CLOSE_POLL):
        said = "Which?\none\ntwo"
        sent = town.do(Verb.SEND_POLL if verb is Verb.CLOSE_POLL else Verb.SEND, said=said)
        number = sent.external_id
    row = town.kept(number, direction="out", account=None)
    params: list[tuple[str, str]] = []
    refs: dict[str, Any] = {"message_external_id": row.external_id}
    text = "hello there"
    if dc.banned(town.guild).get(town.ann) is not None:
        dc.unban(town.guild, town.ann)
    if verb in (Verb.APPROVE_JOIN, Verb.DECLINE_JOIN):
        dc.leave(town.guild, town.ann)
        dc.ask_to_join(town.guild, town.ann)
    elif dc.member(town.guild, town.ann) is None:
        dc.join(town.guild, town.ann)
    if verb is Verb.SEND_POLL:
        text = "Which?\none\ntwo"
    if verb in (Verb.CREATE_TOPIC, Verb.CLOSE_TOPIC):
        params = [("name", "Futures")]
        if verb is Verb.CLOSE_TOPIC:
            thread = dc.thread(town.channel, town.owner, "Old")
            params, refs = [("thread", thread)], {"thread_external_id": thread}
    if verb is Verb.REACT:
        params = [("reaction", "👍")]
    if verb is Verb.SLOW_MODE:
        params = [("seconds", "30")]
    if verb in (Verb.PROMOTE, Verb.DEMOTE):
        params = [("role", _role(town))]
    if verb is Verb.REVOKE_INVITE:
        params = [("link", str(town.do(Verb.CREATE_INVITE).external_id))]
    if verb is Verb.ANSWER_BUTTON:
        asked = town.do(Verb.SEND, said="Sure?", act={"buttons": (Button("Yes", data="y"),)})
        press = dc.click(town.channel, town.owner, asked.external_id, "Yes")
        town.waits(press, interactions.COMPONENT)
        params = [("callback", press)]
    act = Act(
        verb, town.space.pk, message_id=row.pk, account_id=town.account.pk, text=text, params=tuple(params)
    )
    return act, town.refs(**refs)


def _role(town: Town) -> str:
    from guildhall.channels.discord import bots

    role = town.dc.roles(town.guild).get("Helpers") or town.dc.add_role(town.guild, "Helpers")
    town.dc.move_role(town.guild, town.dc.bot_role(town.app, town.guild), 9)
    bots.check_server(town.space)
    return str(role)
