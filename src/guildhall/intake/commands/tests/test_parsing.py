"""How what people type is understood: names, targets, times, and talk that only looks like a command."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildhall.channels.port import Entity, EntityKind
from guildhall.intake.commands.parsing import (
    LONGEST_S,
    SHORTEST_S,
    WORDS,
    Name,
    Problem,
    Target,
    duration,
    parse,
    sounds_like_one,
)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("/help", Name.HELP), ("/HELP", Name.HELP), ("/help@GuildBot", Name.HELP), ("/帮助", Name.HELP),
        ("帮助", Name.HELP), ("群规", Name.RULES), ("/lang", Name.LANGUAGE), ("／help", Name.HELP),
        ("/start ref_1", Name.START),
    ],
)  # fmt: skip
def test_commands_are_known_by_their_names_in_both_languages(text: str, name: Name) -> None:
    command = parse(text, username="guildbot")
    assert command is not None
    assert command.name is name
    assert sounds_like_one(text)


@pytest.mark.parametrize(
    "text",
    [
        "", "/", "help", "/helpme", "/help@otherbot", "//help", "see /help", "/help/me", "帮助我一下",
        "帮助 一下新人", "举报 这个人", "禁言吧大家", "封禁 他", "为什么", "为什么 跌了",
    ],
)  # fmt: skip
def test_talk_and_other_bots_commands_are_left_alone(text: str) -> None:
    assert parse(text, username="guildbot") is None


def test_a_suffix_without_a_name_of_ours_is_somebody_elses() -> None:
    assert parse("/help@anybot", username="") is None


@pytest.mark.parametrize(
    ("text", "is_reply", "target", "seconds", "reason"),
    [
        ("/mute 2h spam links", True, Target(), 7200, "spam links"),
        ("/mute @mallory 1d12h", False, Target(username="mallory"), 129_600, ""),
        ("/mute 123456789 30m x", False, Target(external_id="123456789"), 1800, "x"),
        ("/ban -1001234567890", False, Target(external_id="-1001234567890"), None, ""),
        ("/ban 永久 诈骗", True, Target(), 0, "诈骗"),
        ("/mute 2 小时 刷屏", True, Target(), 7200, "刷屏"),
        ("禁言 30分钟 刷屏", True, Target(), 1800, "刷屏"),
        ("封禁 @mallory", False, Target(username="mallory"), None, ""),
        ("/warn stop it", True, Target(), None, "stop it"),
        ("/mute ２ｈ", True, Target(), 7200, ""),
        ("/mute 400d", True, Target(), 0, ""),
        ("/undo 1H8ZK3Q9", False, Target(id="1H8ZK3Q9"), None, ""),
        ("/undo speech", True, Target(), None, "speech"),
    ],
)
def test_targets_times_and_reasons(
    text: str, is_reply: bool, target: Target, seconds: int | None, reason: str
) -> None:
    command = parse(text, is_reply=is_reply)
    assert command is not None
    assert (command.target, command.seconds, command.text) == (target, seconds, reason)
    assert command.problem is Problem.NONE


@pytest.mark.parametrize(("said", "problem"), [("30", Problem.NO_UNIT), ("5s", Problem.TOO_SHORT)])
def test_a_time_that_could_mean_anything_is_asked_about(said: str, problem: Problem) -> None:
    command = parse(f"/mute {said} spam", is_reply=True)
    assert command is not None
    assert command.problem is problem


def test_somebody_named_without_an_at_name_is_found_by_their_id() -> None:
    text = "/ban Mallory the Second 7d scam"
    entities = (
        Entity(EntityKind.COMMAND, 0, 4),
        Entity(EntityKind.TEXT_MENTION, 5, 18, account="777"),
    )
    command = parse(text, entities=entities)
    assert command is not None
    assert (command.target, command.seconds, command.text) == (Target(external_id="777"), 604_800, "scam")


@given(st.text(max_size=200), st.booleans(), st.text(max_size=20))
def test_no_text_breaks_the_parser(text: str, is_reply: bool, username: str) -> None:
    command = parse(text, is_reply=is_reply, username=username)
    if command is not None:
        assert sounds_like_one(text)
        assert "\x00" not in command.text
        assert command.seconds is None or 0 <= command.seconds <= LONGEST_S


@given(st.sampled_from(sorted(WORDS)), st.text(max_size=100), st.booleans())
def test_a_slash_and_a_known_name_are_always_a_command(word: str, rest: str, is_reply: bool) -> None:
    command = parse(f"/{word} {rest}", is_reply=is_reply)
    assert command is not None
    assert command.name is WORDS[word]
    assert not command.bare


@given(st.integers(1, 365), st.integers(0, 23), st.integers(0, 59))
def test_times_add_up(days: int, hours: int, minutes: int) -> None:
    said = f"{days}d{hours}h{minutes}m"
    assert duration(said) == days * 86_400 + hours * 3600 + minutes * 60


@given(st.text(max_size=30))
def test_a_time_is_never_shorter_than_a_minute(word: str) -> None:
    seconds = duration(word)
    assert not isinstance(seconds, int) or seconds == 0 or SHORTEST_S <= seconds <= LONGEST_S


@pytest.mark.parametrize("word", ["-5m", "99999999999999999999d", "+2h", "-3小时"])
def test_a_mistyped_time_is_not_taken_for_a_reason(word: str) -> None:
    assert duration(word) is Problem.NO_UNIT


@pytest.mark.parametrize("word", ["3rd", "24/7", "spam", "5x5", "-", "刷屏"])
def test_words_that_only_begin_like_a_time_are_a_reason(word: str) -> None:
    assert duration(word) is None
