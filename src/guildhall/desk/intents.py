"""What a question is about and whether it is one at all, told by its words in English and Chinese. Pure.

Only the beginnings of knowledge: a few words a category, the longest found counts most. A house adds its own
words to a category. Where nothing is found nothing is claimed, and a colleague says what it is about.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

Words = Mapping[str, Sequence[str]]

WORDS: Words = {
    "deposit": ("deposit", "deposited", "top up", "充值", "充幣", "充币", "入金"),
    "withdrawal": (
        "withdraw", "withdrawal", "withdrawn", "payout", "cash out", "提现", "提現", "提币", "提幣",
        "出金", "转出",
    ),
    "kyc": (
        "kyc", "verification", "verify my", "identity", "passport", "id card", "实名", "實名", "认证", "認證",
        "身份证", "護照", "护照",
    ),
    "order": (
        "order", "position", "liquidated", "liquidation", "stop loss", "filled", "leverage",
        "slippage", "订单",
        "訂單", "仓位", "倉位", "爆仓", "爆倉", "强平", "強平", "止损", "止損", "成交", "委托", "杠杆",
        "滑点",
    ),
    "fee": (
        "fee", "fees", "commission", "maker", "taker", "funding rate", "手续费", "手續費", "费率",
        "費率", "资金费",
    ),
    "api": ("api", "api key", "websocket", "endpoint", "rate limit", "sdk", "接口", "限频"),
    "campaign": (
        "airdrop", "bonus", "reward", "campaign", "voucher", "lucky draw", "competition", "活动",
        "活動", "奖励",
        "獎勵", "空投", "体验金", "赠金", "抽奖", "比赛",
    ),
    "scam_report": (
        "scam", "scammer", "scammed", "fake support", "impersonat", "phishing", "诈骗", "詐騙", "骗子",
        "騙子", "被骗",
        "被騙", "钓鱼", "冒充", "假客服",
    ),
    "account_security": (
        "hacked", "2fa", "google authenticator", "locked out", "cannot log in", "can't log in", "cant login",
        "reset password", "被盗", "被盜", "盗号", "登不上", "登录不了", "無法登錄", "无法登录",
        "谷歌验证", "冻结", "凍結",
    ),
    "partner": (
        "affiliate", "referral", "rebate", "kol", "become a partner", "返佣", "返傭", "邀请码", "代理",
        "合作",
    ),
}  # fmt: skip
LOOSE: Words = {
    "deposit": ("not credited", "not arrived", "没到账", "沒到賬", "未到账", "未到賬", "不到账", "到账"),
}
"""Words that tell a category where no other word does."""
URGENT_FIRST = ("scam_report", "account_security")
"""Where two categories are told by words of one length, these go first."""
_LATIN = re.compile(r"[a-z0-9]")
_ASKS = re.compile(r"[?？]|[吗嗎呢](?=[\s。！!~，,]|$)")
_ZH = (
    "怎么", "怎麼", "怎样", "怎樣", "如何", "为什么", "為什麼", "为啥", "什么时候", "什麼時候", "多久",
    "哪里", "哪裡",
    "能否", "能不能", "可不可以", "是不是", "有没有", "有沒有", "请问", "請問", "咋", "多少", "求助",
    "帮忙", "幫忙",
)  # fmt: skip
_EN = re.compile(
    r"^(?:(?:hi|hello|hey|sir|admin|mod|team|guys|dear|please|pls)[\s,!.]+)*"
    r"(?:how|why|what(?! an?\b)|when|where|who|which|can|could|may|is|are|do|does|did|"
    r"will|would|should|has|have|help|"
    r"i need|i can'?t|i cannot|anyone know|"
    r"my \w+ (?:is|was|has|did|does)(?:n'?t| not))\b"
)
_THANKS = re.compile(
    r"(?:(?:ok|okay|great|many|cool|got it|thanks?(?: you)?(?: so| very)?(?: much| a lot)?|thx|ty|cheers|"
    r"solved|好的?|收到|明白了?|知道了|谢谢?您?你?了?|謝謝?您?你?了?|多谢|多謝|感谢|感謝|辛苦了?|已解决|解决了|👍|🙏|❤️?)"
    r"[\s,.!，。！~]*)+"
)
_HANZI = re.compile(r"[\u3400-\u9fff]")
_WORD = re.compile(r"[^\W\d_]{2,}")
SHORTEST_HANZI, SHORTEST_WORDS = 4, 3


def category_of(text: str, more: Words | None = None) -> str:
    """The category (its slug) a text speaks of, '' when no word of any is found.

    more: the house's own words, by slug, beside ours.
    """
    plain, own = text.casefold(), more or {}
    return _longest(plain, WORDS, own) or _longest(plain, LOOSE, {})


def _longest(plain: str, ours: Words, own: Words) -> str:
    best, length = "", 0
    for slug in dict.fromkeys((*URGENT_FIRST, *ours, *own)):
        for word in (*ours.get(slug, ()), *own.get(slug, ())):
            if len(word) > length and _stands_in(word.casefold(), plain):
                best, length = slug, len(word)
    return best


def is_question(text: str) -> bool:
    """Whether somebody asks something: a question mark or a word of asking, and enough words to mean it."""
    plain = " ".join(text.split()).casefold()
    if len(_HANZI.findall(plain)) < SHORTEST_HANZI and len(_WORD.findall(plain)) < SHORTEST_WORDS:
        return False
    return bool(_ASKS.search(plain) or _EN.match(plain) or any(word in plain for word in _ZH))


def is_thanks(text: str) -> bool:
    """Whether a text says thanks and nothing else: no reason to open what was solved again."""
    return bool(_THANKS.fullmatch(" ".join(text.split()).casefold()))


def language_of(text: str, otherwise: str) -> str:
    """`zh-hans` for words in Chinese (`zh-hant` where that is what is otherwise spoken), `en` for Latin
    letters where Chinese is otherwise spoken, else `otherwise`.
    """
    hanzi, words = len(_HANZI.findall(text)), len(_WORD.findall(text))
    if hanzi >= 2:
        return otherwise if otherwise.startswith("zh") else "zh-hans"
    if words >= SHORTEST_WORDS and otherwise.startswith("zh") and text.isascii():
        return "en"
    return otherwise


def _stands_in(word: str, plain: str) -> bool:
    """Whether a word is in a text: in Latin letters it begins where a word does; a short one ends there."""
    at = plain.find(word)
    while at >= 0:
        if not _LATIN.match(word):
            return True
        end = at + len(word)
        begins = at == 0 or not _LATIN.match(plain[at - 1])
        ends = len(word) > 4 or end == len(plain) or not _LATIN.match(plain[end])
        if begins and ends:
            return True
        at = plain.find(word, at + 1)
    return False
