"""THEFT and AD rules, in both languages, each beside honest messages that come close."""

from __future__ import annotations

import pytest

from guildhall.guard import rulebook
from guildhall.guard.rules import theft
from guildhall.guard.tests.world import quotes, rules_of, verdict

THEFT = [
    ("THEFT-1", "Please confirm your recovery phrase"),
    ("THEFT-1", "请提供您的助记词"),
    ("THEFT-2", "Enter your seed phrase on the form below"),
    ("THEFT-2", "把你的私钥发给客服核实"),
    ("THEFT-4", "Verify your wallet at https://fixwallet.top"),
    ("THEFT-4", "请验证您的钱包 https://fixwallet.top"),
    ("THEFT-5", "Your account is suspended, verify it within 24 hours: https://acc-check.top"),
    ("THEFT-6", "Connect your wallet here https://some-dapp.top"),
    ("THEFT-7", "Claim your airdrop https://some-drop.top"),
    ("THEFT-7", "领取空投 https://some-drop.top"),
    ("THEFT-8", "Airdrop is live, claim it before it ends, hurry https://some-drop.top"),
    ("THEFT-9", "Send 1 ETH and get back double"),
    ("THEFT-9", "转入100U返还双倍"),
    ("THEFT-10", "guaranteed profit every single time"),
    ("THEFT-10", "保证收益,稳赚"),
    ("THEFT-11", "Risk free profit, dm me"),
    ("THEFT-12", "I make $900 per day, dm me"),
    ("THEFT-12", "每天赚800U以上,私聊我"),
    ("THEFT-15", "The recovery expert helped me recover my stolen funds"),
    ("THEFT-15", "专业团队帮你追回被骗的钱"),
    ("THEFT-17", "contact customer support @kraken_help_24"),
    ("THEFT-19", "Install AnyDesk so we can fix it"),
    ("THEFT-19", "请下载向日葵让我远程操作"),
    ("THEFT-19", "This is not a scam, install AnyDesk and I will help"),
    ("THEFT-19", "不是诈骗,请安装todesk,我帮你操作"),
    ("THEFT-20", "free crypto signals, message me"),
    ("THEFT-20", "带单群,加我微信"),
    ("THEFT-21", "remote job for everyone, dm me"),
    ("THEFT-21", "Набор в команду, пишите в лс"),
    ("THEFT-24", "收购银行卡四件套"),
    ("THEFT-25", "Presale! send ETH to 0x52908400098527886E0F7030069857D2E4169EE7"),
    ("THEFT-26", "新充值地址:TQn9Y2khEsLJW1ChVWFMSMeRDow5KcbLSE"),
    ("THEFT-27", "claim your $ABC at abcdrop.xyz/now"),
    ("THEFT-28", "Airdrop! Drop your SOL wallet"),
    ("THEFT-30", "Hello, I am from support, dm me so we can sort this out"),
    ("THEFT-30", "您好,我是官方客服,请私聊我处理"),
    ("THEFT-30", "Здравствуйте, я из поддержки, напишите мне в лс"),
    ("THEFT-31", "Any problem? Rectify your wallet on https://dapps-fix.top"),
    ("THEFT-31", "钱包异常请到钱包修复页面 https://dapps-fix.top"),
    (
        "THEFT-32",
        "my seed phrase is: ribbon cactus velvet museum anchor tunnel garden puzzle window marble salmon rocket",
    ),
    (
        "THEFT-32",
        "里面有3000U,助记词: ribbon cactus velvet museum anchor tunnel garden puzzle window marble salmon rocket",
    ),
    ("THEFT-33", "Exploit! Revoke your wallet approvals now https://revoke-help.top"),
    ("THEFT-33", "有漏洞,请马上给钱包取消授权 https://revoke-help.top"),
    ("THEFT-34", "my uncle taught me, profit every week, message me"),
    ("THEFT-34", "我的导师带我赚钱,想学的私聊我"),
    ("THEFT-35", "You must pay the activation fee of $350 and the payout is released"),
    ("THEFT-35", "提现前需缴纳解冻费 3000usdt"),
    ("AD-1", "百家乐首存送,加我微信"),
    ("AD-2", "无抵押贷款,联系我"),
    ("AD-3", "onlyfans girls, dm me"),
    ("AD-8", "代开发票 13912345678"),
    ("THEFT-36", "Vitalik is doubling all ETH sent today https://vitalik-gives.top"),
    ("THEFT-36", "今日活动双倍返还转入的BTC https://some-drop.top"),
    ("THEFT-37", "hello sir i have good strategy and a no loss bot, ping me"),
    ("THEFT-37", "想赚钱就用不亏策略,私聊我"),
]

HONEST = [
    "Never share your seed phrase with anyone, support will never ask for it",
    "不要把助记词发给任何人,官方不会索要",
    "Никогда не отправляйте вашу сид фразу",
    "Scammers will ask you to send your private key. Don't.",
    "How do I verify my account? The KYC page keeps loading",
    "The airdrop can be claimed on the official site only, see the pinned message",
    "There is no guaranteed profit in trading",
    "哪有什么稳赚不赔,都是骗人的",
    "I earned 30 dollars from funding yesterday",
    "昨天资金费赚了30刀",
    "Support answered my ticket in the app within an hour",
    "客服在APP里很快就回复了",
    "I lost money on that trade",
    "那一单我亏了不少",
    "What is the deposit address format on TRC20?",
    "充值地址在哪里看?",
    "I double my position at support, halve it at resistance",
    "仓位翻倍太激进了",
    "ищу информацию про фандинг",
    "Работаю удалённо, торгую вечером",
    "Somebody claims to be support and says dm me, careful",
    "有人冒充客服让我私聊,大家注意",
    "Which seed phrase is the safest, the one with twelve or the one with twenty four words in the wallet?",
    "你的助记词要抄在纸上,不要截图",
    "You can revoke approvals in the wallet itself, no website needed",
    "取消授权在钱包设置里就有",
    "My uncle lost money on leverage last week",
    "我叔叔上周合约亏了不少",
    "Is there a processing fee for withdrawals under $50?",
    "提现手续费是多少? 好像是 1usdt",
    "I am an admin of another group, what bot do you use here?",
    "我是管理员之一,有问题群里说就行",
    "The dapp asked me to sign something strange so I closed it",
    "钱包升级到新版本后手续费显示正常了",
    "If anyone asks you to install TeamViewer it is a scam",
    "Support asked me to download AnyDesk, is that normal?",
    "有人让我下载向日葵远程操作,正常吗",
    "让你安装todesk的都是骗子",
    "Never enter your seed phrase on any website",
    "以后再也不信什么稳赚不赔了",
    "Binance is not doubling your BTC, nobody does",
    "What is a good strategy for ranging markets?",
]


@pytest.mark.parametrize("rule_id, text", THEFT, ids=[f"{rule}-{i}" for i, (rule, _) in enumerate(THEFT)])
def test_what_thieves_say_is_recognised(rule_id: str, text: str) -> None:
    found = set(rules_of(verdict(text, policy=_one_group(rule_id))))
    assert rule_id in found


@pytest.mark.parametrize("text", HONEST)
def test_honest_talk_about_the_same_things_passes(text: str) -> None:
    found = verdict(text)
    assert found.score < 400, (found.score, [(r.rule_id, r.params) for r in found.reasons])


def test_the_words_that_count_are_marked_in_the_original() -> None:
    text = "Hello! ＥＮＴＥＲ your s e e d phrase on the form below"
    assert quotes(text, verdict(text), "THEFT-2") == ["ＥＮＴＥＲ", "your", "s e e d phrase", "form"]


def test_disguise_does_not_help() -> None:
    plain = verdict("send your seed phrase to support")
    for text in (
        "sеnd yоur sееd phrаsе tо suppоrt",
        "s e n d your s e e d phrase to support",
        "ｓｅｎｄ your 𝐬𝐞𝐞𝐝 𝐩𝐡𝐫𝐚𝐬𝐞 to support",
        "send your s\u200be\u200be\u200bd phrase to support",
        "send your s33d phr4se to support",
    ):
        assert verdict(text).score >= plain.score, text


def test_every_pattern_has_words_in_both_languages_and_a_source() -> None:
    for rule in theft.rules().values():
        assert rule.text.en, rule.id
        assert rule.text.zh, rule.id
        assert rule.source, rule.id
        assert 0 < rule.weight <= 1000
        assert rulebook.text(rule.id) == rule.text


def _one_group(rule_id: str):  # type: ignore[no-untyped-def]
    """The default policy with the other rules of the group off, so that the one in question can be seen."""
    from dataclasses import replace

    from guildhall.guard.policy import shipped
    from guildhall.guard.types import RuleSetting

    group = theft.rules()[rule_id].group
    others = {
        r.id: RuleSetting(on=False) for r in theft.rules().values() if r.group == group and r.id != rule_id
    }
    return replace(shipped(), rules=others)
