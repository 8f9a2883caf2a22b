"""What a vendor is not told stays hidden in every writing of it, and what they need stays readable."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildhall.desk.masking import masked, tells

HIDE = [
    ("mail me: alice.w@example.com", "alice"),
    ("alice [at] example.com", "alice"),
    ("邮箱alice@example.com谢谢", "alice"),
    ("UID 84736251", "847362"),
    ("我的UID是84736251，充值没到账", "847362"),
    ("uid: ８４７３６２５１", "847362"),
    ("84 73 62 51", "73 62"),
    ("847\u200b36251", "36251"),
    ("call +44 20 7946 0958", "7946"),
    ("电话13800138000", "138001"),
    ("138-0013-8000", "0013"),
    ("一三八零零一三八零零零", "一三八"),
    ("微信号：wxid_abc1", "wxid"),
    ("微信 xiaoming88", "xiaoming"),
    ("telegram: moon_boy", "moon_boy"),
    ("see t.me/moonboy and https://t.me/moonboy", "moonboy"),
    ("@moonboy please", "moonboy"),
    ("moonboy#1234 on Discord", "moonboy"),
    ("to TQn9Y2khEsLJW1ChVWFMSMeRDow5KcbLSE", "TQn9Y2"),
    ("0x52908400098527886E0F7030069857D2E4169EE7", "52908400"),
    ("bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq", "bc1qar"),
    ("alice.eth", "alice"),
    ("身份证 11010519491231002X", "110105"),
    ("passport number E12345678", "E12345"),
    ("护照号E12345678", "E12345"),
    ("my name is Alice Wong.", "lice"),
    ("我叫张三丰，在线等", "三丰"),
    ("from 203.0.113.77", "203.0"),
    ("https://ex.example/o?order=778899&k=abc", "abc"),
    ("order 2026112400012345", "2026112400"),
]
KEEP = [
    "Deposit of 1,250.50 USDT on 2026-11-24 01:30 (UTC) is missing",
    "Fee 0.1% of 250000 USDT, 3 confirmations of 12",
    "BTCUSDT at 97123.45, error 40012, step 1 of 5",
    "充值 3000USDT 20分钟没到账，手续费 12.5元",
    "2FA does not work since 2026年11月24日",
]


@pytest.mark.parametrize(("text", "secret"), HIDE)
def test_what_tells_who_somebody_is_goes(text: str, secret: str) -> None:
    assert secret not in masked(text)
    assert tells(text)


@pytest.mark.parametrize("text", KEEP)
def test_amounts_times_and_words_stay(text: str) -> None:
    assert masked(text) == text
    assert not tells(text)


def test_known_names_go_wherever_they_stand() -> None:
    names = ("Alice Wong", "alice_w", "王小明", "70000012")
    text = "ALICE wrote: 我是Alice想问, ask alice_w, 王小明先生, Wong, id70000012, malice stays"
    shown = masked(text, names)
    for secret in ("ALICE", "Alice", "alice_w", "王小明", "小明", "Wong", "70000012"):
        assert secret not in shown
    assert "malice stays" in shown


@given(st.text(max_size=200), st.lists(st.text(min_size=2, max_size=12), max_size=3))
def test_masking_again_finds_nothing_new_of_the_known_names_and_never_fails(
    text: str, names: list[str]
) -> None:
    masked(text, names)


@given(st.integers(min_value=10**6, max_value=10**17), st.sampled_from(["", " ", "-", "."]))
def test_no_long_number_gets_through_however_it_is_spaced(number: int, gap: str) -> None:
    digits = str(number)
    shown = masked(f"x {gap.join(digits)} y")
    assert digits not in "".join(letter for letter in shown if letter.isdigit())
