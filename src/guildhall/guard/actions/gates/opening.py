"""People arrive at a gate: who is spared goes in, everybody else is held and asked.

A batch at a time, inside the transaction that recorded that they came; the same arrival told twice is one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count

from guildhall.channels import actions as channels
from guildhall.channels.models import JoinRequest, Space, SpaceMember
from guildhall.channels.port import MemberState
from guildhall.core import audit, clock
from guildhall.core.ids import new_id
from guildhall.effects import actions as effects
from guildhall.guard import gates_in_force
from guildhall.guard.actions.gates import asking, calling, ending, means
from guildhall.guard.gates.deciding import Newcomer, Place, Spared, Stage, comes_too_often, spared
from guildhall.guard.gates.settings import Then
from guildhall.guard.gates_in_force import InForce
from guildhall.guard.models import GateAttempt
from guildhall.people.models import Account

Way, State = GateAttempt.Way, GateAttempt.State
REMEMBERED = timedelta(days=30)
"""Who passed is not asked again for so long, whether they leave and come back or not."""
REMEMBERED_IN_A_RAID = timedelta(hours=1)
TOLD_TWICE = timedelta(seconds=2)
_RUNS_IT = (MemberState.ADMIN.value, MemberState.OWNER.value)


@dataclass(frozen=True, slots=True)
class Coming:
    """Somebody who came to a space, or asks to. `by`: the platform's id of who added them, '' when they came
    by themselves. message_id: ours, of the first message of somebody whose words are withheld.
    """

    space: Space
    account_id: str
    way: GateAttempt.Way
    at: datetime
    invite: str = ""
    by: str = ""
    message_id: str = ""


def arrive(coming: Sequence[Coming]) -> list[GateAttempt]:
    """Let in who is spared and ask everybody else; returns the attempts begun. Joins the caller's
    transaction.
    """
    by_place: dict[tuple[str, GateAttempt.Way], list[Coming]] = defaultdict(list)
    for one in coming:
        by_place[one.space.pk, one.way].append(one)
    begun: list[GateAttempt] = []
    for (space_id, way), people in sorted(by_place.items()):
        gate = gates_in_force.open_gate(space_id)
        space = people[0].space
        if gate is None or not means.wanted(way, gate.settings) or not means.can(space, way):
            continue
        begun += _Arrivals(space, gate, way, people).take()
    return begun


class _Arrivals:
    """Those who come to one space in one batch the same way."""

    def __init__(self, space: Space, gate: InForce, way: GateAttempt.Way, people: Sequence[Coming]) -> None:
        self.space, self.gate, self.way = space, gate, way
        self.now = clock.now()
        latest = {one.account_id: one for one in sorted(people, key=lambda one: one.at)}
        ids = list(latest)
        self.accounts = Account.objects.select_related("member").in_bulk(ids)
        self.people = [one for key, one in latest.items() if key in self.accounts]
        self.members = {
            one.account_id: one for one in SpaceMember.objects.filter(space=space, account_id__in=ids)
        }
        self.requests: dict[str, JoinRequest] = {}
        if way is Way.REQUEST:
            asked = JoinRequest.objects.filter(
                space=space, account_id__in=ids, state=JoinRequest.State.WAITING
            )
            self.requests = {one.account_id: one for one in asked.order_by("asked_at")}
        self.before: dict[str, GateAttempt] = {}
        mine = GateAttempt.objects.filter(space=space, account_id__in=ids)
        for attempt in mine.order_by("id"):
            self.before[attempt.account_id] = attempt
        since = self.now - timedelta(days=1)
        self.today = dict(
            mine.filter(started_at__gt=since).order_by().values_list("account").annotate(n=Count("pk"))
        )
        lately = self.now - (REMEMBERED_IN_A_RAID if gate.is_hard else REMEMBERED)
        passed = mine.filter(state__in=(State.PASSED, State.LET_IN), ended_at__gt=lately)
        self.passed = set(passed.values_list("account_id", flat=True))
        self.held = set(mine.filter(held=True).values_list("account_id", flat=True))
        self.verified = gates_in_force.verified(ids)
        self.admins = _admins(space, {one.by for one in people if one.by})

    def take(self) -> list[GateAttempt]:
        asked = []
        for one in self.people:
            if self._is_known(one):
                continue
            who = self._newcomer(one)
            why = spared(who, self.gate.settings)
            if why is Spared.NOT:
                asked.append((one, comes_too_often(who, self.gate.settings)))
        if not asked:
            return []
        begun = [self._begin(one) for one, _ in asked]
        often = {attempt.pk for attempt, (_, is_often) in zip(begun, asked, strict=True) if is_often}
        self._ask([one for one in begun if one.pk not in often], often, begun)
        for attempt in begun:
            if attempt.pk in often:
                then = Then.BAN if self.way is Way.JOINED else self.gate.settings.on_failure
                ending.fail(attempt, self.space, self.gate.settings, then, why="too_often")
        return begun

    def _is_known(self, one: Coming) -> bool:
        """Whether they stand at the gate already, or this very arrival was told before."""
        last = self.before.get(one.account_id)
        if last is None:
            return False
        if last.state == State.WAITING:
            return last.way == one.way
        return last.way == one.way and one.at <= last.came_at + TOLD_TWICE

    def _newcomer(self, one: Coming) -> Newcomer:
        account = self.accounts[one.account_id]
        member = self.members.get(one.account_id)
        opened = self.gate.opened_at
        came_before = opened is not None and one.at < opened.replace(microsecond=0)
        if self.way is Way.FIRST and member is not None and member.first_message_at is not None:
            came_before = opened is not None and member.first_message_at < opened
        if self.way is Way.FIRST and member is not None and member.joined_at is not None:
            came_before |= opened is not None and member.joined_at < opened
        return Newcomer(
            account.external_id,
            account.username,
            one.invite,
            is_bot=account.is_bot,
            is_staff=account.is_staff or account.staff_id is not None,
            is_admin=member is not None and member.state in _RUNS_IT,
            is_verified=account.pk in self.verified,
            was_added=bool(one.by) and one.by in self.admins,
            came_before=came_before,
            passed_before=account.pk in self.passed,
            attempts=self.today.get(account.pk, 0),
        )

    def _begin(self, one: Coming) -> GateAttempt:
        settings = self.gate.settings
        account = self.accounts[one.account_id]
        member = self.members.get(one.account_id)
        was_held = member is not None and member.state == MemberState.RESTRICTED
        return GateAttempt(
            id=new_id(),
            space=self.space,
            account=account,
            way=self.way,
            kind=asking.kind_for(self.space, settings).value,
            seed=asking.new_seed(),
            is_hard=self.gate.is_hard,
            tries=settings.tries,
            language=_language(account.member.language, self.space.language),
            invite=one.invite[:190],
            request=self.requests.get(one.account_id),
            message_id=one.message_id or None,
            # Whoever a moderator keeps silent stays so after the right answer.
            held=self.way is Way.JOINED and (not was_held or account.pk in self.held),
            came_at=one.at,
            started_at=self.now,
            deadline=self.now + timedelta(minutes=settings.minutes),
        )

    def _ask(self, asked: list[GateAttempt], often: Collection[str], begun: list[GateAttempt]) -> None:
        accounts = [self.accounts[one.account_id] for one in asked]
        if self.way is Way.REQUEST:
            talks = means.make_talks(self.space, accounts)
        else:
            talks = means.open_talks(self.space, accounts)
        posted = GateAttempt.objects.filter(
            space=self.space, place=Place.GROUP, started_at__gt=self.now - timedelta(minutes=1)
        ).count()
        said = asking.ask_all(asked, self.space, self.gate, talks, posted=posted) if asked else []
        unasked = [one for one in asked if not one.post_key and one.place != Place.BOARD]
        for attempt in unasked:  # compliance lets nothing be said there: a person has to decide
            attempt.stage, attempt.why = Stage.PERSON, "unasked"
            attempt.deadline = self.now + timedelta(hours=self.gate.settings.person_hours)
        GateAttempt.objects.filter(account_id__in=[one.account_id for one in begun], held=True).filter(
            space=self.space
        ).update(held=False)
        GateAttempt.objects.bulk_create(begun)
        channels.request_many(
            [*self._holds([one for one in begun if one.pk not in often]), *said],
            actor=asking.ACTOR,
            reason="gate",
        )
        effects.enqueue_many([asking.expires(one) for one in asked])
        audit.record_many(
            [
                audit.Entry(
                    asking.ACTOR, "gate.asked", f"account:{one.account_id}",
                    {"attempt": one.pk, "space": self.space.pk, "way": one.way, "hard": one.is_hard},
                )
                for one in begun
            ]
        )  # fmt: skip
        for attempt in unasked:
            calling.call_staff(attempt, self.space)

    def _holds(self, begun: Sequence[GateAttempt]) -> list[channels.Wanted]:
        return [channels.Wanted(ending.hold(one), reason=f"gate:{one.pk}") for one in begun if one.held]


def _language(known: str, spoken: str) -> str:
    """Theirs, when it is one we speak; else that of the space."""
    for code in (known.lower(), spoken.lower()):
        if code.startswith("zh"):
            return "zh-hant" if code in ("zh-hant", "zh-tw", "zh-hk", "zh-mo") else "zh-hans"
        if code.startswith("en"):
            return "en"
    return "en"


def _admins(space: Space, external_ids: Collection[str]) -> set[str]:
    if not external_ids:
        return set()
    found = SpaceMember.objects.filter(
        space=space, state__in=_RUNS_IT, account__external_id__in=list(external_ids)
    )
    return set(found.values_list("account__external_id", flat=True))
