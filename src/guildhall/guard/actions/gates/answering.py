"""What people do at a gate: press a button, type an answer, change the language, ask for words or a person,
accept the rules.

Every press is answered, whatever it is worth: another's, an old one, one too late change nothing and are told
so. Twice the same is once.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from django.db import transaction

from guildhall.channels.models import Space
from guildhall.core import audit, clock
from guildhall.core.text import Text
from guildhall.guard import gates_in_force, house_rules
from guildhall.guard.actions.gates import asking, ending
from guildhall.guard.gates import words
from guildhall.guard.gates.deciding import Came, Given, Place, Stage, Standing, judge, refuse, then
from guildhall.guard.gates.settings import Kind, Settings
from guildhall.guard.models import GateAttempt

Way, State = GateAttempt.Way, GateAttempt.State
LONGEST_ANSWER = 200


@dataclass(frozen=True, slots=True)
class Told:
    """What the presser is told; `language` '' when theirs is not known. must_read: not only in passing."""

    words: Text
    language: str = ""
    must_read: bool = False


def press(data: str, account_id: str, *, talk: str = "") -> Told:
    """Take a pressed button of a question. data: what it carried after `asking.DATA`. talk: the private talk
    it was pressed in, ''  in a group. Joins the caller's transaction.
    """
    attempt_id, _, rest = data.partition(":")
    said, _, what = rest.partition(":")
    with transaction.atomic():
        attempt = ending.locked(attempt_id)
        if attempt is None:
            return Told(words.TOAST[Came.OVER])
        round_ = int(said) if said.isdigit() and len(said) < 4 else -1
        refused = refuse(_standing(attempt), account_id, round_, clock.now())
        if refused is not None:
            foreign = refused is Came.FOREIGN
            return Told(words.TOAST[refused], "" if foreign else attempt.language, must_read=foreign)
        if what.isdigit() and len(what) < 3:
            return _answer(attempt, Given(account_id, round_, int(what)), talk=talk)
        return _ask_for(attempt, what, talk)


def typed(account_id: str, text: str, space: Space) -> bool:
    """Take plain words as an answer: in a private talk for the question asked there, elsewhere where answers
    are typed. Whether somebody was asked anything. What comes of it is said in a message.
    """
    mine = GateAttempt.objects.filter(account_id=account_id, state=State.WAITING)
    if space.kind == "private":
        mine = mine.filter(
            space__platform=space.platform, place__in=(Place.PRIVATE, Place.BOARD, Place.GROUP)
        )
    else:
        mine = mine.filter(space=space, way=Way.FIRST)
    found = mine.order_by("-id").values_list("pk", flat=True).first()
    if found is None:
        return False
    talk = space.pk if space.kind == "private" else ""
    with transaction.atomic():
        attempt = ending.locked(found)
        if attempt is None or attempt.state != State.WAITING:
            return False
        if refuse(_standing(attempt), account_id, attempt.round, clock.now()) is not None:
            return attempt.stage == Stage.PERSON
        if attempt.stage == Stage.RULES:
            if text.strip().casefold().rstrip(".!。！") in words.YES:
                _ask_for(attempt, asking.ACCEPT, talk)
            return True
        given = Given(account_id, attempt.round, text=text[:LONGEST_ANSWER])
        _answer(attempt, given, talk=talk, fresh=True)
        return True


def come_in(account_id: str, payload: str, talk: Space) -> Told | None:
    """Somebody followed the link on a group's board into the private talk: they are asked there. None when
    the payload is none of ours.
    """
    if not payload.startswith(asking.START):
        return None
    with transaction.atomic():
        found = (
            GateAttempt.objects.filter(
                space_id=payload.removeprefix(asking.START), account_id=account_id, state=State.WAITING
            )
            .values_list("pk", flat=True)
            .first()
        )
        attempt = ending.locked(found) if found is not None else None
        if attempt is None or attempt.state != State.WAITING:
            return Told(words.NOBODY_WAITS)
        if attempt.stage == Stage.PERSON:
            return Told(words.WAITS, attempt.language)
        if clock.now() >= attempt.deadline:
            return Told(words.TOAST[Came.LATE], attempt.language)
        asking.show(attempt, attempt.space, talk=talk.pk, fresh=True)
        return Told(Text("", ""), attempt.language)


def rules_version(space: Space) -> str:
    """Which wording of the rules stands in a space: the first characters of its hash."""
    rules = house_rules.rules_of(space.settings)
    return hashlib.sha256(f"{rules.en}\x00{rules.zh}".encode()).hexdigest()[:12]


def _answer(attempt: GateAttempt, given: Given, *, talk: str, fresh: bool = False) -> Told:
    came = judge(_standing(attempt), given, asking.challenge_of(attempt), clock.now())
    space = attempt.space
    settings = _settings(space)
    if came is Came.RIGHT:
        return _go_on(attempt, space, settings, talk=talk, fresh=fresh)
    if came in (Came.WRONG, Came.OUT_OF_TRIES):
        attempt.wrong += 1
        attempt.save(update_fields=["wrong"])
        audit.record(
            f"account:{attempt.account_id}", "gate.wrong", f"account:{attempt.account_id}",
            {"attempt": attempt.pk, "wrong": attempt.wrong},
        )  # fmt: skip
    if came is Came.OUT_OF_TRIES:
        ending.fail(attempt, space, settings, then(settings, expired=False), talk=talk)
    elif came is Came.WRONG:
        _next_question(attempt, Kind(attempt.kind))
        asking.show(attempt, space, talk=talk, fresh=fresh)
    return Told(words.TOAST[came], attempt.language, must_read=came is Came.OUT_OF_TRIES)


def _go_on(attempt: GateAttempt, space: Space, settings: Settings, *, talk: str, fresh: bool) -> Told:
    """The right answer: the rules come next where they are asked for, else the way is free."""
    if settings.rules and attempt.rules_at is None:
        attempt.stage, attempt.round = Stage.RULES, attempt.round + 1
        attempt.save(update_fields=["stage", "round"])
        asking.show(attempt, space, talk=talk, fresh=fresh)
        return Told(words.ACCEPT_FIRST, attempt.language)
    ending.pass_(attempt, space, talk=talk)
    return Told(words.TOAST[Came.RIGHT], attempt.language)


def _ask_for(attempt: GateAttempt, what: str, talk: str) -> Told:
    space = attempt.space
    settings = _settings(space)
    if what == asking.SWITCH:
        attempt.language = "en" if attempt.language.startswith("zh") else "zh-hans"
        attempt.save(update_fields=["language"])
        asking.show(attempt, space, talk=talk)
        return Told(words.TOAST_LANGUAGE, attempt.language)
    if what == asking.IN_WORDS and attempt.stage == Stage.CAPTCHA:
        _next_question(attempt, Kind.WORD)
        asking.show(attempt, space, talk=talk)
        return Told(words.TOAST_WORDS, attempt.language)
    if what == asking.PERSON:
        ending.hand_over(attempt, space, settings, "asked")
        asking.show(attempt, space, talk=talk)
        return Told(words.WAITS, attempt.language, must_read=True)
    if what == asking.ACCEPT and attempt.stage == Stage.RULES:
        attempt.rules_version, attempt.rules_at = rules_version(space), clock.now()
        attempt.save(update_fields=["rules_version", "rules_at"])
        ending.pass_(attempt, space, talk=talk)
        return Told(words.TOAST[Came.RIGHT], attempt.language)
    return Told(words.TOAST[Came.OLD], attempt.language)


def _next_question(attempt: GateAttempt, kind: Kind) -> None:
    attempt.kind, attempt.seed, attempt.round = kind.value, asking.new_seed(), attempt.round + 1
    attempt.save(update_fields=["kind", "seed", "round"])


def _standing(attempt: GateAttempt) -> Standing:
    return Standing(
        attempt.account_id,
        attempt.state == State.WAITING,
        Stage(attempt.stage),
        attempt.round,
        attempt.wrong,
        attempt.tries,
        attempt.deadline,
    )


def _settings(space: Space) -> Settings:
    gate = gates_in_force.gate_of(space.pk)
    return gate.settings if gate is not None else Settings()
