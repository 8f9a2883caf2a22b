"""What each verb does on Discord, against the fake: what members see, who is rung for, what is undone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from guildhall.channels import enclosures
from guildhall.channels.discord import interactions
from guildhall.channels.discord.errors import Refused
from guildhall.channels.discord.models import DiscordInteraction, DiscordInvite, DiscordServer, DiscordTalk
from guildhall.channels.models import Message, Poll, Space, SpaceMember, Topic
from guildhall.channels.port import Act, Button, Verb
from guildhall.channels.testing.discord import FakeDiscord
from guildhall.channels.tests.discord_town import Town, in_discord, settle
from guildhall.core import clock
from guildhall.core.errors import Permanent, Temporary, Uncertain, Unsupported
from guildhall.effects.models import Effect

pytestmark = pytest.mark.django_db
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 64


@pytest.fixture
def dc(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[FakeDiscord]:
    with in_discord(monkeypatch, tmp_path) as found:
        yield found
        assert found.invalid == []
        assert found.unplayed == []
        assert found.failures == []
        assert found.violations() == []


@pytest.fixture
def town(dc: FakeDiscord) -> Town:
    return settle(dc)


def shown(town: Town, number: str, channel: str = "") -> dict[str, Any]:
    found: dict[str, Any] = town.dc.message(channel or town.channel, number)
    return found


def said(town: Town) -> list[str]:
    """What stands in the channel, without Discord's own lines."""
    return [one["content"] for one in town.dc.messages(town.channel) if one["content"]]


class TestSaying:
    def test_words_are_said_and_ring_for_nobody(self, town: Town) -> None:
        sent = town.do(Verb.SEND, said=f"@everyone <@{town.ann}> withdrawals are open")
        found = shown(town, sent.external_id)
        assert found["content"].startswith("@everyone")
        assert not found["mention_everyone"]
        assert found["mentions"] == []

    def test_without_a_channel_the_server_is_told_where_announcements_belong(self, town: Town) -> None:
        news = town.dc.add_channel(town.guild, "news", "news")
        Topic.objects.create(space=town.space, external_id=news, name="news", announces=True, language="en")
        sent = town.do(Verb.SEND, said="Open again", thread_external_id="")
        assert shown(town, sent.external_id, news)["content"] == "Open again"

    def test_where_nothing_is_marked_it_is_said_where_discord_itself_speaks(self, town: Town) -> None:
        sent = town.do(Verb.SEND, said="Hello", thread_external_id="")
        assert shown(town, sent.external_id, town.channel)["content"] == "Hello"
        DiscordServer.objects.update(system_channel="")
        with pytest.raises(Permanent):
            town.do(Verb.SEND, said="Hello", thread_external_id="")

    def test_an_answer_stands_under_the_message_it_answers(self, town: Town) -> None:
        asked = town.says("what fees?")
        sent = town.do(Verb.REPLY, said="0.1 %", reply_to_external_id=asked.external_id)
        assert shown(town, sent.external_id)["message_reference"]["message_id"] == asked.external_id

    def test_an_answer_to_what_is_gone_is_said_all_the_same(self, town: Town) -> None:
        asked = town.says("what fees?")
        town.dc.delete(town.channel, asked.external_id)
        sent = town.do(Verb.REPLY, said="0.1 %", reply_to_external_id=asked.external_id)
        assert shown(town, sent.external_id)["content"] == "0.1 %"

    def test_pictures_go_along(self, town: Town) -> None:
        picture = enclosures.keep("chart.png", PNG, by="staff:1")
        sent = town.do(Verb.SEND, said="The chart", act={"media": (picture,)})
        (attachment,) = shown(town, sent.external_id)["attachments"]
        assert (attachment["filename"], attachment["size"]) == ("chart.png", len(PNG))

    def test_what_is_said_to_a_forum_becomes_a_post_named_by_its_first_line(self, town: Town) -> None:
        forum = town.dc.add_channel(town.guild, "guides", "forum")
        from guildhall.channels.discord import bots

        bots.check_server(town.space)
        sent = town.do(Verb.SEND, said="How to deposit\nStep one …", thread_external_id=forum)
        topic = Topic.objects.get(space=town.space, name="How to deposit")
        assert shown(town, sent.external_id, topic.external_id)["content"].endswith("Step one …")

    def test_a_warning_is_private_and_named_in_the_channel_when_they_take_none(self, town: Town) -> None:
        sent = town.do(Verb.WARN, said="Please do not post links.")
        assert sent.space_external_id == f"dm:{town.ann}/{town.app.id}"
        assert Space.objects.get(external_id=sent.space_external_id).kind == "private"
        channel = town.dc.direct_channel(town.ann, town.app)
        assert shown(town, sent.external_id, channel)["content"] == "Please do not post links."
        town.dc.shut_door(town.ann, town.app)
        sent = town.do(Verb.WARN, said="Please do not post links.")
        found = shown(town, sent.external_id)
        assert found["content"].startswith(f"<@{town.ann}>")
        assert [one["id"] for one in found["mentions"]] == [town.ann]
        assert DiscordTalk.objects.get().closed_at is not None

    def test_our_message_is_reworded_and_taken_back(self, town: Town) -> None:
        sent = town.do(Verb.SEND, said="Open at 3")
        row = town.kept(sent.external_id, "Open at 3", direction="out", account=None)
        town.do(Verb.EDIT, said="Open at 4", message_external_id=row.external_id)
        assert shown(town, sent.external_id)["content"] == "Open at 4"
        params = (("naming", "yes"),)
        town.do(Verb.EDIT, said="Well?", act={"params": params}, message_external_id=row.external_id)
        assert shown(town, sent.external_id)["content"] == f"<@{town.ann}>\nWell?"
        for _ in range(2):
            town.do(Verb.DELETE, message_external_id=row.external_id)
        assert sent.external_id not in [one["id"] for one in town.dc.messages(town.channel)]

    def test_a_poll_is_opened_and_closed(self, town: Town) -> None:
        sent = town.do(Verb.SEND_POLL, said="Which?\none\ntwo", act={"params": (("multiple", "yes"),)})
        row = town.kept(sent.external_id, direction="out", account=None)
        poll = shown(town, sent.external_id)["poll"]
        assert [one["poll_media"]["text"] for one in poll["answers"]] == ["one", "two"]
        assert poll["allow_multiselect"]
        for _ in range(2):
            town.do(Verb.CLOSE_POLL, message_external_id=row.external_id)
        assert shown(town, sent.external_id)["poll"]["results"]["is_finalized"]

    def test_a_poll_of_ours_is_known_by_its_message(self, town: Town) -> None:
        asked = Act(Verb.SEND_POLL, town.space.pk, text="Which?\none\ntwo")
        receipt = town.adapter.perform(asked, town.refs())
        row = town.kept(receipt.external_id, direction="out", account=None, thread_id="")
        assert receipt.record is not None
        receipt.record()
        assert Poll.objects.get().external_id == row.external_id
        assert Message.objects.get(pk=row.pk).thread_id == town.channel


class TestSayingOnce:
    def test_an_answer_that_was_lost_is_asked_for_again_and_nothing_said_twice(self, town: Town) -> None:
        route = "POST /channels/{channel_id}/messages"
        town.dc.misbehave(rate_5xx_after=0.2, rate_closed_after=0.2, routes=[route], seed=3)
        for number in range(4):
            town.do(Verb.SEND, said=f"number {number}", effect_id=1000 + number)
        town.dc.misbehave()
        assert sorted(said(town)) == [f"number {number}" for number in range(4)]

    def test_one_that_stays_in_doubt_is_uncertain_and_known_again_later(
        self, town: Town, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("guildhall.channels.discord.task._IN_DOUBT_S", 0.7)
        route = "POST /channels/{channel_id}/messages"
        town.dc.misbehave(rate_5xx_after=1.0, routes=[route])
        with pytest.raises(Uncertain):
            town.do(Verb.SEND, said="once", effect_id=7)
        town.dc.misbehave()
        town.do(Verb.SEND, said="once", effect_id=7)
        assert said(town) == ["once"]

    def test_a_pause_discord_asks_for_comes_back_as_such(self, town: Town) -> None:
        town.dc.misbehave(rate_429=1.0, retry_after=[3.0, 3.0])
        with pytest.raises(Temporary) as caught:
            town.do(Verb.SEND, said="x")
        assert caught.value.retry_after == pytest.approx(3.0)
        town.dc.misbehave()

    def test_a_refused_token_stops_the_bot_and_says_so(self, town: Town) -> None:
        town.dc.reset_token(town.app)
        with pytest.raises(Temporary):
            town.do(Verb.SEND, said="x")
        assert town.bot.state == "revoked"
        assert town.bot.problem["why"] == "revoked"


class TestPresses:
    def test_a_press_is_answered_for_the_presser_alone(self, town: Town) -> None:
        sent = town.do(Verb.SEND, said="Sure?", act={"buttons": (Button("Appeal", data="appeal:1"),)})
        number = town.dc.click(town.channel, town.ann, sent.external_id, "Appeal")
        town.waits(number)
        town.do(Verb.ANSWER_BUTTON, said="Noted.", act={"params": (("callback", number),)})
        told = town.dc.interaction(number)
        assert told["answered"] == 4
        assert told["answer"]["content"] == "Noted."
        assert told["answer"]["flags"] & 64
        town.do(Verb.ANSWER_BUTTON, said="And more.", act={"params": (("callback", number),)})
        assert len(town.dc.interaction(number)["followups"]) == 2

    def test_a_press_without_words_is_answered_quietly_and_an_old_one_is_left(self, town: Town) -> None:
        sent = town.do(Verb.SEND, said="Sure?", act={"buttons": (Button("Yes", data="y"),)})
        number = town.dc.click(town.channel, town.ann, sent.external_id, "Yes")
        town.waits(number)
        for _ in range(2):
            town.do(Verb.ANSWER_BUTTON, act={"params": (("callback", number),)})
        assert town.dc.interaction(number)["answered"] == 6
        assert town.do(Verb.ANSWER_BUTTON, said="x", act={"params": (("callback", "5"),)}).is_void

    def test_a_list_and_a_form_are_shown(self, town: Town) -> None:
        buttons = (Button("English", data="lang:en"), Button("中文", data="lang:zh"))
        params = (("choices", "Language"),)
        sent = town.do(Verb.SEND, said="Which?", act={"buttons": buttons, "params": params})
        (row,) = shown(town, sent.external_id)["components"]
        picked = row["components"][0]["options"][1]["value"]
        number = town.dc.click(town.channel, town.ann, sent.external_id, "Language", [picked])
        town.waits(number)
        form = {"title": "Appeal", "data": "appeal", "fields": [{"id": "why", "label": "Why", "long": True}]}
        answer = (("callback", number), ("form", orjson.dumps(form).decode()))
        town.do(Verb.ANSWER_BUTTON, act={"params": answer})
        assert town.dc.interaction(number)["answered"] == 9

    def test_a_command_is_answered_where_only_its_user_sees_it(self, town: Town) -> None:
        number = town.dc.slash(town.app, town.channel, town.ann, "help")
        town.waits(number, interactions.COMMAND)
        town.do(Verb.REPLY, said="I can help.", reply_to_external_id=number)
        told = town.dc.interaction(number)
        assert told["answered"] == 4
        assert told["answer"]["flags"] & 64

    def test_an_answer_that_was_lost_is_given_again_and_known_to_be_there(self, town: Town) -> None:
        number = town.dc.slash(town.app, town.channel, town.ann, "help")
        town.waits(number, interactions.COMMAND)
        route = "POST /interactions/{interaction_id}/{interaction_token}/callback"
        town.dc.misbehave(rate_closed_after=0.5, routes=[route], seed=6)
        town.do(Verb.REPLY, said="I can help.", reply_to_external_id=number)
        assert town.dc.mischief_done() == {"closed_after": 1}
        assert [one["content"] for one in town.dc.messages(town.channel)].count("I can help.") == 1

    def test_who_was_answered_by_another_process_first_hears_the_rest_after_it(self, town: Town) -> None:
        number = town.dc.slash(town.app, town.channel, town.ann, "help")
        town.waits(number, interactions.COMMAND)
        town.do(Verb.REPLY, said="One.", reply_to_external_id=number)
        DiscordInteraction.objects.update(acknowledged_at=None)
        town.do(Verb.REPLY, said="Two.", reply_to_external_id=number)
        assert len(town.dc.interaction(number)["followups"]) == 2

    def test_a_command_that_waited_too_long_is_answered_in_its_channel(self, town: Town) -> None:
        number = town.dc.slash(town.app, town.channel, town.ann, "help")
        town.waits(number, interactions.COMMAND)
        town.dc.advance(10)
        sent = town.do(Verb.REPLY, said="I can help.", reply_to_external_id=number)
        assert not shown(town, sent.external_id)["flags"] & 64

    def test_the_answer_to_a_command_waits_behind_no_announcement(self, town: Town) -> None:
        number = town.dc.slash(town.app, town.channel, town.ann, "help")
        town.waits(number, interactions.COMMAND)
        assert town.adapter.buckets(Act(Verb.REPLY, "s"), town.refs(reply_to_external_id=number)) == ()
        assert len(town.adapter.buckets(Act(Verb.REPLY, "s"), town.refs(reply_to_external_id="5"))) == 2


class TestMembers:
    def test_somebody_is_silenced_and_lets_speak_again(self, town: Town) -> None:
        until = clock.now() + timedelta(hours=2)
        for _ in range(2):
            town.do(Verb.RESTRICT, act={"until": until})
        assert town.dc.say(town.channel, town.ann, "spam") == ""
        town.do(Verb.UNRESTRICT)
        assert town.dc.say(town.channel, town.ann, "sorry")

    def test_a_silence_for_ever_is_renewed_while_it_stands(self, town: Town) -> None:
        SpaceMember.objects.create(space=town.space, account=town.account, state="restricted")
        town.do(Verb.RESTRICT)
        (effect,) = Effect.objects.filter(kind="channels.act")
        assert effect.payload["verb"] == "restrict"
        assert timedelta(days=27) < effect.due_at - clock.now() < timedelta(days=28)
        params = tuple((name, value) for name, value in effect.payload["params"])
        assert not town.do(Verb.RESTRICT, act={"params": params}).is_void
        SpaceMember.objects.update(state="member")
        assert town.do(Verb.RESTRICT, act={"params": params}).is_void

    def test_a_ban_takes_what_was_written_and_is_lifted_when_its_time_is_over(self, town: Town) -> None:
        town.says("buy now")
        until = clock.now() + timedelta(days=7)
        town.do(Verb.BAN, act={"until": until, "params": (("revoke_messages", "yes"),)})
        assert town.ann in town.dc.banned(town.guild)
        assert said(town) == []
        (effect,) = Effect.objects.filter(kind="channels.act")
        assert (effect.payload["verb"], effect.due_at) == ("unban", until)
        for _ in range(2):
            town.do(Verb.UNBAN)
        assert town.ann not in town.dc.banned(town.guild)

    def test_somebody_sent_out_may_come_back(self, town: Town) -> None:
        for _ in range(2):
            town.do(Verb.KICK)
        assert town.dc.member(town.guild, town.ann) is None
        assert town.dc.join(town.guild, town.ann)

    def test_whoever_stands_above_the_bot_is_told_apart_from_a_missing_permission(self, town: Town) -> None:
        role = town.dc.add_role(town.guild, "Chief")
        town.dc.move_role(town.guild, role, 9)
        town.dc.give_role(town.guild, town.ann, role)
        from guildhall.channels.discord import bots

        bots.check_server(town.space)
        with pytest.raises(Refused) as caught:
            town.do(Verb.KICK)
        assert caught.value.why == "role_above"
        with pytest.raises(Refused) as caught:
            town.do(Verb.KICK, account_external_id=town.owner)
        assert caught.value.why == "is_owner"
        assert not town.server.problem

    def test_a_missing_permission_is_noted_and_what_was_refused_is_done_when_it_is_back(
        self, town: Town
    ) -> None:
        from guildhall.channels.discord import bots

        town.dc.set_rights(town.app, town.guild, ["VIEW_CHANNEL", "SEND_MESSAGES"])
        with pytest.raises(Refused) as caught:
            town.do(Verb.KICK)
        assert caught.value.why in ("no_rights", "role_above")
        assert not bots.check_server(town.space).is_fine
        assert town.server.problem["why"] == "rights"
        town.dc.set_rights(town.app, town.guild, "all")
        assert bots.check_server(town.space).is_fine
        assert Effect.objects.filter(kind="discord.again").exists()

    def test_moderators_get_a_role_and_lose_it(self, town: Town) -> None:
        from guildhall.channels.discord import bots

        role = town.dc.add_role(town.guild, "Moderator", ["MANAGE_MESSAGES"])
        town.dc.move_role(town.guild, town.dc.bot_role(town.app, town.guild), 9)
        bots.check_server(town.space)
        with pytest.raises(Refused):
            town.do(Verb.PROMOTE)
        for _ in range(2):
            town.do(Verb.PROMOTE, act={"params": (("role", "moderator"),)})
        assert role in (town.dc.member(town.guild, town.ann) or {})["roles"]
        for _ in range(2):
            town.do(Verb.DEMOTE)
        assert role not in (town.dc.member(town.guild, town.ann) or {})["roles"]

    def test_whoever_asks_is_let_in_or_turned_away(self, town: Town) -> None:
        bo = town.dc.add_user("bo")
        town.dc.ask_to_join(town.guild, bo)
        for _ in range(2):
            town.do(Verb.APPROVE_JOIN, account_external_id=bo)
        assert town.dc.member(town.guild, bo) is not None
        cy = town.dc.add_user("cy")
        town.dc.ask_to_join(town.guild, cy)
        for _ in range(2):
            town.do(Verb.DECLINE_JOIN, account_external_id=cy)
        assert town.dc.member(town.guild, cy) is None


class TestTheServer:
    def test_a_locked_server_is_silent_but_for_staff_and_opens_as_it_was(self, town: Town) -> None:
        traders = town.dc.add_role(town.guild, "Traders")
        staff = town.dc.add_role(town.guild, "Staff", ["MANAGE_MESSAGES"])
        vip = town.dc.add_channel(town.guild, "vip")
        town.dc.overwrite(vip, traders, allow=["SEND_MESSAGES"])
        town.dc.give_role(town.guild, town.ann, traders)
        eve = town.dc.add_user("eve")
        town.dc.join(town.guild, eve)
        town.dc.give_role(town.guild, eve, staff)
        from guildhall.channels.discord import bots

        bots.check_server(town.space)
        before = [town.dc.channel(one)["permission_overwrites"] for one in (town.channel, vip)]
        for _ in range(2):
            town.do(Verb.LOCK, thread_external_id="")
        for channel in (town.channel, vip):
            assert town.dc.say(channel, town.ann, "spam") == ""
            assert town.dc.say(channel, eve, "Calm down.")
        assert town.do(Verb.SEND, said="We are looking into it.").external_id
        for _ in range(2):
            town.do(Verb.UNLOCK, thread_external_id="")
        assert town.dc.say(vip, town.ann, "thank you")
        after = [town.dc.channel(one)["permission_overwrites"] for one in (town.channel, vip)]
        assert [sorted(map(str, one)) for one in after] == [sorted(map(str, one)) for one in before]
        assert town.server.locked == {}

    def test_slow_mode_of_a_raid_gives_each_channel_back_what_it_had(self, town: Town) -> None:
        slow = town.dc.add_channel(town.guild, "slow", rate_limit_per_user=5)
        from guildhall.channels.discord import bots

        bots.check_server(town.space)
        for _ in range(2):
            town.do(Verb.SLOW_MODE, act={"params": (("seconds", "30"),)}, thread_external_id="")
        assert [town.dc.channel(one)["rate_limit_per_user"] for one in (town.channel, slow)] == [30, 30]
        for _ in range(2):
            town.do(Verb.SLOW_MODE, act={"params": (("seconds", "0"),)}, thread_external_id="")
        assert [town.dc.channel(one)["rate_limit_per_user"] for one in (town.channel, slow)] == [0, 5]

    def test_channels_threads_and_posts_are_made_and_closed(self, town: Town) -> None:
        forum = town.dc.add_channel(town.guild, "guides", "forum")
        from guildhall.channels.discord import bots

        bots.check_server(town.space)
        asked = town.says("how?")
        made = [
            town.do(Verb.CREATE_TOPIC, said="futures", thread_external_id=""),
            town.do(Verb.CREATE_TOPIC, said="A thread"),
            town.do(Verb.CREATE_TOPIC, said="Of a message", message_external_id=asked.external_id),
            town.do(Verb.CREATE_TOPIC, said="A post", thread_external_id=forum),
        ]
        assert Topic.objects.filter(external_id__in=[one.external_id for one in made]).count() == 4
        for one in made[1:]:
            params = (("thread", one.external_id),)
            town.do(Verb.CLOSE_TOPIC, act={"params": params}, thread_external_id=one.external_id)
            assert town.dc.channel(one.external_id)["thread_metadata"]["locked"]

    def test_an_invite_is_made_under_a_name_and_revoked(self, town: Town) -> None:
        params = (("name", "spring"), ("member_limit", "1"), ("by", "staff:1"))
        made = town.do(Verb.CREATE_INVITE, act={"params": params})
        row = DiscordInvite.objects.get()
        assert (row.name, row.max_uses, row.by, row.state) == ("spring", 1, "staff:1", "open")
        assert made.external_id == f"https://discord.gg/{row.code}"
        for _ in range(2):
            town.do(Verb.REVOKE_INVITE, act={"params": (("link", made.external_id),)})
        row.refresh_from_db()
        assert row.state == "revoked"
        assert town.dc.invites(town.guild) == {}

    def test_messages_are_pinned_and_reacted_to_and_both_taken_back(self, town: Town) -> None:
        row = town.says("important")
        named: dict[str, Any] = {"message_external_id": row.external_id}
        for _ in range(2):
            town.do(Verb.PIN, **named)
            town.do(Verb.REACT, act={"params": (("reaction", "👍"),)}, **named)
        found = shown(town, row.external_id)
        assert found["pinned"]
        assert found["reactions"][0]["count"] == 1
        for _ in range(2):
            town.do(Verb.UNPIN, **named)
            town.do(Verb.REACT, **named)
        found = shown(town, row.external_id)
        assert not found["pinned"]
        assert not found.get("reactions")

    def test_the_server_is_renamed_and_left(self, town: Town) -> None:
        town.do(Verb.SET_TITLE, said="The new town")
        assert town.dc.guild(town.guild)["name"] == "The new town"
        for _ in range(2):
            town.do(Verb.LEAVE_SPACE)
        assert town.app.id not in town.dc.members(town.guild)

    def test_what_a_private_talk_has_not_is_refused_before(self, town: Town) -> None:
        with pytest.raises(Unsupported):
            town.adapter.check(Act(Verb.LOCK, "s"), town.refs(space_kind="private"))
        with pytest.raises(Unsupported):
            town.adapter.check(Act(Verb.BAN, "s"), town.refs(account_external_id=town.app.id))

    def test_in_a_private_talk_it_speaks_to_the_person(self, town: Town) -> None:
        from guildhall.channels.port import Refs

        town.dc.direct(town.ann, town.app, "hi")
        refs = Refs(f"dm:{town.ann}/{town.app.id}", receiver=town.app.id, space_kind="private")
        space = Space.objects.create(
            platform="discord", external_id=refs.space_external_id, slug="dm", name="Ann", kind="private"
        )
        sent = town.adapter.perform(Act(Verb.SEND, space.pk, text="hello"), refs)
        channel = town.dc.direct_channel(town.ann, town.app)
        assert shown(town, sent.external_id, channel)["content"] == "hello"


class TestFetching:
    def test_an_attachment_is_fetched_and_one_too_large_is_not(self, town: Town) -> None:
        number = town.dc.say(town.channel, town.ann, "look", files=[{"name": "a.png", "content": PNG}])
        (attachment,) = shown(town, number)["attachments"]
        assert town.adapter.fetch(attachment["url"], town.app.id, 1000) == PNG
        with pytest.raises(Permanent):
            town.adapter.fetch(attachment["url"], town.app.id, 10)

    @pytest.mark.parametrize(
        "address",
        ["http://127.0.0.1:1/x", "https://cdn.discordapp.com.evil.example/x", "file:///etc/passwd", "",
         "https://user@cdn.discordapp.com/x", "https://cdn.discordapp.com:8443/x", "http://[::1"],
    )  # fmt: skip
    def test_nothing_but_discords_own_servers_is_ever_asked(self, town: Town, address: str) -> None:
        with pytest.raises(Permanent):
            town.adapter.fetch(address, town.app.id, 1000)

    def test_a_picture_is_all_a_bot_is_told_of_a_person(self, town: Town) -> None:
        assert town.adapter.profile(town.ann, town.app.id).bio == ""
        cy = town.dc.add_user("cy", avatar="abc")
        assert "abc" in town.adapter.profile(cy, town.app.id).picture
