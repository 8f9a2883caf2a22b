"""The pure rules: which words a place gets, when it is due, whom an audience means, what an address becomes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildhall.broadcast import links
from guildhall.broadcast.audience import Announcing, Audience, Target, parse_audience, places, speaks
from guildhall.broadcast.content import Content, LinkButton, parse_content, spoken
from guildhall.broadcast.rendering import choose, draft, misfit
from guildhall.broadcast.timing import Schedule, begins, due_for, first_after, parse_schedule
from guildhall.broadcast.zones import is_zone, zone_of
from guildhall.channels.port import Button, Limits
from guildhall.core.errors import BadInput

BOTH = Content((("en", "Fees"), ("zh-hans", "费用网络")), fallback="en")
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
NINE = datetime(2026, 11, 25, 9, 0)  # noqa: DTZ001 - a wall clock


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "Fees"), ("zh-hans", "费用网络"), ("zh-hant", "費用網路"), ("zh", "费用网络"), ("ru", "Fees")],
)
def test_everybody_reads_the_nearest_wording(language: str, words: str) -> None:
    assert choose(BOTH, language)[1] == words


def test_without_a_fallback_readers_of_other_languages_get_nothing() -> None:
    assert choose(Content((("zh-hans", "费用"),)), "ru") == ("", "")
    assert draft(Content((("zh-hans", "费用"),)), "ru", Limits()) is None


def test_all_languages_in_one_message_begin_with_that_of_the_place() -> None:
    both = Content(BOTH.texts, together=True)
    made = draft(both, "zh-hans", Limits())
    assert made is not None
    assert made.text == "费用网络\n\nFees"


def test_a_file_stays_behind_only_where_that_was_allowed() -> None:
    with_file = Content(BOTH.texts, files=("a" * 64,), without_files=True)
    made = draft(with_file, "en", Limits(media=0))
    assert made is not None
    assert (made.files, made.left_out) == ((), 1)
    strict = draft(Content(BOTH.texts, files=("a" * 64,)), "en", Limits(media=0))
    assert strict is not None
    assert misfit(strict, strict.text, Limits(media=0)) is not None


def test_beside_a_file_the_shorter_limit_holds() -> None:
    made = draft(Content((("en", "x" * 2000),), files=("a" * 64,)), "en", Limits(caption=1024))
    assert made is not None
    assert misfit(made, made.text, Limits(caption=1024)) is not None
    assert misfit(made, made.text, Limits()) is None


@given(st.text(min_size=1, max_size=300), st.integers(1, 200))
def test_words_are_either_whole_or_refused(text: str, most: int) -> None:
    content = Content((("en", text),))
    made = draft(content, "en", Limits(text=most))
    assert made is not None
    assert (misfit(made, made.text, Limits(text=most)) is None) == (len(text) <= most)
    assert made.text == text


@pytest.mark.parametrize(
    "data",
    [
        {}, {"texts": {"en": " "}}, {"texts": {"xx": "a"}}, {"texts": {"en": "a"}, "fallback": "zh-hans"},
        {"texts": {"en": "a"}, "buttons": [{"url": "javascript:1", "labels": {"en": "a"}}]},
        {"texts": {"en": "a"}, "buttons": [{"url": "https://a.com", "labels": {}}]}, {"texts": {"en": "a" * 20_001}},
        {"texts": {"en": "a"}, "files": [str(n) for n in range(11)]},
    ],
)  # fmt: skip
def test_a_content_that_cannot_be_said_is_refused(data: dict[str, object]) -> None:
    with pytest.raises(BadInput):
        parse_content(data)


def test_what_was_written_comes_back_as_it_was() -> None:
    content = Content(
        BOTH.texts,
        (LinkButton("https://example.com/a", (("en", "A"), ("zh-hans", "甲"))),),
        ("f" * 64,),
        "en",
        True,
    )
    assert parse_content(content.to_json()) == content
    audience = Audience(platforms=("telegram",), tiers=("vip",), exclude=("x",))
    assert parse_audience(audience.to_json()) == audience
    schedule = Schedule("once", NINE, zone="Asia/Singapore", each_zone=True)
    assert parse_schedule(schedule.to_json()) == schedule


def test_an_audience_that_names_nothing_is_nobody() -> None:
    assert Audience().names_nobody
    assert Audience(to="members", include=("x",)).names_nobody
    assert not Audience(everyone=True).names_nobody
    assert not Audience(include=("x",)).names_nobody


def test_zh_asks_for_both_scripts() -> None:
    assert speaks(Audience(languages=("zh",)), "zh-hant")
    assert not speaks(Audience(languages=("zh-hans",)), "zh-hant")


@pytest.mark.parametrize(
    ("code", "ours"),
    [("zh-CN", "zh-hans"), ("zh_TW", "zh-hant"), ("zh-HK", "zh-hant"), ("en-GB", "en"), ("", "")],
)
def test_codes_of_platforms_become_ours(code: str, ours: str) -> None:
    assert spoken(code) == ours


def test_a_space_is_spoken_to_where_it_announces_else_where_its_settings_say() -> None:
    target = Target("s", "discord", "Server", "en")
    two = places(target, [Announcing("1", "news"), Announcing("2", "公告", "zh-hans")], {})
    assert [(one.thread_id, one.language) for one in two] == [("1", "en"), ("2", "zh-hans")]
    assert places(target, [], {"announce_in": "9"})[0].thread_id == "9"
    assert places(target, [], {}) == (target,)


def test_a_time_of_each_audience_is_the_same_hour_everywhere() -> None:
    schedule = Schedule("once", NINE, zone="UTC", each_zone=True)
    start = begins(schedule, NOW)
    assert start == datetime(2026, 11, 24, 19, tzinfo=UTC)
    assert due_for(schedule, start, "Asia/Singapore") == datetime(2026, 11, 25, 1, tzinfo=UTC)
    assert due_for(schedule, start, "America/New_York") == datetime(2026, 11, 25, 14, tzinfo=UTC)
    assert due_for(schedule, start, "") == datetime(2026, 11, 25, 9, tzinfo=UTC)


def test_a_time_that_is_over_never_begins_by_itself() -> None:
    schedule = Schedule("once", NINE, zone="UTC")
    assert begins(schedule, datetime(2026, 11, 25, 9, 30, tzinfo=UTC)) == datetime(
        2026, 11, 25, 9, 30, tzinfo=UTC
    )
    assert begins(schedule, datetime(2026, 11, 25, 10, 1, tzinfo=UTC)) is None


def test_what_recurs_ends_on_its_last_day() -> None:
    schedule = parse_schedule(
        {"kind": "every", "cron": "0 9 * * *", "zone": "Asia/Singapore", "until": "2026-11-26"}
    )
    at, seen = NOW, 0
    while (found := first_after(schedule, at)) is not None:
        at, seen = found, seen + 1
    assert seen == 2
    assert at == datetime(2026, 11, 26, 1, tzinfo=UTC)


@given(
    st.integers(0, 23),
    st.sampled_from(["Asia/Singapore", "Europe/London", "America/New_York", "Asia/Kolkata"]),
)
def test_no_audience_is_told_more_than_a_day_after_the_first(hour: int, zone: str) -> None:
    schedule = Schedule("every", cron=f"0 {hour} * * *", zone="UTC", each_zone=True)
    start = first_after(schedule, NOW)
    assert start is not None
    assert start <= due_for(schedule, start, zone) <= start + timedelta(hours=26)


def test_every_region_we_know_has_a_clock_that_exists() -> None:
    from guildhall.broadcast import zones

    assert all(is_zone(name) for name in zones._CITIES.values())
    assert zone_of("AE-DU") == "Asia/Dubai"
    assert zone_of("SG", {"zone": "Asia/Tokyo"}) == "Asia/Tokyo"
    assert zone_of("") == ""


def test_addresses_pass_through_whoever_counts_clicks() -> None:
    def count(url: str, going: links.Going) -> str:
        return f"https://go.example/{going.delivery_id}?to={url}"

    links.register(count)
    try:
        text, buttons = links.rewrite(
            "See https://a.com/x and https://b.com/y.",
            (Button("More", "https://c.com/z"),),
            links.Going("d", "r", "b", "s"),
        )
        assert text == (
            "See https://go.example/d?to=https://a.com/x and https://go.example/d?to=https://b.com/y."
        )
        assert buttons[0].url == "https://go.example/d?to=https://c.com/z"
    finally:
        links.forget(count)
    assert links.rewrite("https://a.com", (), links.Going("d", "r", "b", "s"))[0] == "https://a.com"
