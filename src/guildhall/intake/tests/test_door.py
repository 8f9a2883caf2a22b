"""What Telegram gets from the webhook door: 200 for what is committed, and a plain refusal for everybody else."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from django.db import OperationalError, connection

from guildhall.channels.models import Message, Quarantine, TelegramBot
from guildhall.channels.telegram.hook import MOST_BYTES, PREFIX
from guildhall.channels.telegram.models import hook_secret_name
from guildhall.core import secrets
from guildhall.intake import batcher, pipeline
from guildhall.intake import door as doors
from guildhall.intake.door import Door
from guildhall.intake.tests.updates import BOT, a_bot, message

pytestmark = pytest.mark.django_db(transaction=True)
SECRET = "hook-secret-of-this-bot"


class Asked:
    """A door with what it observed, and calls to it."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, int]] = []
        self.door = Door(self._behind, lambda method, status, _seconds: self.seen.append((method, status)))

    def _behind(self, environ: Any, start_response: Any) -> list[bytes]:
        start_response("418 Django", [])
        return [b""]

    def __call__(self, path: str, body: bytes = b"", secret: str | None = SECRET, **more: Any) -> int:
        environ = {
            "PATH_INFO": path, "REQUEST_METHOD": "POST", "CONTENT_LENGTH": str(len(body)),
            "wsgi.input": io.BytesIO(body), **more,
        }  # fmt: skip
        if secret is not None:
            environ["HTTP_X_TELEGRAM_BOT_API_SECRET_TOKEN"] = secret
        said: list[str] = []
        self.door(environ, lambda line, headers: said.append(line))
        return int(said[0].split()[0])


@pytest.fixture
def bot() -> TelegramBot:
    secrets.put(hook_secret_name(BOT), SECRET)
    return a_bot(way="webhook")


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch) -> Iterator[Asked]:
    def closing(batch: Any) -> Any:
        try:
            return pipeline.ingest(batch)
        finally:
            connection.close()  # the batcher's own, so that the test database can be dropped

    monkeypatch.setattr(batcher, "ingest", closing)
    yield Asked()
    connection.close()


def update(number: int, text: str = "hello") -> bytes:
    return orjson.dumps({"update_id": number, "message": message(text, number=number)})


def test_an_update_is_committed_before_telegram_hears_that_it_was_taken(ask: Asked, bot: TelegramBot) -> None:
    assert ask(PREFIX + bot.pk, update(5)) == 200
    assert Message.objects.get().text == "hello"
    assert ask(PREFIX + bot.pk, update(5)) == 200
    assert Message.objects.count() == 1
    assert ask.seen == [("POST", 200)] * 2


def test_nobody_else_is_believed(ask: Asked, bot: TelegramBot) -> None:
    path = PREFIX + bot.pk
    assert ask(path, update(5), secret=None) == 401
    assert ask(path, update(5), secret="wrong") == 401
    assert ask(path, update(5), secret="") == 401
    assert ask(PREFIX + "01ARZ3NDEKTSV4RRFFQ69G5FAV", update(5)) == 404
    assert ask(PREFIX + "../../etc", update(5)) == 404
    assert ask(path, update(5), REQUEST_METHOD="GET") == 405
    assert ask(path, update(5), CONTENT_LENGTH="") == 411
    assert ask(path, update(5), CONTENT_LENGTH="²") == 411
    assert ask(path, update(5), CONTENT_LENGTH=str(MOST_BYTES + 1)) == 413
    assert not Message.objects.exists()
    assert not Quarantine.objects.exists()


def test_a_bot_without_a_secret_believes_nobody(ask: Asked) -> None:
    bot = a_bot(way="webhook")
    assert ask(PREFIX + bot.pk, update(5), secret="") == 401


def test_a_paused_bots_updates_stay_with_telegram(ask: Asked, bot: TelegramBot) -> None:
    TelegramBot.objects.update(state="paused")
    assert ask(PREFIX + bot.pk, update(5)) == 503


def test_a_new_secret_is_in_force_when_the_old_one_is_forgotten(
    ask: Asked, bot: TelegramBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ask(PREFIX + bot.pk, update(5)) == 200
    secrets.put(hook_secret_name(BOT), "another")
    monkeypatch.setattr(doors.time, "monotonic", lambda now=doors.time.monotonic() + 60: now)
    assert ask(PREFIX + bot.pk, update(6)) == 401
    assert ask(PREFIX + bot.pk, update(6), secret="another") == 200


def test_what_cannot_be_read_is_put_aside_whole_and_cannot_speak_for_another_bot(
    ask: Asked, bot: TelegramBot
) -> None:
    forged = b'{"update_id":1},"bot":4711,"update":' + update(9)
    assert ask(PREFIX + bot.pk, forged) == 200
    assert bytes(Quarantine.objects.get().raw) == forged
    assert not Message.objects.exists()


def test_when_the_database_refuses_telegram_is_asked_to_come_again(
    ask: Asked, bot: TelegramBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_batch: Any) -> Any:
        raise OperationalError("database is locked")

    monkeypatch.setattr(batcher, "ingest", refuse)
    assert ask(PREFIX + bot.pk, update(5)) == 503
    assert not Message.objects.exists()


def test_everything_else_goes_to_django(ask: Asked) -> None:
    assert ask("/hooks/other", b"") == 418
    assert ask("/", b"") == 418
