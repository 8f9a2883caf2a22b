"""A log line says what happened and to which row, and never who a person is or what opens a door."""

import json
import logging
import logging.config

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from guildhall.core import log
from guildhall.core.middleware import RequestLog
from guildhall.core.redaction import LONGEST, redact, redact_text


class Lines(logging.Handler):
    """Keeps what was written, formatted both ways."""

    def __init__(self) -> None:
        super().__init__()
        self.json: list[dict] = []
        self.text: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.json.append(json.loads(log.JsonLine().format(record)))
        self.text.append(log.TextLine().format(record))


@pytest.fixture
def lines():
    handler, logger = Lines(), logging.getLogger("guildhall")
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    yield handler
    logger.removeHandler(handler)
    logger.setLevel(before)


def test_a_line_has_time_level_logger_event_and_fields(lines: Lines) -> None:
    log.get_logger("guildhall.x").info("case.opened", case="01HZX3", score=870)
    line = lines.json[0]
    assert line["at"].endswith("+00:00")
    assert {key: line[key] for key in ("level", "logger", "event", "case", "score")} == {
        "level": "info",
        "logger": "guildhall.x",
        "event": "case.opened",
        "case": "01HZX3",
        "score": 870,
    }
    assert lines.text[0].endswith("info    guildhall.x  case.opened case=01HZX3 score=870")


def test_context_is_added_inside_and_gone_outside(lines: Lines) -> None:
    logger = log.get_logger("guildhall.x")
    with log.context(request="r1"), log.context(space="s1"):
        logger.info("inside")
    logger.info("outside")
    assert (lines.json[0]["request"], lines.json[0]["space"]) == ("r1", "s1")
    assert "request" not in lines.json[1]


@pytest.mark.parametrize(
    "said",
    [
        "write to alice.liu+x@mail.example.com now",
        "Authorization: Bearer abcdefghijkl",
        "GET /x?token=hunter2hunter&a=1",
        "bot 123456789:AAF-hTv0123456789abcdefghijklmnopq",
        "postgres://guild:hunter2@db.example/guild",
        "/sign-in/Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MGFiY2RlZg/",
        'sent {"password": "hunter2hunter"}',
        "api_key='hunter2hunter'",
    ],
)
def test_secrets_and_addresses_are_taken_out_of_any_message(lines: Lines, said: str) -> None:
    logging.getLogger("guildhall.other").warning(said)
    shown = json.dumps(lines.json[0]) + lines.text[0]
    for secret in ("alice", "abcdefghijkl", "hunter2", "AAF-", "Zm9v"):
        assert secret not in shown


def test_fields_that_hold_secrets_or_people_are_hidden_by_name() -> None:
    assert redact(
        {
            "text": "hello all",
            "username": "alice",
            "new_password": "x",
            "csrf_token": "y",
            "tokens": 3,
            "case": "01HZX3",
            "sender": {"display_name": "Alice", "id": 7},
            "raw": b"abc",
            "size": b"abc",
        }
    ) == {
        "text": "[hidden]",
        "username": "[hidden]",
        "new_password": "[hidden]",
        "csrf_token": "[hidden]",
        "tokens": 3,
        "case": "01HZX3",
        "sender": {"display_name": "[hidden]", "id": 7},
        "raw": "[hidden]",
        "size": "[3 bytes]",
    }


def test_ids_routes_and_words_stay_readable() -> None:
    for text in ("01J9ZK3V7Q8R5T2W4X6Y8Z0A1B", "review/<case_id>/", "database is locked", "worker-1"):
        assert redact_text(text) == text


def test_an_exception_shows_its_place_and_first_line_only(lines: Lines) -> None:
    try:
        raise ValueError("null value in column\nDETAIL:  Failing row contains (7, private words)")
    except ValueError:
        log.get_logger("guildhall.x").exception("batch.failed", rows=500)
    assert lines.json[0]["error"] == "ValueError: null value in column"
    assert "test_log.py" in lines.json[0]["trace"][-1]
    assert "private words" not in json.dumps(lines.json[0]) + lines.text[0]


def test_no_value_can_break_a_line(lines: Lines) -> None:
    log.get_logger("guildhall.x").info(
        "odd", big=10**40, nan=float("nan"), half="\ud800", thing=object(), deep=[{1: b"x"}]
    )
    assert lines.json[0]["big"] == 10**40
    assert lines.json[0]["half"] == "\\ud800"
    assert lines.json[0]["deep"] == [{"1": "[1 bytes]"}]


@given(st.text(max_size=3000))
def test_any_text_stays_short_and_on_one_line(text: str) -> None:
    assert len(redact_text(text)) <= LONGEST + 220
    record = logging.LogRecord("guildhall.x", logging.INFO, __file__, 1, "e", (), None)
    record.fields = {"note": text}
    assert len(log.TextLine().format(record).splitlines()) == 1
    assert json.loads(
        log.JsonLine().format(record.__class__("n", 20, "", 1, text.replace("%", ""), (), None))
    )


def test_the_configuration_is_what_the_standard_library_takes() -> None:
    for form in ("json", "text"):
        assert logging.config.DictConfigurator(log.config("info", form)).config["version"] == 1


def test_a_request_and_its_answer_carry_one_id_and_the_path_is_not_logged(lines: Lines) -> None:
    seen = []

    def view(request: HttpRequest) -> HttpResponse:
        log.get_logger("guildhall.x").info("inside")
        seen.append(request)
        return HttpResponse(status=204)

    answer = RequestLog(view)(RequestFactory().get("/sign-in/one-time-thing/"))
    assert answer["X-Request-ID"] == lines.json[0]["request"] == lines.json[1]["request"]
    assert lines.json[1]["event"] == "request.answered"
    assert lines.json[1]["status"] == 204
    assert "one-time-thing" not in json.dumps(lines.json)
    forged = RequestLog(view)(RequestFactory().get("/", headers={"X-Request-ID": "a\nb"}))
    assert forged["X-Request-ID"] != "a\nb"
    kept = RequestLog(view)(RequestFactory().get("/", headers={"X-Request-ID": "from-proxy-1"}))
    assert kept["X-Request-ID"] == "from-proxy-1"
