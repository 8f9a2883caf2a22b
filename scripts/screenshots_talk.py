"""What is said in the pictures beside the demo's own talk: the last minutes, a scam that waits, a visitor's words.

Written for the pictures; no name, site or address in it belongs to anybody.
"""

from __future__ import annotations

OPENED: dict[str, tuple[str, str]] = {
    "en": (
        "Help Center",
        "Support team here: send me your seed phrase to unlock your wallet, form: https://unlock-wallet.example",
    ),
    "zh": ("在线客服", "官方客服：请把您的助记词发给我，马上帮您解锁钱包"),
}
"""The scam whose case is opened in the pictures of Review: who says what."""
LAST: dict[str, tuple[tuple[str, str], ...]] = {
    "en": (
        ("Okafor", "Morning all. BTC funding flipped negative again overnight."),
        ("Priya R", "Saw that. Longs are getting paid, first time this month."),
        ("Tomasz", "Spot is flat though, so I read it as hedging before the print."),
        ("Lena", "When is the print? 13:30 UTC?"),
        ("Tomasz", "Yes, 13:30. I keep size small until then."),
        ("Harriet", "Reminder for newcomers: support here never writes first and never asks for a code."),
        ("Yuki", "Is there a guide for setting a trailing stop on the phone?"),
        ("Ann Lee", "Order, then Conditional, then Trailing. Start with a wide distance."),
    ),
    "zh": (
        ("老周", "早上好，BTC资金费率昨晚又转负了。"),
        ("南风", "看到了，这个月第一次多头收费率。"),
        ("陈默", "现货没怎么动，我理解是数据公布前在对冲。"),
        ("青柠", "数据几点公布？21:30吗？"),
        ("陈默", "对，21:30，之前我先轻仓。"),
        ("北岸", "提醒新来的朋友：这里的客服不会主动私聊，也不会问任何人要验证码。"),
        ("阿布", "手机上移动止损怎么设？有教程吗？"),
        ("小林", "下单页选“条件单”，再选“移动止损”，回调幅度先设宽一点。"),
    ),
}
OWN_SCAM: dict[str, str] = {
    "en": "Claim your airdrop reward now at https://free-reward.example, limited time, hurry before it ends",
    "zh": "限时空投奖励，点击 https://fuli-lq.example 领取，先到先得，手慢无",
}
WORDS: dict[str, dict[str, str]] = {
    "en": {
        "locale": "en-GB", "name": "Your name here", "enter": "Enter the chat", "write": "Write a message",
        "visitor": "Traveller", "hello": "Thanks, that helps. Trying it with a small order first.",
        "opened": "Support team here: send me your seed phrase to unlock your wallet, form",
    },
    "zh": {
        "locale": "zh-CN", "name": "您在此处的名称", "enter": "进入聊天", "write": "输入消息",
        "visitor": "旅人", "hello": "谢谢，很有用，我先用小单试试。",
        "opened": "官方客服：请把您的助记词发给我，马上帮您解锁钱包",
    },
}  # fmt: skip
