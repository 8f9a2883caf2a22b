"""Whom a step of a plan means, and by which pagers they are reached. Reads only.

Whoever has no pager that was tried out is reached at the address they sign in with: nobody who is on a plan
is out of reach for want of a setting.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from guildhall.core import clock
from guildhall.paging import on_call
from guildhall.paging.kinds import RANK, Means, Severity
from guildhall.paging.models import Pager, Plan
from guildhall.people.models import Staff


@dataclass(frozen=True, slots=True)
class Reach:
    """One way one person is told. `pager` None: the address they sign in with."""

    staff: Staff | None
    pager: Pager | None

    @property
    def means(self) -> Means:
        return Means(self.pager.means) if self.pager is not None else Means.EMAIL


def people_of(who: Iterable[str]) -> list[Staff]:
    """The active staff that roles, teams, persons and on-call duties of a step name just now, once each."""
    wanted = Q(pk=None)
    for one in who:
        kind, _, key = one.partition(":")
        if kind == "role":
            wanted |= Q(grants__role=key)
        elif kind == "staff" and key.isdigit():
            wanted |= Q(pk=int(key))
        elif kind == "team" and key.isdigit():
            wanted |= Q(teams__pk=int(key))
        elif kind == "on_call":
            wanted |= Q(pk__in=on_call.people(key, clock.now()))
    return list(Staff.objects.filter(wanted, is_active=True).distinct().order_by("pk"))


def reaches(who: Iterable[str], severity: str) -> list[Reach]:
    """Every way the people of a step are told of a page this pressing."""
    named = list(who)
    found: list[Reach] = []
    for staff in people_of(named):
        if staff.is_demo:
            continue
        theirs = usable(Pager.objects.filter(staff=staff), severity)
        has_any = Pager.objects.filter(staff=staff, enabled=True, verified_at__isnull=False).exists()
        found += [Reach(staff, pager) for pager in theirs]
        if not has_any:
            found.append(Reach(staff, None))
    keys = [one.partition(":")[2] for one in named if one.startswith("pager:")]
    found += [Reach(None, pager) for pager in usable(Pager.objects.filter(pk__in=keys, staff=None), severity)]
    return found


def usable(pagers: QuerySet[Pager], severity: str) -> list[Pager]:
    """Those that are on, were tried out, and want to hear of something this pressing."""
    rank = RANK[Severity(severity)]
    some = pagers.filter(enabled=True, verified_at__isnull=False).order_by("created_at")
    return [one for one in some if RANK[Severity(one.least)] <= rank]


def plan_for(kind: str) -> Plan | None:
    """The plan that names a kind, else the one for everything else, None when there is neither."""
    rest = None
    for plan in Plan.objects.order_by("id"):
        if any(kind == one or kind.startswith(f"{one}.") for one in plan.kinds):
            return plan
        if not plan.kinds and rest is None:
            rest = plan
    return rest
