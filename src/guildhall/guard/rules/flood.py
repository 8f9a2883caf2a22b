"""FLOOD: too many messages, the same text again, and one text from many accounts."""

from __future__ import annotations

from datetime import timedelta

from guildhall.core.text import Text
from guildhall.guard.canonical import letters, text_hash
from guildhall.guard.rules.evidence import Evidence, Rule, by_id, reason
from guildhall.guard.types import Reason

RULES = by_id(
    Rule(
        "FLOOD-1",
        520,
        Text("{count} messages within {seconds} seconds.", "{seconds} 秒内发送 {count} 条消息。"),
        "flooding",
    ),
    Rule(
        "FLOOD-2",
        620,
        Text("The same text {count} times within ten minutes.", "十分钟内重复发送同一内容 {count} 次。"),
        "repetition",
    ),
    Rule(
        "FLOOD-3",
        540,
        Text(
            "The same text came from {accounts} other accounts within a day.",
            "一天内另有 {accounts} 个账户发送了相同内容。",
        ),
        "raids and copied praise: the same text from many accounts",
        "copies",
    ),
)

_COPY_FROM = 36
"""Shorter texts are greetings; that several people say them means nothing."""


def find(evidence: Evidence, asks_for_contact: bool) -> list[Reason]:
    """`asks_for_contact`: the text invites people to talk elsewhere, which lets copies of it weigh more."""
    out = []
    limits = evidence.policy.flood
    sender, copies, now = evidence.context.sender, evidence.context.copies, evidence.context.now
    if sender.recent:
        since = now - timedelta(seconds=limits.seconds)
        count = 1 + sum(at > since for at, _ in sender.recent)
        if count > limits.messages:
            out.append(reason(RULES["FLOOD-1"], count=str(count), seconds=str(limits.seconds)))
        own = text_hash(evidence.subject.text)
        if own:
            repeats = 1 + sum(seen == own for _, seen in sender.recent)
            if repeats >= limits.repeats:
                out.append(reason(RULES["FLOOD-2"], count=str(repeats)))
    if copies.accounts >= limits.copies:
        lures = asks_for_contact or any(not link.is_allowed for link in evidence.links)
        if lures or len(letters(evidence.canon.text)) >= _COPY_FROM:
            weight = RULES["FLOOD-3"].weight + (220 if lures and copies.accounts >= 2 * limits.copies else 0)
            out.append(reason(RULES["FLOOD-3"], weight=weight, accounts=str(copies.accounts)))
    return out
