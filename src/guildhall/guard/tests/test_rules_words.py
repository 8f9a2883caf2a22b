"""Words of the house: found through disguises, as whole words, in linear time; kinds of content forbidden."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildhall.core.errors import BadInput
from guildhall.guard.policy import parse
from guildhall.guard.tests.world import NEWCOMER, OLD_MEMBER, quotes, rules_of, verdict
from guildhall.guard.types import Link, Measure

WORDS = parse(
    """
mode: act
words:
  - airdrop
  - free*usdt
  - bit?
  - 加微信
  - {word: t.me/scam, action: delete, note: known thieves}
  - {pattern: 'earn \\d+ ?usdt', weight: 640}
  - {word: hola, languages: [es]}
"""
)


@pytest.mark.parametrize(
    "text,found",
    [
        ("the AIRDROP is live", "AIRDROP"),
        ("ａｉｒｄｒｏｐ", "ａｉｒｄｒｏｐ"),
        ("get FREE100USDT now", "FREE100USDT"),
        ("one bits", "bits"),
        ("朋友请加微信聊", "加微信"),
        ("請加微信", "加微信"),
        ("Earn 500 USDT daily", "Earn 500 USDT"),
    ],
)
def test_a_word_of_the_house_is_found_and_marked_in_the_original(text, found):
    judged = verdict(text, policy=WORDS)
    assert found in [quote for rule in ("WORD-1", "WORD-2") for quote in quotes(text, judged, rule)]


@pytest.mark.parametrize(
    "text", ["airdrops later", "unairdropped", "free lunch, usdt", "bit", "a bit of luck", "rabbits", "hola"]
)
def test_what_only_looks_like_a_word_of_the_house_is_left_alone(text):
    assert not {"WORD-1", "WORD-2"} & rules_of(verdict(text, policy=WORDS))


def test_an_entry_that_asks_for_removal_removes_and_one_that_asks_for_review_does_not():
    assert verdict("see t.me/scam", policy=WORDS).removes
    assert verdict("airdrop", policy=WORDS).action is Measure.REVIEW
    assert next(
        r for r in verdict("see t.me/scam", policy=WORDS).reasons if r.rule_id == "WORD-1"
    ).params == {
        "word": "t.me/scam",
        "note": "known thieves",
    }


@pytest.mark.parametrize(
    "entry,says",
    [
        ("{pattern: '(?=x)y'}", "refused by RE2"),
        ("{pattern: '(a'}", "refused by RE2"),
        ("{pattern: 'a*'}", "every message"),
        ("{pattern: '((a{99}){99}){99}'}", "RE2"),
        ("{pattern: '(\\pL{1,40}){1,20}'}", "too large"),
        ("'**'", "no letters"),
        ("{word: x, pattern: y}", "needs one of"),
        ("{word: x, weight: 5, action: delete}", "beside action"),
        ("{word: x, action: ban}", "known: review, delete"),
        ("{wrod: x}", 'did you mean "word"'),
        ("no", "quote words"),
    ],
)
def test_an_entry_that_cannot_be_looked_for_is_refused_with_its_line(entry, says):
    with pytest.raises(BadInput) as caught:
        parse(f"words:\n  - fine\n  - {entry}")
    assert caught.value.row == 3
    assert says in caught.value.text.en


def test_a_pathological_pattern_costs_next_to_nothing():
    policy = parse("mode: act\nwords: [{pattern: '(x+x+)+y'}, {pattern: '(a|aa)+$b'}, 'a*a*a*a*a*b']")
    began = time.process_time()
    for text in ("x" * 50_000, "a" * 50_000, "a " * 25_000):
        assert verdict(text, policy=policy).action is not None
    assert time.process_time() - began < 5


def test_thousands_of_words_are_found_each_by_itself():
    policy = parse("words:\n" + "".join(f"  - word{n}x\n  - 词{n}号\n" for n in range(2_400)))
    found = policy.vocabulary.find("a word17x, then 前词2399号后 and word17xy")
    assert [one.word.text for one in found] == ["word17x", "词2399号"]


@given(st.text(max_size=60), st.text(alphabet="ab*?中 ", min_size=1, max_size=8))
def test_no_text_and_no_word_breaks_the_look_up(text, word):
    try:
        policy = parse(f"words: [{word!r}]")
    except BadInput:
        return
    if policy.vocabulary is not None:
        for found in policy.vocabulary.find(text):
            assert all(0 <= start < end <= len(text) for start, end in found.spans)


@pytest.mark.parametrize(
    "entry,text,subject,rule",
    [
        ("links", "see https://some-site.example/x", {}, "WORD-10"),
        ("invites", "join https://t.me/+abc", {}, "WORD-11"),
        ("forwards", "hello", {"is_forward": True}, "WORD-12"),
        ("sticker", "", {"media": ("sticker",)}, "WORD-13"),
        ("media", "look", {"media": ("photo",)}, "WORD-13"),
        ("bots", "hello", {"sender_is_bot": True}, "WORD-14"),
        ("via_bots", "hello", {"is_via_bot": True}, "WORD-15"),
        ("channels", "hello", {"sender_is_channel": True}, "WORD-16"),
        ("buttons", "hello", {"links": (Link("https://x.example", "go", "button"),)}, "WORD-17"),
        ("{kind: long, over: 40}", "x " * 40, {}, "WORD-18"),
        ("{kind: lines, over: 2}", "a\nb\nc", {}, "WORD-19"),
        ("caps", "BUY THIS COIN RIGHT NOW", {}, "WORD-20"),
        ("{kind: emoji, over: 3}", "🚀🚀🚀🚀 wow", {}, "WORD-21"),
        ("{kind: mentions, over: 1}", "@alice @boris hey", {}, "WORD-22"),
        ("{kind: scripts, scripts: [arabic]}", "مرحبا بكم", {}, "WORD-23"),
        ("commands", "/start now", {}, "WORD-24"),
        ("emails", "write to me@example.org", {}, "WORD-25"),
        ("phones", "call +49 151 2345 6789", {}, "WORD-26"),
    ],
)
def test_a_forbidden_kind_of_content_is_removed_and_the_rest_is_not(entry, text, subject, rule):
    policy = parse(f"mode: act\nforbid: [{entry}]")
    judged = verdict(text, policy=policy, **subject)
    assert rule in rules_of(judged)
    assert judged.removes
    assert rule not in rules_of(verdict("Funding flipped negative on BTC", policy=policy))


def test_what_only_newcomers_may_not_do_regulars_may():
    policy = parse("mode: act\nforbid: [{kind: forwards, who: newcomers}]")
    assert verdict("hi", policy=policy, sender=NEWCOMER, is_forward=True).removes
    assert not verdict("hi", policy=policy, sender=OLD_MEMBER, is_forward=True).removes


@pytest.mark.parametrize(
    "entry,says",
    [
        ("stickers", 'did you mean "sticker"'),
        ("{kind: links, over: 5}", "no limit"),
        ("scripts", "known: arabic"),
        ("{kind: links, scripts: [arabic]}", "scripts only"),
        ("{kind: scripts, scripts: [arab]}", 'did you mean "arabic"'),
        ("{action: delete}", "is missing"),
    ],
)
def test_a_kind_nobody_knows_is_refused_with_its_line(entry, says):
    with pytest.raises(BadInput) as caught:
        parse(f"mode: act\nforbid:\n  - {entry}")
    assert caught.value.row == 3
    assert says in caught.value.text.en
