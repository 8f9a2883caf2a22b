"""NEW: caution with first messages. Never enough to punish by itself: it lets other evidence weigh more."""

from __future__ import annotations

from guildhall.core.text import Text
from guildhall.guard.rules.evidence import Evidence, Rule, by_id, reason
from guildhall.guard.types import Reason

RULES = by_id(
    Rule(
        "NEW-1",
        330,
        Text(
            "One of the first messages already links to {domain}.",
            "最初几条消息中就含有指向 {domain} 的链接。",
        ),
        "first messages with links",
    ),
    Rule(
        "NEW-2",
        320,
        Text("One of the first messages asks to talk elsewhere.", "最初几条消息中就要求到别处联系。"),
        "first messages that lure into private chats",
    ),
    Rule(
        "NEW-3",
        240,
        Text(
            "One of the first messages is forwarded and carries a link or attachment.",
            "最初几条消息中就有带链接或附件的转发。",
        ),
        "forwarded advertising",
    ),
    Rule(
        "NEW-4",
        360,
        Text("A link to {domain} was put in by an edit.", "通过编辑加入了指向 {domain} 的链接。"),
        "edit into spam",
    ),
)


def find(evidence: Evidence, asks_for_contact: bool) -> list[Reason]:
    if not evidence.is_newcomer:
        return []
    subject = evidence.subject
    open_links = [link for link in evidence.open_links if not link.is_invite]
    out = []
    if open_links:
        rule = RULES["NEW-4"] if subject.is_edit else RULES["NEW-1"]
        out.append(reason(rule, open_links[0].spans, domain=open_links[0].domain))
    if asks_for_contact:
        out.append(reason(RULES["NEW-2"]))
    if subject.is_forward and (open_links or subject.media):
        out.append(reason(RULES["NEW-3"]))
    return out
