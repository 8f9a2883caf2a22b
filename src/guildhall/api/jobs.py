"""What the effects engine runs for the API: answers of idempotent writes are forgotten after two days,
and what they say of a person when that person is erased."""

from __future__ import annotations

from guildhall.api import idempotency
from guildhall.core.text import Text
from guildhall.effects import performers, schedules
from guildhall.effects.types import Claimed, Done
from guildhall.people import registry

FORGET = "api.forget_answers"
_WORDS = Text("Forget old answers of the API", "清理过期的 API 应答记录")


def register() -> None:
    """Fill the registries; called when Django is ready."""
    performers.performer(FORGET, describe=_WORDS)(forget_answers)
    registry.on_erase(idempotency.forget_member)
    schedules.schedule(FORGET, "41 3 * * *", FORGET, describe=_WORDS)


def forget_answers(effect: Claimed) -> Done:
    """Remove answers that nobody will ask for again."""
    return Done({"removed": idempotency.forget_old()})
