"""The reads that pages, the API and reports share. Units are 1e-8 of the asset; days are UTC, half-open."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, F, Q, QuerySet

from guildhall.core import clock
from guildhall.core.errors import NotFound
from guildhall.core.ids import is_id
from guildhall.core.text import Text
from guildhall.exchange.models import VenueAccount
from guildhall.partners.models import (
    Binding,
    Change,
    DealVersion,
    OwnAccount,
    Partner,
    Posted,
    Run,
    SettledMonth,
)


@dataclass(frozen=True, slots=True)
class Earned:
    """What a partner earned of one asset and kind."""

    partner: str
    asset: str
    kind: str
    units: int


@dataclass(frozen=True, slots=True)
class DayUnits:
    """What was earned on one day."""

    day: date
    asset: str
    kind: str
    units: int


@dataclass(frozen=True, slots=True)
class PartnerChange:
    """What a settlement changed for one partner, asset and kind."""

    partner: Partner
    asset: str
    kind: str
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Needing:
    """What waits for somebody: the last settlement failed (`failed`), deals that wait for approval, accounts
    bound to a partner who turned out to own them.
    """

    failed: Run | None
    deals_waiting: int
    self_referrals: int


def partners(state: str = "", q: str = "") -> QuerySet[Partner]:
    """Partners by name; `q` is looked for in name and short name."""
    found = Partner.objects.order_by("name", "id")
    if state:
        found = found.filter(state=state)
    return found.filter(Q(name__icontains=q) | Q(handle__icontains=q)) if q else found


def partner(partner_id: str) -> Partner:
    """The partner of an id or short name. Raises NotFound."""
    wanted = Q(pk=partner_id) if is_id(partner_id) else Q(handle=partner_id)
    found = Partner.objects.filter(wanted).first()
    if found is None:
        raise NotFound(Text("There is no such partner.", "没有此合作伙伴。"))
    return found


def deal_in_force(partner_id: str, at: datetime | None = None) -> DealVersion | None:
    """The version that holds at a time (now)."""
    at = at or clock.now()
    found = deals_in_force(at).filter(partner=partner_id)
    return found.first()


def deals_in_force(at: datetime) -> QuerySet[DealVersion]:
    """The versions that hold at a time, of every partner."""
    return DealVersion.objects.filter(
        Q(valid_to__isnull=True) | Q(valid_to__gt=at), state=DealVersion.State.IN_FORCE, valid_from__lte=at
    )


def deals_of(partner_id: str) -> QuerySet[DealVersion]:
    """Every version of a partner, the newest first."""
    return DealVersion.objects.filter(partner=partner_id).order_by("-version")


def drafts_waiting() -> QuerySet[DealVersion]:
    """Versions that wait for a second pair of eyes."""
    return (
        DealVersion.objects.filter(state=DealVersion.State.PROPOSED).select_related("partner").order_by("id")
    )


def bindings(
    *, partner_id: str = "", venue: str = "", account: str = "", state: str = ""
) -> QuerySet[Binding]:
    """Bindings, the newest first. `state`: open, ended or ''."""
    found = Binding.objects.select_related("partner").order_by("-id")
    for name, value in (("partner", partner_id), ("venue", venue), ("account", account)):
        if value:
            found = found.filter(**{name: value})
    return found.filter(valid_to__isnull=state == "open") if state else found


def bound_accounts(partner_ids: Iterable[str]) -> dict[str, int]:
    """Partner → how many accounts are bound to them now."""
    rows = Binding.objects.filter(partner__in=list(partner_ids), valid_to=None)
    return dict(rows.values_list("partner").annotate(many=Count("id")))


def earned(partner_ids: Iterable[str] | None, since: date, until: date) -> list[Earned]:
    """What partners (None: all) earned by trades of these days, as posted; `until` is not included."""
    rows = Posted.objects.filter(day__gte=since, day__lt=until).exclude(units=0)
    if partner_ids is not None:
        rows = rows.filter(partner__in=list(partner_ids))
    sums: dict[tuple[str, str, str], int] = {}
    # Summed here: a database's sum may be past 64 bits or come back as a float.
    for who, asset, kind, units in rows.values_list("partner_id", "asset", "kind", "units").iterator(
        chunk_size=10_000
    ):
        sums[who, asset, kind] = sums.get((who, asset, kind), 0) + units
    return [Earned(*key, units) for key, units in sorted(sums.items())]


def course(partner_id: str, since: date, until: date) -> list[DayUnits]:
    """What a partner earned day by day; `until` is not included."""
    rows = Posted.objects.filter(partner=partner_id, day__gte=since, day__lt=until).exclude(units=0)
    sums: dict[tuple[date, str, str], int] = {}
    for day, asset, kind, units in rows.values_list("day", "asset", "kind", "units"):
        sums[day, asset, kind] = sums.get((day, asset, kind), 0) + units
    return [DayUnits(*key, units) for key, units in sorted(sums.items())]


def posted(partner_id: str, day: date) -> QuerySet[Posted]:
    """What the ledger holds of a partner's day."""
    found = Posted.objects.filter(partner=partner_id, day=day).exclude(units=0)
    return found.select_related("run", "source").order_by("asset", "kind", "venue", "deal_version")


def runs() -> QuerySet[Run]:
    """Settlements, the newest first."""
    return Run.objects.order_by("-id")


def run(run_id: str) -> Run:
    """A settlement. Raises NotFound."""
    found = Run.objects.filter(pk=run_id).select_related("previous").first() if is_id(run_id) else None
    if found is None:
        raise NotFound(Text("There is no such settlement.", "没有此结算。"))
    return found


def run_changes(run_id: str) -> QuerySet[Change]:
    """What a settlement changed, line by line."""
    found = Change.objects.filter(run=run_id).exclude(before=F("after"))
    return found.select_related("posted", "posted__partner", "posted__source").order_by(
        "posted__partner__name", "posted__day", "id"
    )


def run_by_partner(run_id: str) -> list[PartnerChange]:
    """What a settlement changed, by partner, asset and kind; the largest change first."""
    sums: dict[tuple[str, str, str], list[int]] = {}
    rows = Change.objects.filter(run=run_id).values_list(
        "posted__partner_id", "posted__asset", "posted__kind", "before", "after"
    )
    for who, asset, kind, before, after in rows.iterator(chunk_size=10_000):
        both = sums.setdefault((who, asset, kind), [0, 0])
        both[0] += before
        both[1] += after
    who_is = Partner.objects.in_bulk({key[0] for key in sums})
    changes = [
        PartnerChange(who_is[who], asset, kind, before, after)
        for (who, asset, kind), (before, after) in sums.items()
    ]
    return sorted(
        changes, key=lambda one: (-abs(one.after - one.before), one.partner.name, one.asset, one.kind)
    )


def settlement_of(month: str) -> SettledMonth | None:
    """The settlement that counts for a month ("2026-10")."""
    return SettledMonth.objects.filter(month=month).select_related("run").first()


def months_settled() -> list[SettledMonth]:
    """Every settled month, the newest first."""
    return list(SettledMonth.objects.select_related("run").order_by("-month"))


def self_referrals() -> QuerySet[Binding]:
    """Open bindings of an account to the very partner who turned out to own it."""
    own = OwnAccount.objects.values_list("account", "partner_id")
    member = VenueAccount.objects.filter(member__partners__isnull=False).values_list(
        "pseudonym", "member__partners"
    )
    pairs = {*own, *member}
    wrong = [
        pk
        for pk, account, who in Binding.objects.filter(
            valid_to=None, account__in=[account for account, _ in pairs]
        ).values_list("pk", "account", "partner_id")
        if (account, who) in pairs
    ]
    return Binding.objects.filter(pk__in=wrong).select_related("partner").order_by("id")


def needing_somebody() -> Needing:
    """What Today asks about."""
    last = Run.objects.exclude(state__in=[Run.State.PLANNED, Run.State.RUNNING]).order_by("-id").first()
    return Needing(
        failed=last if last is not None and last.state == Run.State.FAILED else None,
        deals_waiting=drafts_waiting().count(),
        self_referrals=len(self_referrals()),
    )


def month_bounds(month: str) -> tuple[date, date]:
    """The first day of a month and of the next: "2026-10" → 1 October, 1 November."""
    first = date.fromisoformat(f"{month}-01")
    return first, (first + timedelta(days=31)).replace(day=1)


def last_full_month(at: datetime) -> str:
    """The calendar month before the one a time is in."""
    return f"{at.replace(day=1) - timedelta(days=1):%Y-%m}"


def names(partner_ids: Sequence[str]) -> dict[str, str]:
    """Partner id → name."""
    return dict(Partner.objects.filter(pk__in=list(partner_ids)).values_list("pk", "name"))
