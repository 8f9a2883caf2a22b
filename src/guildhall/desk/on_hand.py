"""Who is there to answer, as they stand now: duty of the work room, the switch each person sets, what each
takes and how much they have in hand. Reads only; `assigning` decides by it.

A house that never planned a shift goes by the switch alone: everybody who may work at the desk counts as on
duty, and agents are given tickets. From the first planned shift on, the roster counts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Max, Q

from guildhall.desk.assigning import LAST_MINUTES, Agent, Wanted
from guildhall.desk.models import AgentProfile, AssignmentRules, Ticket
from guildhall.people import permissions
from guildhall.people.models import DEMO_DOMAIN, RoleGrant, Staff, TeamMembership
from guildhall.people.roles import Role
from guildhall.work.duty import queries as duty
from guildhall.work.models import DutyKind, Shift

OPEN = (Ticket.Status.OPEN, Ticket.Status.PENDING)
LATELY = timedelta(hours=1)
_AGENTS = (Role.SUPPORT_AGENT, Role.VENDOR_AGENT)
_MAY_WORK = permissions.TABLE["desk.work"]


@dataclass(frozen=True, slots=True)
class Present:
    """Somebody on duty. ends_at: when they go home (aware UTC), None where they are here without a shift;
    languages: those the shift was planned for, empty for whatever they speak.
    """

    staff_id: int
    shift_id: str
    ends_at: datetime | None
    on_call: bool = False
    languages: tuple[str, ...] = ()


def rules() -> AssignmentRules:
    """How this house gives out tickets and hands over; the usual where nobody chose."""
    return AssignmentRules.objects.filter(pk=1).first() or AssignmentRules(pk=1)


def has_roster() -> bool:
    """Whether this house ever planned a shift; those of made-up colleagues do not count."""
    return Shift.objects.exclude(staff__email__endswith=f"@{DEMO_DOMAIN}").exists()


def last_turn(at: datetime) -> datetime | None:
    """The latest beginning or end of a planned shift up to `at`; None when there was none for two weeks."""
    planned = Shift.objects.filter(
        state=Shift.State.PLANNED, starts_at__gt=at - duty.LONGEST_SHIFT, starts_at__lte=at
    )
    found = planned.aggregate(began=Max("starts_at"), ended=Max("ends_at", filter=Q(ends_at__lte=at)))
    return max((one for one in found.values() if one is not None), default=None)


def present(at: datetime) -> dict[int, Present]:
    """Everybody on duty at `at` by staff id: by shift, by staying on, or, without a roster, by the switch.

    Whoever said they went home is not, until the time up to which they said so.
    """
    found: dict[int, Present] = {}
    made_up = set(Staff.objects.filter(email__endswith=f"@{DEMO_DOMAIN}").values_list("pk", flat=True))
    for one in duty.on_duty(at):
        if one.staff_id in made_up:
            continue
        on_call = one.kind == DutyKind.ON_CALL
        known = found.get(one.staff_id)
        if known is not None and not known.on_call and (on_call or not _later(one.ends_at, known.ends_at)):
            continue
        found[one.staff_id] = Present(one.staff_id, one.shift_id, one.ends_at, on_call, one.languages)
    for staff_id, until in AgentProfile.objects.filter(here_until__gt=at).values_list("staff", "here_until"):
        known = found.get(staff_id)
        if known is None or known.on_call or _later(until, known.ends_at):
            shift_id, languages = (known.shift_id, known.languages) if known else ("", ())
            found[staff_id] = Present(staff_id, shift_id, until, False, languages)
    if not found and not has_roster():
        staff = Staff.objects.filter(is_active=True, grants__role__in=_MAY_WORK).distinct()
        found = {pk: Present(pk, "", None) for pk in staff.values_list("pk", flat=True)}
    switched = AgentProfile.objects.filter(state=AgentProfile.State.OFF)
    off = {one.staff_id for one in switched if one.now(at) == AgentProfile.State.OFF}
    return {pk: one for pk, one in found.items() if pk not in off}


def _later(one: datetime | None, other: datetime | None) -> bool:
    return one is None or (other is not None and one > other)


def agents(at: datetime, *, here: dict[int, Present] | None = None) -> list[Agent]:
    """Those on duty who may be given tickets, with what they have in hand."""
    here = present(at) if here is None else here
    return _as_agents(here, at)


def leads(at: datetime, vendor_id: str | None) -> list[Agent]:
    """Who answers for a queue when nobody is on duty: leads of the vendor's team, or of ours; without any,
    managers, then owners. Whoever went home stays away only while others are left.
    """
    if vendor_id is not None:
        pks = TeamMembership.objects.filter(is_lead=True, team__vendor=vendor_id, staff__is_active=True)
        return _standing_in(pks.values_list("staff", flat=True), at, vendor_id)
    outsourced = RoleGrant.objects.filter(role=Role.VENDOR_AGENT).values("staff")
    in_house = Staff.objects.filter(is_active=True).exclude(pk__in=outsourced)
    led = in_house.filter(memberships__is_lead=True, grants__role__in=_MAY_WORK).values_list("pk", flat=True)
    found = _standing_in(led, at, None)
    for role in (Role.MANAGER, Role.OWNER):
        if not found:
            found = _standing_in(in_house.filter(grants__role=role).values_list("pk", flat=True), at, None)
    return found


def _standing_in(pks: Iterable[int], at: datetime, vendor_id: str | None) -> list[Agent]:
    here = {pk: Present(pk, "", None) for pk in set(pks)}
    return [one for one in _as_agents(here, at, even_away=True) if one.vendor_id == vendor_id]


def _as_agents(here: dict[int, Present], at: datetime, *, even_away: bool = False) -> list[Agent]:
    staff = {
        one.pk: one
        for one in Staff.objects.filter(pk__in=here, is_active=True).prefetch_related("grants")
        if one.may("desk.work")
    }
    profiles = {one.staff_id: one for one in AgentProfile.objects.filter(staff__in=staff)}
    vendors = _vendors_of(staff)
    in_hand, lately = _loads(staff, at)
    out = []
    for pk, person in sorted(staff.items()):
        outsourced = Role.VENDOR_AGENT in person.roles
        if outsourced and pk not in vendors:
            continue
        profile = profiles.get(pk) or AgentProfile(staff=person)
        # Without a shift, only agents and those somebody made one are given tickets.
        usual = here[pk].ends_at is not None or pk in profiles or not person.roles.isdisjoint(_AGENTS)
        if not even_away and not (usual and profile.takes):
            continue
        out.append(
            Agent(
                staff_id=pk,
                languages=frozenset(here[pk].languages or profile.languages or [person.language]),
                categories=frozenset(profile.categories),
                tiers=frozenset(profile.tiers),
                vendor_id=vendors[pk] if outsourced else None,
                available=even_away or profile.now(at) == AgentProfile.State.AVAILABLE,
                on_call=here[pk].on_call,
                open_now=in_hand.get(pk, 0),
                most_open=profile.most_open,
                given_lately=lately.get(pk, 0),
                last_given_at=profile.given_at,
                ends_at=_goes_home(here[pk], at),
            )
        )
    return out


def _goes_home(one: Present, at: datetime) -> datetime | None:
    """When they go home: a shift that is followed by another does not end the day."""
    if one.ends_at is None or one.ends_at - at > LAST_MINUTES:
        return one.ends_at
    return max(one.ends_at, duty.shift_end(one.staff_id, at) or one.ends_at)


def _vendors_of(staff: Collection[int]) -> dict[int, str]:
    """The one vendor in force that each works for; whoever is in the teams of two is of none."""
    found: dict[int, list[tuple[str, bool]]] = {}
    rows = TeamMembership.objects.filter(staff__in=list(staff), team__vendor__isnull=False)
    for pk, vendor, active in rows.values_list("staff", "team__vendor", "team__vendor__is_active"):
        found.setdefault(pk, []).append((vendor, active))
    return {pk: those[0][0] for pk, those in found.items() if len(those) == 1 and those[0][1]}


def _loads(staff: Collection[int], at: datetime) -> tuple[dict[int, int], dict[int, int]]:
    """Open tickets, and tickets given in the last hour, by staff id."""
    since = at - LATELY
    mine = Ticket.objects.filter(assignee__in=list(staff))
    rows = (
        mine.filter(status__in=OPEN, merged_into=None)
        .values_list("assignee")
        .annotate(n=Count("pk"), new=Count("pk", filter=Q(assigned_at__gte=since)))
    )
    in_hand, lately = {}, {}
    for pk, n, new in rows:
        in_hand[pk], lately[pk] = n, new
    done = mine.exclude(status__in=OPEN).filter(changed_at__gte=since, assigned_at__gte=since)
    for pk, n in done.values_list("assignee").annotate(n=Count("pk")):
        lately[pk] = lately.get(pk, 0) + n
    return in_hand, lately


def wanted_of(ticket: Ticket, *, exclude: Collection[int] = ()) -> Wanted:
    """What a ticket asks of whoever answers it."""
    return Wanted(
        ticket.pk,
        ticket.language,
        ticket.category_id or "",
        ticket.tier,
        ticket.vendor_id,
        frozenset(exclude),
    )


def languages_of(staff_ids: Collection[int]) -> dict[int, list[str]]:
    """The languages each was named for, by id; whoever was named for none is left out."""
    rows = AgentProfile.objects.filter(staff__in=list(staff_ids)).values_list("staff_id", "languages")
    return {pk: languages for pk, languages in rows if languages}
