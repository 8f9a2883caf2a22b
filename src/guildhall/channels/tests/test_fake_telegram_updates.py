"""How the fake hands out updates, counts haste and misbehaves."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from telegram import Bot
from telegram.error import BadRequest, Conflict, NetworkError, TimedOut

from guildhall.channels.testing.telegram import Bot as Known
from guildhall.channels.testing.telegram import Control, FakeTelegram
from guildhall.channels.testing.telegram.limits import Limits


@pytest.fixture
def tg() -> Iterator[FakeTelegram]:
    with FakeTelegram() as fake:
        yield fake
        assert not fake.failures


@pytest.fixture
def bot(tg: FakeTelegram) -> Known:
    return tg.add_bot(username="guild_bot")


def call(tg: FakeTelegram, bot: Known, method: str, **body: Any) -> dict[str, Any]:
    found: dict[str, Any] = httpx.post(f"{tg.url}/bot{bot.token}/{method}", json=body, timeout=40).json()
    return found


def fetched(tg: FakeTelegram, bot: Known, **body: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = call(tg, bot, "getUpdates", **body)["result"]
    return found


def answers(tg: FakeTelegram, bot: Known) -> bool:
    try:
        return bool(call(tg, bot, "getMe")["ok"])
    except httpx.ConnectError:
        return False


def wait_until(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)


def numbers(updates: list[dict[str, Any]]) -> list[int]:
    return [one["message"]["message_id"] for one in updates]


# -- getUpdates --------------------------------------------------------------------------------------


def test_an_offset_confirms_what_is_below_it_and_nothing_else(tg: FakeTelegram, bot: Known) -> None:
    user = tg.add_user("U")
    tg.start(user, bot)
    for _ in range(9):
        tg.say(user, user, "x")
    first = fetched(tg, bot, limit=4)
    assert numbers(first) == [1, 2, 3, 4]
    assert numbers(fetched(tg, bot, limit=4)) == [1, 2, 3, 4]
    assert numbers(fetched(tg, bot, offset=first[2]["update_id"])) == [3, 4, 5, 6, 7, 8, 9, 10]
    assert numbers(fetched(tg, bot, offset=-2)) == [9, 10]
    assert numbers(fetched(tg, bot)) == [9, 10]
    last = first[0]["update_id"] + 10
    assert fetched(tg, bot, offset=last) == []
    assert tg.pending(bot) == 0


def test_updates_nobody_fetched_are_gone_after_a_day(tg: FakeTelegram, bot: Known) -> None:
    user = tg.add_user("U")
    tg.start(user, bot)
    tg.advance(86401)
    tg.say(user, user, "x")
    assert numbers(fetched(tg, bot)) == [2]


def test_a_long_poll_waits_and_answers_as_soon_as_something_happens(tg: FakeTelegram, bot: Known) -> None:
    user = tg.add_user("U")
    with ThreadPoolExecutor(1) as pool:
        began = time.monotonic()
        waiting = pool.submit(fetched, tg, bot, timeout=20)
        wait_until(lambda: tg.world.updates[bot.id].polling)
        tg.start(user, bot)
        assert numbers(waiting.result(10)) == [1]
    assert time.monotonic() - began < 15
    assert fetched(tg, bot, offset=10**9, timeout=0) == []


def test_what_must_be_asked_for_comes_only_when_asked_for_and_is_remembered(
    tg: FakeTelegram, bot: Known
) -> None:
    owner, one, two = tg.add_user("O"), tg.add_user("A"), tg.add_user("B")
    chat = tg.add_chat("supergroup", "G", owner=owner)
    tg.add_bot_to_chat(bot, chat, owner, {"all": True})
    tg.join(chat, one)
    kinds = {key for each in fetched(tg, bot) for key in each}
    assert kinds == {"update_id", "my_chat_member", "message"}
    call(tg, bot, "getUpdates", offset=-1, allowed_updates=["chat_member"])
    tg.join(chat, two)
    assert set(fetched(tg, bot)[-1]) == {"update_id", "chat_member"}
    assert call(tg, bot, "getWebhookInfo")["result"]["allowed_updates"] == ["chat_member"]


def test_two_readers_are_a_conflict_for_the_first(tg: FakeTelegram, bot: Known) -> None:
    async def two() -> list[Any]:
        base = f"{tg.url}/bot"
        async with Bot(bot.token, base_url=base) as one, Bot(bot.token, base_url=base) as other:
            first = asyncio.create_task(one.get_updates(timeout=10))
            while not tg.world.updates[bot.id].polling:
                await asyncio.sleep(0.01)
            second = asyncio.create_task(other.get_updates(timeout=1))
            return await asyncio.gather(first, second, return_exceptions=True)

    first, second = asyncio.run(two())
    assert isinstance(first, Conflict)
    assert "terminated by other getUpdates request" in first.message
    assert second == ()


# -- webhook -----------------------------------------------------------------------------------------


class Hook:
    """A tiny web server that keeps what it is sent."""

    def __init__(self) -> None:
        self.got: list[tuple[str | None, dict[str, Any]]] = []
        self.answers: list[int] = []
        kept = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                kept.got.append((self.headers.get("X-Telegram-Bot-Api-Secret-Token"), json.loads(body)))
                self.send_response(kept.answers.pop(0) if kept.answers else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def wait(self, count: int) -> None:
        wait_until(lambda: len(self.got) >= count)


@pytest.fixture
def hook() -> Iterator[Hook]:
    found = Hook()
    yield found
    found.server.shutdown()
    found.server.server_close()


def test_a_webhook_gets_each_chat_in_order_with_the_secret(tg: FakeTelegram, bot: Known, hook: Hook) -> None:
    users = [tg.add_user(str(number)) for number in range(5)]
    tg.start(users[0], bot)

    async def set_it() -> Any:
        async with Bot(bot.token, base_url=f"{tg.url}/bot") as peer:
            await peer.set_webhook(f"{hook.url}/hooks/1", secret_token="s3cret-_", max_connections=10)
            return await peer.get_webhook_info()

    info = asyncio.run(set_it())
    assert (info.url, info.max_connections) == (f"{hook.url}/hooks/1", 10)
    for user in users:
        tg.start(user, bot)
        for number in range(10):
            tg.say(user, user, str(number))
    hook.wait(56)
    assert {secret for secret, _ in hook.got} == {"s3cret-_"}
    for user in users:
        mine = [one["message"]["text"] for _, one in hook.got if one["message"]["from"]["id"] == user]
        assert mine[-10:] == [str(number) for number in range(10)]
    wait_until(lambda: tg.pending(bot) == 0)
    assert call(tg, bot, "getUpdates")["description"].startswith(
        "Conflict: can't use getUpdates method while"
    )


def test_what_a_webhook_refuses_is_tried_again_and_waits_in_order(
    tg: FakeTelegram, bot: Known, hook: Hook
) -> None:
    user = tg.add_user("U")
    call(tg, bot, "setWebhook", url=hook.url)
    hook.answers = [500, 503]
    tg.start(user, bot)
    tg.say(user, user, "after")
    hook.wait(2)
    info = call(tg, bot, "getWebhookInfo")["result"]
    assert info["last_error_message"].startswith("Wrong response from the webhook: 50")
    hook.wait(4)
    assert [one["message"]["text"] for _, one in hook.got] == ["/start", "/start", "/start", "after"]


def test_deleting_the_webhook_leaves_what_waits_to_the_poller(tg: FakeTelegram, bot: Known) -> None:
    call(tg, bot, "setWebhook", url="https://guild.example/hooks/1")
    user = tg.add_user("U")
    tg.start(user, bot)
    assert tg.pending(bot) == 1
    assert call(tg, bot, "deleteWebhook")["result"] is True
    assert numbers(fetched(tg, bot)) == [1]


def test_a_public_address_is_delivered_where_the_test_says(tg: FakeTelegram, bot: Known, hook: Hook) -> None:
    tg.route("https://guild.example", hook.url)
    call(tg, bot, "setWebhook", url="https://guild.example/hooks/1")
    tg.start(tg.add_user("U"), bot)
    hook.wait(1)


@pytest.mark.parametrize(
    "url, said",
    [
        ("http://guild.example/x", "An HTTPS URL must be provided"),
        ("https://guild.example:9000/x", "ports 80, 88, 443 or 8443"),
        ("https://nowhere/x", "Failed to resolve host"),
    ],
)
def test_a_webhook_must_be_https_on_a_known_port(tg: FakeTelegram, bot: Known, url: str, said: str) -> None:
    assert said in call(tg, bot, "setWebhook", url=url)["description"]
    assert (
        call(tg, bot, "setWebhook", url="https://guild.example/x", secret_token="no spaces")["error_code"]
        == 400
    )


# -- limits ------------------------------------------------------------------------------------------


def test_one_more_than_allowed_in_a_second_must_wait(tg: FakeTelegram, bot: Known) -> None:
    tg.set_limits(bot=3)
    users = tg.load(bot, chats=4)["users"]
    with httpx.Client() as client:
        codes = [
            client.post(
                f"{tg.url}/bot{bot.token}/sendMessage", json={"chat_id": user, "text": "x"}
            ).status_code
            for user in users
        ]
    assert codes == [200] * 3 + [429]
    assert [one["limit"] for one in tg.violations()] == ["bot"]


def test_windows_slide_and_a_retry_before_its_time_is_noted() -> None:
    limits = Limits()
    waits = [limits.arrived(1, -5, at, group=True) for at in (0.0, 1.0, 1.999, 3.0)]
    assert waits[:2] == [0.0, 0.0]
    assert waits[2] == pytest.approx(0.001)
    assert waits[3] == 0.0
    for number in range(20):
        limits.arrived(1, -7, 100.0 + 2 * number, group=True)
    assert limits.arrived(1, -7, 150.0, group=True) == pytest.approx(10.0)
    limits.told_to_wait(1, -7, 150.0, 10)
    limits.arrived(1, -7, 155.0, group=True)
    assert [one["limit"] for one in limits.broken()] == ["chat", "group", "group", "retry_after"]


def test_private_talks_have_no_limit_a_minute() -> None:
    limits = Limits()
    assert [limits.arrived(1, 5, float(at), group=False) for at in range(60)] == [0.0] * 60


# -- mischief ----------------------------------------------------------------------------------------


def peer_sends(tg: FakeTelegram, bot: Known, to: int, read_timeout: float = 5) -> Any:
    async def go() -> Any:
        async with Bot(bot.token, base_url=f"{tg.url}/bot") as peer:
            return await peer.send_message(to, "x", read_timeout=read_timeout)

    return asyncio.run(go())


def test_a_timeout_after_the_effect_leaves_the_message_there(tg: FakeTelegram, bot: Known) -> None:
    user = tg.load(bot, chats=1)["users"][0]
    tg.misbehave(rate_timeout_after=1, methods=["sendMessage"], hold_s=5)
    with pytest.raises(TimedOut):
        peer_sends(tg, bot, user, 0.5)
    assert [one.method for one in tg.sent] == ["sendMessage"]
    assert len(tg.messages(user)) == 1


def test_a_timeout_before_the_effect_leaves_nothing(tg: FakeTelegram, bot: Known) -> None:
    user = tg.load(bot, chats=1)["users"][0]
    tg.misbehave(rate_closed_before=1)
    with pytest.raises(NetworkError):
        peer_sends(tg, bot, user)
    assert tg.sent == []
    assert tg.messages(user) == []


def test_server_errors_and_refusals_come_at_their_rate_the_same_for_a_seed(
    tg: FakeTelegram, bot: Known
) -> None:
    def codes(seed: int) -> list[int]:
        tg.misbehave(rate_429=0.2, rate_5xx=0.2, retry_after=(2, 2), methods=["sendChatAction"], seed=seed)
        with httpx.Client() as client:
            return [
                client.post(f"{tg.url}/bot{bot.token}/sendChatAction",
                            json={"chat_id": user, "action": "typing"}).status_code
                for _ in range(100)
            ]  # fmt: skip

    user = tg.load(bot, chats=1)["users"][0]
    first = codes(1)
    assert first == codes(1) != codes(2)
    assert 8 < first.count(429) < 35
    assert 8 < first.count(502) < 35
    tg.misbehave()
    assert call(tg, bot, "sendChatAction", chat_id=user, action="typing")["ok"]


def test_doubled_shuffled_and_unknown_updates_still_hold_every_update(tg: FakeTelegram, bot: Known) -> None:
    tg.misbehave(duplicate_updates=0.3, out_of_order=0.3, unknown_updates=0.3, seed=3)
    user = tg.load(bot, chats=1)["users"][0]
    for number in range(60):
        tg.say(user, user, str(number))
    updates = fetched(tg, bot)
    ids = [one["update_id"] for one in updates]
    assert ids != sorted(ids)
    assert len(ids) > len(set(ids))
    assert {one["message"]["text"] for one in updates if "message" in one} == {str(one) for one in range(60)}
    assert any("news_of_next_year" in one for one in updates)
    assert set(tg.mischief_done()) == {"duplicate", "out_of_order", "unknown"}


def test_while_it_is_down_nobody_gets_through_and_afterwards_all_is_there(
    tg: FakeTelegram, bot: Known
) -> None:
    user = tg.load(bot, chats=1)["users"][0]
    tg.down(0.7)
    with pytest.raises(httpx.ConnectError):
        call(tg, bot, "getMe")
    wait_until(lambda: answers(tg, bot))
    assert call(tg, bot, "sendMessage", chat_id=user, text="x")["ok"]


# -- control from another process --------------------------------------------------------------------


def test_the_same_control_works_over_http(tg: FakeTelegram) -> None:
    control = Control(tg.url)
    bot = control.add_bot(username="far_bot")
    user = control.add_user("U", language_code="zh-hans")
    chat = control.add_chat("supergroup", "G", owner=user)
    control.add_bot_to_chat(bot, chat, user, {"all": True})
    message = control.say(chat, user, "hi")
    assert control.messages(chat)[-1]["message_id"] == message
    assert control.member(chat, bot.id)["status"] == "administrator"
    httpx.post(f"{tg.url}/bot{bot.token}/sendMessage", json={"chat_id": chat, "text": "x"})
    assert [one["method"] for one in control.sent] == ["sendMessage"]
    assert control.calls[-1]["body"]["text"] == "x"
    assert control.violations() == []
    with pytest.raises(ValueError, match="no control called|KeyError"):
        control.say(-1, user, "x")
    control.play([["add_user", {"first_name": "A", "as": "a"}], ["start", {"user": "$a", "bot": bot.token}]])
    assert control.pending(bot) == 5
    assert httpx.post(f"{tg.url}/control/close").status_code == 404


def test_a_backlog_of_many_is_served_in_pages(tg: FakeTelegram, bot: Known) -> None:
    made = tg.backlog(bot, 1000, keep=True)
    call(tg, bot, "getUpdates", offset=made["first"], limit=1)
    offset, seen = made["first"], 0
    while page := fetched(tg, bot, offset=offset):
        assert [one["update_id"] for one in page] == list(range(offset, offset + len(page)))
        offset, seen = page[-1]["update_id"] + 1, seen + len(page)
    assert (seen, offset) == (1000, made["after"])
    last = page or fetched(tg, bot, offset=-1)
    assert last == []
    text = tg.messages(made["chat"])[-1]
    assert (
        call(tg, bot, "deleteMessage", chat_id=made["chat"], message_id=text["message_id"])["result"] is True
    )


def test_a_wrong_call_of_the_peer_is_a_bad_request(tg: FakeTelegram, bot: Known) -> None:
    with pytest.raises(BadRequest):
        peer_sends(tg, bot, -1)


def test_it_runs_on_its_own_with_a_world_from_a_file(tmp_path: Path) -> None:
    story = [["add_user", {"first_name": "A", "as": "a"}], ["add_chat", {"kind": "supergroup", "title": "G"}]]
    world = tmp_path / "world.json"
    world.write_text(json.dumps(story))
    command = [
        sys.executable,
        "-m",
        "guildhall.channels.testing.telegram",
        "--port",
        "0",
        "--world",
        str(world),
    ]
    with subprocess.Popen([*command, "--bot-token", "42:abc"], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            url, token = (process.stdout.readline().split()[1] for _ in range(2))
            assert httpx.get(f"{url}/bot{token}/getMe").json()["result"]["id"] == 42
            assert Control(url).stats()["chats"] == 1
        finally:
            process.terminate()
    assert process.returncode == 0
