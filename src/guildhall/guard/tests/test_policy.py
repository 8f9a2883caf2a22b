"""Policies: strict parsing with errors people can act on, differences, and which of them punish."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildhall.core.errors import BadInput
from guildhall.guard.policy import SHIPPED, parse, policy_diff, punishes_more, shipped
from guildhall.guard.types import Measure, Mode, RuleSetting, Step


@pytest.mark.parametrize("slug", SHIPPED)
def test_the_policies_that_come_with_the_house_parse(slug: str) -> None:
    policy = shipped(slug)
    assert (policy.slug, policy.version) == (slug, 0)


def test_a_whole_policy_is_read() -> None:
    policy = parse(
        """
mode: act
thresholds: {review: 300, delete: 700, restrict: 900, ban: never}
rules:
  LINK-7: off
  NEW-1: {weight: 200}
  FLOOD-1: 111
ladder:
  - {strikes: 1, action: warn}
  - {strikes: 2, action: restrict, for: 90m}
  - {strikes: 4, action: restrict, for: ever}
  - {strikes: 5, action: ban}
allow_domains: [https://www.Example.com/x, foo.co.uk]
block_domains: [bad.example.org]
protected:
  - Our Exchange
  - {name: Acme, domains: [acme.example], kind: brand}
exempt: [staff, bot]
sample_per_day: 0
""",
        slug="mine",
        version=7,
    )
    assert policy.thresholds.ban == 1001
    assert policy.rules["LINK-7"] == RuleSetting(on=False)
    assert policy.rules["NEW-1"].weight == 200
    assert policy.rules["FLOOD-1"].weight == 111
    assert policy.ladder[1] == Step(2, Measure.RESTRICT, 5400)
    assert policy.ladder[2].duration_s == 0
    assert policy.allow_domains == {"example.com", "foo.co.uk"}
    assert policy.exempt_roles == ("staff", "bot")
    assert "acme.example" in policy.names.domains


@pytest.mark.parametrize(
    "source, line, field, says",
    [
        ("mode: acct", 1, "mode", 'did you mean "act"'),
        ("mode: act\ntreshold: {}", 2, "treshold", 'did you mean "thresholds"'),
        ("thresholds:\n  delte: 5", 2, "thresholds.delte", 'did you mean "delete"'),
        ("rules:\n  LINK-99: off", 2, "rules.LINK-99", "did you mean"),
        ("thresholds: {review: 900, delete: 100}", 1, "thresholds", "must rise"),
        ("ladder:\n  - {strikes: 1, action: bann}", 2, "ladder.action", 'did you mean "ban"'),
        ("ladder:\n  - {action: ban}", 2, "ladder.strikes", "is missing"),
        ("ladder:\n  - {strikes: 2, action: ban}\n  - {strikes: 1, action: warn}", 1, "ladder", "rising"),
        ("ladder:\n  - {strikes: 2, action: ban, for: 1h}", 2, "ladder.for", "restrict only"),
        ("restrict_for: soon", 1, "restrict_for", "24h"),
        ("sample_per_day: -1", 1, "sample_per_day", "from 0 to 1000"),
        ("sample_per_day: 1.5", 1, "sample_per_day", "whole number"),
        ("sample_per_day: true", 1, "sample_per_day", "whole number"),
        ("block_domains:\n  - not a domain", 2, "block_domains", "is not a domain"),
        ("mode: act\nmode: act", 2, "mode", "twice"),
        ("a: ]", 1, "source", "not valid YAML"),
        ("a: &x 1\nb: *x", 1, "", "aliases"),
        ("- 1", 1, "", "table"),
        ("", None, "source", "empty"),
        ("mode: !!python/object/apply:os.system [x]", 1, "mode", "does not know"),
    ],
)
def test_errors_name_line_field_and_what_was_meant(
    source: str, line: int | None, field: str, says: str
) -> None:
    with pytest.raises(BadInput) as caught:
        parse(source)
    assert says in caught.value.text.en
    assert caught.value.text.zh
    assert caught.value.text.zh != caught.value.text.en
    if line is not None and field:
        assert (caught.value.row, caught.value.field) == (line, field)


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused_with_a_reason(source: str) -> None:
    with suppress(BadInput):  # anything but a refusal would come through
        assert parse(source).slug == "policy"


def test_aliases_cannot_explode() -> None:
    bomb = "a: &a [1,1,1,1,1,1,1,1,1]\n" + "".join(
        f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(9)
    )
    with pytest.raises(BadInput):
        parse(bomb)


ACT = shipped()


@pytest.mark.parametrize(
    "change, field",
    [
        ({"thresholds": replace(ACT.thresholds, delete=700)}, "thresholds.delete"),
        ({"thresholds": replace(ACT.thresholds, ban=1000)}, "thresholds.ban"),
        ({"rules": {"LINK-7": RuleSetting(weight=900)}}, "rules.LINK-7"),
        ({"ladder": (Step(1, Measure.BAN),)}, "ladder"),
        ({"restrict_s": 0}, "restrict_for"),
        ({"strikes_last_days": 60}, "strikes_last_days"),
        ({"newcomer": replace(ACT.newcomer, messages=9)}, "newcomer.messages"),
        ({"flood": replace(ACT.flood, messages=2)}, "flood.messages"),
        ({"flood": replace(ACT.flood, seconds=90)}, "flood.seconds"),
        ({"block_domains": frozenset({"x.com"})}, "block_domains"),
        ({"exempt_roles": ()}, "exempt"),
    ],
)
def test_what_hits_somebody_harder_needs_four_eyes_and_its_reverse_does_not(change: dict, field: str) -> None:
    harder = replace(ACT, **change)
    assert [text.en.split(":")[0] for text in punishes_more(ACT, harder)] == [field]
    assert punishes_more(harder, ACT) == ()
    assert {item.field for item in policy_diff(ACT, harder)} == {field}


def test_beginning_to_act_needs_four_eyes() -> None:
    watching = replace(ACT, mode=Mode.SHADOW)
    assert punishes_more(watching, ACT)
    assert punishes_more(ACT, watching) == ()
    assert punishes_more(watching, replace(watching, mode=Mode.REVIEW)) == ()


def test_more_reviews_and_samples_punish_nobody() -> None:
    more = replace(ACT, thresholds=replace(ACT.thresholds, review=100), sample_per_day=50)
    assert punishes_more(ACT, more) == ()
    assert {item.field for item in policy_diff(ACT, more)} == {"thresholds.review", "sample_per_day"}


def test_allowing_less_punishes() -> None:
    allowing = replace(ACT, allow_domains=frozenset({"x.com"}))
    assert punishes_more(allowing, ACT)
    assert punishes_more(ACT, allowing) == ()


def test_a_policy_does_not_differ_from_itself() -> None:
    assert policy_diff(ACT, shipped()) == ()
