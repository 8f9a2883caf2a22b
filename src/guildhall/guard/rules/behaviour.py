"""HEAT: heat, campaigns, copied praise, a sudden first link, edits into spam, mass mentions, walls of
signs, messages in a raid; and the words for floods of reactions and invites.

Most of it is caution: only a campaign that a person confirmed, copied praise and mass mentions weigh enough
to have something removed.
"""

from __future__ import annotations

import re
from datetime import timedelta

from guildhall.core.text import Text
from guildhall.guard import heat
from guildhall.guard.rules.evidence import Evidence, Rule, by_id, reason
from guildhall.guard.types import Reason

COPIES = "copies"
"""The group of all rules that accuse somebody of posting what others post."""

RULES = by_id(
    Rule(
        "CAMPAIGN-1",
        960,
        Text(
            "Part of a campaign that a person confirmed: {messages} messages from {accounts} other accounts.",
            "属于人工确认过的群发活动：另有 {accounts} 个账户发送了 {messages} 条。",
        ),
        "a decision of this house",
        COPIES,
    ),
    Rule(
        "HEAT-2",
        340,
        Text(
            "Nearly the same text came from {accounts} other accounts in {spaces} spaces.",
            "另有 {accounts} 个账户在 {spaces} 个群组发送了几乎相同的内容。",
        ),
        "campaigns: yagpdb #833, near-duplicates by MinHash (Broder 1997)",
        COPIES,
    ),
    Rule(
        "HEAT-3",
        700,
        Text(
            "Praises a trader, mentor or recovery service in words that {accounts} other accounts used too.",
            "称赞带单老师、导师或追款服务的措辞，与另外 {accounts} 个账户几乎相同。",
        ),
        "copied reputation messages: tg-spam #227",
        COPIES,
    ),
    Rule(
        "HEAT-4",
        220,
        Text(
            "The first link of a member who posted none in {messages} messages.",
            "该成员此前 {messages} 条消息均不含链接，这是首次发送。",
        ),
        "stolen and bought accounts",
    ),
    Rule(
        "HEAT-5",
        300,
        Text("A link or contact was put in by an edit.", "通过编辑加入了链接或联系方式。"),
        "edit into spam",
    ),
    Rule(
        "HEAT-6",
        250,
        Text("Has been pushing limits lately (heat {heat}).", "该成员近期频繁触及限制（热度 {heat}）。"),
        "heat: docs.wickbot.com",
    ),
    Rule(
        "HEAT-7",
        420,
        Text("Names {count} people with @.", "@ 了 {count} 人。"),
        "mass mentions: Red-DiscordBot, Discord AutoMod",
    ),
    Rule(
        "HEAT-8",
        260,
        Text("A wall of {count} emoji, marks or lines.", "由 {count} 个表情、叠加符号或换行组成。"),
        "zalgo and emoji walls: docs.wickbot.com",
    ),
    Rule(
        "HEAT-9",
        300,
        Text("Written by a newcomer while the space is being raided.", "群组遭遇突袭期间由新成员发送。"),
        "raids",
    ),
    Rule(
        "FLOOD-4",
        620,
        Text("{count} reactions within {seconds} seconds.", "{seconds} 秒内作出 {count} 次表情回应。"),
        "reaction floods: tg-spam reactions",
    ),
    Rule(
        "FLOOD-5",
        620,
        Text("Added {count} people within {seconds} seconds.", "{seconds} 秒内拉入 {count} 人。"),
        "invite floods",
    ),
)  # fmt: skip

_SETTLED = 20
"""Messages after which a first link is a sudden one."""
_LONG_QUIET = timedelta(days=30)
_MENTIONS = 6
_HEAT_FROM = 300

_CONTACT = re.compile(
    r"[@\uff20][a-z0-9_]{4,}|wa\.me|t\.me/|whats ?app|telegram|wechat|vx|line id|\bdm me|inbox me"
    r"|加微|微信|私聊|加我|飞机号|电报号"
)
_PRAISED = re.compile(
    r"\b(?:mr|mrs|miss|ms|expert|coach|mentor|trader|analyst|account manager|broker|hacker|agent|recovery"
    r"|madam|sir)\b"
    r"|老师|导师|师傅|大神|带单|分析师|操盘手|经理|追款|追回|律师"
)
_PRAISE = re.compile(
    r"\b(?:thanks? (?:to|you)|grateful|recommend|trustworthy|legit|honest|best|genuine|helped me"
    r"|life[- ]?chang\w+|testimon\w+)\b"
    r"|感谢|谢谢|推荐|靠谱|良心|真的厉害|太厉害|信任"
)
_GAIN = re.compile(
    r"\b(?:recover(?:ed|y|ing)?|earn(?:ed|ing|s)?|profits?|withdr[ae]w\w*|made|returns?|invest(?:ed|ment)?|payout|refunded)\b"
    r"|盈利|收益|赚|翻倍|回本|提现|到账|追回|拿回"
)


def find(evidence: Evidence) -> list[Reason]:
    """The family's evidence in one message."""
    context, subject = evidence.context, evidence.subject
    out: list[Reason] = []
    if context.alike.accounts or context.alike.campaign:
        out += _copied(evidence)
    sender = context.sender
    if evidence.links and evidence.open_links:
        first = _sudden_link(evidence)
        if first is not None:
            out.append(first)
    if subject.is_edit and subject.before is not None:
        added = _edited_in(evidence)
        if added is not None:
            out.append(added)
    if sender.heat >= _HEAT_FROM:
        weight = min(700, RULES["HEAT-6"].weight + (sender.heat - _HEAT_FROM) * 2 // 3)
        out.append(reason(RULES["HEAT-6"], weight=weight, heat=str(sender.heat)))
    named = heat.mentions(subject.text)
    if named >= _MENTIONS:
        weight = min(860, RULES["HEAT-7"].weight + 30 * (named - _MENTIONS))
        out.append(reason(RULES["HEAT-7"], weight=weight, count=str(named)))
    wall = heat.wall_of(subject.text)
    if wall is not None:
        out.append(reason(RULES["HEAT-8"], count=str(wall.count)))
    if context.under_raid and evidence.is_newcomer:
        lures = bool(evidence.open_links) or bool(subject.media) or subject.is_forward
        out.append(reason(RULES["HEAT-9"], weight=RULES["HEAT-9"].weight + (220 if lures else 0)))
    return out


def praises_a_dealer(canonical_text: str) -> bool:
    """Whether a text praises somebody for the money they made or brought back, as paid-for voices do."""
    return (
        _PRAISED.search(canonical_text) is not None
        and _PRAISE.search(canonical_text) is not None
        and _GAIN.search(canonical_text) is not None
    )


def has_contact(canonical_text: str) -> bool:
    """Whether a text names a way to reach somebody elsewhere."""
    return _CONTACT.search(canonical_text) is not None


def _copied(evidence: Evidence) -> list[Reason]:
    """One accusation: the judge keeps the heaviest of the group."""
    alike = evidence.context.alike
    counts = {"accounts": str(alike.accounts), "spaces": str(alike.spaces), "messages": str(alike.messages)}
    if alike.is_confirmed:
        return [reason(RULES["CAMPAIGN-1"], (), None, **counts)]
    out = []
    if alike.accounts and praises_a_dealer(evidence.canon.text):
        rule = RULES["HEAT-3"]
        weight = rule.weight if alike.accounts > 1 else rule.weight - 220
        out.append(reason(rule, (), weight, **counts))
    if alike.campaign:
        lures = bool(evidence.open_links) or has_contact(evidence.canon.text)
        weight = RULES["HEAT-2"].weight
        if lures:
            weight += 180 if alike.accounts < 8 else 300
        if evidence.is_newcomer:
            weight += 40
        out.append(reason(RULES["HEAT-2"], (), weight, **counts))
    return out


def _sudden_link(evidence: Evidence) -> Reason | None:
    sender = evidence.context.sender
    if evidence.is_newcomer or sender.links_seen or sender.messages_seen < _SETTLED:
        return None
    if sender.last_seen is None:  # nobody counted their links
        return None
    rule = RULES["HEAT-4"]
    quiet = evidence.context.now - sender.last_seen >= _LONG_QUIET
    weight = rule.weight + (160 if quiet else 0)
    return reason(rule, evidence.open_links[0].spans, weight, messages=str(sender.messages_seen))


def _edited_in(evidence: Evidence) -> Reason | None:
    """A link that was not there before; a contact counts only beside words that were there without it."""
    before = (evidence.subject.before or "").casefold()
    fresh = [link for link in evidence.open_links if link.domain.casefold() not in before]
    if fresh:
        return reason(RULES["HEAT-5"], fresh[0].spans, RULES["HEAT-5"].weight + 120)
    if has_contact(evidence.canon.text) and not has_contact(before):
        return reason(RULES["HEAT-5"])
    return None
