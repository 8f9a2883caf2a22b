"""What hearing Discord promises: every event once, whatever breaks; what a gap swallowed is fetched; what is
wrong is told; nothing that is said or left out ends it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError

from guildhall.channels.discord.models import DiscordBot, DiscordServer, DiscordShard
from guildhall.channels.discord.shards import Mark
from guildhall.channels.models import Message, Quarantine
from guildhall.core import troubles
from guildhall.core.errors import Temporary
from guildhall.intake import discord_listening, listening
from guildhall.intake.gateway import Gateway
from guildhall.intake.tests.discord_scene import Town, a_member, discord_town, state_of, wait_for

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def town(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Town]:
    with discord_town(monkeypatch, tmp_path) as made:
        yield made
        made.was_well_behaved()


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


@pytest.mark.parametrize(("left", "waits"), [(900, None), (50, 60.0), (0, 60.0)])
def test_before_discord_takes_the_token_away_for_too_many_sessions_it_waits(
    town: Town, monkeypatch: pytest.MonkeyPatch, left: int, waits: float | None
) -> None:
    shard = town.open().settled().shard
    town.close()
    told = {"url": town.dc.gateway_url, "session_start_limit": {"remaining": left, "reset_after": 60_000}}
    monkeypatch.setattr(discord_listening.client, "call", lambda *_: told)
    monkeypatch.setattr(shard, "_connect", lambda start, frames: start)
    shard.mark, shard._refused = Mark("", "", None), 3
    if waits is None:
        shard._begin()
        return
    with pytest.raises(Temporary) as caught:
        shard._begin()
    assert caught.value.retry_after == waits


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


def test_a_server_the_bot_was_thrown_out_of_meanwhile_is_known_to_be_lost(town: Town) -> None:
    town.open().settled()
    town.close()
    town.dc.forget_sessions()
    town.dc.remove_bot(town.app, town.guild)
    town.open()
    wait_for(lambda: DiscordServer.objects.get().status == "out", "the server to be lost")


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
