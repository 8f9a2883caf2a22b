"""The shipped rules and claims, parsed once, and small ways to ask them in tests."""

from datetime import UTC, datetime
from importlib.resources import files

from guildhall.compliance.acts import Act
from guildhall.compliance.claims import parse_claims
from guildhall.compliance.decide import Decision, Exemption, House, Review, decide
from guildhall.compliance.rulebook import parse_rules

PACKAGE = files("guildhall.compliance")
RULES = parse_rules((PACKAGE / "rules.yaml").read_text("utf-8"))
CLAIMS = parse_claims((PACKAGE / "claims.yaml").read_text("utf-8"))
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
LATER = datetime(2027, 3, 1, tzinfo=UTC)


def ask(
    act: str,
    region: str,
    content: str = "BTC spot volume rose 3 percent today.",
    *,
    at: datetime = NOON,
    language: str = "en",
    exemptions: tuple[Exemption, ...] = (),
    reviews: tuple[Review, ...] = (),
) -> Decision:
    house = House(RULES, CLAIMS, exemptions, reviews)
    return decide(Act(act), region, content, house=house, language=language, at=at)


def blocking(decision: Decision) -> set[str]:
    return {reason.rule_id for reason in decision.reasons if reason.blocks}


def exemption(
    region: str, act: str, *, rule: str = "", content: str = "", until: datetime = LATER
) -> Exemption:
    from guildhall.core.clearance import content_hash

    return Exemption("01EX", region, Act(act), rule, content_hash(content) if content else "", until)
