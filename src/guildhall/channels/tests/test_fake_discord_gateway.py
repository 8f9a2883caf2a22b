"""The fake Discord's gateway: sessions, resuming, the ways a line ends, and who hears what."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Iterator
from typing import Any

import discord
import orjson
import pytest
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from guildhall.channels.testing.discord import FakeDiscord
from guildhall.channels.tests.discord_scene import ALL_INTENTS, DiscordScene, listening


@pytest.fixture
def dc() -> Iterator[FakeDiscord]:
    with FakeDiscord(limits=False) as fake:
        yield fake
        assert fake.failures == []


@pytest.fixture
def scene(dc: FakeDiscord) -> Iterator[DiscordScene]:
    found = DiscordScene(dc)
    yield found
    found.close()


def test_a_session_starts_with_hello_ready_and_the_servers(scene: DiscordScene) -> None:
    async def work(connect: Any) -> None:
        ear = await connect()
        ready = await ear.identify(scene.bot.token)
        assert ear.heard[0]["d"]["heartbeat_interval"] == 41250
        assert ready["user"]["id"] == scene.bot.id
        assert ready["resume_gateway_url"] == scene.dc.gateway_url
        guild = await ear.until("GUILD_CREATE")
        assert (guild["id"], guild["member_count"]) == (scene.guild, 3)
        assert scene.general in {one["id"] for one in guild["channels"]}
        await ear.say(1, ear.seq)
        assert (await ear.hear())["op"] == 11
        said = scene.dc.say(scene.general, scene.ann, "hello")
        message = await ear.until("MESSAGE_CREATE")
        assert (message["id"], message["content"], message["guild_id"]) == (said, "hello", scene.guild)
        assert message["member"]["joined_at"]

    listening(scene.dc, work)


def test_what_happened_meanwhile_is_replayed_after_a_resume(scene: DiscordScene) -> None:
    async def work(connect: Any) -> None:
        ear = await connect()
        ready = await ear.identify(scene.bot.token)
        scene.dc.say(scene.general, scene.ann, "one")
        await ear.until("MESSAGE_CREATE")
        seq = ear.seq
        scene.dc.drop()
        await ear.until_closed()
        for text in ("two", "three"):
            scene.dc.say(scene.general, scene.ann, text)
        again = await connect()
        await again.resume(scene.bot.token, ready["session_id"], seq)
        await again.until("RESUMED")
        texts = [one["d"]["content"] for one in again.heard if one["t"] == "MESSAGE_CREATE"]
        assert texts == ["two", "three"]
        assert [one["s"] for one in again.heard if one["s"]] == [seq + 1, seq + 2, seq + 3]
        earlier = await connect()
        await earlier.resume(scene.bot.token, ready["session_id"], 0)
        await earlier.until("RESUMED")
        assert earlier.names()[:2] == ["READY", "GUILD_CREATE"]

    listening(scene.dc, work)


@pytest.mark.parametrize("why", ["forgotten", "too far back", "too late", "another token"])
def test_a_session_that_is_gone_cannot_be_resumed(scene: DiscordScene, why: str) -> None:
    async def work(connect: Any) -> None:
        ear = await connect()
        ready = await ear.identify(scene.bot.token)
        token = scene.bot.token
        if why == "forgotten":
            scene.dc.forget_sessions()
        elif why == "too far back":
            scene.dc.set_gateway(most_kept=1)
            scene.dc.say(scene.general, scene.ann, "x")
        elif why == "too late":
            scene.dc.set_gateway(resume_seconds=0.0)
            await ear.socket.close()
            await asyncio.sleep(0.05)
        else:
            token = scene.dc.add_bot(name="Other").token
        again = await connect()
        await again.resume(token, ready["session_id"], 1)
        payload = await again.hear()
        assert (payload["op"], payload["d"]) == (9, False)

    listening(scene.dc, work)


def test_a_zombie_answers_nothing_until_one_connects_anew(scene: DiscordScene) -> None:
    async def work(connect: Any) -> None:
        ear = await connect()
        ready = await ear.identify(scene.bot.token)
        await ear.until("GUILD_CREATE")
        seq = ear.seq
        scene.dc.zombie()
        scene.dc.say(scene.general, scene.ann, "unheard")
        await ear.say(1, seq)
        with pytest.raises(asyncio.TimeoutError):
            await ear.hear(0.2)
        again = await connect()
        await again.resume(scene.bot.token, ready["session_id"], seq)
        assert (await again.until("MESSAGE_CREATE"))["content"] == "unheard"

    listening(scene.dc, work)


CLOSINGS: dict[str, tuple[int, Any, int]] = {
    "an unknown opcode": (99, {}, 4003),
    "a heartbeat request before anything": (8, {}, 4003),
    "a wrong token": (2, {"token": "x", "intents": 0, "properties": {}}, 4004),
    "an intent nobody knows": (2, {"token": "TOKEN", "intents": 1 << 40, "properties": {}}, 4013),
    "an intent not switched on": (2, {"token": "TOKEN", "intents": 1 << 8, "properties": {}}, 4014),
    "a shard beyond the number": (
        2,
        {"token": "TOKEN", "intents": 0, "properties": {}, "shard": [2, 2]},
        4010,
    ),
    "nothing to identify with": (2, {"token": "TOKEN"}, 4002),
}


@pytest.mark.parametrize("what", CLOSINGS)
def test_what_is_wrong_closes_the_line_with_its_code(scene: DiscordScene, what: str) -> None:
    op, data, code = CLOSINGS[what]
    if isinstance(data, dict) and data.get("token") == "TOKEN":
        data = {**data, "token": scene.bot.token}

    async def work(connect: Any) -> None:
        ear = await connect()
        await ear.hear()
        await ear.say(op, data)
        assert await ear.until_closed() == code

    listening(scene.dc, work)


def test_noise_too_much_talk_and_too_few_shards_close_the_line_too(scene: DiscordScene) -> None:
    async def work(connect: Any) -> None:
        ear = await connect()
        await ear.socket.send_str("{")
        assert await ear.until_closed() == 4002
        ear = await connect()
        for _ in range(130):
            await ear.say(1, None)
        assert await ear.until_closed() == 4008
        assert await (await connect("v=3")).until_closed() == 4012
        scene.dc.set_gateway(shards=2)
        ear = await connect()
        await ear.hear()
        await ear.say(2, {"token": scene.bot.token, "intents": 0, "properties": {}})
        assert await ear.until_closed() == 4011

    listening(scene.dc, work)


def test_a_reset_token_ends_the_line_and_the_old_one_is_dead(scene: DiscordScene) -> None:
    async def work(connect: Any) -> None:
        ear = await connect()
        await ear.identify(scene.bot.token)
        old = scene.bot.token
        assert scene.dc.reset_token(scene.bot) != old
        assert await ear.until_closed() == 4004
        again = await connect()
        await again.hear()
        await again.say(2, {"token": old, "intents": 0, "properties": {}})
        assert await again.until_closed() == 4004

    listening(scene.dc, work)


def test_a_shard_hears_its_servers_only_and_the_first_the_private_talks(scene: DiscordScene) -> None:
    dc = scene.dc
    guilds = [scene.guild]
    while len({int(one) >> 22 & 1 for one in guilds}) < 2:
        dc.advance(0.001)
        guilds.append(dc.add_guild("Another", scene.owner))
    dc.install(scene.bot, guilds[-1])
    of = {int(one) >> 22 & 1: one for one in (guilds[0], guilds[-1])}

    async def work(connect: Any) -> None:
        ears = [await connect() for _ in range(2)]
        for number, ear in enumerate(ears):
            ready = await ear.identify(scene.bot.token, shard=[number, 2])
            assert {one["id"] for one in ready["guilds"]} & set(of.values()) == {of[number]}
        dc.direct(scene.ann, scene.bot, "psst")
        for number in (0, 1):
            dc.say(dc.channels(of[number])["general"], scene.owner, f"in {number}")
        first = [await ears[0].until("MESSAGE_CREATE") for _ in range(2)]
        assert [one["content"] for one in first] == ["psst", "in 0"]
        assert (await ears[1].until("MESSAGE_CREATE"))["content"] == "in 1"

    listening(dc, work)


def test_without_the_intents_there_are_no_words_and_no_members(scene: DiscordScene) -> None:
    async def work(connect: Any) -> None:
        ear = await connect()
        await ear.identify(scene.bot.token, 1 | 1 << 9)
        scene.dc.join(scene.guild, scene.dc.add_user("bob"))
        scene.dc.say(scene.general, scene.ann, "a secret")
        scene.dc.say(scene.general, scene.ann, f"hey <@{scene.bot.id}>")
        heard = [await ear.until("MESSAGE_CREATE") for _ in range(3)]
        assert [one["content"] for one in heard] == ["", "", f"hey <@{scene.bot.id}>"]
        assert "GUILD_MEMBER_ADD" not in ear.names()

    listening(scene.dc, work)


def test_a_bot_hears_nothing_of_channels_it_cannot_see(scene: DiscordScene) -> None:
    scene.dc.set_rights(scene.bot, scene.guild, 0)
    secret = scene.dc.add_channel(scene.guild, "secret")
    scene.dc.overwrite(secret, scene.guild, deny="VIEW_CHANNEL")

    async def work(connect: Any) -> None:
        ear = await connect()
        await ear.identify(scene.bot.token)
        scene.dc.say(secret, scene.owner, "hidden")
        scene.dc.say(scene.general, scene.owner, "open")
        assert (await ear.until("MESSAGE_CREATE"))["content"] == "open"

    listening(scene.dc, work)


def test_mischief_doubles_bends_and_invents_events(scene: DiscordScene) -> None:
    scene.dc.misbehave(duplicate_events=0.5, unknown_events=0.5, missing_fields=0.5, unknown_fields=0.5)

    async def work(connect: Any) -> None:
        ear = await connect()
        await ear.identify(scene.bot.token)
        for number in range(30):
            scene.dc.say(scene.general, scene.ann, str(number))
        scene.dc.misbehave()
        scene.dc.say(scene.general, scene.ann, "last")
        while (await ear.hear())["d"].get("content") != "last":
            pass
        seqs = [one["s"] for one in ear.heard if one["s"]]
        assert len(set(seqs)) < len(seqs)
        assert "SOMETHING_OF_NEXT_YEAR" in ear.names()
        assert any("field_of_next_year" in one["d"] for one in ear.heard if one["t"])
        assert set(scene.dc.mischief_done()) == {
            "duplicate_events", "unknown_events", "missing_fields", "unknown_fields"}  # fmt: skip

    listening(scene.dc, work)


def test_reconnect_invalid_session_and_a_wish_for_a_heartbeat_are_said(scene: DiscordScene) -> None:
    async def work(connect: Any) -> None:
        ear = await connect()
        await ear.identify(scene.bot.token)
        await ear.until("GUILD_CREATE")
        scene.dc.ask_for_a_beat()
        scene.dc.ask_to_reconnect()
        scene.dc.invalidate(resumable=True)
        scene.dc.invalidate()
        assert [((await ear.hear())["op"]) for _ in range(4)] == [1, 7, 9, 9]
        assert scene.dc.drop(code=4000) == 1
        assert await ear.until_closed() == 4000

    listening(scene.dc, work)


def test_a_zlib_stream_carries_the_same(scene: DiscordScene) -> None:
    async def work(connect: Any) -> None:
        ear = await connect("v=10&encoding=json&compress=zlib-stream")
        unpack = zlib.decompressobj()
        first = await ear.socket.receive_bytes()
        assert first.endswith(b"\x00\x00\xff\xff")
        assert orjson.loads(unpack.decompress(first))["op"] == 10
        await ear.say(2, {"token": scene.bot.token, "intents": ALL_INTENTS, "properties": {}})
        assert orjson.loads(unpack.decompress(await ear.socket.receive_bytes()))["t"] == "READY"

    listening(scene.dc, work)


def test_members_are_told_in_chunks_when_asked_for(scene: DiscordScene) -> None:
    async def work(connect: Any) -> None:
        ear = await connect()
        await ear.identify(scene.bot.token)
        await ear.say(8, {"guild_id": scene.guild, "query": "", "limit": 0, "nonce": "n"})
        chunk = await ear.until("GUILD_MEMBERS_CHUNK")
        assert {one["user"]["id"] for one in chunk["members"]} == {scene.owner, scene.ann, scene.bot.id}
        assert (chunk["chunk_index"], chunk["chunk_count"], chunk["nonce"]) == (0, 1, "n")

    listening(scene.dc, work)


def test_discord_py_connects_answers_and_resumes(
    scene: DiscordScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An independent client agrees with the fake about the protocol."""
    monkeypatch.setattr(Route, "BASE", scene.dc.api)
    monkeypatch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", yarl.URL(scene.dc.gateway_url))
    scene.dc.check_answers = True

    async def run() -> list[str]:
        intents = discord.Intents.all()
        intents.presences = False
        heard: list[str] = []
        client = discord.Client(intents=intents)

        @client.event
        async def on_message(message: discord.Message) -> None:
            if message.author.id == int(scene.ann) and message.content:
                heard.append(message.content)
                await message.channel.send(f"heard {message.content}")

        @client.event
        async def on_ready() -> None:
            scene.dc.say(scene.general, scene.ann, "one")

        @client.event
        async def on_resumed() -> None:
            await client.close()

        task = asyncio.create_task(client.start(scene.bot.token))
        while not heard:
            await asyncio.sleep(0.01)
        await asyncio.to_thread(scene.dc.drop)
        await asyncio.to_thread(scene.dc.say, scene.general, scene.ann, "two")
        await task
        return heard

    heard = asyncio.run(asyncio.wait_for(run(), 30))
    assert heard == ["one", "two"]
    assert scene.dc.stats()["resumes"] == 1
    assert scene.dc.misshapen == []
