"""Puts questions to people: in words of theirs, cleared by compliance, in private where that is possible,
else in the group under their name, else behind the one message a busy group shows for all.

The question itself follows from the attempt's kind and seed. Everything joins the caller's transaction.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from guildhall.channels import actions as channels
from guildhall.channels import registry
from guildhall.channels.models import Message, Space
from guildhall.channels.port import Act, Button, Verb
from guildhall.core import clock
from guildhall.core.text import Text
from guildhall.effects import actions as effects
from guildhall.effects.models import Effect
from guildhall.effects.types import NewEffect
from guildhall.guard import house_rules, notices
from guildhall.guard.actions.gates import means
from guildhall.guard.gates import challenges, words
from guildhall.guard.gates.challenges import Challenge
from guildhall.guard.gates.deciding import Place, Stage, places
from guildhall.guard.gates.settings import Kind, Settings
from guildhall.guard.gates_in_force import InForce
from guildhall.guard.models import Gate, GateAttempt

ACTOR = "system:gate"
DATA = "gate:"
"""A pressed button carries this, the attempt, the round and what was pressed; intake hands it over."""
START = "gate_"
"""What the link on the board brings to the private talk, with our id of the space."""
CLEAR, EXPIRE = "guard.gate.clear", "guard.gate.expire"
BOARD_LASTS = timedelta(minutes=10)
SWITCH, IN_WORDS, PERSON, ACCEPT = "L", "T", "P", "A"
LET_IN, TURN_AWAY = "Y", "N"
_INTRO = {
    GateAttempt.Way.JOINED: words.JOINED,
    GateAttempt.Way.REQUEST: words.REQUEST,
    GateAttempt.Way.FIRST: words.FIRST,
}
_LONGEST_RULES = 3000


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody is shown: words and the buttons under them."""

    text: str
    buttons: tuple[Button, ...] = ()


def new_seed() -> str:
    """What a fresh question follows from; nobody can guess it."""
    return secrets.token_hex(16)


def kind_for(space: Space, settings: Settings) -> Kind:
    """What is asked here. Where no button can be pressed the answer is typed, so it has to be a word."""
    if means.has_buttons(space):
        return settings.challenge
    return Kind.SUM if settings.challenge in (Kind.SUM, Kind.MIXED) else Kind.WORD


def challenge_of(attempt: GateAttempt) -> Challenge:
    """The question that stands before somebody."""
    return challenges.make(Kind(attempt.kind), attempt.seed, harder=attempt.is_hard)


def question(attempt: GateAttempt, space: Space, *, with_buttons: bool) -> Question:
    """What somebody at the gate is shown now, in their language."""
    code = attempt.language
    if attempt.stage == Stage.PERSON:
        return Question(words.WAITS.for_language(code))
    if attempt.stage == Stage.RULES:
        rules = house_rules.rules_of(space.settings)
        text = words.named(
            words.RULES, space.name, rules=Text(rules.en, rules.zh).for_language(code)[:_LONGEST_RULES]
        )
        if not with_buttons:
            return Question(words.both(text, words.TYPE_YES).for_language(code))
        accept = (_button(attempt, words.ACCEPT.for_language(code), ACCEPT),)
        return Question(text.for_language(code), (*accept, *_others(attempt, in_words=False)))
    asked = challenge_of(attempt)
    minutes = max(1, round((attempt.deadline - attempt.started_at).total_seconds() / 60))
    intro = words.named(_INTRO[GateAttempt.Way(attempt.way)], space.name, minutes=minutes)
    if attempt.wrong:
        intro = words.AGAIN.format(left=max(1, attempt.tries - attempt.wrong))
    if not with_buttons:
        shown = Text(" / ".join(c.en for c in asked.choices), " / ".join(c.zh for c in asked.choices))
        options = Text("", "") if asked.number is not None else shown
        return Question(words.both(intro, asked.ask, options, words.TYPE_IT).for_language(code))
    own = tuple(
        _button(attempt, choice.for_language(code), str(index)) for index, choice in enumerate(asked.choices)
    )
    return Question(
        words.both(intro, asked.ask, between="\n\n").for_language(code),
        (*own, *_others(attempt, in_words=asked.kind not in (Kind.WORD, Kind.SUM))),
    )


def ask_all(
    attempts: Sequence[GateAttempt], space: Space, gate: InForce, talks: dict[str, str], *, posted: int
) -> list[channels.Wanted]:
    """Put the first question to a batch of newcomers; sets where each was asked. The caller saves and queues.

    talks: private talks by account. posted: questions this group was shown within the last minute.
    """
    has_board = bool(means.bot_name(space)) and attempts[0].way == GateAttempt.Way.JOINED
    chosen = places(
        [one.account_id in talks for one in attempts], posted, is_hard=gate.is_hard, has_board=has_board
    )
    out: list[channels.Wanted] = []
    for attempt, place in zip(attempts, chosen, strict=True):
        attempt.place = place
        if place is Place.BOARD:
            continue
        found = _wanted(attempt, space, talks.get(attempt.account_id, ""))
        if found is not None:
            out.append(found)
    if Place.BOARD in chosen:
        out += _board(space)
    return out


def show(attempt: GateAttempt, space: Space, *, talk: str = "", fresh: bool = False) -> None:
    """Show somebody what stands before them now: the message they were asked by changes, unless it is not
    known yet or they are to get a new one (what was asked has scrolled away).
    """
    before = None if fresh else message_of(attempt)
    if before is not None and registry.capability(space.platform, Verb.EDIT).supported:
        said = question(attempt, space, with_buttons=means.has_buttons(space))
        rewrite(before, space, said, attempt)
        return
    old_key = attempt.post_key if attempt.place == Place.GROUP else ""
    found = _wanted(attempt, space, talk)
    if found is None:
        return
    if old_key:
        _clear_key(old_key, space.pk)
    attempt.post_key = found.unique_key or ""
    attempt.save(update_fields=["post_key", "place"])
    channels.request_many([found], actor=ACTOR, reason=found.reason)


def rewrite(message: Message, space: Space, said: Question, attempt: GateAttempt) -> None:
    """Give one of our questions another wording; in the group their name stays above it."""
    clearance = notices.clear(space.region, said.text, attempt.language)
    if clearance is None:
        return
    act = Act(Verb.EDIT, message.space_id, message_id=message.pk, text=said.text, buttons=said.buttons)
    if message.space_id == space.pk:
        act = replace(act, account_id=attempt.account_id, params=(("naming", "yes"),))
    channels.request_many([channels.Wanted(act, clearance)], actor=ACTOR, reason="gate")


def say(attempt: GateAttempt, space: Space, text: Text, *, talk: str = "") -> None:
    """Tell somebody the end of it, where only they read it: by the question itself when it stands in their
    private talk, in a new message when they were asked in one; in a group nothing more is said.
    """
    before = message_of(attempt)
    said = Question(text.for_language(attempt.language))
    if before is not None and before.space_id != space.pk:
        rewrite(before, space, said, attempt)
    elif talk or space.platform in registry.holding():
        clearance = notices.clear(space.region, said.text, attempt.language)
        if clearance is not None:
            wanted = _message(attempt, space, talk, said, f"{_key(attempt)}:said")
            channels.request_many(
                [channels.Wanted(wanted, clearance, f"{_key(attempt)}:said")], actor=ACTOR, reason="gate"
            )


def message_of(attempt: GateAttempt) -> Message | None:
    """Our message that asks somebody, once the platform has it."""
    if not attempt.post_key:
        return None
    return posted_as(attempt.post_key, attempt.space_id)


def posted_as(key: str, space_id: str) -> Message | None:
    """The message an effect of this key has sent: in the space, else in a private talk."""
    effect = Effect.objects.filter(unique_key=key).first()
    external = str((effect.result or {}).get("external_id", "")) if effect is not None else ""
    if effect is None or not external:
        return None
    where, account = effect.payload.get("space_id", space_id), effect.payload.get("account_id", "")
    found = Message.objects.filter(direction=Message.Direction.OUT, external_id=external, removed_at=None)
    if not account:
        return found.filter(space_id=where).first()
    theirs = found.filter(account_id=account)
    return theirs.filter(space_id=where).first() or theirs.filter(space__kind="private").first()


def clear(attempt: GateAttempt) -> None:
    """Have the question taken out of the group, and the board when nobody is left who needs it."""
    if attempt.post_key and attempt.place == Place.GROUP:
        _clear_key(attempt.post_key, attempt.space_id)
    others = GateAttempt.objects.filter(
        space_id=attempt.space_id, state=GateAttempt.State.WAITING, place=Place.BOARD
    ).exclude(pk=attempt.pk)
    gate = Gate.objects.filter(pk=attempt.space_id).exclude(board_key="").first()
    if gate is not None and not others.exists():
        _clear_key(gate.board_key, attempt.space_id)
        Gate.objects.filter(pk=gate.pk).update(board_key="", board_at=None)


def talk_of(attempt: GateAttempt, space: Space) -> str:
    """The private talk somebody has begun with the bot here; '' when there is none."""
    return means.open_talks(space, [attempt.account]).get(attempt.account_id, "")


def _wanted(attempt: GateAttempt, space: Space, talk: str) -> channels.Wanted | None:
    said = question(attempt, space, with_buttons=means.has_buttons(space))
    clearance = notices.clear(space.region, said.text, attempt.language)
    if clearance is None:
        return None
    key = f"{_key(attempt)}:{attempt.round}:{attempt.stage}:{secrets.token_hex(4)}"
    attempt.post_key = key
    return channels.Wanted(_message(attempt, space, talk, said, key), clearance, key, f"gate:{attempt.pk}")


def _message(attempt: GateAttempt, space: Space, talk: str, said: Question, key: str) -> Act:
    if talk:
        attempt.place = Place.PRIVATE
        return Act(Verb.SEND, talk, text=said.text, buttons=said.buttons)
    return Act(Verb.WARN, space.pk, account_id=attempt.account_id, text=said.text, buttons=said.buttons)


def _key(attempt: GateAttempt) -> str:
    return f"gate:{attempt.pk}"


def _button(attempt: GateAttempt, text: str, what: str) -> Button:
    return Button(text, data=f"{DATA}{attempt.pk}:{attempt.round}:{what}")


def _others(attempt: GateAttempt, *, in_words: bool) -> tuple[Button, ...]:
    """The other language, a question in words, a person: offered under every question."""
    code = "zh" if attempt.language.startswith("zh") else "en"
    out = [_button(attempt, words.SWITCH[code], SWITCH)]
    if in_words:
        out.append(_button(attempt, words.OTHER_WAY.for_language(attempt.language), IN_WORDS))
    out.append(_button(attempt, words.ASK_PERSON.for_language(attempt.language), PERSON))
    return tuple(out)


def _board(space: Space) -> list[channels.Wanted]:
    """The one message for everybody, unless it was posted a little while ago."""
    gate = Gate.objects.select_for_update().filter(pk=space.pk).first()
    now = clock.now()
    if gate is None or (gate.board_at is not None and now - gate.board_at < BOARD_LASTS and gate.board_key):
        return []
    both = words.named(words.BOARD, space.name)
    text = f"{both.en}\n{both.zh}"
    clearance = notices.clear(space.region, text, space.language)
    if clearance is None:
        return []
    if gate.board_key:
        _clear_key(gate.board_key, space.pk)
    key = f"gate-board:{space.pk}:{int(now.timestamp())}"
    Gate.objects.filter(pk=space.pk).update(board_key=key, board_at=now)
    link = f"https://t.me/{means.bot_name(space)}?start={START}{space.pk}"
    act = Act(Verb.SEND, space.pk, text=text, buttons=(Button(words.BOARD_BUTTON, url=link),))
    return [channels.Wanted(act, clearance, key, "gate")]


def _clear_key(key: str, space_id: str) -> None:
    effects.enqueue(
        NewEffect(CLEAR, {"key": key, "space": space_id}, unique_key=f"clear:{key}", cause="gate")
    )


def expires(attempt: GateAttempt) -> NewEffect:
    """What ends an attempt when its time is up; one that was given more time is passed over by then."""
    return NewEffect(
        EXPIRE, {"attempt": attempt.pk}, due_at=attempt.deadline,
        unique_key=f"{_key(attempt)}:expire:{_stamp(attempt.deadline)}", cause=_key(attempt),
    )  # fmt: skip


def _stamp(at: datetime) -> str:
    return f"{at:%Y%m%d%H%M%S}"
