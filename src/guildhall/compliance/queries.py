"""What screens, API and reports read about compliance: the rules as they stand, exceptions, what must be
reviewed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from django.db.models import Q

from guildhall.compliance import regions
from guildhall.compliance.acts import Act
from guildhall.compliance.gate import Gate, books
from guildhall.compliance.models import Override, RuleReview, RuleSet
from guildhall.compliance.rulebook import Rule, Rulebook, parse_rules
from guildhall.core import clock
from guildhall.core.errors import NotFound
from guildhall.core.text import Text


class Standing(StrEnum):
    """How a rule stands on a day."""

    IN_FORCE = "in_force"
    LAPSED = "lapsed"
    NOT_YET = "not_yet"
    ENDED = "ended"


STANDING_LABELS = {
    Standing.IN_FORCE: Text("in force", "有效"),
    Standing.LAPSED: Text("past its review date", "已过复核期限"),
    Standing.NOT_YET: Text("not yet in force", "尚未生效"),
    Standing.ENDED: Text("ended", "已失效"),
}


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A rule with how it stands: `review_by` includes confirmations, `days_left` counts to it (negative =
    past)."""

    rule: Rule
    standing: Standing
    review_by: date
    days_left: int

    @property
    def region_names(self) -> Text:
        """The regions it protects, in words."""
        named = [regions.name(region) for region in sorted(self.rule.regions)]
        return Text(", ".join(t.en for t in named), "、".join(t.zh for t in named))

    @property
    def standing_label(self) -> Text:
        return STANDING_LABELS[self.standing]


def rules(at: datetime | None = None) -> list[RuleRow]:
    """Every rule of the rules in use, as it stands at `at`."""
    day = (at or clock.now()).date()
    confirmed: dict[tuple[str, int], date] = {}
    for review in RuleReview.objects.all():
        key = (review.rule_id, review.rule_version)
        confirmed[key] = max(review.review_by, confirmed.get(key, review.review_by))
    rows = []
    for rule in books().rulebook.rules:
        review_by = max(rule.review_by, confirmed.get((rule.id, rule.version), rule.review_by))
        rows.append(RuleRow(rule, _standing(rule, review_by, day), review_by, (review_by - day).days))
    return rows


def rule(rule_id: str, at: datetime | None = None) -> RuleRow:
    """One rule as it stands; NotFound names it when there is none."""
    row = next((row for row in rules(at) if row.rule.id == rule_id), None)
    if row is None:
        raise NotFound(Text(f"There is no rule {rule_id}.", f"没有规则 {rule_id}。"))
    return row


def _standing(rule: Rule, review_by: date, day: date) -> Standing:
    if rule.effective_to is not None and day >= rule.effective_to:
        return Standing.ENDED
    if rule.effective_from is not None and day < rule.effective_from:
        return Standing.NOT_YET
    return Standing.LAPSED if day > review_by else Standing.IN_FORCE


def reviews_due(within: timedelta = timedelta(days=30), at: datetime | None = None) -> list[RuleRow]:
    """Rules that lapse within `within` or have lapsed: what Today asks the compliance officer to read
    again."""
    return [
        row
        for row in rules(at)
        if row.standing is Standing.LAPSED
        or (row.standing is Standing.IN_FORCE and row.days_left <= within.days)
    ]


MATRIX_REGIONS = ("", "GB", "EU", "SG", "HK", "CN", "US", "AE-DU", "IN", "OFAC")
_EXAMPLE_OF = {"EU": "DE", "OFAC": "CU"}


@dataclass(frozen=True, slots=True)
class Cell:
    """May `act` reach a region today, and by which rules (the blocking ones when it may not)."""

    act: Act
    allowed: bool
    rule_ids: tuple[str, ...]


def matrix(at: datetime | None = None) -> list[tuple[Text, list[Cell]]]:
    """One row a region, one cell an act: the answer for an innocent text."""
    gate = Gate(at)
    rows = []
    for region in MATRIX_REGIONS:
        cells = []
        for act in Act:
            decision = gate.may(act, _EXAMPLE_OF.get(region, region), "")
            ids = tuple(r.rule_id for r in decision.reasons if r.blocks or decision.allowed)
            cells.append(Cell(act, decision.allowed, ids))
        rows.append((regions.name(region), cells))
    return rows


def overrides(*, active_only: bool = False, at: datetime | None = None) -> Sequence[Override]:
    """Exceptions, newest first; `active_only` leaves out those that ended or were revoked."""
    at = at or clock.now()
    found = Override.objects.order_by("-id")
    if active_only:
        found = found.filter(Q(until__gt=at), Q(revoked_at=None))
    return list(found[:500])


def rulebook_of(version: str) -> Rulebook:
    """The rules of an earlier version, for explaining an old decision; NotFound when it was never in use
    here."""
    row = RuleSet.objects.filter(version=version).first()
    if row is None:
        raise NotFound(
            Text(f"Rules {version} were never in use here.", f"此处从未使用过规则版本 {version}。")
        )
    return parse_rules(row.rules_yaml)
