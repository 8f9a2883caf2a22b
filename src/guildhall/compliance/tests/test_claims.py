"""Promises are found however they are dressed up, and denials of them are left alone."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildhall.compliance.claims import find_claims, parse_claims
from guildhall.compliance.folding import fold
from guildhall.compliance.tests.houses import CLAIMS, ask
from guildhall.core.errors import BadInput

PROMISES = [
    "Guaranteed returns of 2% a day",
    "We offer guaranteed daily profits",
    "GUARANTEED 20% PROFIT!!!",
    "ｇｕａｒａｎｔｅｅｄ ｐｒｏｆｉｔ",
    "risk-free trading", "risk free trading", "Risk‑free!", "a riskfree vault",
    "there is no risk at all", "zero risk, high reward", "You can't lose", "you can’t lose", "You cant lose",
    "It's a sure thing", "get rich quick with us", "Double your money by Friday",
    "r\u200bisk-fr\u200dee yield", "No.1 exchange", "the best exchange", "not only safe but guaranteed profits",
    "No fees, guaranteed returns", "Don't miss guaranteed returns", "we guarantee you returns",
    "保本理财", "保 本 保 息", "保*本", "保\u200b本", "無風險套利", "穩賺不賠", "稳-赚-不-赔", "躺著就能賺", "日赚500U",
    "内幕消息速来", "內幕消息", "跟单必赢", "百分百盈利", "一个月翻倍", "零风险高收益", "保證收益 8%", "不仅保本还有高息",
    "别错过，稳赚", "国家级平台", "全球第一", "最安全的交易所", "没有风险稳赚",
]  # fmt: skip
DENIALS = [
    "There are no guaranteed returns.",
    "Trading is not risk-free.",
    "We never promise guaranteed profit",
    "There is no such thing as a risk-free trade",
    "Anyone promising guaranteed profits is a scammer",
    "Beware of guaranteed returns",
    "Funding rates do not give guaranteed income",
    "不承诺保本", "本产品不保本", "投资并非无风险", "没有稳赚不赔的交易", "警惕“稳赚不赔”的骗局", "谨防内幕消息骗局",
    "任何承诺保本的都是骗子", "确保本金安全的方法", "成交量翻倍", "第一步：完成验证", "第一季度报告", "最大回撤 12%", "今日赚了多少",
    "best bid 101.2, best ask 101.3", "at-risk freedom", "risk management", "the bestiary", "Volume doubled",
    "唯一标识", "手续费 0.1%", "资金费率每 8 小时结算",
]  # fmt: skip


@pytest.mark.parametrize("text", PROMISES)
def test_a_promise_is_found(text):
    found = find_claims(text, CLAIMS, frozenset({"GB"}))
    assert found
    assert all(text[f.start : f.end] == f.words for f in found)


@pytest.mark.parametrize("text", DENIALS)
def test_a_denial_or_an_innocent_word_is_left_alone(text):
    assert find_claims(text, CLAIMS, frozenset({"GB"})) == ()


def test_the_words_are_marked_in_the_original():
    (found,) = find_claims("本产品保 * 本，放心。", CLAIMS, frozenset())
    assert found.words == "保 * 本"
    assert found.text.en == "“保 * 本” is a promise that may not be made."


def test_privacy_coins_are_refused_in_dubai_only():
    assert find_claims("XMR listing today", CLAIMS, frozenset({"AE-DU"}))
    assert find_claims("XMR listing today", CLAIMS, frozenset({"GB"})) == ()


def test_every_phrase_finds_itself_and_names_its_source():
    for claim in CLAIMS.claims:
        text = claim.phrase.replace(" ~ ", " ")
        assert find_claims(text, CLAIMS, claim.regions), claim.phrase
        assert claim.source in CLAIMS.sources


def test_a_claim_without_a_known_source_is_refused():
    with pytest.raises(BadInput):
        parse_claims("version: 1\nsources: {}\nwindow: {}\nclaims: {en: [{phrase: moon, source: X}]}")


@given(st.text(max_size=300))
def test_any_text_is_read_and_spans_lie_inside_it(text):
    for found in find_claims(text, CLAIMS, frozenset()):
        assert 0 <= found.start < found.end <= len(text)


@given(st.text(max_size=100))
def test_folding_twice_changes_nothing_more(text):
    once = fold(text)
    assert len(once.origin) == len(once.text)
    assert list(once.origin) == sorted(once.origin)


@given(st.text(alphabet="保本无风险赚稳 .-*\u200b", max_size=60), st.integers(0, 60))
def test_a_promise_inside_any_noise_is_found(noise, at):
    assert find_claims(noise[:at] + "。稳赚不赔。" + noise[at:], CLAIMS, frozenset())


@pytest.mark.parametrize(
    "part", ["保 本 guaranteed ", "x.io/", "https://", "guaranteed ", "不", "a?ref", "\u200b", "😀"]
)
def test_a_hundred_kilobytes_are_read_in_bounded_time(part):
    started = time.process_time()
    ask("promote", "GB", (part * 100_000)[:100_000])
    assert time.process_time() - started < 5
