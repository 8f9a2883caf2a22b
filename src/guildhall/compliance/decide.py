"""May this act reach this audience with this content? A pure function of rules, exceptions, content and
time.

Service is allowed unless a rule forbids it. Everything that promotes is refused unless a verified rule or
an approved exception permits it and nothing else forbids it: a rule nobody verified forbids, a rule past
its review date forbids and no exception lifts that, and a promise that may not be made forbids until two
people approved that exact text. The language of a text never says where its reader lives.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from guildhall.compliance.acts import PROMOTIONAL, Act, implied_acts
from guildhall.compliance.claims import ClaimBook, find_claims
from guildhall.compliance.regions import lineage
from guildhall.compliance.rulebook import Effect, Rule, Rulebook, Status
from guildhall.core.clearance import Clearance, content_hash
from guildhall.core.errors import NotAllowed
from guildhall.core.text import Text


@dataclass(frozen=True, slots=True)
class Exemption:
    """Two people let something pass until `until` (aware UTC): one rule (`rule_id`) or one exact text
    (`content_hash`), for one act in one region and the regions inside it."""

    id: str
    region: str
    act: Act
    rule_id: str
    content_hash: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Review:
    """Two people confirmed one version of a rule again; it may be relied on through `review_by`."""

    rule_id: str
    rule_version: int
    review_by: date


@dataclass(frozen=True, slots=True)
class Reason:
    """Why: the rule or claim, its version, and the sentence in both languages. `span` marks words in the
    content."""

    rule_id: str
    version: str
    text: Text
    blocks: bool
    span: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer. `text` is what may be sent: the content with the required disclosures that it
    lacked."""

    allowed: bool
    act: Act
    region: str
    reasons: tuple[Reason, ...]
    disclosures: tuple[Text, ...]
    text: str
    rulebook: str
    at: datetime
    exemptions: tuple[str, ...] = field(default=())

    @property
    def clearance(self) -> Clearance | None:
        """Proof for the sender that exactly `text` may go out; None when it may not."""
        if not self.allowed:
            return None
        rules = tuple(f"{reason.rule_id}@{reason.version}" for reason in self.reasons)
        return Clearance(
            act=self.act.value,
            region=self.region,
            content_hash=content_hash(self.text),
            rules=(*rules, f"rulebook@{self.rulebook}"),
            issued_at=self.at,
        )

    def require(self) -> Clearance:
        """The clearance, or NotAllowed with every reason that blocks."""
        clearance = self.clearance
        if clearance is None:
            blocking = [reason for reason in self.reasons if reason.blocks]
            raise NotAllowed(
                Text(
                    " ".join(f"[{r.rule_id}] {r.text.en}" for r in blocking),
                    "".join(f"[{r.rule_id}] {r.text.zh}" for r in blocking),
                ),
                code="compliance",
            )
        return clearance


@dataclass(frozen=True, slots=True)
class House:
    """Everything a decision stands on besides the question: rules, claims, exceptions, reviews."""

    rulebook: Rulebook
    claims: ClaimBook
    exemptions: Sequence[Exemption] = ()
    reviews: Sequence[Review] = ()


def decide(act: Act, region: str, content: str, *, house: House, language: str, at: datetime) -> Decision:
    """Whether `act` may reach an audience in `region` (see `regions.parse_region`) at `at` (aware).

    `language` chooses in which words disclosures are added to the text, and nothing else.
    """
    reached = lineage(region)
    fingerprint = content_hash(content)
    reasons: list[Reason] = []
    disclosures: list[Text] = []
    used: list[str] = []
    allowed = True
    for each in (act, *sorted(implied_acts(content) - {act})):
        judged = _judge(each, reached, fingerprint, house, at)
        reasons += [reason for reason in judged.reasons if reason not in reasons]
        disclosures += [text for text in judged.disclosures if text not in disclosures]
        used += judged.exemptions
        allowed = allowed and judged.allowed
        if each in PROMOTIONAL and not judged.content_approved:
            claims = tuple(_claim_reasons(content, house.claims, reached))
            reasons += [reason for reason in claims if reason not in reasons]
            allowed = allowed and not claims
    return Decision(
        allowed=allowed,
        act=act,
        region=region,
        reasons=tuple(reasons),
        disclosures=tuple(disclosures),
        text=_with_disclosures(content, disclosures, language) if allowed else content,
        rulebook=house.rulebook.version,
        at=at,
        exemptions=tuple(dict.fromkeys(used)),
    )


@dataclass(frozen=True, slots=True)
class _Judged:
    allowed: bool
    reasons: list[Reason]
    disclosures: list[Text]
    exemptions: list[str]
    content_approved: bool


def _judge(act: Act, reached: frozenset[str], fingerprint: str, house: House, at: datetime) -> _Judged:
    exemptions = [
        e
        for e in house.exemptions
        if e.act == act and e.region in reached and e.region != "*" and at < e.until
    ]
    whole_text = next((e for e in exemptions if e.content_hash and e.content_hash == fingerprint), None)
    by_rule = {e.rule_id: e for e in exemptions if e.rule_id}
    day = at.date()
    rules = [rule for rule in house.rulebook.rules if _speaks_of(rule, act, reached) and rule.in_force(day)]

    reasons: list[Reason] = []
    disclosures: list[Text] = []
    used: list[str] = []
    permitted = act not in PROMOTIONAL
    blocked = False
    for rule in sorted(rules, key=lambda rule: rule.fallback):
        review_by = _review_by(rule, house.reviews)
        lapsed = day > review_by
        if lapsed and (act in PROMOTIONAL or rule.effect is Effect.BLOCK):
            blocked = True
            reasons.append(_lapsed(rule, review_by))
            continue
        if lapsed or (rule.fallback and permitted):
            continue
        exemption = by_rule.get(rule.id) or whole_text
        if rule.effect is Effect.ALLOW:
            permitted = True
            reasons.append(_reason(rule, rule.text, blocks=False))
        elif rule.effect is Effect.DISCLOSE and rule.status is not Status.UNVERIFIED:
            if rule.id not in by_rule and rule.disclosure is not None:
                disclosures.append(rule.disclosure)
                reasons.append(_reason(rule, rule.text, blocks=False))
        elif exemption is not None and rule.overridable:
            permitted = True
            used.append(exemption.id)
            reasons.append(_reason(rule, _excepted(rule, exemption), blocks=False))
        else:
            blocked = True
            reasons.append(_reason(rule, rule.text, blocks=True))
    return _Judged(permitted and not blocked, reasons, disclosures, used, whole_text is not None)


def _speaks_of(rule: Rule, act: Act, reached: frozenset[str]) -> bool:
    return act in rule.acts and bool(rule.regions & reached)


def _review_by(rule: Rule, reviews: Sequence[Review]) -> date:
    confirmed = [r.review_by for r in reviews if r.rule_id == rule.id and r.rule_version == rule.version]
    return max([rule.review_by, *confirmed])


def _reason(rule: Rule, text: Text, *, blocks: bool) -> Reason:
    return Reason(rule.id, str(rule.version), text, blocks)


def _lapsed(rule: Rule, review_by: date) -> Reason:
    text = Text(
        f"Its review was due by {review_by:%Y-%m-%d}; until two people confirm this rule, it blocks.",
        f"此规则应在 {review_by:%Y-%m-%d} 前复核；在两人确认之前一律阻止。",
    )
    return _reason(rule, text, blocks=True)


def _excepted(rule: Rule, exemption: Exemption) -> Text:
    until = f"{exemption.until:%Y-%m-%d %H:%M} UTC"
    return Text(
        f"Approved exception {exemption.id} until {until}. The rule: {rule.text.en}",
        f"已获批例外 {exemption.id}，有效期至 {until}。规则内容：{rule.text.zh}",
    )


def _claim_reasons(content: str, book: ClaimBook, reached: frozenset[str]) -> Iterator[Reason]:
    for finding in find_claims(content, book, reached):
        yield Reason(finding.claim.id, str(book.version), finding.text, True, (finding.start, finding.end))


def _with_disclosures(content: str, disclosures: Sequence[Text], language: str) -> str:
    missing = [
        text.for_language(language)
        for text in disclosures
        if text.en not in content and text.for_language(language) not in content
    ]
    return "\n\n".join([content, *missing]) if missing else content
