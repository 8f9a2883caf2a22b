"""HIDE: writing meant to slip past filters. Honest mixed-script text (a ticker in a Russian sentence) never
counts.
"""

from __future__ import annotations

from guildhall.core.text import Text
from guildhall.guard.rules.evidence import Evidence, Rule, by_id, reason
from guildhall.guard.types import Reason

RULES = by_id(
    Rule(
        "HIDE-1",
        300,
        Text(
            "{count} words borrow look-alike letters from another alphabet.",
            "有 {count} 个词混用了其他字母表中形似的字母。",
        ),
        "look-alike letters inside words",
    ),
    Rule(
        "HIDE-2",
        300,
        Text("Invisible characters are hidden inside words.", "词语内部藏有不可见字符。"),
        "zero-width characters inside words",
    ),
    Rule(
        "HIDE-3",
        300,
        Text("The message is spelled out letter by letter.", "消息被逐字拆开书写。"),
        "spaced-out letters",
    ),
)


def find(evidence: Evidence) -> list[Reason]:
    canon = evidence.canon
    out = []
    if canon.borrowed:
        count = len(canon.borrowed)
        weight = 300 if count < 3 else 520 if count < 6 else 640
        out.append(reason(RULES["HIDE-1"], canon.borrowed, weight=weight, count=str(count)))
    if len(canon.hidden) >= 2:
        out.append(reason(RULES["HIDE-2"], canon.hidden, weight=300 if len(canon.hidden) < 4 else 420))
    if canon.spelled_out:
        out.append(reason(RULES["HIDE-3"]))
    return out
