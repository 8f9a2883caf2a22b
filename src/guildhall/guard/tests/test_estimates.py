"""Precision and recall from samples: right on average, and as unsure as they say."""

from __future__ import annotations

import math
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildhall.guard import delays, estimates, sampling
from guildhall.guard.estimates import Sums, drawn


def test_wilson_against_published_values() -> None:
    """Newcombe (1998), table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29; method 3 (Wilson)."""
    for hits, n, low, high in (
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ):
        found = estimates.wilson(hits / n, n)
        assert found[0] == pytest.approx(low, abs=5e-5)
        assert found[1] == pytest.approx(high, abs=5e-5)


def test_precision_of_equal_draws_is_the_plain_share() -> None:
    found = estimates.precision(drawn(10_000, [(0.01, n < 95) for n in range(100)]))
    assert found is not None
    assert found.n == 100
    assert found.value == pytest.approx(0.95)
    assert 0.88 < found.low < 0.95 < found.high < 0.99


def test_a_stratum_decided_to_the_last_message_leaves_no_doubt() -> None:
    found = estimates.precision(drawn(50, [(1.0, n < 40) for n in range(50)]))
    assert found is not None
    assert found.low == found.value == found.high == 0.8


def test_recall_says_nothing_where_a_stratum_was_never_looked_at() -> None:
    punished = drawn(100, [(0.1, True)] * 10)
    assert estimates.recall([punished], [Sums(seen=5_000)]) is None
    assert estimates.recall([Sums()], [Sums()]) is None


def test_finding_nothing_in_the_sample_of_the_allowed_does_not_make_recall_certain() -> None:
    punished = drawn(100, [(0.3, True)] * 30)
    allowed = drawn(10_000, [(0.01, False)] * 100)
    found = estimates.recall([punished], [allowed])
    assert found is not None
    assert found.value == 1.0
    assert found.low < 0.6  # the rule of three: up to 3 % of 10,000 may be bad


def test_the_sum_of_days_is_the_estimate_of_all_days() -> None:
    days = [drawn(200, [(0.05, True), (0.05, False)]), drawn(400, [(0.01, False)])]
    both = days[0].plus(days[1])
    assert both.seen == 600
    assert both.answered == 3
    assert both.weight_bad == pytest.approx(20)
    assert both.rate == pytest.approx(20 / 140)


@given(
    st.lists(st.tuples(st.floats(0.001, 1.0), st.booleans()), min_size=1, max_size=80), st.integers(0, 5_000)
)
def test_intervals_hold_their_estimate_whatever_was_drawn(draws: list[tuple[float, bool]], more: int) -> None:
    part = drawn(len(draws) + more, draws)
    found = estimates.precision(part)
    assert found is not None
    assert 0 <= found.low <= found.value <= found.high <= 1
    whole = estimates.recall([part], [drawn(100, [(0.1, False)] * 10)])
    assert whole is None or 0 <= whole.low <= whole.value <= whole.high <= 1
    assert part.effective >= 0.99 or math.isinf(part.effective)


def _simulated(random: Random) -> tuple[float, estimates.Estimate | None]:
    """A day: 4,000 allowed messages of which 40 are bad, 200 punished of which 190 are; and what is
    estimated of it from draws whose probability halves as the real one does.
    """
    allowed = [n < 40 for n in range(4_000)]
    punished = [n < 190 for n in range(200)]
    truth = 190 / 230
    parts = []
    for messages, per_day in ((punished, 60), (allowed, 400)):
        random.shuffle(messages)
        share = sampling.rate(per_day, len(messages) // 2)  # the day is twice as busy as the one before
        taken, draws = 0, []
        for bad in messages:
            chance = sampling.slowed(share, per_day, taken)
            if random.random() < chance:
                taken += 1
                draws.append((chance, bad))
        parts.append(drawn(len(messages), draws))
    return truth, estimates.recall(parts[:1], parts[1:], seed=random.randrange(1 << 30))


def test_recall_is_right_on_average_and_its_interval_holds_the_truth() -> None:
    random = Random(20_261)
    found = [_simulated(random) for _ in range(120)]
    values = [one.value for _, one in found if one is not None]
    held = sum(one.low <= truth <= one.high for truth, one in found if one is not None)
    assert len(values) == 120
    assert abs(sum(values) / len(values) - 190 / 230) < 0.03
    assert held >= 0.88 * len(values)


def test_the_chance_of_being_drawn_never_reaches_nothing() -> None:
    shares = [sampling.slowed(0.5, 5, taken) for taken in range(0, 500, 5)]
    assert shares == sorted(shares, reverse=True)
    assert shares[-1] > 0
    assert sampling.slowed(0.5, 0, 0) == 0


@given(st.lists(st.floats(0.1, 100_000), min_size=1, max_size=200))
def test_a_median_from_buckets_is_at_most_an_eighth_off(lengths: list[float]) -> None:
    ordered = sorted(lengths)
    exact = ordered[math.ceil(len(ordered) / 2) - 1]
    found = delays.quantile(delays.counted(lengths), 0.5)
    assert found is not None
    assert exact / 1.13 <= found <= exact * 1.13


def test_delays_of_days_add_up_and_no_days_say_nothing() -> None:
    assert delays.quantile({}, 0.5) is None
    both = delays.together([delays.counted([1.0, 1.0]), delays.counted([1.0, 600.0])])
    assert sum(both.values()) == 4
    assert (delays.quantile(both, 0.9) or 0) > 500
