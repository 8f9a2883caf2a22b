"""A gateway and the fake Bot API together: whatever Telegram does, what it delivered is here once."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator

import pytest
from django.db import connection

from guildhall.channels.models import Message, Quarantine, SpaceMember, TelegramBot
from guildhall.channels.telegram import polled
from guildhall.channels.telegram.errors import TokenRefused
from guildhall.channels.telegram.polling import Taken, Updates
from guildhall.channels.telegram.updates import ALLOWED
from guildhall.channels.testing.telegram import Bot, FakeTelegram
from guildhall.core.errors import Temporary
from guildhall.guard.actions import install_shipped
from guildhall.intake.gateway import Gateway
from guildhall.intake.telegram_listening import TelegramListening
from guildhall.intake.tests.test_gateway import until
from guildhall.intake.tests.updates import a_bot

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def tg() -> Iterator[FakeTelegram]:
    with FakeTelegram() as fake:
        yield fake
    connection.close()


def source(tg: FakeTelegram, bot: Bot) -> Updates:
    return Updates(tg.url, lambda: bot.token, ALLOWED)


def test_what_telegram_refuses_is_told_apart(tg: FakeTelegram) -> None:
    bot = tg.add_bot()
    with pytest.raises(TokenRefused):
        Updates(tg.url, lambda: f"{bot.id}:{'x' * 35}").next(0, wait_s=0)
    with pytest.raises(Temporary):
        Updates("http://127.0.0.1:9", lambda: bot.token).next(0, wait_s=0)
    tg.misbehave(rate_429=1.0, retry_after=(2, 2), methods=("getUpdates",))
    with pytest.raises(Temporary) as waited:
        source(tg, bot).next(0, wait_s=0)
    assert waited.value.retry_after == 2.0
    tg.misbehave(rate_5xx=1.0, methods=("getUpdates",))
    with pytest.raises(Temporary) as failed:
        source(tg, bot).next(0, wait_s=0)
    assert bot.token not in str(failed.value)
    tg.misbehave()
    assert source(tg, bot).next(0, wait_s=0).startswith(b'{"ok":true')


def test_two_that_fetch_one_bot_are_a_conflict(tg: FakeTelegram) -> None:
    bot = tg.add_bot()
    seen: list[Exception] = []

    def wait() -> None:
        try:
            source(tg, bot).next(0, wait_s=5)
        except Taken as error:
            seen.append(error)

    thread = threading.Thread(target=wait)
    thread.start()
    time.sleep(0.3)
    source(tg, bot).next(0, wait_s=0)
    thread.join(10)
    assert seen


def test_doubled_disordered_and_unknown_updates_leave_every_message_here_once(
    tg: FakeTelegram, monkeypatch: pytest.MonkeyPatch
) -> None:
    install_shipped(by="system:test")
    bot = tg.add_bot()
    a_bot(bot.id)
    owner = tg.add_user("Owner")
    chat = tg.add_chat("supergroup", "Perps", owner=owner)
    gateway = Gateway("gateway-test", [TelegramListening(lambda _bot: source(tg, bot))], look_s=0.05)
    thread = threading.Thread(target=gateway.run)
    thread.start()
    try:
        until(lambda: gateway.listeners)
        tg.add_bot_to_chat(bot, chat, owner, {"all": True})
        people = [tg.add_user(f"Trader {n}") for n in range(20)]
        tg.misbehave(duplicate_updates=0.3, out_of_order=0.3, unknown_updates=0.1, seed=4)
        for person in people:
            tg.join(chat, person)
        for n in range(200):
            tg.say(chat, people[n % 20], f"ordinary words, number {n}")
        until(lambda: not tg.pending(bot), 30)
    finally:
        pollers = list(gateway.listeners.values())
        gateway.stop()
        thread.join(10)
        tg.say(chat, people[0], "the wait ends")
        for poller in pollers:
            poller.join(10)
    here = Counter(Message.objects.filter(text__startswith="ordinary").values_list("text", flat=True))
    assert sorted(here.values()) == [1] * 200
    assert SpaceMember.objects.filter(state="member", account__external_id__in=map(str, people)).count() == 20
    aside = [row.reason["en"] for row in Quarantine.objects.all()]
    assert aside
    assert not [why for why in aside if "not known" not in why]
    assert TelegramBot.objects.get().lease_owner == ""
    assert polled.to_poll()
