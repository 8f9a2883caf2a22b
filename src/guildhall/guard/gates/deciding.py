"""What happens at a gate: who is asked, where the question is put, what an answer brings. Pure.

The clock comes as an argument. Rows are fetched before and written after by `guard.actions.gates`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from guildhall.guard.gates.challenges import Challenge, is_right_choice, is_right_text
from guildhall.guard.gates.settings import Settings, Then

GROUP_POSTS_A_MINUTE = 4
"""So many questions of their own a group is shown within a minute; everybody else shares one message."""
LATEST_ROUND = 99


class Stage(StrEnum):
    """What somebody at the gate has to do next: answer, accept the rules, or wait for a person."""

    CAPTCHA = "captcha"
    RULES = "rules"
    PERSON = "person"


class Spared(StrEnum):
    """Why somebody is not asked; NOT is the answer for everybody else."""

    NOT = ""
    BOT = "bot"
    STAFF = "staff"
    ADMIN = "admin"
    ADDED = "added"
    VERIFIED = "verified"
    INVITE = "invite"
    LISTED = "listed"
    THERE_BEFORE = "there_before"
    PASSED_BEFORE = "passed_before"


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Somebody who came, as the rules need them. `came_before`: they were in the space when the gate was
    switched on. `attempts`: how often they stood at this gate within 24 hours.
    """

    external_id: str
    username: str = ""
    invite: str = ""
    is_bot: bool = False
    is_staff: bool = False
    is_admin: bool = False
    is_verified: bool = False
    was_added: bool = False
    came_before: bool = False
    passed_before: bool = False
    attempts: int = 0


def spared(who: Newcomer, settings: Settings) -> Spared:
    """Whether somebody goes in without being asked, and why."""
    if who.is_bot:
        return Spared.BOT
    if who.is_staff:
        return Spared.STAFF
    if who.is_admin:
        return Spared.ADMIN
    if who.came_before:
        return Spared.THERE_BEFORE
    if who.passed_before:
        return Spared.PASSED_BEFORE
    if who.was_added and settings.spare_added:
        return Spared.ADDED
    if who.is_verified and settings.spare_verified:
        return Spared.VERIFIED
    if who.invite and who.invite in settings.spare_invites:
        return Spared.INVITE
    names = {one.casefold().removeprefix("@") for one in settings.spare_names}
    if who.external_id in names or (who.username and who.username.casefold() in names):
        return Spared.LISTED
    return Spared.NOT


def comes_too_often(who: Newcomer, settings: Settings) -> bool:
    """Whether somebody has stood here so often today that they are not asked again."""
    return who.attempts >= settings.attempts_a_day


class Place(StrEnum):
    """Where a question is put: in their private talk, in the group under their name, or behind the one
    message the group shows for all.
    """

    PRIVATE = "private"
    GROUP = "group"
    BOARD = "board"


def places(have_talk: Sequence[bool], posted: int, *, is_hard: bool, has_board: bool) -> list[Place]:
    """Where each of a batch is asked. posted: questions this group was shown within the last minute.

    A group never sees more than GROUP_POSTS_A_MINUTE of them, however many join, unless it has no board to
    put the others behind.
    """
    out = []
    for talks in have_talk:
        if talks:
            out.append(Place.PRIVATE)
        elif has_board and (is_hard or posted >= GROUP_POSTS_A_MINUTE):
            out.append(Place.BOARD)
        else:
            out.append(Place.GROUP)
            posted += 1
    return out


class Came(StrEnum):
    """What an answer came to."""

    RIGHT = "right"
    WRONG = "wrong"
    OUT_OF_TRIES = "out_of_tries"
    FOREIGN = "foreign"
    LATE = "late"
    OLD = "old"
    OVER = "over"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class Standing:
    """Somebody at the gate as they stand: whose attempt, what is next, which question, by when."""

    account_id: str
    is_open: bool
    stage: Stage
    round: int
    wrong: int
    tries: int
    deadline: datetime


@dataclass(frozen=True, slots=True)
class Given:
    """What somebody answered: the button `choice` of question `round`, or `text` (then choice is -1)."""

    account_id: str
    round: int
    choice: int = -1
    text: str = ""


def judge(at: Standing, given: Given, challenge: Challenge, now: datetime) -> Came:
    """What an answer brings. Another's answer, an old button, a press after the end change nothing."""
    refused = refuse(at, given.account_id, given.round, now)
    if refused is not None:
        return refused
    if at.stage is not Stage.CAPTCHA:
        return Came.OLD
    if given.choice >= 0:
        right = is_right_choice(challenge, given.choice)
    else:
        right = is_right_text(challenge, given.text)
    if right:
        return Came.RIGHT
    return Came.OUT_OF_TRIES if at.wrong + 1 >= at.tries or at.round >= LATEST_ROUND else Came.WRONG


def refuse(at: Standing, account_id: str, round_: int, now: datetime) -> Came | None:
    """Why a press counts for nothing; None when it counts."""
    if account_id != at.account_id:
        return Came.FOREIGN
    if not at.is_open:
        return Came.OVER
    if now >= at.deadline:
        return Came.LATE
    if at.stage is Stage.PERSON:
        return Came.WAITING
    return Came.OLD if round_ != at.round else None


def then(settings: Settings, *, expired: bool) -> Then:
    """What follows for somebody who did not pass."""
    return settings.on_expiry if expired else settings.on_failure
