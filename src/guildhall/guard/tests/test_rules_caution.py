"""Caution: asking about a look-alike domain or warning of it removes nothing; luring people to it still does."""

from __future__ import annotations

import pytest

from guildhall.guard.canonical import canonical
from guildhall.guard.judge import judge
from guildhall.guard.model import shipped as shipped_model
from guildhall.guard.policy import shipped
from guildhall.guard.rules.caution import cautious
from guildhall.guard.tests.world import LISTS, NOW, rules_of
from guildhall.guard.types import Context, Measure, SenderHistory, Subject, Verdict

STRANGER = SenderHistory(is_known=False)


def judged(text: str) -> Verdict:
    """As `guildhall guard score` does: the shipped model, nothing known of the sender."""
    return judge(Subject(text), Context(NOW, STRANGER, lists=LISTS, scorer=shipped_model()), shipped())


ASKING = (
    "Is metamask-airdrop.io legit?",
    "Is 'metamask-support-help.io' a scam? got a DM",
    "anyone know if uniswap-rewards.app is real?",
    "这个网站 binance-vip.com 是真的吗",
    "okx-airdrop.vip 靠谱吗",
    "binance-vip.com 是不是骗人的，有人知道吗",
)
WARNING = (
    "PSA: walletconnect-validate.app is a phishing site, don't connect",
    "Reported uniswap-rewards.app to ScamSniffer, thanks mods",
    "beware, ledger-support.live is fake",
    "never connect your wallet to uniswap-rewards.app, it is a drainer",
    "提醒：okx-airdrop.vip 是钓鱼网站，千万不要点",
    "binance-vip.com 是假网站，已举报",
    "осторожно, metamask-airdrop.io это фишинг",
)
LURING = (
    "claim now at metamask-airdrop.io",
    "metamask-airdrop.io not a scam! claim at metamask-airdrop.io now",
    "Is this a scam? No! It is legit, connect your wallet at uniswap-rewards.app",
    "Don't miss it! Claim at uniswap-rewards.app, beware of fakes",
    "Beware of phishing: validate your wallet only at walletconnect-validate.app now",
    "okx-airdrop.vip 不是骗局，点击领取",
    "okx-airdrop.vip 立即领取空投",
    "小心骗子，官方空投在 okx-airdrop.vip 立即领取",
)


@pytest.mark.parametrize("text", ASKING + WARNING)
def test_who_asks_or_warns_goes_before_a_person_at_most(text: str) -> None:
    found = judged(text)
    assert found.action in (Measure.ALLOW, Measure.REVIEW), found.reasons
    assert any(rule.startswith("LINK") for rule in rules_of(found))


@pytest.mark.parametrize("text", LURING)
def test_who_lures_to_a_look_alike_is_removed_whatever_else_is_said(text: str) -> None:
    assert judged(text).removes, judged(text).reasons


@pytest.mark.parametrize(
    "text",
    [
        "not a scam! claim at x.top",
        "is it legit? yes, i got 300 from x.top",
        "scam? no, 100% safe, visit x.top",
        "靠谱吗？绝对靠谱，注册 x.top",
        "别犹豫，小心错过，点击 x.top",
        "don't wait, don't click elsewhere, claim",
        "beware " * 200 + "x.top",
    ],
)
def test_a_lure_takes_caution_back(text: str) -> None:
    assert not cautious(canonical(text).text)


def test_a_blocked_domain_is_removed_even_from_a_warning() -> None:
    assert judged("PSA: evil-drain.com is a phishing site, don't connect").removes


def test_a_look_alike_alone_asks_for_a_person() -> None:
    found = judge(Subject("uniswap-airdrop.com"), Context(NOW, STRANGER, lists=LISTS), shipped())
    assert found.action is Measure.REVIEW


@pytest.mark.parametrize(
    "text",
    ["t.me/durov", "t.me/binance_announcements", "t.me/c/123/456", "https://t.me/c/123456/789",
     "see t.me/durov/123", "t.me/+AbCdEf123", "https://t.me/okx_chinese"],
)  # fmt: skip
def test_a_bare_link_into_telegram_removes_nothing(text: str) -> None:
    assert not judged(text).removes, judged(text).reasons


def test_telling_of_a_scam_that_was_reported_removes_nothing() -> None:
    text = "lol this bot in DM promised me 300% guaranteed returns weekly, reported and blocked"
    assert not judged(text).removes
