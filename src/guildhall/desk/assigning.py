"""Who gets a ticket: skills first, then room, then fairness, and why. Pure: it is given the people and the
ticket, and never looks anything up.

The rules have numbers, which docs/handover.md explains and the tests are named after:

- ASG-1 Only somebody on duty, and not on a break; with `must`, on a break is better than nobody.
- ASG-2 Never across: a vendor's ticket to that vendor's agents, ours to ours.
- ASG-3 Nobody who was left out on purpose (whoever just handed it on).
- ASG-4 Language: somebody who speaks it. While a speaker is on duty, nobody else is asked, also when every
  speaker is full; when none is, the others are.
- ASG-5 Room: fewer open tickets than they take at once. With `must`, the fullest may be exceeded.
- ASG-6 Category, then tier: who was named for it, then who takes everything, then who was named for other
  things.
- ASG-7 Whoever goes home within `LAST_MINUTES` comes after those who stay.
- ASG-8 Load: the smaller share of what they take at once, in tenths.
- ASG-9 Fairness: fewer tickets given in the last hour, then the longest since the last one, then the number
  of the person, so that the same question always has the same answer.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from guildhall.core.text import Text
from guildhall.desk.speech import called, tongue

LAST_MINUTES = timedelta(minutes=10)
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
NOBODY_ON_DUTY = Text("Nobody who could take it is on duty.", "当前没有可接手的值班人员。")
ALL_FULL = Text("Everybody on duty who could take it is full.", "可接手的值班人员均已满负荷。")
ONLY_LEFT_OUT = Text("Nobody but those who handed it on is on duty.", "除交出人外，暂无其他值班人员。")


@dataclass(frozen=True, slots=True)
class Agent:
    """Somebody who may be given tickets, as they stand now.

    languages, categories, tiers: what they were named for; empty categories or tiers mean all. open_now: the
    open tickets they own; most_open: how many they take at once. given_lately: tickets given to them in the
    last hour. ends_at: when their shift ends (aware UTC; None: unknown). vendor_id: None for our own people.
    on_call: they are reached, not at their desk.
    """

    staff_id: int
    languages: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()
    tiers: frozenset[str] = frozenset()
    vendor_id: str | None = None
    on_duty: bool = True
    available: bool = True
    on_call: bool = False
    open_now: int = 0
    most_open: int = 10
    given_lately: int = 0
    last_given_at: datetime | None = None
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a ticket asks of whoever answers it. vendor_id: whose queue it is in, None for ours."""

    ticket_id: str
    language: str = "en"
    category: str = ""
    tier: str = ""
    vendor_id: str | None = None
    exclude: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Choice:
    """Who, or None and why nobody; `over`: they had no room left, `why` in the order of the rules."""

    staff_id: int | None
    why: tuple[Text, ...]
    over: bool = False


@dataclass(slots=True)
class Team:
    """Agents who are given several tickets in a row: each one given counts for the next."""

    agents: list[Agent] = field(default_factory=list)

    def give(self, wanted: Wanted, at: datetime, *, must: bool = False) -> Choice:
        """Choose, and remember it."""
        choice = choose(wanted, self.agents, at=at, must=must)
        if choice.staff_id is not None:
            self.agents = [_given(one, at) if one.staff_id == choice.staff_id else one for one in self.agents]
        return choice


def choose(ticket: Wanted, agents: Iterable[Agent], *, at: datetime, must: bool = False) -> Choice:
    """Who gets this ticket. `must`: somebody has to own it, so that a full agent is better than none.

    at: aware UTC.
    """
    there = [one for one in agents if one.on_duty and one.vendor_id == ticket.vendor_id]
    able = [one for one in there if one.available] or (there if must else [])
    if not able:
        return Choice(None, (NOBODY_ON_DUTY,))
    able = [one for one in able if one.staff_id not in ticket.exclude]
    if not able:
        return Choice(None, (ONLY_LEFT_OUT,))
    speakers = [one for one in able if speaks(one, ticket.language)]
    asked = speakers or able
    roomy = [one for one in asked if one.open_now < one.most_open]
    if roomy and all(one.on_call for one in roomy) and not must:
        # Somebody at their desk is only full for the moment; who is on call is not woken for that.
        roomy = [] if any(not one.on_call for one in asked) else roomy
    if not roomy and not must:
        return Choice(None, (ALL_FULL,))
    best = min(roomy or asked, key=lambda one: _rank(one, ticket, at))
    return Choice(best.staff_id, _why(best, ticket, at, bool(speakers)), over=not roomy)


def speaks(agent: Agent, language: str) -> bool:
    """Whether they answer in this language, whichever script it is written in."""
    plain = tongue(language)
    return not plain or plain in {tongue(code) for code in agent.languages}


def _rank(one: Agent, ticket: Wanted, at: datetime) -> tuple[object, ...]:
    return (
        one.on_call,
        _fit(one.categories, ticket.category),
        _fit(one.tiers, ticket.tier),
        _leaving(one, at),
        _tenths(one),
        one.given_lately,
        one.last_given_at or _NEVER,
        one.staff_id,
    )


def _fit(named: Collection[str], wanted: str) -> int:
    """0 named for it, 1 takes everything, 2 named for other things."""
    if not named:
        return 1
    return 0 if wanted in named else 2


def _tenths(one: Agent) -> int:
    return one.open_now * 10 // max(1, one.most_open)


def _leaving(one: Agent, at: datetime) -> bool:
    return one.ends_at is not None and one.ends_at - at <= LAST_MINUTES


def _given(one: Agent, at: datetime) -> Agent:
    return replace(one, open_now=one.open_now + 1, given_lately=one.given_lately + 1, last_given_at=at)


def _why(one: Agent, ticket: Wanted, at: datetime, spoken: bool) -> tuple[Text, ...]:
    """The reasons, as people read them on the ticket."""
    out: list[Text] = []
    if one.on_call:
        out.append(Text("on call; nobody is on duty", "待命人员；当前无人值班"))
    name = called(ticket.language)
    if spoken:
        out.append(Text(f"speaks {name.en}", f"使用{name.zh}"))
    else:
        out.append(Text(f"nobody on duty speaks {name.en}", f"值班人员中无人使用{name.zh}"))
    if ticket.category and ticket.category in one.categories:
        out.append(Text("named for this category", "负责该类别"))
    elif one.categories:
        out.append(Text("nobody named for this category is free", "负责该类别的人员均不可用"))
    if ticket.tier and ticket.tier in one.tiers:
        out.append(Text(f"named for tier {ticket.tier}", f"负责 {ticket.tier} 等级"))
    if _leaving(one, at):
        out.append(Text("goes off duty soon, nobody else is free", "即将下班，但无其他人可接手"))
    before = f"{one.open_now}/{one.most_open}"
    if one.open_now >= one.most_open:
        out.append(Text(f"full ({before}), like everybody else", f"已满负荷（{before}），其他人亦然"))
    else:
        out.append(Text(f"{before} open", f"在手 {before}"))
    out.append(Text(f"{one.given_lately} given in the last hour", f"近一小时分得 {one.given_lately} 张"))
    return tuple(out)


def told(why: Sequence[Text]) -> Text:
    """The reasons in one line."""
    return Text("; ".join(one.en for one in why), "；".join(one.zh for one in why))
