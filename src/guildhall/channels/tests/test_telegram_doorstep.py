"""The doorstep: what is late does not leave, and only some threads wait."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from guildhall.channels.port import Verb
from guildhall.channels.telegram import doorstep
from guildhall.channels.telegram.doorstep import Doorstep
from guildhall.channels.telegram.pace import BOT, Slot
from guildhall.channels.tests.telegram_town import Town, in_town, settle
from guildhall.core.errors import Temporary
from guildhall.effects.types import Mode

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def town(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Town]:
    with in_town(monkeypatch, tmp_path) as tg:
        yield settle(tg)
        assert tg.violations() == []


def door(town: Town, chat: int) -> Doorstep:
    return Doorstep(town.bot.id, str(chat), Verb.SEND, Mode.ONCE)


def test_a_message_that_is_late_for_its_slot_takes_another(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter([False, True])
    monkeypatch.setattr(Slot, "is_open", lambda self: next(answers))
    door(town, town.chat).say("send_message", chat_id=town.chat, text="hello")
    assert [sent.text for sent in town.tg.sent] == ["hello"]


def test_a_machine_that_is_always_late_sends_nothing_and_says_so(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Slot, "is_open", lambda self: False)
    with pytest.raises(Temporary):
        door(town, town.chat).say("send_message", chat_id=town.chat, text="hello")
    assert town.tg.sent == []


def test_messages_from_many_threads_break_no_limit_and_threads_beyond_the_few_do_not_wait(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    users = [town.tg.add_user(f"U{n}") for n in range(48)]
    for user in users:
        town.tg.start(user, town.bot)
    town.tg.forget()
    later: list[float] = []

    def send(part: list[int]) -> None:
        for user in part:
            while True:
                try:
                    door(town, user).say("send_message", chat_id=user, text="hello")
                    break
                except Temporary as error:
                    later.append(error.retry_after or 0)
                    time.sleep(error.retry_after or 0.1)

    threads = [threading.Thread(target=send, args=(users[n::12],)) for n in range(12)]
    began = time.monotonic()
    for one in threads:
        one.start()
    for one in threads:
        one.join(30)
    assert len(town.tg.sent) == 48 > BOT.most
    assert time.monotonic() - began < 20
    assert later, "twelve threads are more than may wait"
    assert doorstep._waiting._value == doorstep._waiting._initial_value, "every place was given back"
