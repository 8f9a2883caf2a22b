"""How the demo's moderators work: they find a case after a while, decide what is right (mostly), and say why.

When and how is a pure function of seed and message, so that the same world is decided the same way. Only
cases about made-up people are theirs: what a visitor of the demo did waits for whoever runs the house.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from guildhall.core.errors import Conflict
from guildhall.demo import script
from guildhall.demo.cast import EN, PREFIX, VIP, ZH
from guildhall.demo.events import Truth
from guildhall.demo.wording import choose_words
from guildhall.guard import actions as guard
from guildhall.guard.models import Case

Kind = Case.Kind
DECIDERS = {EN: ("jonas", "amara", "jonas", "mei"), ZH: ("xu", "xu", "mei"), VIP: ("jonas", "xu")}
_SPEAKS_CHINESE = ("xu", "mei")
_TAKES_MINUTES = {Kind.VERDICT: 11, Kind.REPORT: 24, Kind.APPEAL: 48, Kind.SAMPLE: 420}
_LONGEST = timedelta(hours=20)


@dataclass(frozen=True, slots=True)
class Desk:
    """What they go by: space slugs by id, staff keys by name, what each message is, what is left open."""

    seed: int
    spaces: Mapping[str, str]
    staff: Mapping[str, int]
    truths: Mapping[str, Truth]
    appealed: frozenset[str] = frozenset()
    waiting: frozenset[str] = frozenset()


class Moderators:
    """The open cases as they know them, each with when it is decided."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._due: dict[str, datetime] = {}

    def look(self) -> None:
        """See what came up since the last look."""
        found = Case.objects.filter(
            state=Case.State.OPEN, space__in=self._desk.spaces, account__external_id__startswith=PREFIX
        ).values_list("id", "kind", "opened_at", "message__external_id", "enacted")
        due = {}
        for case_id, kind, opened_at, key, enacted in found:
            settles_with_appeal = kind == Kind.VERDICT and enacted and key in self._desk.appealed
            if key in self._desk.waiting or settles_with_appeal:
                continue
            due[case_id] = self._due.get(case_id) or opened_at + self._takes(kind, key)
        self._due = due

    def decide(self, now: datetime) -> int:
        """Decide what is due; returns how many."""
        ripe = sorted(case_id for case_id, due in self._due.items() if due <= now)
        for case_id in ripe:
            del self._due[case_id]
            case = Case.objects.select_related("message").filter(pk=case_id, state=Case.State.OPEN).first()
            if case is not None:
                self._decide(case)
        return len(ripe)

    def _takes(self, kind: str, key: str) -> timedelta:
        chance = random.Random(f"{self._desk.seed} {kind} {key} when")
        return min(timedelta(minutes=_TAKES_MINUTES[Kind(kind)] * chance.lognormvariate(0, 0.75)), _LONGEST)

    def _decide(self, case: Case) -> None:
        key = case.message.external_id
        chance = random.Random(f"{self._desk.seed} {case.kind} {key} how")
        who = chance.choice(DECIDERS[self._desk.spaces[case.space_id]])
        language = "zh" if who in _SPEAKS_CHINESE else "en"
        outcome, notes = _outcome(case, self._desk.truths.get(key, Truth.TALK), chance)
        note = chance.choice(_notes(notes, language)) if notes else ""
        decide = {"upheld": guard.uphold, "undone": guard.undo, "dismissed": guard.dismiss}[outcome]
        by = f"staff:{self._desk.staff[who]}"
        try:
            decide(case.pk, by, note)
        except Conflict:
            return  # it was settled together with another case of the same message
        if case.kind in (Kind.VERDICT, Kind.REPORT) and chance.random() < 0.18 and outcome != "dismissed":
            guard.train(case.pk, "scam" if outcome == "upheld" else "fine", by)


def _outcome(case: Case, truth: Truth, chance: random.Random) -> tuple[str, str]:
    """What is decided, and from which notes the reason is taken."""
    if case.kind == Kind.SAMPLE:
        return ("undone", "upheld") if truth is Truth.SCAM else ("upheld", "")
    if case.kind == Kind.APPEAL:
        return ("upheld", "appeal_upheld") if truth is Truth.SCAM else ("undone", "undone")
    if truth is Truth.SCAM:
        return ("dismissed", "dismissed") if chance.random() < 0.03 else ("upheld", "upheld")
    if case.kind == Kind.REPORT or not case.enacted:
        return "dismissed", "dismissed"
    return "undone", "undone"


def _notes(kind: str, language: str) -> Sequence[str]:
    return [choose_words(note, random.Random(note)) for note in script.scams()["notes"][kind][language]]
