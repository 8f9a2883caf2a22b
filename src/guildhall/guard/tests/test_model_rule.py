"""MODEL: a probability becomes a weight by the model's own cut-offs, and a reason with words."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from guildhall.guard import rulebook
from guildhall.guard.judge import judge
from guildhall.guard.model import shipped as shipped_model
from guildhall.guard.policy import shipped
from guildhall.guard.rules.model import weight_of
from guildhall.guard.tests.world import NOW, OLD_MEMBER
from guildhall.guard.types import Context, Opinion, Subject, Verdict


@dataclass
class Says:
    """A model that always says the same."""

    said: float
    version: str = "test"
    review_at: float = 0.5
    punish_at: float = 0.97

    def opinion(self, canon: object) -> Opinion:
        return Opinion(self.said, ((0, 5),))


def judged_by_shipped(text: str) -> Verdict:
    return judge(Subject(text), Context(NOW, OLD_MEMBER, scorer=shipped_model()), shipped())


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
    text = "hello there, everybody in here"
    verdict = judge(Subject(text), Context(NOW, OLD_MEMBER, scorer=Says(0.99996)), shipped())
    (reason,) = (r for r in verdict.reasons if r.rule_id == "MODEL-2")
    assert reason.spans == ((0, 5),)
    assert "99.9 %" in rulebook.text(reason.rule_id, reason.params).en
    assert "99.9%" in rulebook.text(reason.rule_id, reason.params).zh


def test_without_a_model_the_family_is_silent():
    assert judge(Subject("hello there"), Context(NOW, OLD_MEMBER), shipped()).reasons == ()


@pytest.mark.parametrize(
    "text", ["3500", "99200", "+1", "98800", "usdt", "0x", "12:30 UTC", "3.5 %", "👍👍👍", "好的", "1.85k?"]
)
def test_the_model_is_not_asked_about_what_hardly_says_anything(text: str) -> None:
    found = judged_by_shipped(text)
    assert not any(reason.rule_id.startswith("MODEL") for reason in found.reasons)


def test_honest_trading_chat_is_left_alone_by_the_shipped_model() -> None:
    lines = (
        "same here",
        "withdrawal pending 2h",
        "closed half at 99k",
        "一天25单，确实",
        "到账了，谢谢",
        "同问",
        "机器人老是429",
        "OK，先试52U",
        "funding is negative today",
        "多98800，止损97500",
    )
    for line in lines:
        assert not any(reason.rule_id.startswith("MODEL") for reason in judged_by_shipped(line).reasons), line
