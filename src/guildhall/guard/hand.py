"""What a person may do about a member by hand, and what the ladder adds to a warning. Pure.

Nobody is touched who runs the space or works here: whoever could be asked to do that by a stolen account or
a slip of the finger must not be able to.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from guildhall.core.text import Text
from guildhall.guard.judge import current_strikes, ladder_step
from guildhall.guard.types import Measure, Policy, SenderHistory, Step


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody a measure is meant for. `is_ours`: a colleague, one of our bots, or the space itself."""

    account_id: str
    is_self: bool = False
    is_admin: bool = False
    is_ours: bool = False


SELF = Text("You cannot do this to yourself.", "不能对自己执行此操作。")
OURS = Text(
    "This account belongs to the house, so nothing is done to it.", "该账号属于官方，不能对其执行此操作。"
)
ADMIN = Text("Administrators of the space cannot be measured here.", "不能对群组管理员执行此操作。")


def untouchable(person: Person) -> Text | None:
    """Why nothing may be done about somebody, or None when it may."""
    if person.is_self:
        return SELF
    if person.is_ours:
        return OURS
    return ADMIN if person.is_admin else None


def after_warning(before: SenderHistory, now: datetime, policy: Policy) -> tuple[int, Step | None]:
    """How many strikes count after one more, and what the ladder then asks for beyond the warning."""
    strikes = current_strikes(before, now, policy) + 1
    step = ladder_step(strikes, policy)
    return strikes, step if step is not None and step.action is not Measure.WARN else None
