"""What a gateway promises: nothing is confirmed before it is recorded, one gateway a bot, and every trouble is told."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import orjson
import pytest
from django.db import OperationalError, connection

from guildhall.channels import gateways
from guildhall.channels.models import Delivery, Message, Quarantine, TelegramBot
from guildhall.channels.telegram import AWAY, polled
from guildhall.channels.telegram.errors import TokenRefused
from guildhall.channels.telegram.polling import Taken
from guildhall.core import clock, troubles
from guildhall.core.errors import Temporary
from guildhall.core.text import Text
from guildhall.intake import listening, telegram_listening
from guildhall.intake.gateway import Gateway
from guildhall.intake.telegram_listening import TelegramListening, split
from guildhall.intake.tests.updates import BOT, a_bot, message

pytestmark = pytest.mark.django_db(transaction=True)
NOTHING = b'{"ok":true,"result":[]}'


def answer(*updates: dict[str, Any]) -> bytes:
    return orjson.dumps({"ok": True, "result": list(updates)})


def said(number: int) -> dict[str, Any]:
    return {"update_id": number, "message": message(f"words {number}", number=number)}


class Script:
    """Answers in order, then nothing; remembers what was asked. An exception is raised."""

    def __init__(self, *answers: bytes | Exception) -> None:
        self.answers = list(answers)
        self.offsets: list[int] = []

    def next(self, offset: int, *, wait_s: int, limit: int = 100) -> bytes:
        self.offsets.append(offset)
        if not self.answers:
            time.sleep(0.02)
            return NOTHING
        given = self.answers.pop(0)
        if isinstance(given, Exception):
            raise given
        return given

    def close(self) -> None:
        """Nothing is kept open."""


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Script], Gateway]]:
    monkeypatch.setattr(listening, "FIRST_PAUSE_S", 0.02)
    monkeypatch.setattr(telegram_listening, "TAKEN_PAUSE_S", 0.05)
    running: list[tuple[Gateway, threading.Thread]] = []

    def start(script: Script) -> Gateway:
        gateway = Gateway("gateway-test", [TelegramListening(lambda _bot: script)], look_s=0.02)
        thread = threading.Thread(target=gateway.run)
        thread.start()
        running.append((gateway, thread))
        return gateway

    yield start
    pollers = [p for gateway, _ in running for p in gateway.listeners.values()]
    for gateway, thread in running:
        gateway.stop()
        thread.join(10)
    for poller in pollers:
        poller.join(10)
    troubles.clear(AWAY)


def until(condition: Callable[[], Any], seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "did not happen in time"
        time.sleep(0.01)


def test_an_answer_is_split_into_bodies_of_which_any_may_be_odd() -> None:
    bodies, offset = split(
        7, b'{"ok":true,"result":[{"update_id":4,"x":1},"odd",{"update_id":9,"t":"\\ud83d"}]}'
    )
    assert (len(bodies), offset) == (3, 10)
    assert orjson.loads(bodies[0]) == {"bot": 7, "update": {"update_id": 4, "x": 1}}
    assert split(7, NOTHING) == ([], 0)
    with pytest.raises(ValueError):
        split(7, b"<html>")


def test_updates_are_recorded_and_only_then_confirmed(run: Callable[[Script], Gateway]) -> None:
    bot = a_bot()
    script = Script(answer(said(5), said(6)), answer(said(7)))
    run(script)
    until(lambda: Message.objects.count() == 3 and len(script.offsets) > 3)
    assert script.offsets[:3] == [0, 7, 8]
    until(lambda: TelegramBot.objects.get(pk=bot.pk).last_update_at is not None)


def test_a_database_that_refuses_holds_the_offset_and_loses_nothing(
    run: Callable[[Script], Gateway], monkeypatch: pytest.MonkeyPatch
) -> None:
    a_bot()
    real, refusals = listening.ingest, [OperationalError("database is locked")] * 2
    told: list[str] = []

    def refuse(batch: Any) -> Any:
        if refusals:
            raise refusals.pop()
        told.extend(t.kind for t in troubles.current())
        return real(batch)

    monkeypatch.setattr(listening, "ingest", refuse)
    script = Script(*[answer(said(5))] * 3)
    run(script)
    until(lambda: Message.objects.count() == 1 and 6 in script.offsets)
    assert script.offsets[:4] == [0, 0, 0, 6]
    assert troubles.DATABASE_LOCKED in told
    until(lambda: troubles.DATABASE_LOCKED not in [t.kind for t in troubles.current()])


def test_an_update_that_can_never_be_recorded_is_put_aside_and_blocks_nothing(
    run: Callable[[Script], Gateway],
) -> None:
    a_bot()
    script = Script(answer(said(5), {"update_id": 6, "from_the_future": {}}, {"no": "id"}, said(8)))
    run(script)
    until(lambda: Message.objects.count() == 2 and 9 in script.offsets)
    assert Quarantine.objects.count() == 2
    assert Delivery.objects.count() == 2


def test_a_refused_token_stops_the_bot_and_says_what_to_do(run: Callable[[Script], Gateway]) -> None:
    bot = a_bot()
    gateway = run(Script(TokenRefused()))
    until(lambda: TelegramBot.objects.get(pk=bot.pk).state == "revoked")
    until(lambda: not gateway.listeners)
    assert "BotFather" in TelegramBot.objects.get(pk=bot.pk).problem["do_en"]


def test_another_program_that_fetches_is_told_until_it_is_gone(run: Callable[[Script], Gateway]) -> None:
    bot = a_bot()
    script = Script(Taken(Text("taken", "被占用")))
    script.answers += [Taken(Text("taken", "被占用"))] * 5
    run(script)
    until(lambda: TelegramBot.objects.get(pk=bot.pk).problem)
    until(lambda: not TelegramBot.objects.get(pk=bot.pk).problem)


def test_a_network_that_is_down_is_told_and_cleared(run: Callable[[Script], Gateway]) -> None:
    a_bot()
    script = Script(*[Temporary(Text("not reached", "无法连接"))] * 3)
    run(script)
    until(lambda: AWAY in [t.kind for t in troubles.current()])
    until(lambda: AWAY not in [t.kind for t in troubles.current()])


def test_a_bot_is_picked_up_and_let_go_of_while_the_gateway_runs(run: Callable[[Script], Gateway]) -> None:
    gateway = run(Script())
    bot = a_bot()
    until(lambda: ("telegram", bot.pk) in gateway.listeners)
    TelegramBot.objects.filter(pk=bot.pk).update(state="paused")
    until(lambda: not gateway.listeners)
    until(lambda: TelegramBot.objects.get(pk=bot.pk).lease_owner == "")


def test_two_gateways_never_fetch_one_bot() -> None:
    bot = a_bot()
    assert polled.take(bot, "elsewhere:1:1") is not None
    bot.refresh_from_db()
    assert polled.take(bot, gateways.owner_here()) is None
    TelegramBot.objects.update(lease_until=clock.now() - timedelta(seconds=1))
    assert polled.take(bot, gateways.owner_here()) is not None


def test_the_lease_of_a_process_that_was_killed_here_is_free_at_once() -> None:
    bot = a_bot()
    host, pid, began = gateways.owner_here().split(":")
    for dead in (f"{host}:{pid}:1", f"{host}:4194999:{began}"):
        TelegramBot.objects.update(lease_owner=dead, lease_until=clock.now() + timedelta(seconds=20))
        bot.refresh_from_db()
        assert polled.take(bot, "another:1:1") is not None


def test_the_file_for_up_is_there_exactly_while_a_bot_is_fetched(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from guildhall.core.settings import load

    monkeypatch.setattr(gateways, "settings", load({"GUILDHALL_DATA_DIR": str(tmp_path)}))
    wanted = gateways.marker(tmp_path)
    gateways.mark()
    assert not wanted.exists()
    bot = a_bot(BOT)
    gateways.mark()
    assert wanted.exists()
    TelegramBot.objects.filter(pk=bot.pk).update(way="webhook")
    gateways.mark()
    assert not wanted.exists()


@pytest.fixture(autouse=True)
def _close() -> Iterator[None]:
    yield
    connection.close()


def test_a_gateway_does_without_the_library_that_everything_else_goes_out_by() -> None:
    code = "import guildhall.intake.gateway, sys; print('telegram' in sys.modules)"
    start = "from guildhall.cli.app import start_django; start_django(); "
    done = subprocess.run([sys.executable, "-c", start + code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
