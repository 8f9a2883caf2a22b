"""Who gets a ticket, by the numbers of the rules in `desk.assigning`."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guildhall.desk.assigning import ALL_FULL, NOBODY_ON_DUTY, ONLY_LEFT_OUT, Agent, Team, Wanted, choose
from guildhall.desk.speech import called, tongue

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)


def agent(pk: int, **said: object) -> Agent:
    said.setdefault("languages", frozenset({"en"}))
    return Agent(pk, **said)  # type: ignore[arg-type]


def ticket(**said: object) -> Wanted:
    return Wanted("T1", **said)  # type: ignore[arg-type]


def who(wanted: Wanted, *agents: Agent, must: bool = False) -> int | None:
    return choose(wanted, agents, at=AT, must=must).staff_id


def test_asg_1_only_somebody_on_duty_and_not_on_a_break_gets_a_ticket() -> None:
    off, away = agent(1, on_duty=False), agent(2, available=False)
    assert choose(ticket(), [off, away], at=AT).why == (NOBODY_ON_DUTY,)
    assert who(ticket(), off, away, agent(3)) == 3


def test_asg_1_when_somebody_must_own_it_a_break_is_better_than_nobody() -> None:
    assert who(ticket(), agent(1, on_duty=False), agent(2, available=False), must=True) == 2


def test_asg_2_a_vendors_ticket_never_goes_to_another_vendor_or_the_other_way_round() -> None:
    ours, theirs, others = agent(1), agent(2, vendor_id="A"), agent(3, vendor_id="B")
    assert who(ticket(vendor_id="A"), ours, theirs, others) == 2
    assert who(ticket(vendor_id="A"), ours, others, must=True) is None
    assert who(ticket(), theirs, others, must=True) is None


def test_asg_3_whoever_handed_it_on_does_not_get_it_back() -> None:
    assert who(ticket(exclude=frozenset({1})), agent(1), agent(2, open_now=9)) == 2
    assert choose(ticket(exclude=frozenset({1})), [agent(1)], at=AT, must=True).why == (ONLY_LEFT_OUT,)


def test_asg_4_a_question_goes_to_somebody_who_speaks_its_language_in_either_script() -> None:
    english, chinese = agent(1), agent(2, languages=frozenset({"zh-hans"}), open_now=9)
    assert who(ticket(language="zh-hant"), english, chinese) == 2


def test_asg_4_it_waits_for_a_speaker_who_is_full_rather_than_going_to_somebody_who_cannot_read_it() -> None:
    english, chinese = agent(1), agent(2, languages=frozenset({"zh"}), open_now=10)
    assert choose(ticket(language="zh"), [english, chinese], at=AT).why == (ALL_FULL,)
    assert who(ticket(language="zh"), english, chinese, must=True) == 2


def test_asg_4_without_a_speaker_on_duty_somebody_else_owns_it_and_the_ticket_says_so() -> None:
    choice = choose(ticket(language="zh"), [agent(1)], at=AT)
    assert choice.staff_id == 1
    assert "nobody on duty speaks Chinese" in [one.en for one in choice.why]
    assert "值班人员中无人使用中文" in [one.zh for one in choice.why]


def test_asg_5_a_full_agent_gets_no_more_unless_somebody_must_own_it() -> None:
    full = agent(1, open_now=10)
    assert who(ticket(), full) is None
    choice = choose(ticket(), [full, agent(2, open_now=12)], at=AT, must=True)
    assert (choice.staff_id, choice.over) == (1, True)


def test_asg_6_the_named_come_before_those_who_take_all_before_those_named_for_other_things() -> None:
    named = agent(1, categories=frozenset({"kyc"}), open_now=8)
    takes_all = agent(2)
    other = agent(3, categories=frozenset({"deposit"}))
    assert who(ticket(category="kyc"), other, takes_all, named) == 1
    assert who(ticket(category="kyc"), other, takes_all) == 2
    assert who(ticket(category="kyc"), other) == 3


def test_asg_6_a_tier_decides_among_those_equally_fit_for_the_category() -> None:
    vip = agent(1, tiers=frozenset({"vip"}), open_now=8)
    assert who(ticket(tier="vip"), vip, agent(2)) == 1
    assert who(ticket(tier=""), vip, agent(2)) == 2


def test_asg_7_whoever_goes_home_soon_comes_after_those_who_stay() -> None:
    leaving, staying = agent(1, ends_at=AT + timedelta(minutes=9)), agent(2, open_now=8, ends_at=None)
    assert who(ticket(), leaving, staying) == 2
    assert who(ticket(), leaving) == 1


def test_asg_8_the_smaller_share_of_what_somebody_takes_at_once_wins() -> None:
    assert who(ticket(), agent(1, open_now=3, most_open=5), agent(2, open_now=4, most_open=20)) == 2


def test_asg_9_among_equals_whoever_was_given_fewer_lately_then_whoever_waited_longest() -> None:
    assert who(ticket(), agent(1, given_lately=2), agent(2, given_lately=1)) == 2
    early, late = AT - timedelta(hours=2), AT - timedelta(hours=1)
    assert who(ticket(), agent(1, last_given_at=late), agent(2, last_given_at=early)) == 2
    assert who(ticket(), agent(2), agent(1)) == 1


def test_whoever_is_on_call_is_asked_only_when_nobody_is_at_their_desk() -> None:
    desk, call = agent(2, open_now=9), agent(1, on_call=True)
    assert who(ticket(), desk, call) == 2
    assert who(ticket(), call) == 1
    assert who(ticket(), agent(2, open_now=10), call) is None, "full for the moment is no reason to wake"


@pytest.mark.parametrize("people", [2, 3, 7])
def test_many_tickets_are_shared_out_evenly(people: int) -> None:
    team = Team([agent(pk, most_open=50) for pk in range(1, people + 1)])
    given = Counter(team.give(Wanted(str(n)), AT).staff_id for n in range(people * 10))
    assert max(given.values()) - min(given.values()) <= 1


def test_whoever_takes_fewer_at_once_is_given_proportionally_fewer() -> None:
    team = Team([agent(1, most_open=30), agent(2, most_open=10)])
    given = Counter(team.give(Wanted(str(n)), AT).staff_id for n in range(40))
    assert given == {1: 30, 2: 10}


_AGENTS = st.lists(
    st.builds(
        Agent,
        staff_id=st.integers(1, 30),
        languages=st.sampled_from([frozenset({"en"}), frozenset({"zh-hans"}), frozenset({"en", "zh"})]),
        categories=st.sampled_from([frozenset(), frozenset({"kyc"}), frozenset({"fee"})]),
        vendor_id=st.sampled_from([None, "A", "B"]),
        on_duty=st.booleans(),
        available=st.booleans(),
        on_call=st.booleans(),
        open_now=st.integers(0, 12),
    ),
    max_size=12,
    unique_by=lambda one: one.staff_id,
)
_WANTED = st.builds(
    Wanted,
    ticket_id=st.just("T"),
    language=st.sampled_from(["en", "zh-hant", "ja"]),
    category=st.sampled_from(["", "kyc"]),
    vendor_id=st.sampled_from([None, "A", "B"]),
    exclude=st.frozensets(st.integers(1, 30), max_size=3),
)


@settings(max_examples=300, deadline=None)
@given(_AGENTS, _WANTED, st.booleans())
def test_whatever_comes_the_choice_keeps_the_rules_and_the_order_of_people_does_not_matter(
    agents: list[Agent], wanted: Wanted, must: bool
) -> None:
    choice = choose(wanted, agents, at=AT, must=must)
    assert choice == choose(wanted, list(reversed(agents)), at=AT, must=must)
    assert choice.why
    if choice.staff_id is None:
        able = [one for one in agents if one.on_duty and one.vendor_id == wanted.vendor_id]
        assert (
            not must
            or all(one.staff_id in wanted.exclude or not one.available for one in able)
            or not any(one.staff_id not in wanted.exclude for one in able if one.available)
        )
        return
    chosen = next(one for one in agents if one.staff_id == choice.staff_id)
    assert chosen.on_duty
    assert chosen.vendor_id == wanted.vendor_id
    assert chosen.staff_id not in wanted.exclude
    assert must or (chosen.available and chosen.open_now < chosen.most_open)


def test_languages_are_compared_by_what_is_spoken() -> None:
    assert [tongue(code) for code in ("zh-Hans", "zh_TW", "en-GB", "")] == ["zh", "zh", "en", ""]
    assert called("xx").en == "xx"
