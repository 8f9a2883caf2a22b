"""Every verb against the fake Bot API: what Telegram is asked, what it makes of it, what a refusal tells."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from guildhall.channels.actions import request, request_many
from guildhall.channels.models import JoinRequest, Message, Poll, Space, SpaceMember, TelegramChat, Topic
from guildhall.channels.port import Act, Button, Verb
from guildhall.channels.telegram import bots, buttons
from guildhall.channels.telegram.acts import UNLOCKED
from guildhall.channels.telegram.errors import Refused, TokenRefused
from guildhall.channels.tests.telegram_town import RIGHTS, Town, cleared, in_town, settle
from guildhall.core import clock
from guildhall.core.errors import BadInput, Permanent, Temporary, Uncertain, Unsupported
from guildhall.effects.models import Effect
from guildhall.effects.testing import drain
from guildhall.people.models import Account, Member

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def town(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Town]:
    with in_town(monkeypatch, tmp_path) as tg:
        found = settle(tg)
        yield found
        assert tg.violations() == []
        assert tg.failures == []
        assert tg.unplayed == []


def last(town: Town) -> dict:
    return town.tg.messages(town.chat)[-1]


# Words


def test_a_message_with_buttons_is_sent_and_its_id_comes_back(town: Town) -> None:
    wanted = (Button("Open", url="https://example.org"), Button("Appeal", data="appeal:1"))
    receipt = town.do(Verb.SEND, said="hello 🚀", act={"buttons": wanted})
    message = last(town)
    assert receipt.external_id == str(message["message_id"])
    assert message["text"] == "hello 🚀"
    ((link, press),) = message["reply_markup"]["inline_keyboard"]
    assert link["url"] == "https://example.org"
    assert buttons.unpack(press["callback_data"]) == "appeal:1"


def test_an_answer_names_what_it_answers_and_is_sent_even_when_that_is_gone(town: Town) -> None:
    asked = town.says("how are fees counted?")
    town.do(Verb.REPLY, said="Like this.", reply_to_external_id=asked.external_id)
    assert last(town)["reply_to_message"]["message_id"] == int(asked.external_id)
    town.tg.delete(town.chat, int(asked.external_id))
    time.sleep(1.0)
    town.do(Verb.REPLY, said="Still.", reply_to_external_id=asked.external_id)
    assert last(town)["text"] == "Still."


def test_a_warning_goes_to_the_private_talk_and_is_kept_there(town: Town) -> None:
    town.tg.start(town.ann, town.bot)
    talk = Space.objects.create(
        platform="telegram", external_id=f"{town.ann}/{town.bot.id}", slug="talk", kind="private",
        receiver=str(town.bot.id),
    )  # fmt: skip
    act = Act(Verb.WARN, town.space.pk, account_id=town.account.pk, text="Please do not.")
    request(act, actor="staff:1", reason="x", clearance=cleared("Please do not."))
    drain()
    kept = Message.objects.get(direction="out")
    assert (kept.space_id, kept.visible, kept.account_id) == (talk.pk, True, town.account.pk)
    assert town.tg.messages(town.ann, bot=town.bot)[-1]["text"] == "Please do not."
    assert [one for one in town.tg.messages(town.chat) if one.get("text") == "Please do not."] == []


def test_who_blocked_the_bot_is_warned_in_the_group_by_name(town: Town) -> None:
    town.tg.start(town.ann, town.bot)
    talk = Space.objects.create(
        platform="telegram", external_id=f"{town.ann}/{town.bot.id}", slug="talk", kind="private"
    )
    town.tg.block(town.ann, town.bot)
    receipt = town.do(Verb.WARN, said="Please do not.")
    assert receipt.space_external_id == town.space.external_id
    message = last(town)
    assert message["text"] == "Ann\nPlease do not."
    (entity,) = town.calls("sendMessage")[-1]["entities"]
    assert (entity["type"], entity["offset"], entity["length"]) == ("text_mention", 0, 3)
    assert entity["user"]["id"] == town.ann
    assert TelegramChat.objects.get(space=talk).status == "kicked"


def test_a_name_that_advertises_is_not_repeated(town: Town) -> None:
    Account.objects.update(display_name="Cheap coins t.me/scam")
    town.do(Verb.WARN, said="Please do not.")
    assert "scam" not in last(town)["text"]
    assert last(town)["entities"][0]["length"] == 2


def test_lengths_are_counted_as_telegram_counts_them(town: Town) -> None:
    for text, fits in (("🚀" * 2048, True), ("🚀" * 2048 + "x", False)):
        act = Act(Verb.SEND, town.space.pk, text=text)
        if fits:
            request(act, actor="staff:1", reason="x", clearance=cleared(text))
            continue
        with pytest.raises(BadInput):
            request(act, actor="staff:1", reason="x", clearance=cleared(text))
    drain()
    assert last(town)["text"] == "🚀" * 2048


def test_an_edit_keeps_to_captions_for_media_and_the_same_words_are_no_error(town: Town) -> None:
    sent = int(town.do(Verb.SEND, said="one").external_id)
    row = town.kept(sent, "one", direction="out", account=None)
    for _ in range(2):
        town.do(Verb.EDIT, said="two", act={"message_id": row.pk}, message_external_id=str(sent))
    assert last(town)["text"] == "two"
    row.media = [{"kind": "photo"}]
    row.save()
    with pytest.raises(Permanent):
        town.do(Verb.EDIT, said="x" * 1025, act={"message_id": row.pk}, message_external_id=str(sent))


def test_a_poll_is_written_in_lines_kept_and_closed(town: Town) -> None:
    words = "When shall we meet?\nMonday\nTuesday"
    request(
        Act(Verb.SEND_POLL, town.space.pk, text=words, params=(("anonymous", "no"),)),
        actor="staff:1", reason="x", clearance=cleared(words),
    )  # fmt: skip
    drain()
    poll = last(town)["poll"]
    assert [option["text"] for option in poll["options"]] == ["Monday", "Tuesday"]
    assert poll["is_anonymous"] is False
    row = Poll.objects.get()
    assert row.message is not None
    for _ in range(2):
        town.do(
            Verb.CLOSE_POLL, act={"message_id": row.message_id}, message_external_id=row.message.external_id
        )
    with pytest.raises(BadInput):
        request(
            Act(Verb.SEND_POLL, town.space.pk, text="Only a question?"),
            actor="staff:1", reason="x", clearance=cleared("Only a question?"),
        )  # fmt: skip


def test_a_pressed_button_is_answered_once_or_too_late(town: Town) -> None:
    sent = int(town.do(Verb.SEND, said="press", act={"buttons": (Button("Go", data="go"),)}).external_id)
    number = town.tg.press(town.ann, town.chat, sent, "Go")
    town.do(Verb.ANSWER_BUTTON, said="x" * 300, act={"params": (("callback", number), ("alert", "yes"))})
    assert town.tg.callback(number)["answered"]
    town.do(Verb.ANSWER_BUTTON, act={"params": (("callback", "12345"),)})


# Messages


def test_a_message_is_deleted_and_gone_already_is_as_good(town: Town) -> None:
    row = town.says("buy my coins")
    for _ in range(2):
        town.do(Verb.DELETE, act={"message_id": row.pk}, message_external_id=row.external_id)
    assert "buy my coins" not in [one.get("text") for one in town.tg.messages(town.chat)]


def test_deleting_after_two_days_is_refused_before_it_is_queued_and_when_it_is_too_late_then(
    town: Town,
) -> None:
    old = town.says("old", sent_at=clock.now() - timedelta(hours=48))
    act = Act(Verb.DELETE, town.space.pk, message_id=old.pk)
    with pytest.raises(Unsupported) as caught:
        request(act, actor="staff:1", reason="x")
    assert "48" in caught.value.reason.en
    assert "48" in caught.value.reason.zh
    assert caught.value.manual_step.zh
    assert not Effect.objects.exists()
    young = town.says("young", sent_at=clock.now() - timedelta(hours=47, minutes=59))
    request(Act(Verb.DELETE, town.space.pk, message_id=young.pk), actor="staff:1", reason="x")
    with clock.freeze(clock.now() + timedelta(minutes=2)):
        drain()
    dead = Effect.objects.get()
    assert (dead.state, "48 hours" in dead.error) == ("dead", True)
    assert town.calls("deleteMessage") == []


def test_one_old_message_among_many_does_not_hold_up_the_others(town: Town) -> None:
    old, young = town.says("old", sent_at=clock.now() - timedelta(days=3)), town.says("young")
    acts = [Act(Verb.DELETE, town.space.pk, message_id=one.pk) for one in (old, young)]
    request_many(acts, actor="system:guard", reason="x")
    drain()
    assert sorted(Effect.objects.values_list("state", flat=True)) == ["dead", "done"]


def test_messages_from_before_the_migration_are_out_of_reach(town: Town) -> None:
    with pytest.raises(Refused) as caught:
        town.do(Verb.DELETE, act={"message_id": "x"}, message_external_id="-4001:17")
    assert caught.value.why == "before_migration"


def test_pins_and_reactions_come_and_go(town: Town) -> None:
    row = town.says("rules")
    named = {"act": {"message_id": row.pk}, "message_external_id": row.external_id}
    for verb in (Verb.PIN, Verb.PIN, Verb.UNPIN, Verb.UNPIN):
        town.do(verb, **named)
    for reaction in ("👍", "👍", ""):
        named["act"] = {"message_id": row.pk, "params": (("reaction", reaction),)}
        town.do(Verb.REACT, **named)
    assert [body["reaction"] for body in town.calls("setMessageReaction")][-1] == []


# Members


def test_a_restricted_member_cannot_speak_until_the_time_is_over(town: Town) -> None:
    until = clock.now() + timedelta(hours=2)
    town.do(Verb.RESTRICT, act={"until": until})
    found = town.tg.member(town.chat, town.ann)
    assert found["status"] == "restricted"
    assert abs(found["until"] - until.timestamp()) < 2
    assert town.calls("restrictChatMember")[0]["use_independent_chat_permissions"] is True
    assert not any(found["permissions"].values())
    town.do(Verb.UNRESTRICT)
    assert town.tg.member(town.chat, town.ann)["status"] == "member"


def test_a_time_too_short_for_telegram_is_a_minute_and_never_for_ever(town: Town) -> None:
    town.do(Verb.RESTRICT, act={"until": clock.now() + timedelta(seconds=5)})
    left = town.tg.member(town.chat, town.ann)["until"] - clock.now().timestamp()
    assert 50 < left < 70


def test_a_time_that_is_over_when_its_turn_comes_changes_nothing(town: Town) -> None:
    until = clock.now() + timedelta(minutes=1)
    act = Act(Verb.BAN, town.space.pk, account_id=town.account.pk, until=until)
    request(act, actor="staff:1", reason="x")
    with clock.freeze(until + timedelta(seconds=1)):
        drain()
    assert town.calls("banChatMember") == []
    assert not SpaceMember.objects.filter(state="banned").exists()


def test_a_ban_of_two_years_is_for_ever_there_and_lifted_by_us(town: Town) -> None:
    until = clock.now() + timedelta(days=730)
    request(
        Act(Verb.BAN, town.space.pk, account_id=town.account.pk, until=until), actor="staff:1", reason="x"
    )
    drain()
    assert "until_date" not in town.calls("banChatMember")[0]
    assert town.tg.member(town.chat, town.ann)["status"] == "kicked"
    lift = Effect.objects.get(state="queued")
    assert lift.due_at == until
    request(Act(Verb.SEND, town.space.pk, text="on"), actor="s", reason="x", clearance=cleared("on"))
    drain()
    assert Effect.objects.filter(state="queued").count() == 1, "the waiting lift holds nothing up"
    with clock.freeze(until + timedelta(seconds=1)):
        drain()
    assert town.tg.member(town.chat, town.ann)["status"] == "left"
    assert SpaceMember.objects.get(account=town.account).state != "banned"


def test_a_lift_leaves_alone_what_a_person_decided_meanwhile(town: Town) -> None:
    until = clock.now() + timedelta(days=730)
    for ends in (until, None):
        request(
            Act(Verb.BAN, town.space.pk, account_id=town.account.pk, until=ends), actor="staff:1", reason="x"
        )
        drain()
    with clock.freeze(until + timedelta(seconds=1)):
        drain()
    assert town.tg.member(town.chat, town.ann)["status"] == "kicked"
    assert SpaceMember.objects.get(account=town.account).state == "banned"


def test_a_kick_leaves_nobody_banned(town: Town) -> None:
    for _ in range(2):
        town.do(Verb.KICK)
    assert town.tg.member(town.chat, town.ann)["status"] == "left"
    assert town.tg.join(town.chat, town.ann)


def test_unbanning_puts_nobody_out(town: Town) -> None:
    town.do(Verb.UNBAN)
    assert town.tg.member(town.chat, town.ann)["status"] == "member"
    town.do(Verb.BAN)
    for _ in range(2):
        town.do(Verb.UNBAN)
    assert town.tg.member(town.chat, town.ann)["status"] == "left"


def test_a_channel_that_speaks_is_banned_and_nothing_less(town: Town) -> None:
    channel = town.tg.add_chat("channel", "Pump", owner=town.ann)
    named = {"account_external_id": str(channel)}
    town.do(Verb.BAN, **named)
    assert town.calls("banChatSenderChat")[0]["sender_chat_id"] == channel
    town.do(Verb.UNBAN, **named)
    assert len(town.calls("unbanChatSenderChat")) == 1
    with pytest.raises(Refused) as caught:
        town.do(Verb.RESTRICT, **named)
    assert caught.value.why == "is_channel"
    with pytest.raises(Refused) as caught:
        town.do(Verb.BAN, account_external_id=town.space.external_id)
    assert caught.value.why == "is_group_itself"


def test_administrators_are_made_and_unmade(town: Town) -> None:
    rights = ("can_promote_members", "can_delete_messages", "can_restrict_members", "can_invite_users",
              "can_pin_messages", "can_manage_chat")  # fmt: skip
    town.tg.set_rights(town.bot, town.chat, dict.fromkeys(rights, True))
    town.do(Verb.PROMOTE)
    found = town.tg.member(town.chat, town.ann)
    assert found["status"] == "administrator"
    assert found["rights"]["can_delete_messages"] is True
    assert not found["rights"].get("can_promote_members")
    town.do(Verb.DEMOTE)
    assert town.tg.member(town.chat, town.ann)["status"] == "member"
    with pytest.raises(Refused) as caught:
        town.do(Verb.BAN, account_external_id=str(town.owner))
    assert caught.value.why in ("is_admin", "no_rights")


def test_who_asks_to_come_in_is_answered_once(town: Town) -> None:
    for verb, state in ((Verb.APPROVE_JOIN, "approved"), (Verb.DECLINE_JOIN, "declined")):
        guest = town.tg.add_user("Guest")
        town.tg.join_request(town.chat, guest)
        member = Member.objects.create(display_name="Guest")
        account = Account.objects.create(member=member, platform="telegram", external_id=str(guest))
        JoinRequest.objects.create(space=town.space, account=account, asked_at=clock.now())
        for _ in range(2):
            request(Act(verb, town.space.pk, account_id=account.pk), actor="staff:1", reason="x")
            drain()
        row = JoinRequest.objects.get(account=account)
        assert (row.state, row.decided_by) == (state, "staff:1")
    assert not Effect.objects.exclude(state="done").exists()


# Chats


def test_a_locked_group_gets_back_what_its_members_were_allowed(town: Town) -> None:
    before = {"can_send_messages": True, "can_send_photos": True, "can_send_polls": False}
    town.tg.world.chats[town.chat].permissions.update(before)
    for _ in range(2):
        town.do(Verb.LOCK)
    town.space.refresh_from_db()
    assert town.space.settings[UNLOCKED]["can_send_polls"] is False
    assert not town.tg.world.chats[town.chat].permissions["can_send_messages"]
    request(Act(Verb.UNLOCK, town.space.pk), actor="staff:1", reason="x")
    drain()
    now = town.tg.world.chats[town.chat].permissions
    assert {name: now[name] for name in before} == before
    town.space.refresh_from_db()
    assert UNLOCKED not in town.space.settings


def test_topics_are_made_written_in_and_closed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with in_town(monkeypatch, tmp_path) as tg:
        town = settle(tg, is_forum=True)
        request(Act(Verb.CREATE_TOPIC, town.space.pk, params=(("name", "Futures"),)), actor="s", reason="x")
        drain()
        topic = Topic.objects.get()
        assert topic.name == "Futures"
        town.do(Verb.SEND, said="here", act={"params": (("thread", topic.external_id),)})
        assert last(town)["message_thread_id"] == int(topic.external_id)
        for _ in range(2):
            request(
                Act(Verb.CLOSE_TOPIC, town.space.pk, params=(("thread", topic.external_id),)),
                actor="s", reason="x",
            )  # fmt: skip
            drain()
        topic.refresh_from_db()
        assert topic.is_closed
        assert tg.violations() == []


def test_the_title_follows(town: Town) -> None:
    for _ in range(2):
        request(Act(Verb.SET_TITLE, town.space.pk, text="The city"), actor="staff:1", reason="x")
        drain()
    assert town.tg.world.chats[town.chat].title == "The city"
    assert not Effect.objects.exclude(state="done").exists()
    with pytest.raises(BadInput):
        request(Act(Verb.SET_TITLE, town.space.pk, text="x" * 129), actor="staff:1", reason="x")


def test_invites_are_made_with_name_end_and_limit_and_revoked(town: Town) -> None:
    until = clock.now() + timedelta(days=1)
    receipt = town.do(
        Verb.CREATE_INVITE, act={"until": until, "params": (("name", "autumn"), ("member_limit", "99999"))}
    )
    body = town.calls("createChatInviteLink")[0]
    assert (body["name"], body["member_limit"]) == ("autumn", 99_999)
    assert receipt.external_id.startswith("https://t.me/")
    for _ in range(2):
        town.do(Verb.REVOKE_INVITE, act={"params": (("link", receipt.external_id),)})
    for wrong in ("0", "100000", "many"):
        with pytest.raises(Permanent):
            town.do(Verb.CREATE_INVITE, act={"params": (("member_limit", wrong),)})


def test_leaving_twice_is_as_good_as_once(town: Town) -> None:
    for _ in range(2):
        town.do(Verb.LEAVE_SPACE)
    assert town.tg.member(town.chat, town.bot.id)["status"] == "left"


def test_a_basic_group_says_what_it_lacks_before_anything_is_queued(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with in_town(monkeypatch, tmp_path) as tg:
        town = settle(tg, "group")
        with pytest.raises(Unsupported) as caught:
            request(
                Act(Verb.RESTRICT, town.space.pk, account_id=town.account.pk), actor="staff:1", reason="x"
            )
        assert "supergroup" in caught.value.manual_step.en
        assert "超级群组" in caught.value.manual_step.zh
        town.do(Verb.UNBAN)
        town.do(Verb.KICK)
        assert tg.member(town.chat, town.ann)["status"] in ("left", "kicked")
        assert tg.violations() == []


# Troubles


def test_a_removal_never_waits_behind_words_that_wait_for_their_turn(town: Town) -> None:
    rows = [town.says(f"spam {n}") for n in range(5)]
    for row in rows:
        act = Act(Verb.WARN, town.space.pk, account_id=town.account.pk, text="No.", reply_to=row.pk)
        request(act, actor="s", reason="x", clearance=cleared("No."))
        request(Act(Verb.DELETE, town.space.pk, message_id=row.pk), actor="s", reason="x")
    drain()
    left = [effect.payload["verb"] for effect in Effect.objects.exclude(state="done")]
    assert set(left) == {"warn"}


def test_an_act_on_a_migrated_group_goes_on_in_the_supergroup(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with in_town(monkeypatch, tmp_path) as tg:
        town = settle(tg, "group")
        new = tg.migrate(town.chat)
        request(
            Act(Verb.SEND, town.space.pk, text="hello"), actor="s", reason="x", clearance=cleared("hello")
        )
        drain()
        town.space.refresh_from_db()
        assert (town.space.external_id, town.space.kind) == (str(new), "supergroup")
        with clock.freeze(clock.now() + timedelta(seconds=5)):
            drain()
        assert tg.messages(new)[-1]["text"] == "hello"


def test_a_bot_that_was_put_out_is_told_on_its_chat(town: Town) -> None:
    town.tg.remove_bot(town.bot, town.chat)
    with pytest.raises(Refused) as caught:
        town.do(Verb.SEND, said="hello")
    assert caught.value.why == "bot_out"
    chat = TelegramChat.objects.get(space=town.space)
    assert chat.status == "left"
    assert all(chat.problem[part] for part in ("en", "zh", "do_en", "do_zh"))
    town.tg.add_bot_to_chat(town.bot, town.chat, town.owner, RIGHTS)
    assert bots.check_chat(town.space).is_fine
    assert TelegramChat.objects.get(space=town.space).problem == {}


def test_a_missing_right_is_told_on_its_chat(town: Town) -> None:
    town.tg.set_rights(town.bot, town.chat, {"can_invite_users": True})
    with pytest.raises(Refused) as caught:
        town.do(Verb.BAN)
    assert caught.value.why == "no_rights"
    assert "right" in TelegramChat.objects.get(space=town.space).problem["en"]


def test_what_was_refused_for_want_of_a_right_is_done_when_the_right_is_back(town: Town) -> None:
    scam = town.says("send me your seed phrase")
    town.tg.set_rights(town.bot, town.chat, {"can_invite_users": True})
    request(Act(Verb.DELETE, town.space.pk, message_id=scam.pk), actor="system:guard", reason="a scam")
    drain()
    assert Effect.objects.get(kind="channels.act").state == "dead"
    bots.check_chat(town.space)
    town.tg.set_rights(town.bot, town.chat, RIGHTS)
    bots.check_chat(town.space)
    drain()
    assert Effect.objects.get(kind="channels.act").state == "done"
    assert town.tg.messages(town.chat) == [
        one for one in town.tg.messages(town.chat) if str(one["message_id"]) != scam.external_id
    ]
    scam.refresh_from_db()
    assert scam.removed_at is not None


def test_a_revoked_token_holds_everything_until_there_is_a_new_one(town: Town) -> None:
    fresh = town.tg.revoke(town.bot)
    with pytest.raises(TokenRefused) as caught:
        town.do(Verb.SEND, said="hello")
    assert (caught.value.retry_after or 0) >= 60
    row = town.row
    assert row.state == "revoked"
    assert row.problem["zh"]
    calls = len(town.tg.calls)
    with pytest.raises(TokenRefused):
        town.do(Verb.SEND, said="hello")
    assert len(town.tg.calls) == calls, "Telegram is not asked again"
    bots.rotate_token(row, fresh, "staff:1")
    town.do(Verb.SEND, said="hello")
    assert town.row.problem == {}


def test_a_paused_bot_keeps_its_acts_for_later(town: Town) -> None:
    bots.pause(town.row, "staff:1")
    with pytest.raises(Temporary):
        town.do(Verb.SEND, said="hello")
    bots.resume(town.row, "staff:1")
    town.do(Verb.SEND, said="hello")


def test_retry_after_is_obeyed(town: Town) -> None:
    town.tg.misbehave(rate_429=1.0, retry_after=(5, 5))
    with pytest.raises(Temporary) as caught:
        town.do(Verb.SEND, said="hello")
    assert caught.value.retry_after == 5
    town.tg.misbehave()
    calls = len(town.tg.calls)
    for verb in (Verb.SEND, Verb.LOCK):
        with pytest.raises(Temporary) as caught:
            town.do(verb, said="hello")
        assert 4 < (caught.value.retry_after or 0) <= 5
    assert len(town.tg.calls) == calls


@pytest.mark.parametrize("trouble", ["rate_5xx", "rate_5xx_after", "rate_closed_before", "rate_closed_after"])
def test_only_what_may_have_happened_is_in_doubt(town: Town, trouble: str) -> None:
    town.tg.misbehave(**{trouble: 1.0})
    with pytest.raises(Uncertain):
        town.do(Verb.SEND, said="hello")
    with pytest.raises(Temporary):
        town.do(Verb.LOCK)


def test_what_never_left_is_no_doubt(town: Town) -> None:
    town.tg.close()
    with pytest.raises(Temporary):
        town.do(Verb.SEND, said="hello")


def test_two_bots_serve_each_their_own_group(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with in_town(monkeypatch, tmp_path) as tg:
        one = settle(tg)
        other = tg.add_bot(username="second_bot")
        there = tg.add_chat("supergroup", "Elsewhere", owner=one.owner)
        tg.add_bot_to_chat(other, there, one.owner, RIGHTS)
        bots.add_bot(other.token, "staff:1")
        one.do(Verb.SEND, said="hello")
        one.space.external_id, one.bot = str(there), other
        one.do(Verb.SEND, said="hello there")
        assert {(sent.bot, sent.chat) for sent in tg.sent} == {(other.id, there), (tg.sent[0].bot, one.chat)}
        assert tg.violations() == []
