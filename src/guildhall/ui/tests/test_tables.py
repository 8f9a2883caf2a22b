"""The URL of a table: what it says comes back as it was, and nonsense in it does no harm."""

from datetime import UTC, datetime
from urllib.parse import parse_qsl

from hypothesis import given
from hypothesis import strategies as st

from guildhall.ui.tables import Column, Count, Filter, Spec, Table, read, seal, unseal

SPEC = Spec(
    columns=(
        Column("at", "When", sort=("sent_at",)),
        Column("score", "Score", sort=("score",)),
        Column("text", "Text"),
    ),
    filters=(
        Filter("q", "Find", "search"),
        Filter("state", "State", choices=(("open", "Open"),)),
        Filter("since", "Since", "date"),
    ),
    default_sort="-at",
)

part = st.one_of(
    st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=40),
    st.integers(-(2**62), 2**62),
    st.datetimes(timezones=st.just(UTC)),
    st.booleans(),
)


@given(st.lists(part, min_size=1, max_size=4))
def test_a_place_in_a_table_survives_the_url(key):
    assert unseal(seal(key), len(key)) == tuple(key)


@given(st.text(max_size=200))
def test_a_forged_place_is_never_an_error(word):
    unseal(word, 2)


def test_a_place_of_another_width_is_refused():
    assert unseal(seal([1, 2, 3]), 2) is None


def test_a_place_with_a_naive_time_or_a_null_byte_is_refused():
    assert unseal(seal([datetime(2026, 1, 1)]), 1) is None  # noqa: DTZ001
    assert unseal(seal(["a\x00"]), 1) is None
    assert unseal(seal([2**70]), 1) is None


@given(
    st.dictionaries(
        st.sampled_from(["q", "state", "since", "sort", "after", "before", "x"]), st.text(max_size=60)
    )
)
def test_any_query_string_gives_a_state(params):
    state = read(SPEC, params)
    assert state.order()[-1] in ("id", "-id")
    assert "\x00" not in "".join(state.values.values())


def test_filters_sort_and_place_come_back():
    state = read(SPEC, {"q": "钱包", "state": "open", "since": "2026-11-01", "sort": "score"})
    assert state.order() == ("score", "id")
    assert dict(parse_qsl(state.query()[1:])) == {
        "q": "钱包",
        "state": "open",
        "since": "2026-11-01",
        "sort": "score",
    }


def test_a_wrong_choice_or_date_is_dropped_and_named():
    state = read(SPEC, {"state": "gone", "since": "yesterday", "sort": "-nothing", "after": "xx"})
    assert state.ignored == ("state", "since", "sort", "after")
    assert state.order() == ("-sent_at", "-id")
    assert not state.is_filtered


def test_the_head_of_the_sorted_column_turns_the_order_round():
    heads = Table(read(SPEC, {}), [1]).heads
    assert [head.aria_sort for head in heads] == ["descending", "", ""]
    assert heads[0].href == "?sort=at"
    assert heads[1].href == "?sort=-score"
    assert heads[2].href == ""


def test_other_parameters_of_the_page_are_carried_along():
    state = read(SPEC, {"tab": "appeals", "q": "x"}, keep=("tab",))
    assert state.query(after="abc") == "?tab=appeals&q=x&after=abc"
    assert state.without_filters() == "?tab=appeals"


def test_a_capped_count_says_that_there_are_more():
    assert str(Count(1000, capped=True)) == "1,000+"
    assert str(Count(12345)) == "12,345"
