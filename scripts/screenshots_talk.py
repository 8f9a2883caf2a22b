"""What is said in the pictures: everyday trading talk, scams and appeals, in two languages.

Written for the pictures; no name, site or address in it belongs to anybody.
"""

from __future__ import annotations

from typing import Any

NAMES: dict[str, tuple[str, ...]] = {
    "en": (
        "Ann Lee",
        "Okafor",
        "Tomasz",
        "Priya R",
        "gridbot_sam",
        "Lena",
        "M. Duarte",
        "Yuki",
        "Harriet",
        "Benoit",
    ),
    "zh": ("小林", "老周", "阿布", "南风", "青柠", "陈默", "一只橘猫", "北岸", "大刘", "雨棠"),
}
SLOTS: dict[str, dict[str, tuple[str, ...]]] = {
    "en": {
        "coin": ("BTC", "ETH", "SOL", "BNB", "XRP", "AVAX", "LINK", "ARB"),
        "what": ("funding", "open interest", "the spread", "the basis", "volume", "depth"),
        "when": (
            "this morning",
            "since the open",
            "over the weekend",
            "for the last hour",
            "after the print",
        ),
    },
    "zh": {
        "coin": ("BTC", "ETH", "SOL", "BNB", "XRP", "AVAX", "LINK", "ARB"),
        "what": ("资金费率", "持仓量", "点差", "基差", "成交量", "盘口深度"),
        "when": ("今早", "开盘以来", "周末", "最近一小时", "数据公布后"),
    },
}
TALK: dict[str, tuple[str, ...]] = {
    "en": (
        "{coin}: {what} looks odd {when}, anyone else see it?",
        "Closed half of my {coin} at the {n} level, the rest stays with a stop.",
        "{what} on {coin} moved {n} ticks {when}.",
        "Is the {coin} chart delayed for you too? About {n} seconds here.",
        "I would wait on {coin}, {what} has not turned yet ({n} h now).",
        "Compared {what} of {coin} and ETH {when}: {n} basis points apart.",
        "My {coin} grid filled {n} orders {when}.",
        "Good write-up on {coin} {what} in the newsletter, page {n}.",
    ),
    "zh": (
        "{coin}的{what}{when}有点怪，大家看到了吗？",
        "{coin}在{n}这一档先平了一半，剩下的带止损。",
        "{when}{coin}的{what}变了{n}个点。",
        "你们的{coin}图表也慢吗？我这里大概慢{n}秒。",
        "{coin}我还想等等，{what}还没转（{n}小时了）。",
        "对比了{when}{coin}和ETH的{what}，差{n}个基点。",
        "我的{coin}网格{when}成交了{n}单。",
        "上一期周报第{n}页讲{coin}的{what}，写得不错。",
    ),
}
SCAMS: dict[str, tuple[tuple[int, str, str], ...]] = {
    "en": (
        (1330, "Support Desk", "Enter your seed phrase on the form below to restore your balance: https://wallet-mend.example"),
        (1190, "quickpay", "Remote job, no experience, $300 daily, dm me for details"),
        (1010, "Nadia", "Deposit 1 ETH and receive 2x back instantly, double your crypto today"),
        (830, "dropwatch", "Claim your $ARB airdrop reward now at https://arb-claim.example, only first 5000, hurry"),
        (700, "Carl V", "Guaranteed profit of 15% daily, no risk at all. DM me to start"),
        (560, "fixer_88", "Please download AnyDesk so I can help you fix your stuck transaction"),
        (420, "Harriet", "Got this by mail, is it real? Verify your account within 24 hours: https://exchange-check.example"),
        (300, "Mia", "I was scammed of $20k but a recovery expert got my money back in 48 hours, message him immediately"),
        (96, "Rita", "Pump signal tonight, insider info only in our vip group, join https://t.me/+pumpkings01"),
        (64, "Wallet Team", "Dear user, your wallet will be suspended within 24 hours. Verify your wallet at https://wallet-check.example"),
        (41, "T. Brandt", "All thanks to Mr Brian, I withdraw my profits every week, trade with him, link in bio"),
        (18, "Help Center", "Support team here: send me your seed phrase to unlock your wallet, form: https://unlock-wallet.example"),
    ),
    "zh": (
        (1290, "官方客服01", "请您在下方链接输入您的助记词，否则账户将被冻结：https://anquan-yz.example"),
        (1120, "财富导师", "老师带单，稳赚不赔，日收益15%，感兴趣的加微信：caifu888"),
        (960, "兼职小美", "手机兼职，无需经验，日结300元，有意私聊我"),
        (800, "空投君", "限时空投奖励，点击 https://kongtou-lq.example 领取，先到先得"),
        (640, "量化阿杰", "充值1ETH返还2倍，双倍返还，名额有限"),
        (500, "技术小王", "下载向日葵，我远程协助帮您处理提现问题"),
        (380, "青柠", "有人冒充客服让你去 https://yanzheng-zh.example 验证账户，大家看看"),
        (270, "维权团队", "被骗的钱可以追回，专业追款团队，不成功不收费，联系我"),
        (88, "收益宝", "内部消息，今晚拉盘，进群跟单，加飞机：lapan01"),
        (57, "安全中心", "您的钱包账户异常，请立即验证您的钱包：https://qianbao-yz.example"),
        (33, "小雅", "感谢老师带我回本，每天提现2000U，跟着老师稳赚不赔，加微信详聊"),
        (12, "在线客服", "官方客服：请把您的助记词发给我，马上帮您解锁钱包"),
    ),
}  # fmt: skip
APPEALS: dict[str, dict[int, str]] = {
    "en": {6: "I was asking whether that mail is real, not sending people there."},
    "zh": {6: "我是在提醒大家那是假网站，不是让人去点。"},
}
"""Which scam (by its place above) is appealed against, and with which words."""
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
WORDS: dict[str, dict[str, Any]] = {
    "en": {
        "locale": "en-GB", "name": "Your name here", "enter": "Enter the chat", "write": "Write a message",
        "visitor": "Traveller", "hello": "Thanks, that helps. Trying it with a small order first.",
        "opened": "Support team here", "honest": (SCAMS["en"][4][2],),
    },
    "zh": {
        "locale": "zh-CN", "name": "您在此处的名称", "enter": "进入聊天", "write": "输入消息",
        "visitor": "旅人", "hello": "谢谢，很有用，我先用小单试试。",
        "opened": "官方客服：请把您的助记词", "honest": (SCAMS["zh"][4][2],),
    },
}  # fmt: skip
