"""LIST: what lists outside the house say of the sender. Never enough to punish by itself."""

from __future__ import annotations

from guildhall.core.text import Text
from guildhall.guard.rules.evidence import Evidence, Rule, by_id, reason
from guildhall.guard.types import Reason

MOST = 300
"""A policy may not make this family weigh more: somebody else's list is no proof."""

RULES = by_id(
    Rule(
        "LIST-1",
        260,
        Text("Listed elsewhere as a spammer ({lists}).", "在外部名单中被标记为垃圾信息发送者（{lists}）。"),
        "outside lists of people, such as CAS",
    ),
)


def find(evidence: Evidence) -> list[Reason]:
    """The lists that have the sender, as one reason; a second list weighs a little more."""
    lists = evidence.context.sender.listed_by
    if not lists:
        return []
    weight = min(RULES["LIST-1"].weight + 20 * (len(lists) - 1), MOST)
    return [reason(RULES["LIST-1"], weight=weight, lists=", ".join(lists[:5]))]
