"""What a gate decides, without a database: whom it asks, what, where, and what an answer brings."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildhall.core.errors import BadInput
from guildhall.guard.gates import challenges, numbers, settings, trial
from guildhall.guard.gates.deciding import (
    GROUP_POSTS_A_MINUTE,
    Came,
    Given,
    Newcomer,
    Place,
    Spared,
    Stage,
    Standing,
    comes_too_often,
    judge,
    places,
    spared,
)
from guildhall.guard.gates.settings import Kind, Settings, Then

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
AT = Standing("me", True, Stage.CAPTCHA, 1, 0, 3, NOW + timedelta(minutes=5))
SUM = challenges.make(Kind.SUM, "a seed")


@given(st.integers(0, 99))
def test_a_number_in_words_is_read_back_in_both_languages(number: int) -> None:
    assert numbers.read(numbers.said_en(number)) == number
    assert numbers.read(numbers.said_zh(number)) == number


@pytest.mark.parametrize(
    "said", ["7", "７", "٧", "७", "seven", "Seven!", "七", "it is 7", "是7", "⑦", "等于七。", " 7 ", "7 = 七"]
)
def test_an_answer_is_understood_however_it_is_written(said: str) -> None:
    assert numbers.read(said) == 7


@pytest.mark.parametrize("said", ["", "7 or 8", "hello", "-", "一百十", "十十", "9" * 5000 + " 7"])
def test_what_is_no_single_number_is_none(said: str) -> None:
    assert numbers.read(said) != 7


@given(st.text(max_size=300))
def test_reading_a_number_never_fails(said: str) -> None:
    numbers.read(said)
    for kind in Kind:
        challenges.is_right_text(challenges.make(kind, "s"), said)


@given(st.sampled_from(list(Kind)), st.text(min_size=1, max_size=40), st.booleans())
def test_a_question_follows_from_its_seed_and_has_one_right_answer(
    kind: Kind, seed: str, harder: bool
) -> None:
    one = challenges.make(kind, seed, harder=harder)
    assert one == challenges.make(kind, seed, harder=harder)
    assert [n for n in range(len(one.choices)) if challenges.is_right_choice(one, n)] == [one.right]
    assert len({choice.en for choice in one.choices}) == len(one.choices)
    assert all(choice.en and choice.zh for choice in one.choices)
    assert one.ask.en
    assert one.ask.zh
    right = one.choices[one.right]
    assert challenges.is_right_text(one, right.en)
    assert challenges.is_right_text(one, right.zh)


def test_the_place_of_the_right_button_changes() -> None:
    assert len({challenges.make(Kind.BUTTON, str(n)).right for n in range(50)}) == 4


def test_a_picture_may_be_answered_by_its_name() -> None:
    drawn = (challenges.make(Kind.PICTURE, str(n)) for n in range(500))
    one = next(found for found in drawn if "a cat?" in found.ask.en)
    assert challenges.is_right_text(one, "A cat")
    assert challenges.is_right_text(one, "猫")
    assert not challenges.is_right_text(one, "a dog")


def test_the_right_answer_passes_and_the_last_wrong_one_ends_it() -> None:
    wrong = (SUM.right + 1) % len(SUM.choices)
    assert judge(AT, Given("me", 1, SUM.right), SUM, NOW) is Came.RIGHT
    assert judge(AT, Given("me", 1, wrong), SUM, NOW) is Came.WRONG
    last = Standing("me", True, Stage.CAPTCHA, 3, 2, 3, AT.deadline)
    assert judge(last, Given("me", 3, wrong), SUM, NOW) is Came.OUT_OF_TRIES


@pytest.mark.parametrize(
    ("at", "given", "now", "came"),
    [
        (AT, Given("somebody else", 1, SUM.right), NOW, Came.FOREIGN),
        (AT, Given("me", 1, SUM.right), AT.deadline, Came.LATE),
        (AT, Given("me", 7, SUM.right), NOW, Came.OLD),
        (
            Standing("me", False, Stage.CAPTCHA, 1, 0, 3, AT.deadline),
            Given("me", 1, SUM.right),
            NOW,
            Came.OVER,
        ),
        (
            Standing("me", True, Stage.PERSON, 1, 0, 3, AT.deadline),
            Given("me", 1, SUM.right),
            NOW,
            Came.WAITING,
        ),
        (Standing("me", True, Stage.RULES, 1, 0, 3, AT.deadline), Given("me", 1, SUM.right), NOW, Came.OLD),
    ],
    ids=["foreign", "late", "old", "over", "waiting", "rules"],
)
def test_a_press_that_counts_for_nothing_is_told_apart(
    at: Standing, given: Given, now: datetime, came: Came
) -> None:
    assert judge(at, given, SUM, now) is came


@pytest.mark.parametrize(
    ("who", "why"),
    [
        (Newcomer("1"), Spared.NOT),
        (Newcomer("1", is_bot=True), Spared.BOT),
        (Newcomer("1", is_staff=True), Spared.STAFF),
        (Newcomer("1", is_admin=True), Spared.ADMIN),
        (Newcomer("1", came_before=True), Spared.THERE_BEFORE),
        (Newcomer("1", passed_before=True), Spared.PASSED_BEFORE),
        (Newcomer("1", was_added=True), Spared.ADDED),
        (Newcomer("1", is_verified=True), Spared.VERIFIED),
        (Newcomer("1", invite="KOL Wang"), Spared.INVITE),
        (Newcomer("1", username="Ann_K"), Spared.LISTED),
        (Newcomer("4711"), Spared.LISTED),
    ],
)
def test_who_is_known_or_named_goes_in_unasked(who: Newcomer, why: Spared) -> None:
    chosen = Settings(spare_invites=("KOL Wang",), spare_names=("@ann_k", "4711"))
    assert spared(who, chosen) is why


def test_coming_again_and_again_ends_in_a_no() -> None:
    assert not comes_too_often(Newcomer("1", attempts=2), Settings(attempts_a_day=3))
    assert comes_too_often(Newcomer("1", attempts=3), Settings(attempts_a_day=3))


@given(st.lists(st.booleans(), max_size=600), st.integers(0, 10), st.booleans())
def test_a_group_never_sees_more_than_a_few_questions_a_minute(
    talks: list[bool], posted: int, hard: bool
) -> None:
    found = places(talks, posted, is_hard=hard, has_board=True)
    assert sum(one is Place.GROUP for one in found) <= max(0, GROUP_POSTS_A_MINUTE - posted)
    assert all((one is Place.PRIVATE) == talk for one, talk in zip(found, talks, strict=True))
    assert not hard or Place.GROUP not in found


def test_settings_are_read_as_they_were_stored_and_wrong_ones_are_named() -> None:
    chosen = Settings(challenge=Kind.SUM, on_failure=Then.BAN, spare_names=("@a",), trial_hours=24)
    assert settings.parse(settings.to_json(chosen)) == chosen
    assert settings.parse({}) == Settings()
    assert settings.parse({"what_is_that": 1}) == Settings()
    for name, wrong in (("tries", 0), ("tries", True), ("minutes", "5"), ("challenge", "riddle"),
                        ("rules", "yes"), ("spare_names", "x"), ("spare_names", [1]), ("ban_hours", 10**9)):  # fmt: skip
        with pytest.raises(BadInput) as refused:
            settings.parse({name: wrong})
        assert refused.value.field == name


def test_under_a_raid_a_gate_asks_more_and_forgives_less() -> None:
    usual = Settings(asks_joined=False, tries=5, minutes=60, on_failure=Then.MUTE, spare_invites=("x",))
    hard = settings.hardened(usual)
    assert (hard.asks_joined, hard.tries, hard.minutes, hard.on_failure) == (True, 2, 5, Then.KICK)
    assert (hard.challenge, hard.spare_invites) == (Kind.MIXED, ())
    assert settings.hardened(Settings(on_failure=Then.BAN)).on_failure is Then.BAN


def test_a_trial_keeps_what_it_forbids_and_ends_at_the_first_of_its_ends() -> None:
    chosen = Settings(trial_messages=3, no_mentions=True, no_media=False)
    everything = trial.Posted(has_links=True, has_media=True, is_forward=True, mentions=2)
    assert trial.broken(everything, chosen) == (trial.Limit.LINKS, trial.Limit.FORWARDS, trial.Limit.MENTIONS)
    assert trial.broken(trial.Posted(), chosen) == ()
    assert not trial.is_over(trial.Trial(1, NOW + timedelta(hours=1)), NOW)
    assert trial.is_over(trial.Trial(0, NOW + timedelta(hours=1)), NOW)
    assert trial.is_over(trial.Trial(1, NOW), NOW)
    assert not trial.is_over(trial.Trial(None, None), NOW)
