"""What screens read of gates: who waits, how it went today, who is on trial, what a newcomer would see."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Case, Count, IntegerField, Min, Q, QuerySet, When

from guildhall.channels.models import Space
from guildhall.core import clock
from guildhall.core.text import Text
from guildhall.guard.actions.gates import asking, means
from guildhall.guard.gates import challenges, trial, words
from guildhall.guard.gates.settings import Kind, Settings, parse
from guildhall.guard.models import Gate, GateAttempt, Probation

State, Stage, Way = GateAttempt.State, GateAttempt.Stage, GateAttempt.Way
_ON_THEIR_OWN = (Stage.CAPTCHA, Stage.RULES)
HOUR = timedelta(hours=1)
OUTCOMES = (State.PASSED, State.LET_IN, State.FAILED, State.EXPIRED, State.DECLINED)


@dataclass(frozen=True, slots=True)
class Day:
    """How it went in 24 hours at one gate."""

    passed: int = 0
    let_in: int = 0
    failed: int = 0
    expired: int = 0
    turned_away: int = 0
    left: int = 0

    @property
    def inside(self) -> int:
        return self.passed + self.let_in

    @property
    def outside(self) -> int:
        return self.failed + self.expired + self.turned_away


@dataclass(frozen=True, slots=True)
class Bubble:
    """One message as a newcomer would see it, with its buttons, in one language."""

    language: str
    text: str
    buttons: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Preview:
    """What a newcomer would see, one language after the other; `seed` and `kind` name the question."""

    seed: str
    kind: str
    questions: tuple[Bubble, ...]
    rules: tuple[Bubble, ...]
    after: tuple[Bubble, ...]


def settings_of(space_id: str) -> tuple[Gate | None, Settings]:
    """The gate's row and what a person set (not what a raid made of it)."""
    row = Gate.objects.filter(pk=space_id).first()
    return row, parse(row.settings) if row is not None else Settings()


def waiting(space_id: str) -> QuerySet[GateAttempt]:
    """Who stands at the gate, or was left silent by it; those who wait for a person first, longest first."""
    open_ = Q(state=State.WAITING) | Q(held=True, state__in=(State.FAILED, State.EXPIRED))
    return (
        GateAttempt.objects.filter(open_, space_id=space_id)
        .select_related("account")
        .alias(
            calm=Case(
                When(state=State.WAITING, stage__in=_ON_THEIR_OWN, then=1),
                default=0,
                output_field=IntegerField(),
            )
        )
        .order_by("calm", "id")
    )


def on_trial(space_id: str) -> QuerySet[Probation]:
    """Who is on trial now, the latest first."""
    now = clock.now()
    running = Probation.objects.filter(space_id=space_id, ended_at__isnull=True)
    return running.exclude(until__lte=now).select_related("account").order_by("-id")


def day(space_id: str) -> Day:
    """How attempts ended in the last 24 hours."""
    ended = GateAttempt.objects.filter(space_id=space_id, ended_at__gt=clock.now() - timedelta(days=1))
    found = dict(ended.order_by().values_list("state").annotate(n=Count("pk")))
    return Day(
        found.get(State.PASSED, 0),
        found.get(State.LET_IN, 0),
        found.get(State.FAILED, 0),
        found.get(State.EXPIRED, 0),
        found.get(State.DECLINED, 0),
        found.get(State.LEFT, 0),
    )


def hours(space_id: str) -> list[tuple[datetime, GateAttempt.State, int]]:
    """How many ended how, hour by hour over the last 24."""
    present = clock.now().replace(minute=0, second=0, microsecond=0)
    first = present - 23 * HOUR
    counts: dict[tuple[datetime, str], int] = {}
    ended = GateAttempt.objects.filter(space_id=space_id, ended_at__gte=first, state__in=OUTCOMES)
    for at, state in ended.values_list("ended_at", "state"):
        assert at is not None  # it ended
        hour = at.replace(minute=0, second=0, microsecond=0)
        counts[hour, state] = counts.get((hour, state), 0) + 1
    return [
        (first + n * HOUR, state, counts.get((first + n * HOUR, state.value), 0))
        for n in range(24)
        for state in OUTCOMES
    ]


def for_a_person(most: int) -> Iterable[tuple[Space, int, datetime]]:
    """Spaces where somebody at the gate waits for a person, with how many and since when."""
    rows = (
        GateAttempt.objects.filter(
            Q(state=State.WAITING, stage=Stage.PERSON) | Q(held=True, state__in=(State.FAILED, State.EXPIRED))
        )
        .order_by()
        .values("space")
        .annotate(n=Count("pk"), since=Min("started_at"))
        .order_by("since")[:most]
    )
    found = list(rows)
    spaces = Space.objects.in_bulk([row["space"] for row in found])
    return [(spaces[row["space"]], row["n"], row["since"]) for row in found]


def powerless(most: int) -> list[tuple[Space, Text]]:
    """Spaces whose gate is on but cannot do what it is set to do, with the reason."""
    out = []
    now = clock.now()
    for row in Gate.objects.filter(Q(is_on=True) | Q(hard_until__gt=now)).select_related("space"):
        chosen = parse(row.settings)
        lacks = means.lacks(row.space, [one for one in means.ways_of(row.space) if means.wanted(one, chosen)])
        if lacks:
            out.append((row.space, lacks[0].reason))
        if len(out) == most:
            break
    return out


def preview(space: Space, settings: Settings, seed: str) -> Preview:
    """What somebody new would see under these settings, in English and Chinese. Nothing is stored."""
    ways = [one for one in means.ways_of(space) if means.wanted(one, settings)] or means.ways_of(space)
    with_buttons = means.has_buttons(space)
    kind = asking.kind_for(space, settings)
    now = clock.now()

    def shown(language: str, stage: GateAttempt.Stage) -> Bubble:
        sample = GateAttempt(
            space=space, way=ways[0] if ways else Way.JOINED, stage=stage, kind=kind.value, seed=seed,
            tries=settings.tries, language=language, started_at=now,
            deadline=now + timedelta(minutes=settings.minutes),
        )  # fmt: skip
        said = asking.question(sample, space, with_buttons=with_buttons)
        labels = [button.text for button in said.buttons]
        own = len(challenges.make(kind, seed).choices) if stage == Stage.CAPTCHA else 1
        return Bubble(language, said.text, tuple(labels[:own]), tuple(labels[own:]))

    codes = ("en", "zh-hans")
    drawn = challenges.make(kind, seed).kind
    return Preview(
        seed,
        drawn.value if kind is not Kind.MIXED else kind.value,
        tuple(shown(code, Stage.CAPTCHA) for code in codes),
        tuple(shown(code, Stage.RULES) for code in codes) if settings.rules else (),
        tuple(Bubble(code, passed_words(space, settings).for_language(code)) for code in codes),
    )


def passed_words(space: Space, settings: Settings) -> Text:
    """What somebody reads who passed."""
    told = words.named(words.PASSED, space.name)
    limits = trial.broken(trial.Posted(True, True, True, 1), settings)
    if not settings.has_trial or not limits:
        return told
    named = trial.named(limits)
    ends = words.trial_ends(settings.trial_messages, settings.trial_hours)
    return words.both(
        told,
        Text(
            words.PASSED_TRIAL.en.format(limits=named.en, ends=ends.en),
            words.PASSED_TRIAL.zh.format(limits=named.zh, ends=ends.zh),
        ),
    )


def tried(kind: str, seed: str, *, choice: int = -1, text: str = "") -> bool:
    """Whether an answer to a previewed question is right."""
    asked = challenges.make(Kind(kind), seed)
    if choice >= 0:
        return challenges.is_right_choice(asked, choice)
    return challenges.is_right_text(asked, text[:200])
