"""Canonical text: disguises come off, honest writing stays, and every piece leads back to the original."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guildhall.guard.canonical import HEAD, TAIL, canonical, text_hash


@pytest.mark.parametrize(
    "written, read",
    [
        ("Send your s e e d phrase", "send your seed phrase"),
        ("S.E.E.D phrase", "seed phrase"),
        ("ｃｌａｉｍ 𝐀𝐢𝐫𝐝𝐫𝐨𝐩", "claim airdrop"),
        ("s33d phr4se w4llet", "seed phrase wallet"),
        ("Clаim yоur аirdrор", "claim your airdrop"),
        ("a\u200bi\u200brdrop", "airdrop"),
        ("Bínänce", "binance"),
        ("🅰🅸🆁🅳🆁🅾🅿", "airdrop"),
        ("Вeдy поиcк людeй", "веду поиск людей"),
        ("請發送助記詞", "请发送助记词"),
        ("助 记 词", "助记词"),
        ("Z̷a̷l̷g̷o̷", "zalgo"),
        ("seed\u202e phrase\u202c", "seed phrase"),
        ("rоm8k.соm", "rom8k.com"),
        ("v3r1fy y0ur w4ll3t n0w 0r l0s3 4ss3ts", "verify your wallet now 0r lose assets"),
        ("S e n d  y o u r  s e e d  p h r a s e", "send your seed phrase"),
        ("把 你 的 助 记 词 发 给 我 们 的 官 方 客 服 处 理", "把你的助记词发给我们的官方客服处理"),
    ],
)
def test_disguises_come_off(written: str, read: str) -> None:
    assert canonical(written).text == read


@pytest.mark.parametrize(
    "text",
    [
        "купил BTC на Binance за USDT, норм",
        "USDTшка опять просела",
        "我用 MetaMask 连 Arbitrum 没问题",
        "web3 p2p l2 1inch",
        "สวัสดี ราคา BTC เท่าไหร่",
        "השער של BTC עלה",
    ],
)
def test_honest_mixed_writing_is_not_held_against_anyone(text: str) -> None:
    assert canonical(text).borrowed == ()
    assert canonical(text).hidden == ()


def test_a_found_word_leads_back_to_what_was_written() -> None:
    text = "now: s e e d  phrase"
    canon = canonical(text)
    start = canon.text.index("seed")
    assert canon.original(start, start + 4) == (5, 12)
    assert text[5:12] == "s e e d"


def test_look_alike_words_are_marked() -> None:
    canon = canonical("please сlаim now")
    assert canon.borrowed == ((7, 12),)


@given(st.text(max_size=400))
def test_every_canonical_piece_lies_inside_the_original(text: str) -> None:
    canon = canonical(text)
    for i in range(len(canon.text)):
        start, end = canon.original(i, i + 1)
        assert 0 <= start < end <= len(text)
    for start, end in (*canon.hidden, *canon.borrowed):
        assert 0 <= start < end <= len(text)


@given(st.text(alphabet=st.sampled_from("aеsоd .-_\u200b\u202e\u0301助记词13😀\x00"), max_size=200))
def test_origins_only_move_forward(text: str) -> None:
    canon = canonical(text)
    if canon.starts is not None and not canon.turned:
        assert list(canon.starts) == sorted(canon.starts)
        assert len(canon.starts) == len(canon.text)


@given(st.text(min_size=0, max_size=60))
def test_canonical_text_is_settled_by_a_few_rounds(text: str) -> None:
    once = canonical(text).text
    assert len(canonical(once).text) <= max(len(once), 1) * 4


@pytest.mark.parametrize(
    "text",
    [
        "a " * 50_000,
        "\u202e\u200b" * 50_000,
        "😀" * 10_000,
        "а" * 100_000,
        "s e e d " * 12_500,
        "e\u0301\u0301" * 33_000,
    ],
    ids=["letters", "controls", "emoji", "cyrillic", "spaced", "marks"],
)
def test_a_hundred_thousand_characters_take_a_bounded_time(text: str) -> None:
    canonical(text)
    began = time.process_time()
    canon = canonical(text)
    assert time.process_time() - began < 0.05
    assert len(canon.text) <= HEAD + TAIL + 1


def test_the_tail_of_a_long_text_is_read_too() -> None:
    text = "x" * 90_000 + " send your seed phrase"
    canon = canonical(text)
    start = canon.text.index("seed phrase")
    a, b = canon.original(start, start + 11)
    assert text[a:b] == "seed phrase"


def test_the_same_text_in_disguise_has_the_same_hash() -> None:
    assert text_hash("Claim your free airdrop!") == text_hash("CLAIM yоur  free aird\u200brop !!")
    assert text_hash("Claim your free airdrop!") != text_hash("Claim your free airdrop 2")


def test_short_texts_have_no_hash() -> None:
    assert text_hash("gm everyone") == ""
    assert text_hash("") == ""
    assert len(text_hash("gm everyone, nice day")) == 16


@settings(max_examples=50)
@given(st.text(max_size=100))
def test_any_text_can_be_hashed(text: str) -> None:
    assert len(text_hash(text)) in (0, 16)


def test_a_lone_surrogate_is_no_accident() -> None:
    assert len(text_hash("abc\ud800 def ghi jkl mno")) == 16
