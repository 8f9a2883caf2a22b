"""The pure rules of Telegram: what an answer means, when a measure ends, what a button carries."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildhall.channels.models import TelegramButton
from guildhall.channels.port import Button, Verb
from guildhall.channels.telegram import answers, buttons, checks, errors, menu
from guildhall.channels.telegram.errors import Failure, Moved, Refused, TokenRefused, judge
from guildhall.channels.telegram.terms import term, untimed
from guildhall.core import clock
from guildhall.core.errors import Temporary, Uncertain
from guildhall.effects.types import Mode

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("failure", "once", "repeatable"),
    [
        (Failure("ConnectError", was_sent=False), Temporary, Temporary),
        (Failure("ReadTimeout"), Uncertain, Temporary),
        (Failure("HTTP 502", status=502), Uncertain, Temporary),
        (Failure("an answer that cannot be read", status=200), Uncertain, Temporary),
        (Failure("Too Many Requests: retry after 7", status=429, retry_after=7), Temporary, Temporary),
        (Failure("Unauthorized", status=401), TokenRefused, TokenRefused),
        (Failure("Not Found", status=404), TokenRefused, TokenRefused),
        (Failure("Conflict: terminated by other getUpdates request", status=409), Temporary, Temporary),
        (Failure("Bad Request: chat not found", status=400), Refused, Refused),
        (Failure("Forbidden: bot was blocked by the user", status=403), Refused, Refused),
        (Failure("Bad Request: x", status=400, migrate_to="-1009"), Moved, Moved),
    ],
)
def test_what_an_answer_means(failure: Failure, once: type, repeatable: type) -> None:
    assert type(judge(failure, Mode.ONCE)) is once
    assert type(judge(failure, Mode.REPEATABLE)) is repeatable


def test_retry_after_is_passed_on() -> None:
    error = judge(Failure("Too Many Requests", status=429, retry_after=7), Mode.ONCE)
    assert isinstance(error, Temporary)
    assert error.retry_after == 7


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("Forbidden: bot was kicked from the supergroup chat", "bot_out"),
        ("Forbidden: bot is not a member of the channel chat", "bot_out"),
        ("Forbidden: bot can't initiate conversation with a user", "blocked"),
        ("Forbidden: user is deactivated", "user_gone"),
        ("Bad Request: not enough rights to restrict/unrestrict chat member", "no_rights"),
        ("Bad Request: CHAT_ADMIN_REQUIRED", "no_rights"),
        ("Bad Request: message can't be deleted for everyone", "undeletable"),
        ("Bad Request: method is available for supergroup and channel chats only", "basic_group"),
        ("Bad Request: can't remove chat owner", "is_admin"),
        ("Bad Request: user is an administrator of the chat", "is_admin"),
        ("Bad Request: message thread not found", "topic_gone"),
        ("Bad Request: something of next year", "other"),
    ],
)
def test_refusals_have_a_reason_in_both_languages(said: str, why: str) -> None:
    refused = errors.refusal(said)
    assert refused.why == why
    assert refused.text.en
    assert refused.text.zh


def test_every_known_reason_says_it_in_both_languages() -> None:
    for why in {why for _, why in errors._KNOWN} | set(errors._REASONS):
        refused = errors.reason(why)
        assert refused.reason.en
        assert refused.reason.zh
        assert bool(refused.do.en) == bool(refused.do.zh)


def test_what_is_so_already_is_done() -> None:
    assert errors.is_done(Verb.DELETE, "Bad Request: message to delete not found")
    assert errors.is_done(
        Verb.EDIT, "Bad Request: message is not modified: specified new message content ..."
    )
    assert errors.is_done(Verb.APPROVE_JOIN, "Bad Request: HIDE_REQUESTER_MISSING")
    assert not errors.is_done(Verb.SEND, "Bad Request: message is not modified")


def test_a_page_of_a_proxy_is_no_refused_token() -> None:
    for status in (404, 401, 403, 502):
        failure = answers.failure_of(status, b"<html>404 not found</html>")
        assert type(judge(failure, Mode.REPEATABLE)) is Temporary


@given(st.binary(max_size=200), st.integers(300, 599))
def test_no_answer_breaks_the_reading(body: bytes, status: int) -> None:
    judge(answers.failure_of(status, body), Mode.ONCE)


@pytest.mark.parametrize(
    ("left", "at", "lift", "over"),
    [
        (timedelta(seconds=-1), None, None, True),
        (timedelta(0), None, None, True),
        (timedelta(seconds=1), timedelta(seconds=60), None, False),
        (timedelta(seconds=29), timedelta(seconds=60), None, False),
        (timedelta(hours=1), timedelta(hours=1), None, False),
        (365 * DAY, 365 * DAY, None, False),
        (366 * DAY, None, 366 * DAY, False),
        (3650 * DAY, None, 3650 * DAY, False),
    ],
)
def test_no_time_means_for_ever_by_mistake(
    left: timedelta, at: timedelta | None, lift: timedelta | None, over: bool
) -> None:
    found = term(NOW + left, NOW)
    assert (found.at, found.lift_at, found.is_over) == (at and NOW + at, lift and NOW + lift, over)


def test_for_ever_is_for_ever_and_a_channel_is_lifted_by_us() -> None:
    assert term(None, NOW).at is term(None, NOW).lift_at is None
    assert untimed(NOW + DAY, NOW).lift_at == NOW + DAY
    assert untimed(None, NOW).lift_at is None
    assert untimed(NOW, NOW).is_over


@given(st.integers(1, 400 * 86_400), st.integers(-30, 30))
def test_telegram_never_takes_a_time_for_ever_when_the_clocks_disagree(seconds: int, skew: int) -> None:
    found = term(NOW + timedelta(seconds=seconds), NOW)
    if found.at is not None:
        assert timedelta(seconds=30) <= found.at - (NOW + timedelta(seconds=skew)) <= 366 * DAY


@given(st.text(max_size=3000))
def test_lengths_are_utf_16(text: str) -> None:
    assert checks.units(text) == sum(2 if ord(char) > 0xFFFF else 1 for char in text)
    short = checks.cut(text, 200)
    assert checks.units(short) <= 200
    assert short.rstrip("…") == "" or text.startswith(short.removesuffix("…"))


# Buttons


@pytest.mark.django_db
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=200))
def test_every_button_fits_and_brings_back_what_it_carried(data: str) -> None:
    wire = buttons.pack(Button("x", data=data))
    assert 1 <= len(wire.encode()) <= 64
    assert buttons.unpack(wire) == data
    assert buttons.pack(data) == wire


@pytest.mark.django_db
def test_a_forged_a_changed_and_a_forgotten_button_bring_nothing() -> None:
    short, long = buttons.pack("ban:1"), buttons.pack("case:" + "9" * 100)
    assert TelegramButton.objects.count() == 1
    for wire in (
        "",
        "ban:1",
        short[:-1] + "2",
        long[:-1],
        ":" + short[1:],
        short + " ",
        "." + "A" * 12 + "ban:1",
    ):
        assert buttons.unpack(wire) is None, wire
    with clock.freeze(clock.now() + timedelta(days=91)):
        assert buttons.prune() == 1
    assert buttons.unpack(long) is None
    assert buttons.unpack(short) == "ban:1"


@pytest.mark.django_db
def test_a_button_made_again_is_kept_longer() -> None:
    wire = buttons.pack("x" * 100)
    with clock.freeze(clock.now() + timedelta(days=60)):
        buttons.pack("x" * 100)
    with clock.freeze(clock.now() + timedelta(days=91)):
        assert buttons.prune() == 0
        assert buttons.unpack(wire) == "x" * 100


@given(st.text(max_size=80))
def test_what_anybody_types_is_no_button_of_ours(wire: str) -> None:
    assert buttons.unpack(wire) is None


def test_the_menu_fits_telegram() -> None:
    for command in menu.COMMANDS:
        assert command.name.islower()
        assert 1 <= len(command.name) <= 32
        assert 1 <= len(command.what.en) <= 256
        assert command.what.zh
