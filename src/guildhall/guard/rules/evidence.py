"""What every rule family is given to look at, and how a rule declares itself.

A family is a module with `RULES` (ids, own weights, words in both languages) and `find(evidence)`; it
looks, and leaves adding up and deciding to `judge`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from guildhall.core.text import Text
from guildhall.guard.canonical import Canonical
from guildhall.guard.types import Context, Policy, Reason, Span, Subject


@dataclass(frozen=True, slots=True)
class Rule:
    """A numbered rule. `weight` is 0..1000 (a policy may set another); `text` has `{name}` places for a
    reason's params.
    """

    id: str
    weight: int
    text: Text
    source: str = ""
    group: str = ""
    """Rules of one group are one accusation: only the heaviest reason counts."""


@dataclass(frozen=True, slots=True)
class LinkFact:
    """A link of the message, taken apart. `domain` is the registrable domain in ASCII, or the host when
    there is none.
    """

    url: str
    host: str
    domain: str
    path: str
    kind: str
    shown: str
    spans: tuple[Span, ...]
    is_ip: bool = False
    has_userinfo: bool = False
    is_allowed: bool = False
    is_invite: bool = False
    is_script: bool = False
    shape_only: bool = False
    """Looks like a domain inside running text but nobody marked it as a link."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One message with everything the families share, computed once."""

    subject: Subject
    context: Context
    policy: Policy
    canon: Canonical
    links: tuple[LinkFact, ...]
    is_newcomer: bool

    @property
    def open_links(self) -> tuple[LinkFact, ...]:
        """Links that no allow list vouches for."""
        return tuple(link for link in self.links if not link.is_allowed)


def by_id(*rules: Rule) -> Mapping[str, Rule]:
    return {rule.id: rule for rule in rules}


def reason(rule: Rule, spans: tuple[Span, ...] = (), weight: int | None = None, **params: str) -> Reason:
    """A reason under `rule`; params are cut to 80 characters so that a record stays small."""
    return Reason(
        rule.id,
        rule.weight if weight is None else weight,
        spans[:20],
        {name: value[:80] for name, value in params.items()},
    )
