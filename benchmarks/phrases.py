"""What people in a trading community write: sentences made from parts, in English and Chinese, and scams.

Pure and deterministic: the same `Random` gives the same sentences. Made up for load, not for judging a guard.
"""

from __future__ import annotations

from random import Random

COINS = ("BTC", "ETH", "SOL", "BNB", "XRP", "DOGE", "ADA", "TON", "AVAX", "LINK", "SUI", "ARB")
VENUES = ("Binance", "OKX", "Bybit", "Kraken", "Coinbase", "Gate", "Bitget", "Hyperliquid")

ENGLISH = (
    "Anyone else watching the {coin} funding rate on {venue}? It flipped negative {n} hours ago",
    "My withdrawal of {n} {coin} from {venue} has been pending since this morning, is that normal",
    "Closed my {coin} long at {n}, took some profit, slippage was fine",
    "Where do I see the fee tier? {venue} says {n} bps but I paid more",
    "gm everyone, {coin} looks ready for a move today",
    "The maker rebate on {venue} changed again, now {n} ppm below last month",
    "Can somebody explain isolated margin to me, I have {n} {coin} and do not want to lose it all",
    "Moderators, please pin the maintenance notice, people keep asking about {venue}",
    "Set a stop at {n} and go to sleep, that is my whole {coin} strategy",
    "Is there an API limit on {venue}? I get an error after {n} requests",
    "Good write-up on {coin} staking, the unlock is in {n} days",
    "Lost {n} percent on {coin} this week, lesson learned about leverage",
)
CHINESE = (
    "有人在看{venue}的{coin}资金费率吗？{n}小时前转负了",
    "我从{venue}提现{n}个{coin}，从早上到现在还没到账，正常吗",
    "{coin}多单在{n}平了，落袋为安，滑点还可以",
    "手续费等级在哪里看？{venue}写着万分之{n}，实际扣得更多",
    "大家早上好，感觉今天{coin}要动了",
    "{venue}的挂单返佣又调整了，比上个月少了{n}",
    "谁能讲一下逐仓和全仓的区别，手里有{n}个{coin}不想爆仓",
    "管理员麻烦置顶一下维护公告，一直有人问{venue}",
    "止损设在{n}然后睡觉，这就是我的{coin}策略",
    "{venue}的接口有频率限制吗？请求{n}次以后就报错",
    "{coin}质押的文章写得不错，还有{n}天解锁",
    "这周{coin}亏了百分之{n}，杠杆真的要小心",
)
SCAMS = (
    "Support team here: your wallet is at risk, send your seed phrase to verify at https://wallet-verify{n}.top/unlock",
    "Official {venue} airdrop! Connect your wallet now at http://claim-{coin}-{n}.xyz and receive {n} {coin}",
    "官方客服：您的账户异常，请立即在 https://anquan-{n}.cc 输入助记词验证，否则资产将被冻结",
    "内部消息带单老师，稳赚不赔，日收益百分之{n}，加微信 vip{n}888 免费进群",
)


def sentence(random: Random, *, chinese: bool) -> str:
    """One ordinary sentence."""
    return _fill(random, random.choice(CHINESE if chinese else ENGLISH))


def scam(random: Random) -> str:
    """One sentence the guard should remove."""
    return _fill(random, random.choice(SCAMS))


def _fill(random: Random, pattern: str) -> str:
    return pattern.format(coin=random.choice(COINS), venue=random.choice(VENUES), n=random.randint(2, 99))
