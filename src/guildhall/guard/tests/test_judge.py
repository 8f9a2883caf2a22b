"""The judgement: adding up, thresholds, ladder, modes; any input, bounded time."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guildhall.guard.judge import current_strikes, decide, judge
from guildhall.guard.policy import shipped
from guildhall.guard.tests.world import LISTS, NEWCOMER, NOW, OLD_MEMBER, links_in, rules_of, verdict
from guildhall.guard.types import (
    Action,
    Context,
    Copies,
    Link,
    Measure,
    Mode,
    Reason,
    RuleSetting,
    SenderHistory,
    Subject,
)

SCAM = "Send your seed phrase to our support, link below https://evil-drain.com"
LINES = [
    json.loads(line) for line in (Path(__file__).parent / "data/lines.jsonl").read_text("utf-8").splitlines()
]


def test_a_message_with_a_seed_phrase_request_is_removed_and_says_why() -> None:
    found = verdict(SCAM)
    assert found.removes
    assert {"THEFT-2", "LINK-1"} <= rules_of(found)
    assert found.reasons[0].weight >= found.reasons[-1].weight
    assert (found.policy, found.policy_version) == ("default", 0)


def test_an_ordinary_message_has_no_reasons() -> None:
    found = verdict("funding flipped negative, interesting")
    assert (found.score, found.action, found.actions, found.reasons) == (0, Measure.ALLOW, (), ())


def test_evidence_adds_up_but_never_beyond_certainty() -> None:
    reasons = [Reason(f"X-{i}", 500) for i in range(3)]
    assert decide(reasons, OLD_MEMBER, NOW, shipped()).score == 875
    assert decide([Reason("X-1", 1000)] * 3, OLD_MEMBER, NOW, shipped()).score == 1000


@given(st.lists(st.integers(0, 1000), max_size=12))
def test_the_score_stays_in_bounds_and_at_least_the_heaviest(weights: list[int]) -> None:
    reasons = [Reason(f"X-{i}", weight) for i, weight in enumerate(weights)]
    score = decide(reasons, OLD_MEMBER, NOW, shipped()).score
    assert max(weights, default=0) <= score + 1
    assert 0 <= score <= 1000


@pytest.mark.parametrize("mode", list(Mode))
def test_only_a_policy_that_acts_does_anything(mode: Mode) -> None:
    found = verdict(SCAM, policy=replace(shipped(), mode=mode))
    assert found.action is not Measure.ALLOW
    assert bool(found.actions) == (mode is Mode.ACT)


@pytest.mark.parametrize(
    "strikes, extra",
    [
        (0, Action(Measure.WARN)),
        (1, Action(Measure.RESTRICT, 3600)),
        (2, Action(Measure.RESTRICT, 86_400)),
        (3, Action(Measure.RESTRICT, 86_400)),
        (4, Action(Measure.BAN)),
        (99, Action(Measure.BAN)),
    ],
)
def test_the_ladder_is_climbed_with_every_strike(strikes: int, extra: Action) -> None:
    sender = replace(OLD_MEMBER, strikes=strikes, last_strike_at=NOW - timedelta(days=1) if strikes else None)
    reasons = [Reason("X-1", 800)]
    assert decide(reasons, sender, NOW, shipped()).actions == (Action(Measure.DELETE), extra)


def test_old_strikes_are_forgotten() -> None:
    sender = SenderHistory(strikes=4, last_strike_at=NOW - timedelta(days=31))
    assert current_strikes(sender, NOW, shipped()) == 0
    assert current_strikes(replace(sender, last_strike_at=NOW - timedelta(days=29)), NOW, shipped()) == 4


def test_a_policy_can_switch_a_rule_off_or_weigh_it_anew() -> None:
    text = "join https://t.me/+abc"
    assert verdict(text).score == 260
    assert verdict(text, policy=replace(shipped(), rules={"LINK-7": RuleSetting(on=False)})).score == 0
    assert verdict(text, policy=replace(shipped(), rules={"LINK-7": RuleSetting(weight=900)})).removes


def test_the_policy_may_allow_and_block_domains_of_its_own() -> None:
    mine = replace(
        shipped(), allow_domains=frozenset({"evil-drain.com"}), block_domains=frozenset({"foo.example"})
    )
    assert "LINK-1" in rules_of(verdict("https://foo.example", policy=mine))


def test_a_failing_rule_puts_the_message_before_a_person(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise KeyError("x")

    monkeypatch.setattr("guildhall.guard.judge.theft.find", broken)
    found = verdict("hello")
    assert (found.action, rules_of(found)) == (Measure.REVIEW, {"GUARD-1"})


nasty = st.text(
    alphabet=st.one_of(
        st.characters(),
        st.sampled_from("\x00\u200b\u202e\u0301助记词seedphrase 0123@$.-/:#?%аеосхр😀\ud800"),
    ),
    max_size=300,
)
urls = st.one_of(
    st.text(max_size=80), st.from_regex(r"https?://[a-z0-9.@:%\[\]-]{0,40}/?\S{0,20}", fullmatch=True)
)


@settings(max_examples=300, deadline=None)
@given(
    nasty,
    nasty,
    st.lists(st.tuples(urls, nasty, st.integers(-5, 400), st.integers(-5, 400)), max_size=4),
    st.booleans(),
)
def test_any_input_gets_a_verdict_with_spans_inside_the_text(text, name, links, is_new) -> None:
    subject = Subject(text, tuple(Link(u, t, "text_link", a, b) for u, t, a, b in links), name, name[:30])
    context = Context(NOW, NEWCOMER if is_new else OLD_MEMBER, Copies(5, 2, 9), LISTS)
    found = judge(subject, context, shipped())
    assert 0 <= found.score <= 1000
    assert "GUARD-1" not in rules_of(found)
    for reason in found.reasons:
        for start, end in reason.spans:
            assert 0 <= start < end <= len(text)


HOSTILE = {
    "100 kB": "send your seed phrase to support " * 3_100,
    "10,000 emoji": "😀🚀" * 5_000,
    "right to left and zero width": "\u202e\u200bsend\u2066 your\u200d \u202bseed " * 4_000,
    "null bytes": "\x00seed\x00phrase\x00 " * 6_000,
    "domains": "a.com b.xyz evil-drain.com " * 4_000,
    "dots": "a." * 50_000,
    "handles": "@abcd " * 17_000,
    "digits": "1" * 100_000,
    "earn": "earn $1 " * 12_500,
    "invest": "invest $1 " * 10_000,
    "base58": "1a" * 50_000,
    "hyphens": "a-" * 50_000,
    "cyrillic mix": "аa" * 50_000,
    "spaced": "s e e d " * 12_500,
    "chinese": "助记词发给客服" * 14_000,
    "blanks": " " * 100_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_messages_take_a_bounded_time(text: str) -> None:
    links = tuple(Link("https://" + "x" * 5_000 + f".com/{i}", "x" * 2_000) for i in range(500))
    subject = Subject(text, links, "N" * 50_000, "u" * 50_000)
    context = Context(NOW, NEWCOMER, Copies(), LISTS)
    judge(subject, context, shipped())
    best = 1.0
    for _ in range(3):
        began = time.process_time()
        found = judge(subject, context, shipped())
        best = min(best, time.process_time() - began)
    assert best < 0.05, best
    assert "GUARD-1" not in rules_of(found)


def test_the_hand_written_lines_keep_the_stated_precision_and_recall() -> None:
    """Stated: established member, review threshold: recall at least 0.90 per language; removal: precision
    1.0 and recall at least 0.75. Written by the people who wrote the rules, so a floor against
    regressions, not a measure of quality.
    """
    for language in ("en", "zh", "ru"):
        rows = [row for row in LINES if row["lang"] == language]
        found = [(row["label"] == "scam", verdict(row["text"], links=links_in(row["text"]))) for row in rows]
        scams = [item for is_scam, item in found if is_scam]
        fine = [item for is_scam, item in found if not is_scam]
        assert sum(item.action is not Measure.ALLOW for item in scams) / len(scams) >= 0.90
        assert sum(item.removes for item in scams) / len(scams) >= 0.75
        assert not any(item.removes for item in fine)
        assert sum(item.action is not Measure.ALLOW for item in fine) <= 1


def test_there_are_enough_hand_written_lines() -> None:
    assert len(LINES) >= 120
    assert {row["lang"] for row in LINES} == {"en", "zh", "ru"}
