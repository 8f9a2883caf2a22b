"""Bots and chats: added by a token, checked right by right, told what is wrong until it is over."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.db import transaction

from guildhall.channels import gateways, registry
from guildhall.channels.models import Message, Space, SpaceMember, TelegramBot, TelegramChat
from guildhall.channels.telegram import bots, chats, client, follow, rights, upkeep
from guildhall.channels.telegram.adapter import TelegramAdapter
from guildhall.channels.telegram.models import hook_secret_name, secret_name
from guildhall.channels.telegram.updates import ALLOWED
from guildhall.channels.telegram.ways import choose_way
from guildhall.channels.testing.telegram import FakeTelegram
from guildhall.channels.tests.telegram_town import RIGHTS, in_town, settle
from guildhall.core import secrets
from guildhall.core.errors import BadInput, NotFound, Permanent, Temporary
from guildhall.core.models import AuditEntry
from guildhall.effects.models import Effect
from guildhall.effects.testing import drain

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def tg(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[FakeTelegram]:
    monkeypatch.setattr(gateways, "settings", replace(gateways.settings, data_dir=tmp_path))
    with in_town(monkeypatch, tmp_path) as found:
        yield found
        assert found.violations() == []
        assert found.failures == []
        assert found.unplayed == []


def test_a_token_makes_a_bot_that_is_polled_and_knows_its_commands(tg: FakeTelegram, tmp_path: Path) -> None:
    made = tg.add_bot(username="warden_bot", name="Warden", can_read_all_group_messages=False)
    bot = bots.add_bot(f" {made.token}\n", "staff:1")
    assert (bot.bot_id, bot.username, bot.name, bot.state, bot.way) == (
        made.id, "warden_bot", "Warden", "active", "polling",
    )  # fmt: skip
    assert bot.facts["can_read_all_group_messages"] is False
    assert secrets.get(secret_name(made.id)) == made.token
    assert (tmp_path / gateways.MARKER).exists()
    assert AuditEntry.objects.filter(verb="telegram.bot_added", actor="staff:1").exists()
    asked = [call.body for call in tg.calls if call.method == "setMyCommands"]
    assert {(body["scope"]["type"], body.get("language_code", "")) for body in asked} == {
        (scope, code) for scope in ("default", "all_chat_administrators") for code in ("", "en", "zh")
    }
    assert any("举报" in command["description"] for body in asked for command in body["commands"])
    assert bots.username_of(str(made.id)) == "warden_bot"
    assert bots.username_of("1") == bots.username_of("x") == ""


def test_the_same_bot_again_gets_the_new_token(tg: FakeTelegram) -> None:
    made = tg.add_bot()
    first = bots.add_bot(made.token, "staff:1")
    fresh = tg.revoke(made)
    with pytest.raises(BadInput) as caught:
        bots.add_bot(made.token if fresh != made.token else "1:" + "x" * 35, "staff:1")
    assert caught.value.field == "token"
    again = bots.add_bot(fresh, "staff:2")
    assert again.pk == first.pk
    assert TelegramBot.objects.count() == 1
    assert secrets.get(secret_name(made.id)) == fresh
    with pytest.raises(BadInput) as caught:
        bots.rotate_token(again, "12345:" + "x" * 35, "staff:1")
    assert str(made.id) in caught.value.text.zh


@pytest.mark.parametrize("token", ["", "x", "123", "123:short", "abc:" + "x" * 35, "123:" + "é" * 35])
def test_what_is_no_token_is_refused_before_telegram_is_asked(tg: FakeTelegram, token: str) -> None:
    with pytest.raises(BadInput):
        bots.add_bot(token, "staff:1")
    assert not tg.calls


def test_a_token_is_in_no_error_and_no_log(
    tg: FakeTelegram, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("httpx", "httpcore", "telegram"):
        assert logging.getLogger(name).getEffectiveLevel() >= logging.WARNING
    made = tg.add_bot()
    secret = made.token.partition(":")[2]
    bots.add_bot(made.token, "staff:1")
    said = []
    for trouble in ({"rate_5xx": 1.0}, {"rate_closed_before": 1.0}, {"rate_429": 1.0}):
        tg.misbehave(**trouble)
        with pytest.raises(Temporary) as caught:
            client.call(made.id, "get_me")
        said.append(repr(caught.value) + str(caught.value.__cause__) + str(caught.value.__context__))
    tg.misbehave()
    tg.revoke(made)
    with pytest.raises(Temporary) as caught:
        client.call(made.id, "get_me")
    said.append(repr(caught.value) + str(caught.value.__context__))
    assert secret not in "".join(said)
    assert secret not in caplog.text


def test_a_removed_bot_leaves_no_secret_and_no_gateway(tg: FakeTelegram, tmp_path: Path) -> None:
    bot = bots.add_bot(tg.add_bot().token, "staff:1")
    bots.remove(bot, "staff:1")
    assert not TelegramBot.objects.exists()
    with pytest.raises(NotFound):
        secrets.get(secret_name(bot.bot_id))
    assert not (tmp_path / gateways.MARKER).exists()
    with pytest.raises(Permanent):
        client.call(bot.bot_id, "get_me")


def test_pausing_and_resuming_are_kept_and_audited(tg: FakeTelegram, tmp_path: Path) -> None:
    bot = bots.add_bot(tg.add_bot().token, "staff:1")
    bots.pause(bot, "staff:1")
    assert not (tmp_path / gateways.MARKER).exists()
    bots.resume(bot, "staff:1")
    assert (tmp_path / gateways.MARKER).exists()
    verbs = AuditEntry.objects.filter(subject=f"telegram_bot:{bot.pk}").values_list("verb", flat=True)
    assert {"telegram.bot_paused", "telegram.bot_resumed"} <= set(verbs)


@pytest.mark.parametrize(
    ("url", "hook"),
    [
        ("https://guild.example.org", True), ("https://guild.example.org:8443/", True),
        ("https://8.8.8.8", True), ("http://guild.example.org", False), ("https://guild.example.org:444", False),
        ("https://localhost", False), ("https://10.0.0.1", False), ("https://[::1]", False),
        ("https://house.local", False), ("https://house", False), ("http://localhost:8000", False),
    ],
)  # fmt: skip
def test_the_way_updates_come_is_chosen_by_the_public_address(url: str, hook: bool) -> None:
    way = choose_way(url)
    assert way.is_webhook is hook
    assert way.why.en
    assert way.why.zh


def test_a_public_house_is_called_by_telegram_with_a_secret(
    tg: FakeTelegram, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    bot = bots.add_bot(tg.add_bot().token, "staff:1")
    monkeypatch.setattr(bots, "settings", replace(bots.settings, public_url="https://guild.example.org"))
    way = bots.apply_way(bot)
    assert way.is_webhook
    body = next(call.body for call in tg.calls if call.method == "setWebhook")
    assert body["url"] == f"https://guild.example.org/hooks/telegram/{bot.pk}"
    assert body["secret_token"] == secrets.get(hook_secret_name(bot.bot_id))
    assert len(body["secret_token"]) >= 32
    assert set(body["allowed_updates"]) == set(ALLOWED)
    assert TelegramBot.objects.get().way == "webhook"
    assert not (tmp_path / gateways.MARKER).exists()
    assert bots.check_bot(bot).is_fine
    monkeypatch.setattr(bots, "settings", replace(bots.settings, public_url="http://localhost:8000"))
    bots.apply_way(bot)
    assert TelegramBot.objects.get().way == "polling"
    assert (tmp_path / gateways.MARKER).exists()


def test_a_foreign_webhook_is_told_until_it_is_gone(tg: FakeTelegram) -> None:
    made = tg.add_bot()
    bot = bots.add_bot(made.token, "staff:1")
    client.call(made.id, "set_webhook", url="https://elsewhere.example.org/x")
    report = bots.check_bot(bot)
    assert not report.is_fine
    bot.refresh_from_db()
    assert bot.problem["do_zh"]
    bots.apply_way(bot)
    assert bots.check_bot(bot).is_fine
    bot.refresh_from_db()
    assert bot.problem == {}


def test_a_house_without_telegram_still_takes_the_bot_and_says_what_is_open(tg: FakeTelegram) -> None:
    made = tg.add_bot()
    tg.misbehave(rate_5xx=1.0, methods=["deleteWebhook"])
    bot = bots.add_bot(made.token, "staff:1")
    assert bot.problem["en"]
    tg.misbehave()
    bots.check_bot(bot)
    bot.refresh_from_db()
    assert bot.problem == {}


# Chats


def test_every_right_is_told_one_by_one_with_how_to_grant_it(tg: FakeTelegram) -> None:
    town = settle(tg)
    report = bots.check_chat(town.space)
    assert report.is_fine
    assert {right.key for right in report.rights if right.needed} == {
        "administrator", "can_delete_messages", "can_restrict_members", "can_invite_users", "supergroup",
    }  # fmt: skip
    tg.set_rights(town.bot, town.chat, {"can_delete_messages": True})
    report = bots.check_chat(town.space)
    assert [right.key for right in report.missing] == ["can_restrict_members", "can_invite_users"]
    assert all(text for right in report.rights for text in (right.name.zh, right.how.zh, right.what_for.zh))
    chat = TelegramChat.objects.get()
    assert (chat.status, chat.rights["can_delete_messages"]) == ("administrator", True)
    assert "invite" in chat.problem["en"]
    tg.set_rights(town.bot, town.chat, None)
    assert "administrator" in bots.check_chat(town.space).problem.en
    tg.set_rights(town.bot, town.chat, RIGHTS)
    assert bots.check_chat(town.space).is_fine
    assert TelegramChat.objects.get().problem == {}


def test_a_basic_group_is_told_to_become_a_supergroup(tg: FakeTelegram) -> None:
    report = bots.check_chat(settle(tg, "group").space)
    assert [right.key for right in report.missing] == ["supergroup"]
    assert "普通群组" in report.problem.zh


def test_a_forum_and_a_channel_have_rights_of_their_own() -> None:
    keys = {right.key for right in rights.judge("supergroup", "administrator", {}, is_forum=True)}
    assert "can_manage_topics" in keys
    keys = {right.key for right in rights.judge("channel", "administrator", {})}
    assert {"can_post_messages", "can_edit_messages"} <= keys
    assert "can_restrict_members" not in keys
    assert rights.judge("private", "member", {}) == ()
    assert all(right.held for right in rights.judge("channel", "creator", {}))


def test_administrators_are_known_here_and_former_ones_are_members_again(tg: FakeTelegram) -> None:
    town = settle(tg)
    tg.promote(town.chat, town.ann, {"can_delete_messages": True})
    assert bots.sync_admins(town.space) == 2
    states = dict(SpaceMember.objects.values_list("account__external_id", "state"))
    assert states == {str(town.owner): "owner", str(town.ann): "admin"}
    tg.set_member(town.chat, town.ann, status="member")
    bots.sync_admins(town.space)
    assert SpaceMember.objects.get(account=town.account).state == "member"


def test_a_test_message_is_sent_in_the_language_of_the_space_and_kept(tg: FakeTelegram) -> None:
    town = settle(tg)
    Space.objects.update(language="zh-hans")
    town.space.refresh_from_db()
    pk = bots.send_test(town.space, "staff:1")
    said = tg.messages(town.chat)[-1]
    assert "测试" in said["text"]
    assert Message.objects.get(pk=pk).external_id == str(said["message_id"])
    tg.remove_bot(town.bot, town.chat)
    with pytest.raises((Permanent, Temporary)):
        bots.send_test(town.space, "staff:1")


def test_leaving_is_asked_like_every_act(tg: FakeTelegram) -> None:
    town = settle(tg)
    bots.leave(town.space, "staff:1")
    drain()
    assert tg.member(town.chat, town.bot.id)["status"] == "left"


def test_everything_is_looked_after_from_time_to_time(tg: FakeTelegram) -> None:
    town = settle(tg)
    other = tg.add_bot()
    bots.add_bot(other.token, "staff:1")
    tg.revoke(other)
    tg.set_rights(town.bot, town.chat, {"can_invite_users": True})
    counts = chats.recheck()
    assert counts == {"bots": 2, "chats": 1, "failed": 0}
    assert TelegramBot.objects.get(bot_id=other.id).state == "revoked"
    assert TelegramChat.objects.get().problem
    assert SpaceMember.objects.filter(state="owner").exists()


# What Telegram tells by itself


def told(space: Space, receiver: str, update: dict[str, Any]) -> None:
    body = orjson.dumps({"bot": int(receiver), "update": {"update_id": 1, **update}})
    with transaction.atomic():
        registry.tell("telegram", [(TelegramAdapter().parse(body), Space.objects.get(pk=space.pk))])


def chat_of(space: Space) -> dict[str, Any]:
    kind, number = space.kind, space.external_id.partition("/")[0]
    return {"id": int(number), "type": kind, "title": "x"} if kind != "private" else {
        "id": int(number), "type": kind, "first_name": "Ann",
    }  # fmt: skip


def membership(space: Space, status: str, **held: bool) -> dict[str, Any]:
    bot = {"id": 77, "is_bot": True, "first_name": "W"}
    rest = {"until_date": 0} if status == "kicked" else held
    return {
        "my_chat_member": {
            "chat": chat_of(space), "from": {"id": 5, "is_bot": False, "first_name": "O"}, "date": 1_700_000_000,
            "old_chat_member": {"status": "member", "user": bot},
            "new_chat_member": {"status": status, "user": bot, **rest},
        }
    }  # fmt: skip


def test_rights_lost_and_regained_are_known_at_once() -> None:
    space = Space.objects.create(
        platform="telegram", external_id="-1005", slug="x", kind="supergroup", receiver="77"
    )
    told(space, "77", membership(space, "administrator", can_delete_messages=True))
    chat = TelegramChat.objects.get()
    assert chat.status == "administrator"
    assert "restrict" in chat.problem["en"]
    held = dict.fromkeys(("can_delete_messages", "can_restrict_members", "can_invite_users"), True)
    told(space, "77", membership(space, "administrator", **held))
    assert TelegramChat.objects.get().problem == {}
    told(space, "77", membership(space, "kicked"))
    chat = TelegramChat.objects.get()
    assert (chat.status, bool(chat.problem["do_zh"]), chat.problem_since is not None) == (
        "kicked",
        True,
        True,
    )
    told(space, "88", membership(space, "administrator", **held))
    assert TelegramChat.objects.get().status == "kicked", "another bot of ours is not this one"


def test_a_blocked_talk_is_known_and_open_again_when_they_write() -> None:
    talk = Space.objects.create(
        platform="telegram", external_id="5/77", slug="t", kind="private", receiver="77"
    )
    told(talk, "77", membership(talk, "kicked"))
    chat = TelegramChat.objects.get()
    assert (chat.status, chat.problem) == ("kicked", {})
    message = {
        "message_id": 3, "date": 1_700_000_000, "chat": chat_of(talk), "text": "hi",
        "from": {"id": 5, "is_bot": False, "first_name": "Ann"},
    }  # fmt: skip
    told(talk, "77", {"message": message})
    assert TelegramChat.objects.get().status == "member"


def test_a_forum_is_known_by_its_messages() -> None:
    space = Space.objects.create(
        platform="telegram", external_id="-1005", slug="x", kind="supergroup", receiver="77"
    )
    message = {
        "message_id": 3, "date": 1_700_000_000, "text": "hi",
        "chat": {**chat_of(space), "is_forum": True, "username": "town"},
        "from": {"id": 5, "is_bot": False, "first_name": "Ann"},
    }  # fmt: skip
    told(space, "77", {"message": message})
    chat = TelegramChat.objects.get()
    assert (chat.is_forum, chat.username) == (True, "town")


def test_a_chat_heard_of_for_the_first_time_is_asked_about(tg: FakeTelegram) -> None:
    town = settle(tg)
    message = {
        "message_id": 3, "date": 1_700_000_000, "text": "hi", "chat": chat_of(town.space),
        "from": {"id": 5, "is_bot": False, "first_name": "Ann"},
    }  # fmt: skip
    for _ in range(2):
        told(town.space, str(town.bot.id), {"message": message})
    assert drain() == 1
    assert TelegramChat.objects.get().status == "administrator"
    assert SpaceMember.objects.get(state="owner").account.external_id == str(town.owner)
    told(town.space, str(town.bot.id), membership(town.space, "administrator"))
    drain()
    assert Effect.objects.filter(kind=follow.LOOK).count() == 2
    assert TelegramChat.objects.get().problem == {}, "it was asked what is true"


def test_a_bot_is_told_what_to_ask_botfather_for(tg: FakeTelegram) -> None:
    bot = bots.add_bot(tg.add_bot(can_read_all_group_messages=False).token, "staff:1")
    held = {right.key: right.held for right in bots.check_bot(bot).rights}
    assert held == {"can_join_groups": True, "can_read_all_group_messages": False}


def test_the_engine_knows_what_telegram_needs() -> None:
    from guildhall.effects import buckets, performers, schedules

    for name, most in (("telegram:bot:1", 31), ("telegram:chat:1", 1)):
        shape = buckets.shape_of(name)
        assert shape is not None
        assert shape.rate == most * 10**6
    assert {upkeep.RECHECK, upkeep.PRUNE} <= set(performers.registered())
    assert {upkeep.RECHECK, upkeep.PRUNE} <= {one.name for one in schedules.registered()}
