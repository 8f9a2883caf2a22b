"""What can be done to an audience, in seven words that rules speak about.

`service` is everything a community owes its members (moderation notices, answers); all other acts promote
something and need a rule or two people to say yes. An answer that carries an invitation link is also a
`link`, whatever its sender calls it.
"""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum
from urllib.parse import unquote

from guildhall.core.text import Text


class Act(StrEnum):
    SERVICE = "service"
    LINK = "link"
    PROMOTE = "promote"
    INCENTIVE = "incentive"
    DERIVATIVES = "derivatives"
    COPY_TRADING = "copy_trading"
    BRIEF = "brief"


PROMOTIONAL: frozenset[Act] = frozenset(Act) - {Act.SERVICE}

LABELS: dict[Act, Text] = {
    Act.SERVICE: Text("Service: moderation notices and answers", "服务：管理通知与答复"),
    Act.LINK: Text("Registration or invitation link", "注册或邀请链接"),
    Act.PROMOTE: Text("Promotion", "推广"),
    Act.INCENTIVE: Text("Bonus, gift or rebate", "奖励、赠品或返佣"),
    Act.DERIVATIVES: Text("Offer of derivatives", "提供衍生品"),
    Act.COPY_TRADING: Text("Offer of copy trading", "提供跟单交易"),
    Act.BRIEF: Text("Market brief", "行情简报"),
}

_ADDRESS = re.compile(r"https?://|www\.|[a-z0-9]\.[a-z]{2,}[/?#]", re.IGNORECASE)
_INVITATION = re.compile(
    r"[?&](?:ref|refid|referral|referralcode|aff|affid|affiliate|invite|invitecode|invitation_?code|vipcode|"
    r"rcode|promo|promocode|channelcode|inviter|startapp|start)="
    r"|/(?:join|register|signup|sign-up|invite|referral|affiliates?)(?:[/?#]|\b)",
    re.IGNORECASE | re.ASCII,
)
_INTO_A_GROUP = re.compile(
    r"\b(?:t(?:elegram)?\.me/(?:\+|joinchat/)|discord\.gg/|chat\.whatsapp\.com/|"
    r"work\.weixin\.qq\.com/(?:gm|ca)/|weixin\.qq\.com/g/|u\.wechat\.com/|line\.me/(?:R/)?ti/g)|\btg://join\b",
    re.IGNORECASE | re.ASCII,
)
"""Addresses that are an invitation by themselves, wherever they lead."""
_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u2060-\u2064\ufeff]")


def parse_act(value: str) -> Act:
    """The act named `value`; ValueError names the known ones."""
    try:
        return Act(value)
    except ValueError:
        known = ", ".join(Act)
        raise ValueError(f"unknown act {value!r}; known acts: {known}") from None


def implied_acts(content: str) -> frozenset[Act]:
    """Acts that the content performs by itself, whatever the sender called it: an invitation link is a
    `link`."""
    plain = _UNSEEN.sub("", unicodedata.normalize("NFKC", content)).replace("[.]", ".")
    for word in plain.split():
        said = unquote(word) if "%" in word else word
        if _INTO_A_GROUP.search(said) or (_ADDRESS.search(said) and _INVITATION.search(said)):
            return frozenset({Act.LINK})
    return frozenset()
