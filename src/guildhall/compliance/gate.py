"""The question every sender asks: `may(act, region, content)`. Fetches what the rules need and lets
`decide` decide.

A yes without exceptions costs no query; only a refusal looks for exceptions and confirmed rules, which
can do nothing but loosen it. A batch asks through one `Gate`, which reads them once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from importlib.resources import files

from guildhall.compliance.acts import Act, parse_act
from guildhall.compliance.claims import ClaimBook, parse_claims
from guildhall.compliance.decide import Decision, Exemption, House, Review, decide
from guildhall.compliance.regions import UNKNOWN, parse_region
from guildhall.compliance.rulebook import Rulebook, parse_rules
from guildhall.core import clock
from guildhall.core.clearance import Clearance


@dataclass(frozen=True, slots=True)
class Books:
    """The rules and claims in use, parsed, with the words they were parsed from."""

    rulebook: Rulebook
    claims: ClaimBook
    rules_yaml: str
    claims_yaml: str


@lru_cache(maxsize=1)
def books() -> Books:
    """The rules and claims that ship with this release."""
    package = files("guildhall.compliance")
    rules_yaml = package.joinpath("rules.yaml").read_text("utf-8")
    claims_yaml = package.joinpath("claims.yaml").read_text("utf-8")
    return Books(parse_rules(rules_yaml), parse_claims(claims_yaml), rules_yaml, claims_yaml)


def may(
    act: Act | str, audience_region: str, content: str, *, language: str = "en", at: datetime | None = None
) -> Decision:
    """Whether `act` may reach an audience in `audience_region` (ISO code, "" when unknown) with
    `content`.

    Raises ValueError for an act or region that cannot exist. `Decision.text` is what may be sent.
    """
    return Gate(at).may(act, audience_region, content, language=language)


def service_clearance(region: str, content: str, language: str) -> Clearance | None:
    """The clearance for a moderation notice or an answer; None where not even those may be sent.

    A region nobody can read counts as unknown: a member is owed the reason for a removal all the same.
    """
    try:
        return may(Act.SERVICE, region, content, language=language).clearance
    except ValueError:
        return may(Act.SERVICE, UNKNOWN, content, language=language).clearance


class Gate:
    """Answers many questions at one moment; exceptions and confirmed rules are read at most once."""

    def __init__(self, at: datetime | None = None) -> None:
        self.at = at or clock.now()
        self._full: House | None = None

    def may(self, act: Act | str, audience_region: str, content: str, *, language: str = "en") -> Decision:
        """As the function `may`, at this gate's moment."""
        act = act if isinstance(act, Act) else parse_act(act)
        region = parse_region(audience_region)
        current = books()
        house = House(current.rulebook, current.claims)
        decision = decide(act, region, content, house=house, language=language, at=self.at)
        if decision.allowed:
            return decision
        return decide(act, region, content, house=self._with_exceptions(), language=language, at=self.at)

    def _with_exceptions(self) -> House:
        if self._full is None:
            current = books()
            self._full = House(current.rulebook, current.claims, _exemptions(self.at), _reviews(self.at))
        return self._full


def _exemptions(at: datetime) -> tuple[Exemption, ...]:
    from guildhall.compliance.models import Override

    rows = Override.objects.filter(until__gt=at, created_at__lte=at).exclude(revoked_at__lte=at)
    return tuple(
        Exemption(row.id, row.region, Act(row.act), row.rule_id, row.content_hash, row.until) for row in rows
    )


def _reviews(at: datetime) -> tuple[Review, ...]:
    from guildhall.compliance.models import RuleReview

    rows = RuleReview.objects.filter(created_at__lte=at)
    return tuple(Review(row.rule_id, row.rule_version, row.review_by) for row in rows)
