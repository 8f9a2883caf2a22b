"""What hearing Discord promises: every event once, whatever breaks; what a gap swallowed is fetched; what is
wrong is told; nothing that is said or left out ends it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError

from guildhall.channels.discord.models import DiscordBot, DiscordInteraction, DiscordServer, DiscordShard
from guildhall.channels.models import Message, Poll, Quarantine, Reaction, Space, SpaceMember, Topic
from guildhall.core import clock, troubles
from guildhall.guard.models import Case
from guildhall.intake import listening
from guildhall.intake.gateway import Gateway
from guildhall.intake.tests.discord_scene import Town, discord_town, wait_for
from guildhall.people.models import Account

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def town(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Town]:
    with discord_town(monkeypatch, tmp_path) as made:
        yield made
        assert not made.dc.failures
        assert not made.dc.unplayed
        assert not made.dc.violations()


def a_member(town: Town, name: str = "bob") -> str:
    person = town.dc.add_user(name)
    town.dc.join(town.guild, person)
    return person


def state_of(person: str) -> str | None:
    return SpaceMember.objects.filter(account__external_id=person).values_list("state", flat=True).first()


def test_a_server_its_channels_and_what_is_said_there_are_known_within_a_moment(town: Town) -> None:
    town.open().settled()
    bob = a_member(town)
    forum = town.dc.add_channel(town.guild, "questions", "forum")
    post = town.dc.post(forum, bob, "Fees?", "what does a withdrawal cost")
    town.dc.say(town.general, bob, "hello")
    town.heard("hello", "what does a withdrawal cost")
    assert (town.space.name, town.space.kind, town.space.receiver) == ("Perpetuals", "server", town.app.id)
    topics = {one.external_id: one for one in Topic.objects.filter(space=town.space)}
    assert (topics[town.general].name, topics[town.general].kind) == ("general", "text")
    assert (topics[post].name, topics[post].kind, topics[post].parent) == ("Fees?", "thread", forum)
    said = Message.objects.get(text="what does a withdrawal cost")
    assert (said.thread_id, said.account.external_id) == (post, bob)  # type: ignore[union-attr]
    assert state_of(bob) == "member"
    assert DiscordServer.objects.get(space=town.space).owner == town.owner


def test_a_chinese_server_is_spoken_to_in_chinese_from_the_start(town: Town) -> None:
    town.dc.change_guild(town.guild, preferred_locale="zh-CN")
    town.open().settled()
    assert town.space.language == "zh-hans"


def test_nothing_is_lost_or_doubled_when_connections_break(town: Town) -> None:
    town.open().settled()
    bob = a_member(town)
    for number in range(30):
        town.dc.say(town.general, bob, f"words {number}")
        if number % 6 == 3:
            town.heard(f"words {number - 1}")
            town.dc.drop(code=(0, 1001, 4000, 4009, 0)[number // 6])
    town.heard(*(f"words {number}" for number in range(30)))
    assert sorted(town.texts()) == sorted(f"words {number}" for number in range(30))
    assert not Quarantine.objects.exists()
    assert town.dc.stats()["resumes"] >= 3
    assert town.dc.stats()["identifies"] == 1


def test_a_gateway_started_anew_goes_on_where_the_last_commit_stood(town: Town) -> None:
    town.open().settled()
    bob = a_member(town)
    town.dc.say(town.general, bob, "before")
    town.heard("before")
    town.close()
    town.dc.say(town.general, bob, "while nobody listened")
    town.open()
    town.heard("while nobody listened")
    assert town.texts() == ["before", "while nobody listened"]
    assert town.dc.stats()["identifies"] == 1
    assert not any("/messages" in call.route and call.route.startswith("GET") for call in town.dc.calls)


def test_what_happened_while_the_session_was_lost_is_fetched(town: Town) -> None:
    town.open().settled()
    bob, eve, ann = a_member(town), a_member(town, "eve"), a_member(town, "ann")
    thread = town.dc.thread(town.general, bob, "liquidations")
    town.dc.say(town.general, bob, "before")
    town.dc.say(thread, bob, "in the thread before")
    town.heard("before", "in the thread before")
    wait_for(lambda: state_of(ann) == "member", "ann")
    town.close()
    town.dc.forget_sessions()
    texts = [f"missed {number}" for number in range(230)]
    for text in texts:
        town.dc.say(town.general, bob, text)
    town.dc.say(thread, bob, "in the thread meanwhile")
    fresh = town.dc.thread(town.general, bob, "made meanwhile")
    town.dc.say(fresh, bob, "first in the new thread")
    edited = town.dc.say(town.general, bob, "wrng")
    town.dc.edit(town.general, edited, "wrong")
    cem = a_member(town, "cem")
    town.dc.ban(town.guild, eve, by=town.owner)
    town.dc.leave(town.guild, ann)
    town.open().settled()
    town.heard(*texts, "in the thread meanwhile", "first in the new thread", "wrong", seconds=30)
    assert len(town.texts()) == len(set(town.texts())) == len(texts) + 5
    wait_for(lambda: town.row.gap_since is None, "the gap to be closed")
    assert state_of(cem) == "member"
    assert state_of(eve) == "banned"
    assert state_of(ann) == "left"
    assert not Quarantine.objects.exists()


def test_a_gap_that_was_not_filled_to_the_end_is_filled_after_the_next_start(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    town.open().settled()
    bob = a_member(town)
    town.dc.say(town.general, bob, "before")
    town.heard("before")
    town.close()
    town.dc.forget_sessions()
    town.dc.say(town.general, bob, "missed")
    town.dc.misbehave(rate_5xx=1.0, routes=["GET /channels/{channel_id}/messages"])
    town.open()
    wait_for(lambda: town.row.gap_since is not None, "the gap to be noted")
    town.dc.say(town.general, bob, "live")
    town.heard("live")
    town.close()
    town.dc.misbehave()
    assert "missed" not in town.texts()
    town.dc.say(town.general, bob, "repeated by the session")
    town.open().settled()
    town.heard("missed", "repeated by the session")
    assert sorted(town.texts()) == ["before", "live", "missed", "repeated by the session"]
    assert town.row.gap_since is None


def test_nothing_said_before_the_bot_came_is_fetched(town: Town) -> None:
    bob = a_member(town)
    town.dc.say(town.general, bob, "long ago")
    town.open().settled()
    town.dc.say(town.general, bob, "now")
    town.heard("now")
    town.close()
    town.dc.forget_sessions()
    town.dc.say(town.general, bob, "missed")
    town.open().settled()
    town.heard("missed")
    assert town.texts() == ["now", "missed"]


def test_a_connection_that_stands_but_no_longer_answers_is_given_up(town: Town) -> None:
    town.dc.set_gateway(heartbeat_ms=150)
    town.open().settled()
    bob = a_member(town)
    assert town.dc.zombie() == 1
    town.dc.say(town.general, bob, "into the void")
    town.heard("into the void")
    assert town.dc.stats()["resumes"] >= 1


@pytest.mark.parametrize("resumable", [True, False])
def test_a_session_called_invalid_is_taken_up_again_or_begun_anew(town: Town, resumable: bool) -> None:
    town.open().settled()
    bob = a_member(town)
    town.dc.say(town.general, bob, "before")
    town.heard("before")
    town.dc.invalidate(resumable=resumable)
    town.dc.say(town.general, bob, "meanwhile")
    town.heard("meanwhile")
    town.settled()
    town.dc.say(town.general, bob, "after")
    town.heard("after")
    assert town.texts() == ["before", "meanwhile", "after"]
    assert town.dc.stats()["identifies"] == (1 if resumable else 2)


def test_discord_asks_to_reconnect_and_gets_it(town: Town) -> None:
    town.open().settled()
    bob = a_member(town)
    town.dc.ask_to_reconnect()
    town.dc.say(town.general, bob, "across")
    town.heard("across")
    assert town.dc.stats()["identifies"] == 1


def test_unknown_events_wait_for_a_person_and_missing_fields_end_nothing(town: Town) -> None:
    town.open().settled()
    bob = a_member(town)
    town.dc.misbehave(
        unknown_events=0.2, missing_fields=0.3, unknown_fields=0.3, duplicate_events=0.3, seed=3
    )
    ids = [town.dc.say(town.general, bob, f"bent {number}") for number in range(40)]
    town.dc.misbehave()
    town.dc.deliver_raw(town.app, "MESSAGE_CREATE", None)
    town.dc.deliver_raw(town.app, "MESSAGE_CREATE", {"id": [], "author": 7})
    town.dc.say(town.general, bob, "straight")
    town.heard("straight")
    stored = set(Message.objects.values_list("external_id", flat=True))
    aside = [bytes(raw) for raw in Quarantine.objects.values_list("raw", flat=True)]
    lost = [one for one in ids if one not in stored and not any(one.encode() in raw for raw in aside)]
    assert lost == []
    assert any(b"SOMETHING_OF_NEXT_YEAR" in raw for raw in aside)
    assert Message.objects.filter(text="straight").count() == 1


def test_intents_that_are_switched_off_are_told_until_they_are_on(town: Town) -> None:
    town.dc.set_intents(town.app, ["members"])
    town.open()
    wait_for(lambda: DiscordBot.objects.get().problem.get("why") == "intents", "the problem")
    town.dc.set_intents(town.app, ["members", "message_content"])
    town.settled()
    assert DiscordBot.objects.get().problem == {}


def test_a_token_that_discord_refuses_rests_the_bot(town: Town) -> None:
    town.open().settled()
    town.dc.reset_token(town.app)
    wait_for(lambda: DiscordBot.objects.get().state == DiscordBot.State.REVOKED, "the bot to rest")
    assert town.gateway is not None
    wait_for(lambda: not town.gateway or not town.gateway.listeners, "the gateway to let go")


def test_discord_wants_more_connections_and_gets_them(town: Town) -> None:
    town.open().settled()
    town.dc.set_gateway(shards=2)
    town.dc.forget_sessions()
    wait_for(lambda: DiscordShard.objects.filter(connected_at__isnull=False).count() == 2, "two shards", 20)
    wait_for(lambda: {tuple(one["shard"]) for one in town.dc.lines()} == {(0, 2), (1, 2)}, "two lines")
    bob = a_member(town)
    town.dc.direct(bob, town.app, "hello in private")
    town.dc.say(town.general, bob, "hello all")
    town.heard("hello in private", "hello all")


def test_a_database_in_trouble_loses_nothing(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    town.open().settled()
    bob = a_member(town)
    wait_for(lambda: state_of(bob), "bob")
    real, refused = listening.ingest, []

    def refuse(batch: Any) -> Any:
        if len(refused) < 3:
            refused.append(len(batch))
            raise OperationalError("database is locked")
        return real(batch)

    monkeypatch.setattr(listening, "ingest", refuse)
    for number in range(5):
        town.dc.say(town.general, bob, f"words {number}")
    town.heard(*(f"words {number}" for number in range(5)))
    assert len(refused) == 3
    assert len(town.texts()) == 5
    wait_for(lambda: not town.shard.failing, "the trouble to be over")


def test_a_private_talk_is_one_space_with_the_bot(town: Town) -> None:
    town.open().settled()
    bob = a_member(town)
    town.dc.direct(bob, town.app, "may I ask something")
    town.heard("may I ask something")
    talk = Space.objects.get(kind="private", platform="discord")
    assert talk.external_id == f"dm:{bob}/{town.app.id}"
    assert not Case.objects.exists()


def test_what_was_said_in_private_during_a_gap_is_fetched(town: Town) -> None:
    town.open().settled()
    bob = a_member(town)
    town.dc.direct(bob, town.app, "first")
    town.heard("first")
    town.close()
    town.dc.forget_sessions()
    town.dc.direct(bob, town.app, "second")
    town.open().settled()
    town.heard("second")
    assert town.texts() == ["first", "second"]


def test_who_leads_a_server_is_known_by_its_roles(town: Town) -> None:
    mod, helper = town.dc.add_user("mod"), town.dc.add_user("helper")
    moderators = town.dc.add_role(town.guild, "mods", "BAN_MEMBERS")
    for person in (mod, helper):
        town.dc.join(town.guild, person)
    town.dc.give_role(town.guild, mod, moderators)
    town.open().settled()
    wait_for(lambda: state_of(mod) == "admin", "the moderator")
    assert state_of(town.owner) == "owner"
    assert state_of(helper) != "admin"
    town.dc.give_role(town.guild, helper, moderators)
    wait_for(lambda: state_of(helper) == "admin", "the new moderator")
    town.dc.take_role(town.guild, mod, moderators)
    wait_for(lambda: state_of(mod) == "member", "the former one")


def test_timeouts_kicks_and_bans_by_anybody_are_kept(town: Town) -> None:
    town.open().settled()
    quiet, out, gone = a_member(town, "quiet"), a_member(town, "out"), a_member(town, "gone")
    wait_for(lambda: state_of(gone), "all to be known")
    town.dc.timeout(town.guild, quiet, 600, by=town.owner)
    town.dc.kick(town.guild, out, by=town.owner)
    town.dc.ban(town.guild, gone, by=town.owner)
    expected = ("restricted", "left", "banned")
    wait_for(lambda: tuple(map(state_of, (quiet, out, gone))) == expected, "all three")
    until = SpaceMember.objects.get(account__external_id=quiet).until
    assert until is not None
    assert 500 < (until - clock.now()).total_seconds() < 700
    town.dc.unban(town.guild, gone, by=town.owner)
    wait_for(lambda: state_of(gone) == "left", "the ban to be over")
    town.dc.join(town.guild, gone)
    wait_for(lambda: state_of(gone) == "member", "them to be back")


def test_edits_deletions_reactions_and_votes_are_kept_step_by_step(town: Town) -> None:
    town.open().settled()
    bob, ann = a_member(town), a_member(town, "ann")
    first = town.dc.say(town.general, bob, "a tpyo")
    rest = [town.dc.say(town.general, bob, f"rest {number}") for number in range(3)]
    poll = {"question": {"text": "Long or short?"}, "answers": [
        {"answer_id": 1, "poll_media": {"text": "long"}}, {"answer_id": 2, "poll_media": {"text": "short"}},
    ], "allow_multiselect": False, "results": {"is_finalized": False, "answer_counts": []}}  # fmt: skip
    asked = town.dc.say(town.general, bob, "", poll=poll)
    town.heard("a tpyo", "rest 2")
    town.dc.edit(town.general, first, "a typo")
    town.dc.unfurl(town.general, first, {"type": "link", "title": "Some page"})
    for person, emoji in ((bob, "👍"), (ann, "👍"), (ann, "🔥")):
        town.dc.react(town.general, first, person, emoji)
    town.dc.unreact(town.general, first, ann, "👍")
    town.dc.vote(town.general, asked, ann, [2])
    town.dc.delete(town.general, rest[0])
    town.dc.bulk_delete(town.general, rest[1:])
    wait_for(lambda: Message.objects.filter(visible=False).count() == 3, "the deletions")
    message = Message.objects.get(external_id=first)
    assert (message.text, message.version) == ("a typo", 2)
    given = Reaction.objects.filter(message=message).values_list("account__external_id", "reactions")
    assert dict(given) == {bob: ["👍"], ann: ["🔥"]}
    assert Poll.objects.get(external_id=asked).options == [["long", 0], ["short", 1]]


def test_an_edit_that_tells_only_the_new_words_is_its_authors(town: Town) -> None:
    town.open().settled()
    bob = a_member(town)
    said = town.dc.say(town.general, bob, "first words")
    town.heard("first words")
    told = {"id": said, "channel_id": town.general, "guild_id": town.guild}
    town.dc.deliver_raw(town.app, "MESSAGE_UPDATE", {**told, "embeds": []})
    town.dc.deliver_raw(town.app, "MESSAGE_UPDATE", {**told, "content": "other words"})
    town.heard("other words")
    message = Message.objects.get(external_id=said)
    assert message.account is not None
    assert (message.account.external_id, message.version) == (bob, 2)
    assert not Quarantine.objects.exists()


def test_reactions_that_somebody_clears_are_gone(town: Town) -> None:
    town.open().settled()
    people = [a_member(town, name) for name in ("bob", "ann")]
    said = town.dc.say(town.general, people[0], "look")
    for person in people:
        town.dc.react(town.general, said, person, "👍")
        town.dc.react(town.general, said, person, "🔥")
    wait_for(lambda: [row.reactions for row in Reaction.objects.all()] == [["👍", "🔥"]] * 2, "reactions")
    told = {"message_id": said, "channel_id": town.general, "guild_id": town.guild}
    emoji = {"id": None, "name": "👍"}
    town.dc.deliver_raw(town.app, "MESSAGE_REACTION_REMOVE_EMOJI", {**told, "emoji": emoji})
    wait_for(lambda: [row.reactions for row in Reaction.objects.all()] == [["🔥"]] * 2, "one to be cleared")
    town.dc.deliver_raw(town.app, "MESSAGE_REACTION_REMOVE_ALL", told)
    wait_for(lambda: not Reaction.objects.exists(), "all to be cleared")


def test_a_slash_command_is_a_message_that_waits_for_an_answer(town: Town) -> None:
    town.open().settled()
    bob = a_member(town)
    town.dc.deliver_raw(town.app, "INTERACTION_CREATE", {
        "id": "1574508684464095999", "application_id": town.app.id, "type": 2, "token": "secret-token",
        "guild_id": town.guild, "channel_id": town.general, "locale": "zh-CN", "version": 1,
        "data": {"id": "5", "name": "rules", "type": 1},
        "member": {"user": {"id": bob, "username": "bob"}, "roles": []},
    })  # fmt: skip
    town.heard("/rules")
    row = DiscordInteraction.objects.get()
    assert (row.id, row.kind, row.locale, row.token) == ("1574508684464095999", 2, "zh-CN", "secret-token")
    stored = Message.objects.get(text="/rules")
    assert (stored.external_id, stored.account.external_id) == (row.id, bob)  # type: ignore[union-attr]


def test_a_server_the_bot_was_thrown_out_of_meanwhile_is_known_to_be_lost(town: Town) -> None:
    town.open().settled()
    town.close()
    town.dc.forget_sessions()
    town.dc.remove_bot(town.app, town.guild)
    town.open()
    wait_for(lambda: DiscordServer.objects.get().status == "out", "the server to be lost")


def test_an_outage_of_a_server_is_waited_for(town: Town) -> None:
    town.open().settled()
    bob = a_member(town)
    town.dc.outage(town.guild)
    wait_for(lambda: DiscordServer.objects.get().status == "away", "the outage")
    town.dc.outage(town.guild, on=False)
    wait_for(lambda: DiscordServer.objects.get().status == "inside", "its end")
    town.dc.say(town.general, bob, "still here")
    town.heard("still here")


def test_discord_that_does_not_answer_is_a_trouble_until_it_does(town: Town) -> None:
    town.open().settled()
    town.dc.down(1.0)
    wait_for(lambda: any(one.kind == "discord_away" for one in troubles.current()), "the trouble")
    wait_for(lambda: not any(one.kind == "discord_away" for one in troubles.current()), "its end")
    bob = a_member(town)
    town.dc.say(town.general, bob, "back")
    town.heard("back")


def test_the_bot_is_heard_by_one_gateway_only(town: Town) -> None:
    town.open().settled()
    second = Gateway("gateway-second", look_s=0.02)
    second.owner = "elsewhere:1:1"
    second.look()
    assert [key for platform, key in second.listeners if platform == "discord"] == []
    second.close()


def test_names_and_languages_of_people_are_theirs(town: Town) -> None:
    town.open().settled()
    li = town.dc.add_user("li_ming", "李明", locale="zh-CN")
    town.dc.join(town.guild, li)
    town.dc.say(town.general, li, "大家好")
    town.heard("大家好")
    account = Account.objects.get(platform="discord", external_id=li)
    assert (account.username, account.display_name) == ("li_ming", "李明")
