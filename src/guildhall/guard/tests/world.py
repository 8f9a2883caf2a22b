"""Builders for tests: senders, contexts and a judge under the policy that comes with the house."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from guildhall.guard.judge import judge
from guildhall.guard.policy import shipped
from guildhall.guard.rules import names
from guildhall.guard.types import (
    Context,
    Copies,
    Link,
    Lists,
    Policy,
    Protected,
    SenderHistory,
    Subject,
    Verdict,
)

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
OLD_MEMBER = SenderHistory(NOW - timedelta(days=90), NOW - timedelta(days=90), 100)
NEWCOMER = SenderHistory()
STAFF = (Protected("Olga Petrova", "staff"), Protected("admin_wei", "staff"), Protected("Max", "staff"))
LISTS = Lists(
    allow_domains=frozenset({"ourforum.example"}),
    block_domains=frozenset({"evil-drain.com", "bad.vercel.app"}),
    names=names.index([*names.shipped_brands(), *STAFF]),
    stamp="test",
)
_URL = re.compile(r"https?://[^\s,，]+")


def links_in(text: str) -> tuple[Link, ...]:
    """Links as a platform would mark them."""
    return tuple(Link(m.group(), m.group(), "url", m.start(), m.end()) for m in _URL.finditer(text))


def verdict(
    text: str,
    *,
    sender: SenderHistory = OLD_MEMBER,
    copies: Copies | None = None,
    policy: Policy | None = None,
    lists: Lists = LISTS,
    **subject: Any,
) -> Verdict:
    subject.setdefault("links", links_in(text))
    context = Context(NOW, sender, copies or Copies(), lists)
    return judge(Subject(text, **subject), context, policy or shipped())


def rules_of(found: Verdict) -> set[str]:
    return {reason.rule_id for reason in found.reasons}


def quotes(text: str, found: Verdict, rule_id: str) -> list[str]:
    return [text[a:b] for reason in found.reasons if reason.rule_id == rule_id for a, b in reason.spans]
