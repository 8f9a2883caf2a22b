"""Builds the demo's world: the plot let in through intake, hour by hour, with the clock held in that hour.

Each hour is one transaction together with the note that it is done, so a builder that was killed goes on
where it stopped, and two of them do not do the same hour twice. What an hour asked for is carried out in it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta

from django.db import transaction

from guildhall.channels import actions as channels
from guildhall.channels.models import Message, Space
from guildhall.channels.port import Act, Verb
from guildhall.channels.webchat import (
    PLATFORM,
    delete_body,
    edit_body,
    join_body,
    leave_body,
    message_body,
)
from guildhall.core import audit, clock
from guildhall.core.errors import Conflict, NotFound, Permanent
from guildhall.core.log import get_logger
from guildhall.core.text import Text
from guildhall.demo import actions, queries, script, sweeping
from guildhall.demo import plot as plots
from guildhall.demo.actions import ACTOR
from guildhall.demo.cast import VIP
from guildhall.demo.deeds import Deeds
from guildhall.demo.events import Event, What
from guildhall.demo.inline import carry_out, finish
from guildhall.demo.models import ONLY, World
from guildhall.demo.moderating import Desk, Moderators
from guildhall.demo.plot import HOUR, Plot
from guildhall.guard import actions as guard
from guildhall.guard import freshness
from guildhall.guard.actions import campaigns, figures, learning, raid_steps, raids, reaching, shadowing
from guildhall.guard.actions.gates import asking
from guildhall.guard.models import Suspect
from guildhall.intake.pipeline import Raw, Status, ingest
from guildhall.people import actions as people
from guildhall.people.models import DEMO_DOMAIN, Account, Staff

_logger = get_logger(__name__)
TICK = timedelta(minutes=2)
"""Events this close together are let in together."""
STALE = timedelta(hours=6)
Told = Callable[[int, int], None]
_JOBS = (asking.EXPIRE, asking.CLEAR, raid_steps.KIND, campaigns.KIND, shadowing.KIND, reaching.KIND)
"""What the guard orders without the order key of a space; done in the past, not by workers."""


class Builder:
    """One run over the hours that are still to do."""

    def __init__(self, world: World) -> None:
        self.plot: Plot = plots.write(world.seed, world.ends, HOUR * world.total)
        self.slugs: Mapping[str, str] = dict(
            Space.objects.filter(pk__in=world.spaces).values_list("pk", "slug")
        )
        self.ids = {slug: pk for pk, slug in self.slugs.items()}
        self._hours: dict[int, list[Event]] = defaultdict(list)
        for event in self.plot.events:
            self._hours[(event.at - self.plot.begins) // HOUR].append(event)
        self._accounts: dict[str, str] = {}
        self._moderators: Moderators | None = None
        self._deeds: Deeds | None = None
        self._seed = world.seed

    def build(self, told: Told = lambda done, total: None) -> bool:
        """Take every step that is left; False when the demo was taken away meanwhile."""
        while True:
            with transaction.atomic():
                world = World.objects.select_for_update().get(pk=ONLY)
                if world.state != World.State.BUILDING:
                    return world.state == World.State.READY
                if world.done == 0:
                    world.staff = list(self._hire(world).values())
                self._hour(world.done, world)
                world.done += 1
                if world.done >= world.total:
                    world.state = World.State.READY
                    audit.record(ACTOR, "demo.built", "demo:world", {"seed": world.seed})
                world.changed_at = clock.now()
                world.save()
            told(world.done, world.total)
            if world.state == World.State.READY:
                with clock.freeze(self.plot.ends):
                    learn()

    def _hire(self, world: World) -> dict[str, int]:
        """The staff of the demo: named, with their roles, and with no way to sign in."""
        hired = {}
        with clock.freeze(self.plot.begins):
            for one in script.names()["staff"]:
                staff = people.create_staff(
                    f"{one['key']}@{DEMO_DOMAIN}", one["name"], one["roles"], by=ACTOR,
                    language=one["language"],
                    zone=one["zone"],
                )  # fmt: skip
                people.deactivate(staff, by=ACTOR)
                hired[one["key"]] = staff.pk
        return hired

    def _hour(self, number: int, world: World) -> None:
        if self._moderators is None:
            desk = self._desk(world)
            self._moderators = Moderators(desk)
            self._moderators.look()
            self._deeds = Deeds(self.ids, desk.staff, self.plot.truths, self._account, self._carry_out)
        events = self._hours.get(number, [])
        for tick in ticks(events):
            with clock.freeze(tick[-1].at):
                self._tick(tick)
        with clock.freeze(min(self.plot.begins + HOUR * (number + 1), self.plot.ends) - timedelta(seconds=1)):
            self._work()

    def _desk(self, world: World) -> Desk:
        keys = Staff.objects.filter(pk__in=world.staff).values_list("email", "pk")
        return Desk(
            self._seed, self.slugs, {email.partition("@")[0]: pk for email, pk in keys}, self.plot.truths,
            self.plot.appealed, self.plot.waiting,
        )  # fmt: skip

    def _tick(self, events: Sequence[Event]) -> None:
        let_in(events)
        staff = [one.who for one in events if one.what is What.JOIN and one.who.startswith("demo-staff-")]
        if staff:
            self._mark(staff)
        for event in events:
            if event.what is What.DEED or event.what is What.ANSWER:
                assert self._deeds is not None
                self._carry_out()
                (self._deeds.do if event.what is What.DEED else self._deeds.answer)(event)
            else:
                self._act(event)
        self._work(with_jobs=any(event.space == VIP for event in events))

    def _mark(self, who: Iterable[str]) -> None:
        """The chat accounts of the demo's staff are ours, so that look-alikes stand out."""
        for one in who:
            people.set_staff_account(self._account(one), True, by=ACTOR)
        freshness.forget()

    def _act(self, event: Event) -> None:
        """What is not said but done: reports, appeals, bans."""
        if event.what not in (What.REPORT, What.APPEAL, What.BAN):
            return
        if event.what is What.BAN:
            self._ban(event)
            return
        message = Message.objects.filter(space=self.ids[event.space], external_id=event.key).first()
        if message is None:
            return
        account = self._account(event.who)
        try:
            if event.what is What.APPEAL:
                guard.open_appeal(message.pk, account, event.text)
            else:
                guard.report_message(message.pk, f"account:{account}", event.text)
        except (Conflict, NotFound):
            return  # the guard let it pass: there is nothing to appeal against

    def _ban(self, event: Event) -> None:
        """A moderator bans somebody: as an impersonator, where the guard suspects one."""
        staff = Staff.objects.get(email=f"{event.who.removeprefix('demo-staff-')}@{DEMO_DOMAIN}")
        account = self._account(event.name)
        suspect = Suspect.objects.filter(account=account, state=Suspect.State.OPEN).first()
        if suspect is not None:
            guard.confirm_suspect(suspect.pk, staff.actor)
            return
        act = Act(Verb.BAN, self.ids[event.space], account_id=account)
        channels.request(act, actor=staff.actor, reason="demo")

    def _account(self, external_id: str) -> str:
        if external_id not in self._accounts:
            self._accounts[external_id] = Account.objects.get(platform=PLATFORM, external_id=external_id).pk
        return self._accounts[external_id]

    def _work(self, *, with_jobs: bool = True) -> None:
        """Moderators decide what is due, and all that was ordered is done. `with_jobs`: what the guard
        ordered for itself too, which is seldom anything.
        """
        assert self._moderators is not None
        self._moderators.look()
        self._moderators.decide(clock.now())
        raids.end_quiet(clock.now())
        if with_jobs:
            self._carry_out()
        else:
            carry_out({f"space:{pk}" for pk in self.slugs})

    def _carry_out(self) -> None:
        """Do what was ordered until nothing that is due is left."""
        while carry_out({f"space:{pk}" for pk in self.slugs}) + finish(_JOBS):
            pass


def learn() -> None:
    """Count the figures, and train a text model from what the moderators decided: what the house's own jobs
    would do by and by.
    """
    figures.roll_up()
    try:
        learning.train_now(ACTOR)
    except Permanent as error:  # the demo stands without a model of its own
        _logger.warning("demo.not_trained", error=error.text.en)


def ticks(events: Sequence[Event]) -> Iterator[list[Event]]:
    """Events to be let in together: close in time, and nobody speaks in the group they joined in."""
    tick: list[Event] = []
    came: set[str] = set()
    for event in events:
        if tick and (event.at - tick[0].at >= TICK or (event.what is What.SAY and event.who in came)):
            yield tick
            tick, came = [], set()
        tick.append(event)
        if event.what is What.JOIN:
            came.add(event.who)
    if tick:
        yield tick


def let_in(events: Iterable[Event]) -> None:
    """Hand what was said, joined and left to intake, as the chat page does."""
    raws = [Raw(PLATFORM, body, event.at) for event in events if (body := body_of(event)) is not None]
    if not raws:
        return
    for raw, outcome in zip(raws, ingest(raws), strict=True):
        if outcome.status is Status.QUARANTINED:
            raise RuntimeError(f"the demo says what intake refuses: {outcome.error}: {raw.body!r}")


def body_of(event: Event) -> bytes | None:
    """The event as the chat page would send it; None for what is no message."""
    match event.what:
        case What.SAY:
            return message_body(
                space=event.space, visitor=event.who, name=event.name, message_id=event.key, text=event.text,
                sent_at=event.at, reply_to=event.reply_to, language=event.language,
            )  # fmt: skip
        case What.EDIT:
            return edit_body(
                space=event.space, visitor=event.who, name=event.name, message_id=event.key, text=event.text,
                sent_at=event.at,
            )  # fmt: skip
        case What.DELETE:
            return delete_body(
                space=event.space, visitor=event.who, name=event.name, message_id=event.key, sent_at=event.at
            )
        case What.JOIN:
            return join_body(
                space=event.space, visitor=event.who, name=event.name, sent_at=event.at,
                language=event.language,
            )  # fmt: skip
        case What.LEAVE:
            return leave_body(space=event.space, visitor=event.who, name=event.name, sent_at=event.at)
    return None


def build(told: Told = lambda done, total: None) -> bool:
    """Build what is begun. Raises NotFound when nothing is; False when it was taken away meanwhile."""
    world = queries.world()
    if world is None or not queries.is_there(world):
        raise NotFound(Text("No demo was begun here.", "尚未开始建立演示数据。"))
    return Builder(world).build(told)


def is_stale(world: World) -> bool:
    """Whether the past of a half-built world ended so long ago that it would not reach the present."""
    return clock.now() - world.ends > STALE


def renew(world: World) -> None:
    """Begin a half-built world anew, so that its past ends now."""
    with transaction.atomic():
        World.objects.filter(pk=ONLY).update(state=World.State.REMOVING, done=0, total=100)
    sweeping.sweep()
    actions.begin(seed=world.seed)
