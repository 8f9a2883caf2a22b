"""Who may ask for what."""

from __future__ import annotations

import pytest

from guildhall.guard import hand
from guildhall.guard.hand import Person
from guildhall.intake.commands import words
from guildhall.intake.commands.deciding import Caller, Refusal, decide
from guildhall.intake.commands.parsing import Command, Name, Problem, Target

MODERATOR = Caller("mo", may_moderate=True, sees_why=True)
MEMBER = Caller("ann")
MALLORY = Person("mallory")
ACTS = (Name.WARN, Name.MUTE, Name.UNMUTE, Name.BAN, Name.UNBAN)


def said(
    command: Command, caller: Caller = MODERATOR, person: Person | None = MALLORY, **place: bool
) -> object:
    refused = decide(
        command, caller, person, is_private=place.get("private", False), is_reply=place.get("reply", True)
    )
    return refused.text if isinstance(refused, Refusal) else None


@pytest.mark.parametrize("name", [*ACTS, Name.UNDO])
def test_a_moderator_may_and_a_member_may_not(name: Name) -> None:
    assert said(Command(name)) is None
    assert said(Command(name), MEMBER) is words.FOR_MODERATORS


def test_a_member_who_says_a_chinese_word_is_not_lectured() -> None:
    refused = decide(Command(Name.BAN, bare=True), MEMBER, MALLORY, is_private=False, is_reply=True)
    assert refused is not None
    assert refused.quiet


@pytest.mark.parametrize("name", ACTS)
@pytest.mark.parametrize(
    ("person", "why"),
    [
        (Person("x", is_self=True), hand.SELF),
        (Person("x", is_admin=True), hand.ADMIN),
        (Person("x", is_ours=True), hand.OURS),
    ],
)
def test_nobody_acts_on_those_who_run_the_place_nor_on_themselves(
    name: Name, person: Person, why: object
) -> None:
    assert said(Command(name), person=person) is why


def test_what_is_missing_is_asked_for() -> None:
    assert said(Command(Name.WARN), person=None, reply=False) is words.WHOM
    assert said(Command(Name.WARN, Target(username="gone")), person=None) is words.UNKNOWN
    assert said(Command(Name.MUTE, problem=Problem.NO_UNIT)) is words.TIME_HOW
    assert said(Command(Name.BAN), private=True) is words.IN_THE_GROUP
    assert said(Command(Name.REPORT), MEMBER, None, reply=False) is words.REPORT_HOW
    assert said(Command(Name.REPORT), MEMBER, Person("ann", is_self=True)) is words.REPORT_SELF


def test_a_measure_named_by_its_id_can_be_undone_in_private_by_those_who_may() -> None:
    named = Command(Name.UNDO, Target(id="1H8ZK3Q9"))
    assert said(named, person=None, private=True, reply=False) is None
    assert said(named, MEMBER, None, private=True, reply=False) is words.FOR_MODERATORS
