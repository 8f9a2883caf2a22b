"""Canonical text: disguises come off, honest writing stays, and every piece leads back to the original."""

from __future__ import annotations

import time
from pathlib import Path

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


HONEST = (Path(__file__).parent / "data/honest.txt").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("line", HONEST)
def test_honest_lines_in_many_languages_are_not_taken_for_disguise(line: str) -> None:
    canon = canonical(line)
    assert len(canon.borrowed) < 3, canon.borrowed
    assert len(canon.hidden) < 2
    assert not canon.spelled_out
    assert not canon.turned


@pytest.mark.parametrize(
    "text",
    [
        "web3, p2p, l2, 1inch, 3commas, erc20, w3b3, h4, 100x, usdt, gr8, 2nite, b2b, mp3, 2fa, 4h, 10k, v2",
        "pnl 3.1% y/y, r:r 1.8, 12/31/2026, 192.168.0.1",
        "https://free-airdrop.com/s33d/w4llet t.me/s33d @w4llet_s33d",
        "0x52908400098527886e0f7030069857d2e4169ee7",
        "don't she'll it's o'clock",
        "bringt die katze und das haus sehr schnell",
    ],
)
def test_what_is_no_disguise_stays(text: str) -> None:
    assert canonical(text).text == text


@pytest.mark.parametrize(
    "written, read",
    [
        ("claimyourairdropnow", "claim your airdrop now"),
        ("c.l.a.i.m y.o.u.r f.r.e.e t.o.k.e.n", "claim your free token"),
        ("s e n d y o u r s e e d p h r a s e", "send your seed phrase"),
        ("s,e,e,d 🔥p🔥h🔥r🔥a🔥s🔥e", "seed phrase"),
        ("s\ne\ne\nd\np\nh\nr\na\ns\ne", "seed phrase"),
        ("[w][a][l][l][e][t]", "wallet"),
        ("wal let ver ify c laim", "wallet verify claim"),
        ("wal.let sup*port w*llet", "wallet support wallet"),
        ("cIaim waIIet", "claim wallet"),
        ("freeeee moneyyy ffrreeee", "free money free"),
        ("esarhp dees ruoy dnes", "send your seed phrase"),
        ("ǝsɐɹɥd pǝǝs ɹnoʎ puǝs", "send your seed phrase"),
        ("send \u202esdrow dees\u202c", "send seed words"),
        ("🇫🇷🇪🇪 usdt", "free usdt"),
        ("ᗪᖇᗩIᑎ ꓢꓰꓰꓓ ₣ree ca$h", "drain seed free cash"),
        ("hxxps://evil[.]com evil(dot)top evil dot com", "https://evil.com evil.top evil.com"),
        ("助🔥记🔥词 私-钥", "助记词私钥"),
        ("助,记,词", "助记词"),
        ("助a记b词", "助记词"),
        ("加➕V ➕微", "加v 加微"),
        ("薇信 亻言 禾厶钥", "微信信私钥"),
        ("⻔票 ⽤户", "门票用户"),
    ],
)
def test_every_way_to_hide_a_word_is_seen_through(written: str, read: str) -> None:
    assert canonical(written).text == read


@pytest.mark.parametrize(
    "text",
    ["力口我亻言" * 200_000, "助." * 500_000, "claimyourfreeairdropnow" * 40_000, "\u202eabc def\u202c" * 100_000,
     "a-b-c.d " * 125_000, "w4ll3t@" * 140_000, "aabbccdd " * 110_000, "καλη мера " * 100_000, "[a]" * 300_000],
    ids=["halves", "points", "run together", "turned", "signs", "leet", "doubled", "alphabets", "brackets"],
)  # fmt: skip
def test_a_megabyte_takes_no_longer_than_its_head_and_tail(text: str) -> None:
    for part in (text, text[:16_000]):
        began = time.process_time()
        canon = canonical(part)
        assert time.process_time() - began < 0.2
        assert len(canon.text) <= 2 * (HEAD + TAIL)


@given(st.text(alphabet=st.sampled_from("aеsоdρ .-_\u200b\u202e\u202c\u0301助记词13$😀ⓐ🅰ǝɹɥ🇺"), max_size=120))
def test_reading_again_changes_little_and_never_fails(text: str) -> None:
    once = canonical(text)
    again = canonical(once.text)
    assert len(again.text) <= max(len(once.text), 1) * 2
    for i in range(len(again.text)):
        start, end = again.original(i, i + 1)
        assert 0 <= start < end <= len(once.text)


@pytest.mark.parametrize("line", HONEST)
def test_an_honest_line_read_again_stays_as_it_is(line: str) -> None:
    once = canonical(line).text
    assert canonical(once).text == once


def test_tag_characters_that_spell_words_are_read_and_others_dropped() -> None:
    said = "claim your airdrop now"
    text = "gm " + "".join(chr(0xE0000 + ord(char)) for char in said) + " all"
    canon = canonical(text)
    assert canon.text == f"gm {said} all"
    at = canon.text.index("airdrop")
    assert canon.original(at, at + 7) == (14, 21)
    noise = "".join(chr(0xE0000 + ord(char)) for char in "xqzxqzxq")
    assert canonical(f"air{noise}drop").text == "airdrop"
    england = "\U0001f3f4" + "".join(chr(0xE0000 + ord(char)) for char in "gbeng") + "\U000e007f"
    assert "gbeng" not in canonical(f"{england} won").text
