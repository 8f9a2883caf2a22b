"""The demo's desk: two weeks of questions and answers, shifts around the clock, a vendor for the night, teams
of the exchange that are asked, and what lies open now.

Every step looks first whether it was taken, so a builder that was killed goes on. Made-up agents own what
lies in the past; what waits now is for whoever tries the house.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from guildhall.channels.models import Message, Space
from guildhall.core import clock
from guildhall.core.text import Text
from guildhall.demo import script, wording
from guildhall.demo.actions import ACTOR
from guildhall.demo.cast import EN, VIP, ZH
from guildhall.demo.models import World
from guildhall.desk.actions import doors, escalations, hearing, opening, rating, replying, vendors, working
from guildhall.desk.doors import Rules
from guildhall.desk.fields import Kind, fields_of
from guildhall.desk.figures import collecting
from guildhall.desk.models import Category, DoorRule, Escalation, Ticket, Vendor
from guildhall.people import actions as people
from guildhall.people.models import DEMO_DOMAIN, Account, Staff, Team
from guildhall.work.duty.actions.shifts import NewShift, put_shifts

KEY = "demo:desk:"
"""What the external keys of the demo's tickets begin with."""
AGENTS = ("maya", "he", "vendor")
SPECIALISTS = {"finance": ("qiao", Text("Finance", "财务")), "risk": ("nils", Text("Risk control", "风控"))}
TEAM, VENDOR_TEAM, SOURCE = "demo-desk", "demo-nightdesk", "demo"
_DAYS_AHEAD = 30
_SHIFTS = (("he", 0, 9), ("maya", 8, 17), ("vendor", 16, 25))
"""Who is on duty in which hours of the UTC day: Asia, Europe, the night."""
_HOUR = timedelta(hours=1)
_QUESTIONS = 2


@dataclass(frozen=True, slots=True)
class _Cast:
    """Who plays: staff by key, spaces by slug, and accounts that talk in each of them."""

    staff: Mapping[str, Staff]
    spaces: Mapping[str, Space]
    askers: Mapping[str, Sequence[Account]]


def build(world: World) -> None:
    """Set up the desk, let its past happen, leave open what waits now. Twice changes nothing."""
    if is_built():
        return
    begins = world.ends - timedelta(days=14)
    with clock.freeze(begins):
        cast = _Cast(_hired(), *_places(world))
        _set_up(cast)
        _doors(cast)
    _shifts(world, cast)
    chance = random.Random(f"desk {world.seed}")
    for number, told in enumerate(_plan(begins, world.ends, chance)):
        _told(number, told, cast, chance, world.ends)
    for number, one in enumerate(script.desk()["waiting"]):
        _waits(number, one, world.ends, cast, chance)
    _asked_of_finance(world.ends, cast)
    collecting.forget()
    collecting.refresh()


def is_built() -> bool:
    """Whether everything of it stands: the questions to finance are the last step."""
    return Escalation.objects.filter(ticket__external_key__startswith=KEY).count() >= _QUESTIONS


def _hired() -> dict[str, Staff]:
    wanted = [*AGENTS, "mei", *(key for key, _name in SPECIALISTS.values())]
    found = {}
    for key in wanted:
        found[key] = Staff.objects.get(email=f"{key}@{DEMO_DOMAIN}")
    return found


def _places(world: World) -> tuple[dict[str, Space], dict[str, list[Account]]]:
    spaces = {one.slug: one for one in Space.objects.filter(pk__in=world.spaces)}
    askers = {}
    for slug, space in spaces.items():
        talked = Message.objects.filter(space=space, account__is_staff=False).values("account")
        askers[slug] = list(Account.objects.filter(pk__in=talked).order_by("external_id")[:120])
    return spaces, askers


def _set_up(cast: _Cast) -> None:
    """Teams, the vendor, and the teams of the exchange with what they promise."""
    with transaction.atomic():
        _team(TEAM, "Desk · 客服", [cast.staff["maya"], cast.staff["he"]])
        night = _team(VENDOR_TEAM, "Nightdesk", [cast.staff["vendor"]])
        if not Vendor.objects.filter(team=night).exists():
            vendors.create_vendor("Nightdesk", cast.staff["mei"], team=night)
        for slug, (key, name) in SPECIALISTS.items():
            group = _team(f"demo-{slug}", name.en, [cast.staff[key]])
            escalations.save_team(
                f"demo-{slug}", name, group, hours={}, seconds={"urgent": 1800, "high": 3600, "normal": 7200},
                by=ACTOR,
            )  # fmt: skip


def _doors(cast: _Cast) -> None:
    """Whoever tries the chats can ask the desk: by command or by naming us."""
    for space in cast.spaces.values():
        if not DoorRule.objects.filter(space=space).exists():
            doors.set_door(Rules(reply=False), ACTOR, space_id=space.pk)


def _team(slug: str, name: str, members: Sequence[Staff]) -> Team:
    team = Team.objects.filter(slug=slug).first() or people.create_team(name, by=ACTOR, slug=slug)
    for one in members:
        if not team.members.filter(pk=one.pk).exists():
            people.add_to_team(team, one, by=ACTOR)
    return team


def _shifts(world: World, cast: _Cast) -> None:
    """Three shifts a day, which overlap by an hour to hand over, past and to come."""
    teams = {slug: Team.objects.get(slug=slug).pk for slug in (TEAM, VENDOR_TEAM)}
    first = world.ends.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=14)
    rows = [
        NewShift(
            teams[VENDOR_TEAM if key == "vendor" else TEAM],
            cast.staff[key].pk,
            first + timedelta(days=day) + start * _HOUR,
            first + timedelta(days=day) + end * _HOUR,
            key=f"{key}:{first + timedelta(days=day):%Y%m%d}",
            zone=cast.staff[key].zone,
        )
        for day in range(14 + _DAYS_AHEAD)
        for key, start, end in _SHIFTS
    ]
    put_shifts(rows, by=ACTOR, source=SOURCE)


def _plan(begins: datetime, ends: datetime, chance: random.Random) -> list[tuple[datetime, str, Any]]:
    """When which conversation begins: about five a day in each language, each told a few times."""
    told = []
    for language in ("en", "zh"):
        talks = list(script.desk()[language])
        for day in range(13):
            for talk in chance.sample(talks, 3):
                moment = begins + timedelta(days=day, minutes=chance.randrange(60, 1300))
                told.append((moment, language, talk))
    return sorted(told, key=lambda one: one[0])


def _told(
    number: int,
    told: tuple[datetime, str, Mapping[str, Any]],
    cast: _Cast,
    chance: random.Random,
    ends: datetime,
) -> None:
    """One conversation from its first word to how it ended, in one transaction."""
    at, language, talk = told
    if Ticket.objects.filter(external_key=f"{KEY}{number}").exists():
        return
    turns = [(line[:1], wording.choose_words(line[2:].strip(), chance)) for line in talk["turns"]]
    slug = VIP if language == "en" and chance.random() < 0.15 else {"en": EN, "zh": ZH}[language]
    agent = _on_duty(at, language, cast)
    with transaction.atomic():
        ticket = _opened(number, at, slug, language, turns[0][1], talk, cast, chance)
        with clock.freeze(at + timedelta(seconds=20)):
            working.assign(ticket.pk, agent.pk, ACTOR)
        moment = at
        for who, words in turns[1:]:
            first = who == "a" and moment == at
            wait = talk["minutes"] * (0.5 + chance.random() * 1.4) if first else 1 + chance.random() * 9
            moment += timedelta(minutes=wait)
            with clock.freeze(moment):
                _said(ticket, who, words, agent)
        with clock.freeze(moment + timedelta(minutes=2)):
            _ended(ticket, talk, agent, chance, ends - timedelta(days=2))


def _opened(
    number: int | str,
    at: datetime,
    slug: str,
    language: str,
    text: str,
    talk: Mapping[str, Any],
    cast: _Cast,
    chance: random.Random,
) -> Ticket:
    asker = chance.choice(cast.askers[slug])
    draft = opening.Draft(
        way=Ticket.Way.WEBCHAT, text=text, language={"en": "en", "zh": "zh-hans"}[language],
        space_id=cast.spaces[slug].pk, account_id=asker.pk, category=talk["category"],
        priority=talk.get("priority", ""), external_key=f"{KEY}{number}", received_at=at,
    )  # fmt: skip
    with clock.freeze(at):
        return opening.open_many([draft], by=ACTOR, at=at)[0]


def _said(ticket: Ticket, who: str, words: str, agent: Staff) -> None:
    if who == "c":
        hearing.add_customer_messages([(ticket.pk, "", words, clock.now())])
    elif who == "n":
        working.note(ticket.pk, agent, words)
    else:
        replying.add_answer_from_chat(ticket.pk, by=agent, text=words, message_id="")


def _ended(
    ticket: Ticket, talk: Mapping[str, Any], agent: Staff, chance: random.Random, before: datetime
) -> None:
    """What was asked before that time is solved by now, even where the member was waited for."""
    working.set_fields(ticket.pk, _filled(talk["category"], chance), agent)
    ends = talk["ends"] if clock.now() > before else Ticket.Status.SOLVED
    working.set_status(ticket.pk, ends, agent)
    if talk["rating"] and ends == Ticket.Status.SOLVED and chance.random() < 0.7:
        rating.rate(ticket.pk, talk["rating"])


def _filled(category: str, chance: random.Random) -> dict[str, Any]:
    """Something for every field that has to be known."""
    values: dict[str, Any] = {}
    for field in fields_of(Category.objects.get(pk=category).fields):
        if not field.required:
            continue
        values[field.key] = {
            Kind.UID: str(chance.randrange(10**7, 10**8)),
            Kind.TXID: "0x" + "".join(chance.choice("0123456789abcdef") for _ in range(64)),
            Kind.NUMBER: str(chance.randrange(20, 4000)),
            Kind.DATE: f"{clock.now():%Y-%m-%d}",
            Kind.CHOICE: field.choices[0].key if field.choices else "",
        }.get(field.kind, "USDT")
    return values


def _waits(number: int, one: Mapping[str, Any], ends: datetime, cast: _Cast, chance: random.Random) -> None:
    """A question nobody has answered yet, and nobody owns."""
    key = f"waiting:{number}"
    if Ticket.objects.filter(external_key=f"{KEY}{key}").exists():
        return
    at = ends - timedelta(minutes=one["minutes"])
    with transaction.atomic():
        slug = {"en": EN, "zh": ZH}[one["language"]]
        _opened(key, at, slug, one["language"], one["text"], one, cast, chance)


def _on_duty(at: datetime, language: str, cast: _Cast) -> Staff:
    """Who would have it: our own people, each in their language; nights are too quiet to be told apart."""
    return cast.staff["he" if language == "zh" else "maya"]


def _asked_of_finance(ends: datetime, cast: _Cast) -> None:
    """The withdrawals that wait: about one finance asks back, about the other it has answered."""
    words = script.desk()["escalation"]
    for number, answered in ((0, False), (3, True)):
        ticket = Ticket.objects.get(external_key=f"{KEY}waiting:{number}")
        if Escalation.objects.filter(ticket=ticket).exists():
            continue
        agent = cast.staff["he" if ticket.language.startswith("zh") else "maya"]
        language = "zh" if ticket.language.startswith("zh") else "en"
        with clock.freeze(ends - timedelta(minutes=5)):
            one = escalations.escalate(ticket.pk, "demo-finance", words["question"][language], by=agent.actor)
        with clock.freeze(ends - timedelta(minutes=1)):
            if answered:
                escalations.answer(one.pk, words["answer"][language], by=cast.staff["qiao"].actor)
            else:
                escalations.ask_back(one.pk, words["asks_back"][language], by=cast.staff["qiao"].actor)
