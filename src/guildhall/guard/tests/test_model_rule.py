"""MODEL: a probability becomes a weight by the model's own cut-offs, and a reason with words."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from guildhall.guard import rulebook
from guildhall.guard.judge import judge
from guildhall.guard.policy import shipped
from guildhall.guard.rules.model import weight_of
from guildhall.guard.tests.world import NOW, OLD_MEMBER
from guildhall.guard.types import Context, Opinion, Subject


@dataclass
class Says:
    """A model that always says the same."""

    said: float
    version: str = "test"
    review_at: float = 0.5
    punish_at: float = 0.97

    def opinion(self, canon: object) -> Opinion:
        return Opinion(self.said, ((0, 5),))


@pytest.mark.parametrize(
    ("probability", "low", "high"),
    [(0.0, 0, 0), (0.499, 0, 0), (0.5, 400, 400), (0.9, 401, 739), (0.9699, 730, 740), (0.97, 760, 760),
     (0.99, 761, 959), (0.9999, 960, 960), (1.0, 960, 960)],
)  # fmt: skip
def test_the_cut_offs_of_the_model_decide_the_weight(probability, low, high):
    assert low <= weight_of(probability, Says(0)) <= high


def test_a_surer_model_never_weighs_less():
    weights = [weight_of(i / 1000, Says(0)) for i in range(1001)]
    assert weights == sorted(weights)


def test_a_model_that_may_never_punish_stays_at_review():
    assert weight_of(1.0, Says(0, punish_at=1.01)) == 740


def test_the_reason_names_the_probability_and_the_stretches():
    verdict = judge(Subject("hello there"), Context(NOW, OLD_MEMBER, scorer=Says(0.99996)), shipped())
    (reason,) = (r for r in verdict.reasons if r.rule_id == "MODEL-2")
    assert reason.spans == ((0, 5),)
    assert "99.9 %" in rulebook.text(reason.rule_id, reason.params).en
    assert "99.9%" in rulebook.text(reason.rule_id, reason.params).zh


def test_without_a_model_the_family_is_silent():
    assert judge(Subject("hello there"), Context(NOW, OLD_MEMBER), shipped()).reasons == ()
