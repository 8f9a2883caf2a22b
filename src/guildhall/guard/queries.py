"""What screens and API read of the guard. Written to stay quick at a million messages: keyset pages, counts
that stop early.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count, Q, QuerySet

from guildhall.channels.models import Message, Space, SpaceMember
from guildhall.core.errors import NotFound
from guildhall.core.ids import first_id_at
from guildhall.core.text import Text
from guildhall.guard import records, rulebook
from guildhall.guard.actions.deciding import actor_name, judged_text
from guildhall.guard.models import Case, Example, Policy, PolicyVersion, Report, ShadowRun, SpacePolicy
from guildhall.guard.policies import DEFAULT
from guildhall.guard.types import Span

MOST_COUNTED = 10_000
"""Counts stop here; screens show "10,000+"."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What the review queue shows. Empty values do not filter; `state` is open, upheld, undone, dismissed
    or all.
    """

    state: str = "open"
    kind: str = ""
    space_id: str = ""
    account_id: str = ""
    action: str = ""
    rule: str = ""
    least_score: int = 0


@dataclass(frozen=True, slots=True)
class Page:
    """One page of cases; `next_cursor` is '' on the last one."""

    cases: tuple[Case, ...]
    next_cursor: str


@dataclass(frozen=True, slots=True)
class ReasonView:
    """A reason as people read it: rule id, family, words, weight 0..1000, spans in the judged text, and
    what they cover.
    """

    rule_id: str
    family: Text
    text: Text
    weight: int
    spans: tuple[Span, ...]
    quotes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Stretch:
    """A piece of the judged text, and the rules that point at it."""

    text: str
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MemberView:
    """What the sender has done in this space."""

    joined_at: datetime | None
    first_message_at: datetime | None
    messages: int
    strikes: int
    state: str
    until: datetime | None
    recent: tuple[Message, ...]
    cases: tuple[Case, ...]


@dataclass(frozen=True, slots=True)
class Copy:
    """Where else the same text stood."""

    message: Message
    is_same_sender: bool


@dataclass(frozen=True, slots=True)
class CaseDetail:
    """Everything the case page shows."""

    case: Case
    text: str
    stretches: tuple[Stretch, ...]
    reasons: tuple[ReasonView, ...]
    member: MemberView | None
    copies: tuple[Copy, ...]
    copies_count: int
    related: tuple[Case, ...]
    reports: tuple[Report, ...]
    example: Example | None
    decided_by_name: str
    was_edited: bool


@dataclass(frozen=True, slots=True)
class Figures:
    """What happened since a time, for Today. Counts stop at `MOST_COUNTED`. Shares are None without
    decisions.
    """

    open_cases: int
    open_appeals: int
    oldest_open: datetime | None
    removed: int
    restricted: int
    banned: int
    decided: int
    upheld: int
    undone: int
    precision: float | None
    by_rule: tuple[tuple[str, int], ...] = field(default=())


def review_queue(filters: Filters | None = None, *, cursor: str = "", size: int = 50) -> Page:
    """A page of cases: open ones by urgency (then oldest first), decided ones newest first. Raises nothing
    for a bad cursor.
    """
    filters = filters or Filters()
    rows = _filtered(filters).select_related("message", "account", "space", "verdict")
    if filters.state == "open":
        rows = rows.order_by("-priority", "id")
        priority, _, last = cursor.partition(":")
        if last and priority.isdigit():
            rows = rows.filter(Q(priority__lt=int(priority)) | Q(priority=int(priority), id__gt=last))
    else:
        rows = rows.order_by("-id")
        if cursor:
            rows = rows.filter(id__lt=cursor.rpartition(":")[2])
    found = list(rows[: size + 1])
    more = len(found) > size
    page = tuple(found[:size])
    return Page(page, f"{page[-1].priority}:{page[-1].id}" if more else "")


def queue_count(filters: Filters | None = None) -> int:
    """How many cases a filter finds, counted up to `MOST_COUNTED`."""
    return _filtered(filters or Filters()).order_by()[:MOST_COUNTED].count()


def next_case(after: Case) -> Case | None:
    """The open case to look at after this one."""
    rows = Case.objects.filter(state=Case.State.OPEN).exclude(pk=after.pk).order_by("-priority", "id")
    return (
        rows.filter(Q(priority__lt=after.priority) | Q(priority=after.priority, id__gt=after.pk)).first()
        or rows.first()
    )


def case_detail(case_id: str) -> CaseDetail:
    """Everything about one case. Raises NotFound."""
    case = (
        Case.objects.select_related("message", "account", "space", "verdict", "parent__verdict")
        .filter(pk=case_id)
        .first()
    )
    if case is None:
        raise NotFound(Text("There is no such case.", "不存在该案例。"))
    text = judged_text(case)
    verdict = case.verdict or (case.parent.verdict if case.parent else None)
    reasons = reason_views(text, verdict.reasons if verdict else [])
    found = copies(case.message)
    return CaseDetail(
        case=case,
        text=text,
        stretches=marked(text, reasons),
        reasons=reasons,
        member=_member(case),
        copies=found,
        copies_count=copies_count(case.message),
        related=tuple(
            Case.objects.filter(message_id=case.message_id).exclude(pk=case.pk).order_by("id")[:20]
        ),
        reports=tuple(Report.objects.filter(message_id=case.message_id).order_by("at")[:50]),
        example=Example.objects.filter(case=case).first(),
        decided_by_name=actor_name(case.decided_by) if case.decided_by else "",
        was_edited=case.message.version != case.message_version,
    )


def reason_views(text: str, stored: Sequence[dict[str, object]]) -> tuple[ReasonView, ...]:
    """Stored reasons as people read them, heaviest first; spans are clipped to the text."""
    out = []
    for item in records.reasons(stored):
        spans = tuple((max(0, a), min(b, len(text))) for a, b in item.spans if a < min(b, len(text)))
        out.append(
            ReasonView(
                item.rule_id,
                rulebook.family(item.rule_id),
                rulebook.text(item.rule_id, item.params),
                item.weight,
                spans,
                tuple(text[a:b] for a, b in spans),
            )
        )
    return tuple(sorted(out, key=lambda view: -view.weight))


def marked(text: str, reasons: Sequence[ReasonView]) -> tuple[Stretch, ...]:
    """The text cut at every span's edge; the pieces put together are the text again."""
    edges = {0, len(text)}
    for view in reasons:
        for start, end in view.spans:
            edges |= {start, end}
    cuts = sorted(edges)
    out = []
    for start, end in zip(cuts, cuts[1:], strict=False):
        rules = tuple(
            dict.fromkeys(
                view.rule_id for view in reasons if any(a <= start and end <= b for a, b in view.spans)
            )
        )
        out.append(Stretch(text[start:end], rules))
    return tuple(out)


def copies(message: Message, *, most: int = 20) -> tuple[Copy, ...]:
    """Other messages with the same canonical text, newest first."""
    if not message.text_hash:
        return ()
    rows = (
        Message.objects.filter(text_hash=message.text_hash)
        .exclude(pk=message.pk)
        .exclude(text_hash="")
        .select_related("space", "account")
        .order_by("-received_at")[:most]
    )
    return tuple(Copy(row, row.account_id == message.account_id) for row in rows)


def copies_count(message: Message) -> int:
    """How many other messages share the canonical text, counted up to 1,000."""
    if not message.text_hash:
        return 0
    return (
        Message.objects.filter(text_hash=message.text_hash)
        .exclude(text_hash="")
        .exclude(pk=message.pk)[:1000]
        .count()
    )


def figures(since: datetime) -> Figures:
    """What the guard did and people decided since then."""
    open_cases = Case.objects.filter(state=Case.State.OPEN)
    floor = id_floor(since)
    made = dict(
        Case.objects.filter(id__gte=floor, kind=Case.Kind.VERDICT)
        .exclude(enacted=[])
        .order_by()
        .values_list("action")
        .annotate(n=Count("id"))
    )
    decided = dict(
        Case.objects.filter(decided_at__gte=since, kind__in=[Case.Kind.VERDICT, Case.Kind.APPEAL])
        .exclude(state=Case.State.OPEN)
        .order_by()
        .values_list("state")
        .annotate(n=Count("id"))
    )
    punished = dict(
        Case.objects.filter(decided_at__gte=since, kind=Case.Kind.VERDICT)
        .exclude(state=Case.State.OPEN)
        .exclude(enacted=[])
        .exclude(truth="")
        .order_by()
        .values_list("truth")
        .annotate(n=Count("id"))
    )
    judged = sum(punished.values())
    oldest = (
        open_cases.exclude(kind=Case.Kind.SAMPLE).order_by("id").values_list("opened_at", flat=True).first()
    )
    return Figures(
        open_cases=open_cases.order_by()[:MOST_COUNTED].count(),
        open_appeals=open_cases.filter(kind=Case.Kind.APPEAL).order_by()[:MOST_COUNTED].count(),
        oldest_open=oldest,
        removed=sum(made.values()),
        restricted=made.get("restrict", 0),
        banned=made.get("ban", 0),
        decided=sum(decided.values()),
        upheld=decided.get(Case.State.UPHELD, 0),
        undone=decided.get(Case.State.UNDONE, 0),
        precision=punished.get("bad", 0) / judged if judged else None,
        by_rule=_by_rule(floor),
    )


def member_cases(account_ids: Sequence[str], *, most: int = 50) -> tuple[Case, ...]:
    """A member's cases over all their accounts, newest first."""
    rows = Case.objects.filter(account_id__in=list(account_ids)).select_related("message", "space", "verdict")
    return tuple(rows.order_by("-id")[:most])


def policies_overview() -> list[tuple[Policy, PolicyVersion | None, int, int]]:
    """Every policy with its active version, how many spaces it judges, and its waiting drafts and
    proposals.
    """
    active = {row.policy_id: row for row in PolicyVersion.objects.filter(state=PolicyVersion.State.ACTIVE)}
    spaces = dict(SpacePolicy.objects.values_list("policy").annotate(n=Count("space")))
    unassigned = Space.objects.filter(archived_at=None, guard_policy=None).count()
    waiting = dict(
        PolicyVersion.objects.filter(state__in=[PolicyVersion.State.DRAFT, PolicyVersion.State.PROPOSED])
        .values_list("policy")
        .annotate(n=Count("id"))
    )
    return [
        (
            policy,
            active.get(policy.id),
            spaces.get(policy.id, 0) + (unassigned if policy.slug == DEFAULT else 0),
            waiting.get(policy.id, 0),
        )
        for policy in Policy.objects.order_by("slug")
    ]


def policy_of(space_id: str) -> str:
    """The slug of the policy that judges a space."""
    return (
        SpacePolicy.objects.filter(space_id=space_id).values_list("policy__slug", flat=True).first()
        or DEFAULT
    )


def versions(slug: str) -> QuerySet[PolicyVersion]:
    """All versions of a policy, newest first."""
    return PolicyVersion.objects.filter(policy__slug=slug).select_related("policy").order_by("-version")


def latest_shadow(version_id: str) -> ShadowRun | None:
    """The last trial run of a version."""
    return ShadowRun.objects.filter(version_id=version_id).order_by("-id").first()


def id_floor(at: datetime) -> str:
    """The smallest id that can have been made at a time: ids sort by time, so this is a range on the
    primary key.
    """
    return first_id_at(at)


def _filtered(filters: Filters) -> QuerySet[Case]:
    rows = Case.objects.all()
    if filters.state and filters.state != "all":
        rows = rows.filter(state=filters.state)
    for name in ("kind", "space_id", "account_id", "action"):
        value = getattr(filters, name)
        if value:
            rows = rows.filter(**{name: value})
    if filters.least_score:
        rows = rows.filter(score__gte=filters.least_score)
    if filters.rule:
        rows = rows.filter(verdict__reasons__icontains=f'"{filters.rule}"')
    return rows


def _member(case: Case) -> MemberView | None:
    if case.account_id is None:
        return None
    member = SpaceMember.objects.filter(space_id=case.space_id, account_id=case.account_id).first()
    recent = (
        Message.objects.filter(account_id=case.account_id).exclude(pk=case.message_id).select_related("space")
    )
    others = (
        Case.objects.filter(account_id=case.account_id).exclude(pk=case.pk).exclude(kind=Case.Kind.SAMPLE)
    )
    return MemberView(
        joined_at=member.joined_at if member else None,
        first_message_at=member.first_message_at if member else None,
        messages=member.message_count if member else 0,
        strikes=member.strikes if member else 0,
        state=member.state if member else "",
        until=member.until if member else None,
        recent=tuple(recent.order_by("-id")[:10]),
        cases=tuple(others.order_by("-id")[:10]),
    )


def _by_rule(floor: str, *, most: int = 8) -> tuple[tuple[str, int], ...]:
    """The rules that spoke most often in cases since then, from the last 500 of them."""
    counts: dict[str, int] = {}
    stored = (
        Case.objects.filter(id__gte=floor, kind=Case.Kind.VERDICT)
        .order_by("-id")
        .values_list("verdict__reasons", flat=True)[:500]
    )
    for reasons in stored:
        for item in records.reasons(reasons or []):
            counts[item.rule_id] = counts.get(item.rule_id, 0) + 1
    return tuple(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:most])
