"""Families of evidence, overrides and measured precision: what a policy may do without a person, and where."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildhall.core.errors import BadInput
from guildhall.guard import measured, punishing, rulebook
from guildhall.guard.judge import decide, tier_of
from guildhall.guard.policy import ByPlace, acts, parse, policy_diff, punishes_more, resolve, shipped
from guildhall.guard.tests.world import NEWCOMER, NOW, OLD_MEMBER
from guildhall.guard.types import (
    FamilySetting,
    Measure,
    Measured,
    Mode,
    Place,
    PunishAbove,
    Reason,
    SenderHistory,
)

ACT = parse("mode: act")
GRAVE = Reason("THEFT-1", 900)


def verdict_on(reasons, policy=ACT, counts=None, sender=OLD_MEMBER):
    given = {family: tuple(found) for family, found in (counts or {}).items()}
    return decide(list(reasons), sender, NOW, policy, given)


def above(**changes):
    return replace(ACT, punish_above=replace(PunishAbove(0.98, 50, Mode.ACT), **changes))


def test_a_family_adds_no_more_than_the_policy_lets_it():
    capped = parse("mode: act\nfamilies: {THEFT: {most: 300}}")
    assert verdict_on([GRAVE]).score == 900
    assert verdict_on([GRAVE], capped).score == 300
    assert verdict_on([GRAVE, Reason("LINK-1", 500)], capped).score == 650


def test_a_family_that_is_off_is_not_heard():
    assert verdict_on([GRAVE], parse("mode: act\nfamilies: {THEFT: off}")).action is Measure.ALLOW


def test_a_family_that_may_not_punish_alone_asks_a_person_and_says_so_in_both_languages():
    found = verdict_on([Reason("LIST-1", 990)], parse("mode: act\nfamilies: {LIST: {most: 1000}}"))
    assert (found.action, found.actions) == (Measure.REVIEW, ())
    held = found.reasons[-1]
    assert (held.rule_id, held.params["would"]) == ("GUARD-4", "restrict")
    said = rulebook.text(held.rule_id, held.params)
    assert "Outside lists alone" in said.en
    assert "外部名单" in said.zh


def test_such_a_family_punishes_together_with_one_that_may():
    trusted = parse("mode: act\nfamilies: {LIST: {most: 1000}}")
    assert verdict_on([Reason("LIST-1", 900), Reason("LINK-7", 260)], trusted).removes
    assert not verdict_on([Reason("LIST-1", 900), Reason("NEW-1", 900)], trusted).removes


@pytest.mark.parametrize(
    "right,decided,otherwise,punishes",
    [
        (400, 400, "review", True),  # the lower bound is .990
        (50, 50, "review", False),  # .929: not proven
        (50, 50, "act", True),  # not proven, and not disproven either
        (40, 50, "act", False),  # the upper bound is .888
        (0, 49, "act", True),  # too few to count
        (0, 0, "review", False),
    ],
)
def test_a_verdict_punishes_only_by_the_precision_measured_here(right, decided, otherwise, punishes):
    limits = above(otherwise=Mode(otherwise))
    found = verdict_on([GRAVE], limits, {"THEFT": [Measured(decided, right)]})
    assert found.removes is punishes
    if not punishes:
        held = found.reasons[-1]
        assert held.rule_id == ("GUARD-2" if right == 40 else "GUARD-3")
        assert found.action is Measure.REVIEW


def test_what_is_held_back_says_how_right_it_was_here():
    held = verdict_on([GRAVE], above(), {"THEFT": [Measured(100, 91, "space"), Measured(900, 900)]}).reasons[
        -1
    ]
    said = rulebook.text(held.rule_id, held.params)
    assert "Theft was right in 91 % of 100 decided verdicts in this space" in said.en
    assert "91 %" in said.zh
    assert "本群组" in said.zh


def test_the_narrowest_place_with_enough_decided_counts():
    counts = {"THEFT": [Measured(10, 0, "space"), Measured(300, 300, "language"), Measured(900, 100)]}
    assert verdict_on([GRAVE], above(otherwise=Mode.REVIEW), counts).removes


def test_a_policy_that_only_reviews_keeps_the_measure_it_would_call_for():
    watching = replace(above(otherwise=Mode.REVIEW), mode=Mode.REVIEW)
    assert verdict_on([GRAVE], watching).action is Measure.DELETE


@given(
    st.lists(
        st.tuples(st.sampled_from(["LINK-1", "THEFT-1", "NEW-1", "LIST-1"]), st.integers(0, 1000)), max_size=8
    )
)
def test_caps_never_make_a_score_higher(found):
    reasons = [Reason(rule, weight) for rule, weight in found]
    capped = replace(ACT, families={"LINK": FamilySetting(most=200), "THEFT": FamilySetting(most=500)})
    assert 0 <= verdict_on(reasons, capped).score <= verdict_on(reasons, ACT).score <= 1000


@given(st.integers(1, 3000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_holds_the_share(counts):
    right, decided = counts
    low, high = punishing.interval(right, decided)
    assert 0 <= low <= right / decided + 1e-9
    assert right / decided - 1e-9 <= high <= 1


def test_counts_are_kept_by_family_for_space_language_and_house():
    rows = [("LINK", "s1", "en", True), ("LINK", "s1", "en", False), ("LINK", "s2", "zh", True)]
    table = measured.Table(measured.tally(rows))
    assert table.at("s1", "en")["LINK"] == (
        Measured(2, 1, "space"), Measured(2, 1, "language"), Measured(3, 2, "house"),
    )  # fmt: skip
    assert table.at("s9", "zh")["LINK"] == (Measured(1, 1, "language"), Measured(3, 2, "house"))
    assert table.at("s9", "ru")["LINK"] == (Measured(3, 2, "house"),)


def test_what_was_held_back_counts_for_its_family_too():
    held = verdict_on([GRAVE], above(otherwise=Mode.REVIEW))
    assert measured.kind_of(held.action.value, held.reasons) == "THEFT"
    assert measured.kind_of("review", (Reason("THEFT-1", 500),)) == ""
    assert measured.kind_of("ban", (Reason("LINK-2", 700), Reason("NEW-1", 300))) == "LINK"


OVERRIDDEN = """
mode: act
thresholds: {review: 400, delete: 750}
overrides:
  - when: {language: zh}
    then: {thresholds: {delete: 700}, families: {LINK: {most: 300}}}
  - when: {tier: newcomers, language: [zh, en]}
    then: {thresholds: {delete: 600}, rules: {NEW-1: 500}}
  - when: {space: lounge}
    then: {mode: review}
  - when: {platform: webchat, space_tier: vip}
    then: {newcomer: {messages: 0}, punish_only_above: {precision: 0.9}}
"""


def test_overrides_hold_where_they_say_and_later_ones_on_top():
    policy = parse(OVERRIDDEN)
    plain = resolve(policy, Place("x", "telegram", "ru"))
    assert plain.thresholds.delete == 750
    assert plain.tiers == {}
    chinese = resolve(policy, Place("x", "telegram", "zh-Hant"))
    assert (chinese.thresholds.delete, chinese.families["LINK"].most) == (700, 300)
    new = chinese.tiers["newcomers"]
    assert (new.thresholds.delete, new.families["LINK"].most, new.rules["NEW-1"].weight) == (600, 300, 500)
    assert resolve(policy, Place("lounge", "telegram", "en")).mode is Mode.REVIEW
    vip = resolve(policy, Place("x", "webchat", "ru", "vip"))
    assert vip.newcomer.messages == 0
    assert vip.punish_above.precision == 0.9
    by_place = ByPlace(policy)
    assert by_place(Place("x", "telegram", "ru")) is by_place(Place("x", "telegram", "ru"))


def test_a_policy_without_overrides_is_itself_everywhere():
    assert resolve(ACT, Place("x", "telegram", "zh")) is ACT


def test_a_tier_is_what_is_known_of_the_sender():
    assert tier_of(NEWCOMER, NOW, ACT) == "newcomers"
    assert tier_of(OLD_MEMBER, NOW, ACT) == "regulars"
    assert tier_of(replace(OLD_MEMBER, is_verified=True), NOW, ACT) == "verified"
    assert tier_of(SenderHistory(is_known=False), NOW, ACT) == ""
    assert tier_of(SenderHistory(NOW - timedelta(days=2), None, 50), NOW, ACT) == "regulars"


def test_an_override_can_make_a_policy_act():
    watching = parse("mode: review\noverrides:\n  - {when: {space: a}, then: {mode: act}}")
    assert acts(watching)
    assert not acts(parse("mode: review"))
    assert [text.en.split(":")[0] for text in punishes_more(parse("mode: review"), watching)] == ["overrides"]


@pytest.mark.parametrize(
    "before,after,field",
    [
        ("families: {LINK: off}", "families: {LINK: {most: 200}}", "families.LINK"),
        ("families: {LINK: {most: 200}}", "families: {LINK: {most: 201}}", "families.LINK"),
        ("families: {LINK: {alone: review}}", "families: {LINK: {alone: act}}", "families.LINK"),
        ("punish_only_above: {precision: 0.99}", "punish_only_above: {precision: 0.98}", "punish_only_above"),
        ("punish_only_above: {otherwise: review}", "punish_only_above: {otherwise: act}", "punish_only_above"),
        ("punish_only_above: {}", "punish_only_above: off", "punish_only_above"),
        ("words: [a1]", "words: [a1, b1]", "words"),
        ("words: [{word: a1, weight: 400}]", "words: [{word: a1, weight: 500}]", "words"),
        ("words: [{word: a1, languages: [en]}]", "words: [a1]", "words"),
        ("forbid: [links]", "forbid: [links, forwards]", "forbid"),
        ("forbid: [{kind: links, action: review}]", "forbid: [links]", "forbid"),
        (
            "overrides:\n  - {when: {tier: regulars}, then: {thresholds: {delete: 700}}}",
            "overrides:\n  - {when: {tier: regulars}, then: {thresholds: {delete: 600}}}",
            "overrides",
        ),
    ],
)  # fmt: skip
def test_what_can_hit_somebody_harder_is_seen_in_the_new_fields_too(before, after, field):
    milder, harder = parse(f"mode: act\n{before}"), parse(f"mode: act\n{after}")
    assert [text.en.split(":")[0] for text in punishes_more(milder, harder)] == [field]
    assert {change.field for change in policy_diff(milder, harder)} == {field}
    assert punishes_more(harder, milder) == ()


@pytest.mark.parametrize(
    "source,line,field,says",
    [
        ("families: {LNIK: off}", 1, "families.LNIK", 'did you mean "LINK"'),
        ("families:\n  LINK: {most: 1001}", 2, "families.LINK.most", "from 0 to 1000"),
        ("families:\n  LINK: {alone: always}", 2, "families.LINK.alone", "does not know"),
        ("families:\n  LINK: {on: maybe}", 2, "families.LINK.on", "true or false"),
        ("punish_only_above: {precision: 98}", 1, "punish_only_above.precision", "0.5 to 0.9999"),
        ("punish_only_above: {percision: 0.9}", 1, "punish_only_above.percision", 'did you mean "precision"'),
        ("overrides:\n  - {when: {tier: newcomer}, then: {mode: act}}", 2, "overrides.when.tier", "newcomers"),
        ("overrides:\n  - {then: {mode: act}}", 2, "overrides.when", "is missing"),
        ("overrides:\n  - when: {space: a}\n    then: {exempt: [bot]}", 3, "overrides.then.exempt", "know"),
        ("overrides:\n  - when: {space: a}\n    then: {thresholds: {delete: 9}}", 3, "overrides.then.thresholds",
         "must rise"),
        ("overrides: {}", 1, "overrides", "must be a list"),
    ],
)  # fmt: skip
def test_an_error_names_line_field_and_the_nearest_name(source, line, field, says):
    with pytest.raises(BadInput) as caught:
        parse(source)
    assert (caught.value.row, caught.value.field) == (line, field)
    assert says in caught.value.text.en


def test_the_policies_of_the_house_act_unless_measured_wrong_or_ask_until_measured_right():
    assert shipped("default").punish_above.otherwise is Mode.ACT
    assert shipped("review-first").punish_above.otherwise is Mode.REVIEW
    for slug in ("default", "strict", "review-first"):
        assert not punishing.setting(shipped(slug), "LIST").alone
