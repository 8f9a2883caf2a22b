"""What the WeChat pages show of corporations, Official Accounts and robots: one word and one colour each,
what works ticked off part by part, what is wrong first.

Reads our own rows only, so that a page that is polled never waits for WeChat; `channels.wecom` keeps
those rows true.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from django.db.models import Count, Q
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from guildhall.channels.wecom.models import State, WechatAccount, WecomCorp, WecomGroup, WecomRobot
from guildhall.core.text import Text

COLOURS = {State.ACTIVE: "green", State.PAUSED: "", State.REVOKED: "red"}


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong and what to do, as noted on the row."""

    what: str
    do: str
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Tick:
    """One part that has to work. `works` None: nobody asked yet."""

    name: str
    works: bool | None
    do: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One account of ours. `row` is a corporation, an Official Account or a robot."""

    row: Any
    word: str
    colour: str
    problem: Problem | None
    note: str = ""


class Noted(Protocol):
    """A row with a problem noted."""

    problem: Any
    problem_since: datetime | None


def problem_of(row: Noted) -> Problem | None:
    """The noted problem in the reader's language."""
    noted: Mapping[str, Any] = row.problem or {}
    if not noted:
        return None
    language = get_language() or "en"
    what = Text(str(noted.get("en", "")), str(noted.get("zh", "")))
    do = Text(str(noted.get("do_en", "")), str(noted.get("do_zh", "")))
    return Problem(what.for_language(language), do.for_language(language), row.problem_since)


def corp_lines() -> list[Line]:
    """Every corporation, with how many customer groups it has."""
    counted = Count("groups", filter=Q(groups__dismissed_at=None))
    rows = WecomCorp.objects.annotate(group_count=counted).order_by("name", "pk")
    return [corp_line(row, row.group_count) for row in rows]


def corp_line(row: WecomCorp, groups: int) -> Line:
    """A corporation in one word."""
    problem = problem_of(row)
    word, colour = str(row.get_state_display()), COLOURS[State(row.state)]
    if row.state == State.ACTIVE and problem is not None:
        word, colour = _("needs you"), "amber"
    elif row.state == State.ACTIVE and row.last_callback_at is None:
        word, colour = _("not called yet"), "blue"
    note = _("%(n)s customer groups") % {"n": groups}
    return Line(row, word, colour, problem, note)


def account_lines() -> list[Line]:
    """Every Official Account."""
    return [account_line(row) for row in WechatAccount.objects.order_by("name", "pk")]


def account_line(row: WechatAccount) -> Line:
    """An Official Account in one word."""
    problem = problem_of(row)
    word, colour = str(row.get_state_display()), COLOURS[State(row.state)]
    if row.state == State.ACTIVE and problem is not None:
        word, colour = _("needs you"), "amber"
    elif row.state == State.ACTIVE and row.last_callback_at is None:
        word, colour = _("not called yet"), "blue"
    return Line(row, word, colour, problem, str(row.get_kind_display()))


def robot_lines() -> list[Line]:
    """Every group robot."""
    rows = WecomRobot.objects.select_related("space", "group").order_by("name", "pk")
    return [
        Line(
            row,
            str(row.get_state_display()),
            COLOURS[State(row.state)],
            problem_of(row),
            row.group.name if row.group is not None else _("group not named"),
        )
        for row in rows
    ]


def corp_ticks(row: WecomCorp) -> list[Tick]:
    """What a corporation's app has to be able to do, part by part."""
    facts = row.facts
    app = _("In WeCom's console, let the app call this interface.")
    return [
        Tick(_("Customers and who serves them"), _fact(facts, "contact"), app),
        Tick(_("Customer groups"), _fact(facts, "groups"), app),
        Tick(_("WeChat customer service"), _fact(facts, "kf"), app),
        Tick(
            _("WeCom calls us"),
            True if row.last_callback_at is not None else None,
            _(
                "Waiting for the first event: put the three lines into WeCom's console. "
                "Saving them there is not one yet."
            ),
        ),
    ]


def groups_of(row: WecomCorp, most: int) -> Iterable[WecomGroup]:
    """Its customer groups, the largest first."""
    found = row.groups.filter(dismissed_at=None).select_related("space__place__family")
    return found.order_by("-member_count", "pk")[:most]


def _fact(facts: Mapping[str, Any], name: str) -> bool | None:
    value = facts.get(name)
    return value if isinstance(value, bool) else None
