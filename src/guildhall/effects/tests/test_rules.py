"""The promises of the engine as pure rules: waiting, rates, and what may become of an effect."""

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildhall.effects import backoff, bucket
from guildhall.effects.lifecycle import Decision, Event, NotPossible, after, decided
from guildhall.effects.types import IN_HAND, Mode, State

SECOND = 1_000_000


@given(st.integers(1, 2**40), st.integers(1, 500))
def test_a_wait_is_repeatable_grows_and_never_passes_a_quarter_of_an_hour(effect_id, attempt):
    wait = backoff.delay_ms(effect_id, attempt)
    assert wait == backoff.delay_ms(effect_id, attempt)
    assert 750 <= wait <= 15 * 60 * 1000
    assert backoff.delay_ms(effect_id, attempt + 2) > wait or wait > 0.75 * backoff.CAP_MS - 1


def test_effects_that_failed_together_come_back_apart():
    assert len({backoff.delay_ms(i, 8) for i in range(100)}) > 50


shapes = st.builds(
    bucket.Shape.of,
    st.fractions(min_value=Fraction(1, 100), max_value=1000, max_denominator=1000),
    st.integers(1, 50),
)


@given(shapes, st.lists(st.tuples(st.integers(0, 3 * SECOND), st.integers(1, 5)), max_size=60))
def test_over_any_span_no_more_than_burst_and_rate_allow_is_given(shape, asks):
    now, level = 1_000 * SECOND, bucket.full(shape, 1_000 * SECOND)
    given_at = []
    for wait, count in asks:
        now += wait
        level = bucket.refill(level, shape, now)
        assert 0 <= level.tokens <= shape.burst
        assert level.at <= now
        if level.tokens >= count * bucket.TOKEN:
            level = bucket.take(level, count)
            given_at += [now] * count
    for i, first in enumerate(given_at):
        for j in range(i, len(given_at)):
            span = given_at[j] - first
            assert (j - i + 1) * bucket.TOKEN <= shape.burst + span * shape.rate


@given(shapes, st.integers(0, 50), st.lists(st.integers(0, SECOND), max_size=20))
def test_tokens_are_there_at_the_moment_promised_however_often_one_looked(shape, drawn, looks):
    level = bucket.full(shape, 0)
    level = bucket.take(level, min(drawn, shape.burst // bucket.TOKEN))
    promised = bucket.available_at(level, shape)
    for at in sorted(looks):
        if at < promised:
            level = bucket.refill(level, shape, at)
            assert bucket.whole_tokens(level) == 0
    assert bucket.whole_tokens(bucket.refill(level, shape, max(promised, 0))) >= 1


@given(shapes, st.integers(-10 * SECOND, 0))
def test_a_clock_that_goes_back_neither_gives_nor_takes(shape, back):
    level = bucket.take(bucket.full(shape, 0))
    assert bucket.refill(level, shape, back) == level


@pytest.mark.parametrize("rate, burst", [(0, 1), (-1, 5), (5, 0)])
def test_a_bucket_that_gives_nothing_is_refused(rate, burst):
    with pytest.raises(ValueError):
        bucket.Shape.of(rate, burst)


def step(state, mode, event, attempts=1, **more):
    return after(state, mode, event, effect_id=7, attempts=attempts, **more)


@given(
    st.sampled_from(sorted(IN_HAND)),
    st.sampled_from(list(Mode)),
    st.sampled_from(list(Event)),
    st.integers(1, 40),
    st.none() | st.integers(1, 30),
)
def test_whatever_happens_nothing_is_lost_and_a_begun_once_effect_is_never_repeated_in_doubt(
    state, mode, event, attempts, most
):
    try:
        result = step(state, mode, event, attempts, max_attempts=most)
    except NotPossible:
        assert (event, state) == (Event.GIVEN_BACK, State.RUNNING)
        return
    assert result.state in {State.QUEUED, State.DONE, State.DEAD, State.UNCERTAIN}
    assert (result.state is State.DONE) == (event is Event.DONE)
    if mode is Mode.ONCE and result.state is State.QUEUED and state is State.RUNNING:
        assert event in {Event.TEMPORARY, Event.UNKNOWN_KIND}
    if mode is Mode.REPEATABLE:
        assert result.state is not State.UNCERTAIN


def test_a_once_effect_whose_worker_died_before_beginning_is_simply_queued_again():
    assert step(State.LEASED, Mode.ONCE, Event.EXPIRED).state is State.QUEUED
    assert step(State.LEASED, Mode.ONCE, Event.EXPIRED, attempts=3).attempts == 2


def test_a_once_effect_whose_worker_died_in_the_act_is_for_a_person():
    assert step(State.RUNNING, Mode.ONCE, Event.EXPIRED).state is State.UNCERTAIN
    assert step(State.RUNNING, Mode.ONCE, Event.UNFORESEEN).state is State.UNCERTAIN
    assert step(State.RUNNING, Mode.ONCE, Event.UNRECORDED).state is State.UNCERTAIN


def test_a_repeatable_effect_whose_worker_died_is_tried_again_and_the_try_counts():
    again = step(State.LEASED, Mode.REPEATABLE, Event.EXPIRED, attempts=1)
    assert (again.state, again.attempts, again.wait_ms) == (State.QUEUED, 1, 0)
    assert step(State.LEASED, Mode.REPEATABLE, Event.EXPIRED, attempts=2).wait_ms > 0


def test_a_temporary_failure_is_retried_for_ever_unless_told_otherwise():
    assert step(State.LEASED, Mode.REPEATABLE, Event.TEMPORARY, attempts=5000).state is State.QUEUED
    assert (
        step(State.LEASED, Mode.REPEATABLE, Event.TEMPORARY, attempts=5, max_attempts=5).state is State.DEAD
    )
    assert step(State.RUNNING, Mode.ONCE, Event.TEMPORARY, retry_after_ms=90_000).wait_ms == 90_000


def test_an_unforeseen_failure_is_retried_then_dead():
    states = [step(State.LEASED, Mode.REPEATABLE, Event.UNFORESEEN, attempts=n).state for n in range(1, 11)]
    assert states == [State.QUEUED] * 9 + [State.DEAD]
    waits = [step(State.LEASED, Mode.REPEATABLE, Event.UNFORESEEN, attempts=n).wait_ms for n in range(1, 10)]
    assert all(b > a for a, b in pairwise(waits))


@given(st.sampled_from(list(State)), st.sampled_from(list(Decision)))
def test_a_person_cannot_touch_what_a_worker_holds_nor_what_is_finished(state, decision):
    allowed = {
        (State.DEAD, Decision.RETRY): State.QUEUED,
        (State.QUEUED, Decision.RETRY): State.QUEUED,
        (State.UNCERTAIN, Decision.IT_DID_NOT_HAPPEN): State.QUEUED,
        (State.UNCERTAIN, Decision.IT_HAPPENED): State.DONE,
        (State.QUEUED, Decision.GIVE_UP): State.CANCELLED,
        (State.DEAD, Decision.GIVE_UP): State.CANCELLED,
        (State.UNCERTAIN, Decision.GIVE_UP): State.CANCELLED,
    }
    if (state, decision) in allowed:
        assert decided(state, decision, attempts=4).state is allowed[state, decision]
    else:
        with pytest.raises(NotPossible):
            decided(state, decision, attempts=4)
