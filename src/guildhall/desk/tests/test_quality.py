"""How answers are judged: scores in whole numbers, draws nobody can bend, blind second looks, fair appeals."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildhall.core import clock
from guildhall.core.errors import BadInput, Conflict, NotAllowed
from guildhall.core.text import Text
from guildhall.desk import quality_jobs, quality_queries
from guildhall.desk.actions import quality
from guildhall.desk.models import Coaching, Review, SamplingRule, ScorecardVersion
from guildhall.desk.quality import sampling, scorecards
from guildhall.desk.quality.sampling import Candidate, Match, Rule
from guildhall.desk.quality.scorecards import Card, Criterion
from guildhall.desk.testing import outsourced
from guildhall.people.models import Staff
from guildhall.people.roles import Role
from guildhall.people.testing import make_staff

WEEK = date(2026, 11, 16)
IN_WEEK = datetime(2026, 11, 18, 10, tzinfo=UTC)
AFTER = datetime(2026, 11, 24, 9, tzinfo=UTC)
CARD = Card(
    (
        Criterion("right", Text("Right", "正确"), 60, 4),
        Criterion("tone", Text("Tone", "语气"), 40, 2),
        Criterion("secret", Text("No secret", "未索密"), 0, 1, True),
    )
)
FULL_MARKS: dict[str, int | None] = {"right": 4, "tone": 2, "secret": 1}


def test_weights_make_the_score_and_what_does_not_apply_does_not_count() -> None:
    assert scorecards.score(CARD, FULL_MARKS).points == 10_000
    assert scorecards.score(CARD, {"right": 2, "tone": 2, "secret": 1}).points == 7_000
    assert scorecards.score(CARD, {"right": None, "tone": 1, "secret": None}).points == 5_000
    assert scorecards.score(CARD, {"right": 1, "tone": 0, "secret": 1}).points == 1_500


def test_a_critical_miss_makes_the_whole_score_nothing() -> None:
    found = scorecards.score(CARD, {"right": 4, "tone": 2, "secret": 0})
    assert (found.points, found.failed) == (0, ("secret",))


@pytest.mark.parametrize(
    "marks",
    [
        {"right": 4, "tone": 2},
        {"right": 5, "tone": 2, "secret": 1},
        {"right": -1, "tone": 2, "secret": 1},
        {"right": True, "tone": 2, "secret": 1},
        {"right": None, "tone": None, "secret": None},
        {"right": None, "tone": None, "secret": 1},
        {**FULL_MARKS, "other": 1},
    ],
)
def test_marks_that_cannot_be_are_refused(marks: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        scorecards.score(CARD, marks)


def test_cards_are_checked_and_read_back_as_written() -> None:
    assert Card.from_json(CARD.to_json()) == CARD
    assert Card.from_json(scorecards.starter().to_json()) == scorecards.starter()
    good = CARD.to_json()["criteria"]
    for wrong in (
        [], [{**good[0], "weight": "6"}], [{**good[0], "scale": 7}], [good[0], good[0]],
        [{**good[0], "name": {"en": "Right"}}], [{**good[2]}], [{**good[0], "key": "No Key"}],
    ):  # fmt: skip
        with pytest.raises(BadInput):
            Card.from_json({"criteria": wrong})


def test_judges_agree_within_ten_points() -> None:
    found = scorecards.agreement([(9_000, 8_000), (9_000, 7_999), (0, 1_000), (5_000, 5_000)])
    assert (found.pairs, found.near, found.share_bp, found.is_good) == (4, 3, 7_500, False)
    assert scorecards.agreement([]).share_bp is None


TICKETS = [
    Candidate(f"t{n}", n % 3, "deposit" if n % 2 else "kyc", "en", rating=1 + n % 5) for n in range(40)
]


@given(st.permutations(TICKETS))
def test_a_draw_does_not_depend_on_the_order_and_repeated_adds_nothing(shuffled: list[Candidate]) -> None:
    rules = [Rule("bad", Match(ratings=frozenset({1, 2})), 5_000, 0, 5_000), Rule("all", Match(), 1_000, 5)]
    picks = sampling.draw(TICKETS, rules, WEEK)
    assert sampling.draw(shuffled, rules, WEEK) == picks
    assert sampling.draw(shuffled, rules, WEEK, {(one.ticket, one.agent) for one in picks}) == []
    assert len({(one.ticket, one.agent) for one in picks}) == len(picks)
    assert sum(one.rule == "bad" for one in picks) == 8
    assert sum(one.twice for one in picks if one.rule == "bad") == 4
    for agent in range(3):
        assert sum(one.agent == agent for one in picks) >= 5
    assert sampling.draw(TICKETS, rules, WEEK + timedelta(days=7)) != picks


def test_rules_restrict_by_agent_category_rating_vendor_and_breach() -> None:
    one = Candidate("t", 7, "deposit", "zh-hans", "vip", "", 2, True)
    for match, fits in (
        ({"agents": [7]}, True), ({"agents": [8]}, False), ({"vendors": ["house"]}, True),
        ({"vendors": ["V"]}, False), ({"ratings": [1, 2]}, True), ({"ratings": [5]}, False),
        ({"breached": True}, True), ({"breached": False}, False), ({"tiers": ["vip"]}, True),
        ({"languages": ["en"]}, False), ({}, True),
    ):  # fmt: skip
        assert Match.from_json(match).fits(one) is fits
        assert Match.from_json(Match.from_json(match).to_json()) == Match.from_json(match)


# --- with people ----------------------------------------------------------------------------------------------------


def a_card(by: Staff) -> ScorecardVersion:
    return quality.save_card(None, name=Text("Answers", "回复"), content=CARD, by=by)


def a_rule(version: ScorecardVersion, by: Staff, **said: Any) -> SamplingRule:
    columns = {"name": "All", "match": {}, "share_bp": 10_000, "at_least": 0, "second_bp": 10_000}
    return quality.save_rule(None, {**columns, "scorecard": version.scorecard, **said}, by)


def drawn(agent: Staff, boss: Staff) -> Review:
    """A review of one answer of `agent`, with a second one."""
    a_rule(a_card(boss), boss)
    outsourced.answered(outsourced.a_ticket(None, at=IN_WEEK), agent, IN_WEEK)
    with clock.freeze(AFTER):
        assert quality.draw_week(WEEK, boss) == 1
        assert quality.draw_week(WEEK, boss) == 0
    return Review.objects.get(first=None)


@pytest.mark.django_db
def test_nobody_judges_themselves_and_the_second_look_is_somebody_elses_and_blind() -> None:
    boss, other, agent = make_staff(Role.OWNER), make_staff(Role.MANAGER), make_staff(Role.MANAGER)
    first = drawn(agent, boss)
    second = first.second
    with pytest.raises(NotAllowed):
        quality.judge(first.pk, FULL_MARKS, by=agent)
    with pytest.raises(NotAllowed):
        quality.judge(first.pk, FULL_MARKS, by=make_staff(Role.SUPPORT_AGENT))
    done = quality.judge(first.pk, FULL_MARKS, by=boss, comments={"tone": "warm"}, coaching="Well done.")
    assert (done.points, done.state) == (10_000, "done")
    with pytest.raises(Conflict):
        quality.judge(first.pk, FULL_MARKS, by=other)
    with pytest.raises(NotAllowed):
        quality.judge(second.pk, FULL_MARKS, by=boss)
    assert not quality_queries.sees_marks(done, other)
    assert not quality_queries.waiting(boss).exists()
    assert list(quality_queries.waiting(other)) == [second]
    quality.judge(second.pk, {"right": 3, "tone": 2, "secret": 1}, by=other)
    assert quality_queries.sees_marks(Review.objects.get(pk=first.pk), other)
    found = quality_queries.agreement(WEEK, WEEK + timedelta(days=7))
    assert (found.pairs, found.near) == (1, 0)
    (line,) = quality_queries.by_agent(WEEK, WEEK + timedelta(days=7))
    assert (line.staff, line.reviews, line.points) == (agent, 1, 10_000)


@pytest.mark.django_db
def test_an_appeal_is_decided_by_somebody_else_and_its_marks_count_from_then_on() -> None:
    boss, other, agent = make_staff(Role.OWNER), make_staff(Role.MANAGER), make_staff(Role.SUPPORT_AGENT)
    review = drawn(agent, boss)
    quality.judge(review.pk, {"right": 4, "tone": 2, "secret": 0}, by=boss, coaching="Never ask that.")
    assert list(quality_queries.reviews_for(agent)) == [review]
    with pytest.raises(NotAllowed):
        quality.appeal(review.pk, "No", boss)
    with pytest.raises(BadInput):
        quality.appeal(review.pk, " ", agent)
    made = quality.appeal(review.pk, "I never asked for it.", agent)
    with pytest.raises(Conflict):
        quality.appeal(review.pk, "Again", agent)
    with pytest.raises(NotAllowed):
        quality.decide_appeal(made.pk, True, "Right.", by=boss, marks=FULL_MARKS)
    with pytest.raises(BadInput):
        quality.decide_appeal(made.pk, True, "Right.", by=other)
    quality.decide_appeal(made.pk, True, "Right, it was quoted.", by=other, marks=FULL_MARKS)
    after = Review.objects.get(pk=review.pk)
    assert (after.points, after.failed) == (10_000, [])
    assert after.before is not None
    assert after.before["points"] == 0
    with pytest.raises(Conflict):
        quality.decide_appeal(made.pk, False, "No", by=other)


@pytest.mark.django_db
def test_an_appeal_after_two_weeks_is_too_late() -> None:
    boss, agent = make_staff(Role.OWNER), make_staff(Role.SUPPORT_AGENT)
    review = drawn(agent, boss)
    with clock.freeze(AFTER):
        quality.judge(review.pk, FULL_MARKS, by=boss)
    with clock.freeze(AFTER + timedelta(days=15)), pytest.raises(Conflict):
        quality.appeal(review.pk, "Late", agent)


@pytest.mark.django_db
def test_a_new_version_of_a_card_leaves_what_was_judged_alone() -> None:
    boss = make_staff(Role.OWNER)
    version = a_card(boss)
    same = quality.save_card(version.scorecard, name=Text("Answers", "回复"), content=CARD, by=boss)
    assert same.number == 1
    newer = quality.save_card(
        version.scorecard, name=Text("Answers", "回复"), content=scorecards.starter(), by=boss
    )
    assert newer.number == 2
    assert ScorecardVersion.objects.get(number=1).card == CARD
    a_rule(newer, boss)
    with pytest.raises(Conflict):
        quality.archive_card(version.scorecard_id, boss)


@pytest.mark.django_db
def test_agents_and_vendor_leads_see_what_is_theirs_only() -> None:
    owner, judge = make_staff(Role.OWNER), make_staff(Role.MANAGER)
    acme, best = outsourced.set_up("Acme", owner), outsourced.set_up("Best", owner)
    a_rule(a_card(owner), owner)
    for one in (acme, best):
        outsourced.answered(one.ticket, one.agent, IN_WEEK)
    with clock.freeze(AFTER):
        quality.draw_week(WEEK, owner)
    for review in Review.objects.filter(first=None):
        quality.judge(review.pk, FULL_MARKS, by=judge)
    for one in (acme, best):
        for reader in (one.lead, one.agent):
            assert {review.agent for review in quality_queries.reviews_for(reader)} == {one.agent}
            assert all(review.first_id is None for review in quality_queries.reviews_for(reader))
    assert quality_queries.reviews_for(owner).count() == 4


@pytest.mark.django_db
def test_an_erased_member_leaves_the_comments_of_judges() -> None:
    boss, agent = make_staff(Role.OWNER), make_staff(Role.SUPPORT_AGENT)
    review = drawn(agent, boss)
    quality.judge(review.pk, FULL_MARKS, by=boss, comments={"tone": "Alice was upset"}, coaching="Call Alice")
    quality_jobs.erase_comments(review.ticket.member_id or "")
    review.refresh_from_db()
    assert review.comments == {}
    assert "Alice" not in Coaching.objects.get().text
