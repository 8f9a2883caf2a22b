"""Caution: somebody who asks about a domain, reports it or warns of it shares its name, but not its intent.

Where a message only asks ("is … legit?") or warns ("… is a phishing site", “千万不要点”), what its link's
name and the text model say brings it before a person and removes nothing. Words that draw people to the link
take this back: "not a scam! claim at …" is no warning.
"""

from __future__ import annotations

import re
from dataclasses import replace

from guildhall.guard.rules.evidence import Evidence
from guildhall.guard.types import Reason

MOST, MORE = 500, 100
"""What the heaviest of the reasons below may still weigh, and what each other: a person looks, no more."""

NAME_ONLY = frozenset({"LINK-2", "LINK-3", "LINK-9", "LINK-10", "MODEL-1", "MODEL-2"})
_NAMES = NAME_ONLY - {"MODEL-1", "MODEL-2"}
_ACCUSING = ("THEFT-", "AD-")
_LONGEST = 400
"""Letters beside the links; questions and warnings are short, adverts are not."""

_ADDRESS = re.compile(r"(?:https?://)?[a-z0-9][a-z0-9-]*(?:\.[a-z0-9-]+)+(?:[/?#][!-~]*)?|@[a-z0-9_]+")
_WARNS = re.compile(
    r"\b(?:psa|phish\w*|scam site|scammers?|fake (?:site|website|page|domain|link|app|airdrop)"
    r"|drainers?|malicious"
    r"|impersonat\w*|beware|be careful|stay away|careful with|report(?:ed|ing)|took it down"
    r"|flagged|blocked it"
    r"|(?:is|are|it s|it's|looks like|total|obvious|another) (?:a |an )?(?:scam|fake|fraud"
    r"|phish\w*)"
    r"|(?:do not|don't|dont|don t|never) (?:click|connect|open|visit|go|use|trust|fall"
    r"|sign))\b"
    r"|钓鱼|骗子|骗局|诈骗|假网站|假官网|假的|仿冒|假冒|冒充|(?:不要|别|勿|切勿)(?:乱)?(?:点"
    r"|连|信|打开|登录|登陆|输入|上当)"
    r"|小心|警惕|谨防|当心|举报|避雷"
    r"|фишинг\w*|мошенник\w*|осторожн\w*|скам\b|не (?:переход\w*|открыва\w*|подключа\w*)"
)
_ASKS = re.compile(
    r"\b(?:legit|legitimate|real|safe|scam|fake|official|trusted|trustworthy|phishing|ok"
    r"|genuine)['\")\]]* ?(?:or \w+ ?)?\?"
    r"|\b(?:is|are) (?:this|it|that|these|the|they) (?:\S+ ){0,3}(?:legit|real|safe|a scam"
    r"|scam|fake|official|phishing|genuine)\b"
    r"|\b(?:is|are) ['\"(\[]*(?:legit|real|safe|a scam|scam|fake|official|phishing"
    r"|genuine)\b(?=[^.!\n]{0,20}\?)"
    r"|\b(?:anyone|anybody|someone) (?:know|knows|tried|used|heard|check)\b|\bcan (?:i|we"
    r"|you) trust\b"
    r"|是真的[吗么嘛?]|真的假的|真的还是假的|真假|靠谱[吗么嘛?]|靠不靠谱|是不是(?:骗|假|真"
    r"|官方|钓鱼)|安全[吗么嘛?]|是官方的?[吗么嘛?]|是官网[吗么嘛?]"
    r"|骗局[吗么?]|(?:可信|正规|能信)[吗么嘛?]|有人知道|有人用过|能点[吗么?]"
    r"|\b(?:это (?:скам|развод|фишинг|официальн\w*)|безопасно|официальный) ?(?:ли|\?)"
)
_NOT_DONE = re.compile(
    r"(?:\b(?:do not|don't|dont|don t|never|avoid|asks? (?:you|me|us|people|everyone) to"
    r"|asked me to|told me to|wants? (?:me|you) to)\b"
    r"|不要|别|切勿|勿)(?!\W*(?:miss|wait|hesitate|sleep|be late|worry|forget|delay|错过|犹豫"
    r"|担心|怕|忘|等))"
    r"[^.!?,;:\n。!?,;:]{0,40}"
)
_ABOUT = re.compile(r"\b(?:fake|scam|phishing) (?:airdrop|claim|giveaway|bonus|reward)\w*")
_LURES = re.compile(
    r"\b(?:claim\w*|redeem\w*|connect\w*|free|bonus\w*|rewards?|giveaway|airdrops?|eligib\w*"
    r"|register|sign up|signup"
    r"|join|visit|hurry|now|here|earn\w*|received|i got|withdrew|verif\w*|validat\w*"
    r"|secure (?:your|ur)|restore|recover\w*"
    r"|revoke|migrat\w*|sync\w*|unlock|swap|stake|mint|deposit|guarantee\w*|go to|head to"
    r"|use (?:this|our)|click|dm me|double"
    r"|not? (?:a |an )?(?:scam|fake|fraud|phishing)|isn'?t (?:a )?(?:scam|fake)|100 ?%|yes"
    r"|legit(?= ?[!.,])|trust me)"
    r"|领取|领空投|领奖|立即|马上|点击|注册|免费|奖励|福利|充值|连接钱包|授权|下载|加我|联系我"
    r"|私信|私聊|到账|已领|稳赚|赚"
    r"|不是(?:骗|假|钓鱼|诈骗)|非骗|真实有效|绝对(?:真实|安全|靠谱)|放心|亲测|百分百"
    r"|\b(?:забери\w*|получи\w*|подключи\w*|бесплатн\w*|бонус\w*|жми|переходи\b|не (?:скам"
    r"|развод|обман))"
)


def softened(evidence: Evidence, found: list[Reason]) -> list[Reason]:
    """The reasons, those a question or warning explains made light enough to ask for a person only."""
    if not any(item.rule_id in _NAMES for item in found):
        return found
    if any(item.rule_id.startswith(_ACCUSING) for item in found) or not cautious(evidence.canon.text):
        return found
    heaviest = max(range(len(found)), key=lambda i: found[i].weight if found[i].rule_id in NAME_ONLY else -1)
    return [
        replace(item, weight=min(item.weight, MOST if i == heaviest else MORE))
        if item.rule_id in NAME_ONLY
        else item
        for i, item in enumerate(found)
    ]


def cautious(text: str) -> bool:
    """Whether a canonical text asks about its links or warns of them, and draws nobody to them."""
    said = _ADDRESS.sub(" x ", text[: 4 * _LONGEST])
    if len(text) > 4 * _LONGEST or len(said) > _LONGEST:
        return False
    if not (_WARNS.search(said) or _ASKS.search(said)):
        return False
    return not _LURES.search(_ABOUT.sub(" ", _NOT_DONE.sub(" ", said)))
