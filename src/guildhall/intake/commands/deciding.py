"""Who may ask for what. Pure: somebody who asks, somebody who is meant, a place; a refusal or none.

An administrator of a space may act in that space and nowhere else; a colleague with the permission may act
in any; everybody else may ask only about themselves. Nobody may act on those who run the place.
"""

from __future__ import annotations

from dataclasses import dataclass

from guildhall.core.text import Text
from guildhall.guard.hand import Person, untouchable
from guildhall.intake.commands import words
from guildhall.intake.commands.parsing import MODERATORS, Command, Name, Problem


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever asks. `may_moderate`: warn, mute, ban and lift in the place asked about; `sees_why`: read the
    rules and score of a verdict there.
    """

    account_id: str
    may_moderate: bool = False
    sees_why: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why not, in words for the caller. `quiet`: better not said at all."""

    text: Text
    quiet: bool = False


def decide(
    command: Command, caller: Caller, person: Person | None, *, is_private: bool, is_reply: bool
) -> Refusal | None:
    """Why the command is not carried out, or None when it is.

    person: who is meant, when the command means a member and somebody was found.
    """
    if command.name in MODERATORS:
        return _for_moderators(command, caller, person, is_private=is_private, is_reply=is_reply)
    if command.name is Name.REPORT:
        if not is_reply:
            return Refusal(words.REPORT_HOW)
        if person is not None and person.is_self:
            return Refusal(words.REPORT_SELF)
    return None


def _for_moderators(
    command: Command, caller: Caller, person: Person | None, *, is_private: bool, is_reply: bool
) -> Refusal | None:
    if command.name is Name.UNDO and command.target.id:
        return None if caller.may_moderate else Refusal(words.FOR_MODERATORS, quiet=command.bare)
    if is_private:
        return Refusal(words.IN_THE_GROUP)
    if not caller.may_moderate:
        return Refusal(words.FOR_MODERATORS, quiet=command.bare)
    if command.problem is Problem.NO_UNIT:
        return Refusal(words.TIME_HOW)
    if command.problem is Problem.TOO_SHORT:
        return Refusal(words.TOO_SHORT)
    if person is None:
        return Refusal(words.UNKNOWN if command.target or is_reply else words.WHOM)
    if command.name is Name.UNDO:
        return None
    refused = untouchable(person)
    return Refusal(refused) if refused is not None else None
