"""A made-up desk that lives through many changes of shift: people with shifts, breaks, sick days, overtime;
tickets that come and are solved, in house and at two vendors, in two languages.

`World.turn` lives through one change of shift as the ticker would and says which open tickets nobody on duty
owns afterwards. Everything follows from the seed; the clock is the caller's, frozen.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count

from guildhall.core.ids import new_id
from guildhall.desk import on_hand
from guildhall.desk.actions import assigning, shift_change
from guildhall.desk.models import AgentProfile, Handover, Ticket, Vendor
from guildhall.people.models import RoleGrant, Staff, Team, TeamMembership
from guildhall.people.roles import Role
from guildhall.work.models import DutyKind, Leave, Shift

BY = "system:test"
_PEOPLE = 5
_HOURS = timedelta(hours=8)
_LANGUAGES = ("en", "zh-hans")


@dataclass(slots=True)
class World:
    """The people by side ('' is ours), and what is left to chance."""

    random: random.Random
    starts: datetime
    sides: dict[str, list[Staff]] = field(default_factory=dict)
    vendors: dict[str, Vendor] = field(default_factory=dict)
    teams: dict[str, Team] = field(default_factory=dict)
    numbers: count[int] = field(default_factory=lambda: count(1))
    moved: int = 0

    def turn(self, at: datetime) -> list[Ticket]:
        """One change of shift at `at`, with what came before it; the open tickets nobody on duty owns."""
        self._life(at)
        self._next_shift(at)
        shift_change.open_notes(at - timedelta(minutes=1))
        while True:
            moved = shift_change.hand_back(at)
            self.moved += moved
            if not moved:
                break
        assigning.take_waiting(at)
        shift_change.escalate_unaccepted(at)
        return self.unowned(at)

    def unowned(self, at: datetime) -> list[Ticket]:
        """Open tickets of nobody, and of somebody not on duty although there is one who may own them."""
        here = self._on_duty(at)
        side_of = {staff.pk: side for side, people in self.sides.items() for staff in people}
        sides = {side_of[pk] for pk in here}
        names = {vendor.pk: name for name, vendor in self.vendors.items()}
        open_now = Ticket.objects.filter(status__in=("open", "pending"), merged_into=None)
        return [
            one
            for one in open_now.exclude(assignee__in=here)
            if one.assignee_id is None or {names.get(one.vendor_id or "", ""), ""} & sides
        ]

    def _on_duty(self, at: datetime) -> set[int]:
        """A second reading of who is on duty, shift by shift: no covers are made here, so rows say it all."""
        shifts = Shift.objects.filter(starts_at__lte=at, ends_at__gt=at, state="planned")
        away = Leave.objects.filter(state="approved", starts_at__lte=at, ends_at__gt=at)
        here = set(shifts.values_list("staff", flat=True)) - set(away.values_list("staff", flat=True))
        stays = AgentProfile.objects.filter(here_until__gt=at).values_list("staff", flat=True)
        home = AgentProfile.objects.filter(state="off", state_until__gt=at).values_list("staff", flat=True)
        return (here | set(stays)) - set(home)

    def _life(self, at: datetime) -> None:
        """What happens in one shift: questions come and are solved; people go on breaks or home."""
        chance = self.random
        for side in self.sides:
            for _ in range(chance.randint(0, 4)):
                came = at - timedelta(minutes=chance.randint(1, 470))
                Ticket.objects.create(
                    id=new_id(), number=next(self.numbers), way="api", subject="?", opened_at=came,
                    changed_at=came, waiting_since=came if chance.random() < 0.7 else None,
                    status=chance.choice(("open", "open", "pending")), language=chance.choice(_LANGUAGES),
                    priority=chance.choice(("low", "normal", "urgent")), vendor=self.vendors.get(side),
                    snoozed_until=at + _HOURS if chance.random() < 0.1 else None,
                )  # fmt: skip
        assigning.take_waiting(at - timedelta(minutes=2))
        held = list(
            Ticket.objects.filter(status__in=on_hand.OPEN).order_by("number").values_list("pk", flat=True)
        )
        done = [pk for pk in held if chance.random() < 0.45]
        Ticket.objects.filter(pk__in=done).update(status="solved")
        for staff in chance.sample([one for those in self.sides.values() for one in those], 2):
            state = chance.choice(("available", "away", "off"))
            AgentProfile.objects.filter(staff=staff).update(
                state=state,
                state_until=at + _HOURS,
                here_until=at + timedelta(hours=1) if chance.random() < 0.2 else None,
            )

    def _next_shift(self, at: datetime) -> None:
        """Who works from now on: on each side two of five, now and then nobody but somebody on call."""
        chance = self.random
        for side, people in self.sides.items():
            kind = DutyKind.ON_CALL if chance.random() < 0.1 else DutyKind.SHIFT
            if chance.random() < 0.05:
                continue
            for staff in chance.sample(people, 1 if kind == DutyKind.ON_CALL else chance.randint(1, 3)):
                Shift.objects.create(
                    team=self.teams[side],
                    staff=staff,
                    kind=kind,
                    starts_at=at,
                    ends_at=at + _HOURS,
                    made_by=BY,
                )
                if chance.random() < 0.1:
                    Leave.objects.create(
                        staff=staff,
                        kind="sick",
                        starts_at=at,
                        ends_at=at + _HOURS,
                        state="approved",
                        asked_by=BY,
                    )


def build(seed: int, starts: datetime) -> World:
    """Three sides of five people each, one of them in the lead; a shift that is on when it begins."""
    world = World(random.Random(seed), starts)
    for side in ("", "acme", "beta"):
        role = Role.VENDOR_AGENT if side else Role.SUPPORT_AGENT
        team = Team.objects.create(slug=f"sim-{side or 'house'}", name=side or "house")
        people = []
        for n in range(_PEOPLE):
            staff = Staff.objects.create(
                email=f"{side or 'house'}{n}@sim.invalid", name=f"{side or 'house'} {n}"
            )
            RoleGrant.objects.create(staff=staff, role=role, granted_by=BY)
            TeamMembership.objects.create(team=team, staff=staff, is_lead=n == 0)
            spoken = list(_LANGUAGES[: 1 + n % 2])
            AgentProfile.objects.create(staff=staff, languages=spoken, most_open=world.random.randint(2, 8))
            people.append(staff)
        world.sides[side], world.teams[side] = people, team
        if side:
            world.vendors[side] = Vendor.objects.create(name=side, team=team, created_by=BY)
        Shift.objects.create(
            team=team, staff=people[1], starts_at=starts - _HOURS, ends_at=starts, made_by=BY
        )
    return world


def given_without_a_part() -> int:
    """Handovers that were given and lack one of the first four parts."""
    rows = Handover.objects.filter(state__in=("given", "accepted")).prefetch_related("actions")
    return sum(
        not (one.severity and one.summary and (one.nothing_to_do or one.actions.all()))
        or not (one.nothing_to_watch or one.watches)
        for one in rows
    )
