"""Time, ids, two languages, clearances: the small values every room stands on."""

import threading
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from guildhall.core import clock, ids
from guildhall.core.clearance import Clearance, content_hash
from guildhall.core.errors import BadInput, Unsupported
from guildhall.core.ids import LENGTH, id_time, is_id, new_id
from guildhall.core.text import Text

AT = datetime(2026, 1, 1, 12, tzinfo=UTC)


def test_the_clock_is_aware_and_in_utc() -> None:
    assert clock.now().tzinfo is UTC
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)


def test_a_held_clock_moves_only_on_purpose_and_lets_go() -> None:
    with clock.freeze(AT.astimezone(ZoneInfo("Asia/Shanghai"))) as now:
        assert clock.now() == clock.now() == AT
        now.advance(90)
        now.advance(timedelta(minutes=1))
        assert clock.now() == AT + timedelta(seconds=150)
        with clock.freeze(AT):
            assert clock.now() == AT
        assert clock.now() == AT + timedelta(seconds=150)
    assert clock.now() != AT
    with pytest.raises(ValueError), clock.freeze(AT.replace(tzinfo=None)):
        pass


def test_ids_only_grow_even_within_a_millisecond_and_when_the_clock_steps_back() -> None:
    with clock.freeze(AT) as now:
        made = [new_id() for _ in range(1000)]
        now.advance(-5)
        made.append(new_id())
        now.advance(3600)
        made.append(new_id())
    assert made == sorted(made)
    assert len(set(made)) == len(made)
    assert all(is_id(one) and len(one) == LENGTH for one in made)


def test_ids_of_many_threads_are_all_different() -> None:
    made: list[str] = []
    threads = [
        threading.Thread(target=lambda: made.extend([new_id() for _ in range(2000)])) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == 8000


@pytest.mark.parametrize("year", [1970, 2026, 2200])
def test_an_id_tells_when_it_was_made(monkeypatch, year: int) -> None:
    monkeypatch.setattr(ids, "_last", 0)
    with clock.freeze(AT.replace(year=year, microsecond=7000)):
        assert id_time(new_id()) == clock.now()


@given(st.text(max_size=30))
def test_what_is_not_an_id_is_known(text: str) -> None:
    if not is_id(text):
        with pytest.raises(ValueError):
            id_time(text)


def test_a_text_follows_the_language_of_the_reader() -> None:
    text = Text("The network is busy.", "网络繁忙。")
    for language, said in (("en", text.en), ("zh-hans", text.zh), ("zh-hant", "網路繁忙。"), ("fr", text.en)):
        with translation.override(language):
            assert str(text) == said
        assert text.for_language(language) == said
    assert text.for_language("zh-TW") == "網路繁忙。"
    assert Text.from_json(text.to_json()) == text
    assert Text("{n} left", "剩 {n}").format(n=3) == Text("3 left", "剩 3")


def test_an_error_speaks_both_languages_and_names_its_field() -> None:
    error = BadInput(Text("Too long.", "太长。"), field="name", row=7)
    assert (str(error), error.text.zh, error.field, error.row, error.status) == (
        "Too long.",
        "太长。",
        "name",
        7,
        422,
    )
    assert BadInput("plain").text == Text("plain", "plain")
    unsupported = Unsupported(Text("It cannot pin.", "不支持置顶。"), Text("Pin it by hand.", "请手动置顶。"))
    assert unsupported.text == Text("It cannot pin. Pin it by hand.", "不支持置顶。请手动置顶。")


@given(st.text(), st.text())
def test_a_clearance_covers_its_content_and_no_other(content: str, other: str) -> None:
    clearance = Clearance("service", "HK", content_hash(content), ("r1@1",), AT)
    assert clearance.covers(content)
    assert clearance.covers(other) == (content == other)
