"""The text model: what it says, that training gives the same bytes, and that damaged files are refused."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guildhall.core.errors import BadInput
from guildhall.guard import canonical as canonical_text
from guildhall.guard.canonical import canonical
from guildhall.guard.model import Row, adapt, features, load, parts, shipped, train
from guildhall.guard.model.own import own_rows
from guildhall.guard.rules.model import PUNISH_FROM, weight_of


def rows() -> list[Row]:
    """Some of our own rows, as if a community had labelled them."""
    return [replace(row, source="test") for row in own_rows()[::25]]


@lru_cache(maxsize=1)
def small_model() -> bytes:
    return train(rows())


def test_a_trained_model_tells_scams_from_questions_it_has_not_seen():
    model = load(small_model())
    scam, honest = model.probabilities(
        ["Claim your airdrop, connect wallet at claim-reward.top now", "What are the taker fees on spot?"]
    )
    assert scam > 0.5 > honest


def test_the_same_rows_give_the_same_bytes_in_another_process():
    code = (
        "import sys; sys.path.insert(0, 'src')\n"
        "from guildhall.guard.tests.test_model_text import rows\n"
        "from guildhall.guard.model import train\n"
        "import hashlib; print(hashlib.sha256(train(rows())).hexdigest())"
    )
    root = Path(__file__).resolve().parents[4]
    there = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert there.stdout.split()[-1] == hashlib.sha256(small_model()).hexdigest()


def test_another_seed_gives_another_model_that_says_nearly_the_same():
    here, there = load(small_model()), load(train(rows(), seed=2))
    assert here.version != there.version
    text = canonical("Guaranteed 40% daily profit, DM me")
    assert abs(here.probability(text) - there.probability(text)) < 0.2


def test_a_file_cut_short_anywhere_is_refused_in_both_languages():
    data = small_model()
    for size in (0, 5, 20, 60, 500, len(data) - 1):
        with pytest.raises(BadInput) as error:
            load(data[:size])
        assert error.value.code in {"model_cut_short", "model_damaged"}
        assert error.value.text.zh != error.value.text.en


def test_a_flipped_byte_is_refused_wherever_it_is():
    data = bytearray(small_model())
    for at in (40, 70, 400, len(data) // 2, len(data) - 1):
        data[at] ^= 1
        with pytest.raises(BadInput):
            load(bytes(data))
        data[at] ^= 1
    load(bytes(data))


def test_bytes_behind_the_end_are_refused():
    with pytest.raises(BadInput, match="damaged"):
        load(small_model() + b"x")


def test_something_else_is_not_taken_for_a_model(tmp_path):
    with pytest.raises(BadInput, match="not a Guildhall text model"):
        load(b"\x80\x04pickle")
    with pytest.raises(BadInput, match="cannot be read"):
        load(tmp_path / "nowhere.gtm")


def test_a_model_for_another_canonical_text_says_so(monkeypatch):
    monkeypatch.setattr(canonical_text, "VERSION", "another")
    with pytest.raises(BadInput) as error:
        load(small_model())
    assert error.value.code == "model_outdated"


def test_a_file_may_hold_a_text_model_and_a_domain_model():
    both = parts.join(small_model(), b"domains")
    assert load(both).version == load(small_model()).version
    assert parts.part(both, "domains") == b"domains"
    with pytest.raises(BadInput):
        parts.part(both[:-3], "domains")
    assert parts.part(small_model(), "text") == small_model()


def test_too_few_rows_are_refused_with_their_number():
    with pytest.raises(BadInput, match="2 of spam and 2 honest"):
        train([Row("a", 1), Row("b", 1), Row("c", 0), Row("d", 0)])


def test_a_model_that_could_learn_nothing_never_punishes():
    texts = [row.text for row in rows()][:150]
    torn = load(train([Row(text, label) for text in texts for label in (0, 1)]))
    same = load(train([Row("Withdrawals are slow today, ask support", n % 2) for n in range(200)]))
    for model in (torn, same):
        assert model.punish_at > 1
        assert model.review_at >= 0.7
        assert model.header["cut_offs"]["all"]["shown"] is False
    assert weight_of(1.0, torn) < PUNISH_FROM


def test_a_model_that_learned_something_may_punish():
    model = load(small_model())
    assert model.header["cut_offs"]["all"]["shown"] is True
    assert model.punish_at < 1


def test_decisions_of_moderators_move_the_model():
    base = load(small_model())
    new_scam = "Handmade wool socks for cats, size {n}, ask my grandmother about the colours"
    before = base.probabilities([new_scam.format(n=999)])[0]
    taught = load(adapt(base, [Row(new_scam.format(n=n), 1, group=f"c{n}") for n in range(20)]))
    assert taught.probabilities([new_scam.format(n=999)])[0] > before + 0.2
    assert taught.header["base"] == base.version


def test_one_campaign_weighs_no_more_than_one_row():
    base = load(small_model())
    text = "Withdrawals are slow today, please ask support in the ticket"
    many = [Row(f"{text} {n}", 1, group="one member") for n in range(200)]
    poisoned = load(adapt(base, many)).probabilities([text])[0]
    once = load(adapt(base, [Row(text, 1, group="one member")])).probabilities([text])[0]
    fairly = load(adapt(base, [Row(f"{text} {n * 'very '}", 1) for n in range(200)])).probabilities([text])[0]
    assert poisoned <= once + 0.1
    assert fairly >= poisoned - 0.05


def test_what_weighed_most_is_shown_inside_the_original():
    model = load(small_model())
    text = "hello   ＣＬＡＩＭ your f\u200bree airdrop, connect wallet at claim-9.top"
    opinion = model.opinion(canonical(text))
    assert opinion.probability >= model.review_at
    assert opinion.spans
    assert all(0 <= start < end <= len(text) for start, end in opinion.spans)
    assert model.opinion(canonical("thanks, all good")).spans == ()


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=300))
def test_any_text_gets_a_probability_and_features_once_each(text):
    canon = canonical(text)
    assert 0 <= load_once().probability(canon) <= 1
    found = features.ids(canon.text).tolist()
    assert found == sorted(set(found))
    assert set(found) >= {place for part in features.stretches(canon.text) for place in part.tolist()}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=60), max_size=6))
def test_features_of_many_texts_at_once_are_those_of_each(texts):
    canons = [canonical(text).text for text in texts]
    assert [one.tolist() for one in features.ids_of(canons)] == [features.ids(c).tolist() for c in canons]


@lru_cache(maxsize=1)
def load_once():
    return load(small_model())


def test_a_megabyte_is_bounded():
    text = "verify your wallet " * 60_000
    assert load_once().probability(canonical(text)) > 0.5


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("hello", "en"), ("", "en"), ("12345", "en"), ("你好 BTC", "zh"), ("привет btc", "ru"),
        ("ビットコインを買いました", "other"), ("สวัสดี", "other"), ("안녕하세요", "other"),
    ],
)  # fmt: skip
def test_the_language_is_told_from_the_script(text, lang):
    assert features.script(text) == lang


def test_a_language_nobody_measured_is_never_punished():
    model = load(small_model())
    assert "other" not in model.header["measured"]
    scam = "airdrop claim-9.top ビットコインをもらえますビットコインをもらえますビットコインを"
    assert model.probability(canonical(scam)) < model.punish_at


def test_the_shipped_model_fits_this_program():
    model = shipped()
    assert model.header["canonical"] == canonical_text.VERSION
    assert set(model.header["sources"]) == {"janitr-crypto-x", "tgspam-telegram", "own"}
    assert 0 < model.review_at < model.punish_at < 1


@pytest.mark.parametrize(
    "text",
    [
        "Your MetaMask wallet has been suspended. Verify your seed phrase at metamask-verify.app to restore access",
        "Airdrop is LIVE! Connect your wallet and claim 500 USDT now: claim-reward.xyz only 24 hours",
        "Lost your crypto to a scam? Contact @recovery_expert, he got all my funds back",
        "Guaranteed 20% daily profit! Message me on WhatsApp to join our VIP signals",
        "您的钱包存在风险，请立即点击链接输入助记词完成验证，否则资产将被冻结",
        "内部带单，稳赚不赔，日收益10%，加微信领取名额",
        "兼职刷单，日结300元，无需经验，加Telegram联系",
        "Ищу людей в команду, доход от 500$ в неделю, без опыта, пишите в лс",
    ],
)
def test_the_shipped_model_knows_an_obvious_scam(text):
    model = shipped()
    assert model.probability(canonical(text)) >= 0.5


@pytest.mark.parametrize(
    "text",
    [
        "How long do withdrawals usually take on weekends?",
        "Never share your seed phrase with anyone, even if they say they are support",
        "I think BTC will test 60k again before the halving, not financial advice",
        "请问提现一般多久到账？",
        "今天行情怎么样，你们还拿着ETH吗",
        "大家注意，客服不会主动私聊要助记词，小心骗子",
        "Подскажите, какая комиссия на споте?",
        "Коллеги, кто уже обновился до новой версии?",
    ],
)
def test_the_shipped_model_leaves_ordinary_talk_alone(text):
    model = shipped()
    assert model.probability(canonical(text)) < model.review_at
