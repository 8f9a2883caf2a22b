"""What a member is told when a message of theirs was removed: one notice in both languages, with a way to
appeal.

Compliance must clear every word that is sent, and stands on our own floor: whoever wires the house up
registers where clearances come from. Without one no notice goes out (the removal itself does not wait for
it).
"""

from __future__ import annotations

from collections.abc import Callable

from guildhall.channels.port import Button
from guildhall.core.clearance import Clearance
from guildhall.core.text import Text
from guildhall.guard import rulebook
from guildhall.guard.types import Reason

ClearanceSource = Callable[[str, str, str], Clearance | None]
"""(region, content, language) -> the clearance for a moderation notice, or None when it must not be sent."""

_source: ClearanceSource | None = None

APPEAL_DATA = "appeal:"
"""A pressed button carries this and our message id; intake turns it into `actions.open_appeal`."""


def clearance_source(source: ClearanceSource | None) -> None:
    """Register where clearances for notices come from."""
    global _source
    _source = source


def clear(region: str, content: str, language: str) -> Clearance | None:
    """A clearance for a notice, or None when nobody can give one."""
    return _source(region, content, language) if _source is not None else None


def removal(reasons: tuple[Reason, ...]) -> str:
    """The notice for a removed message, English and Chinese, with the heaviest reason's family (never its
    exact words).
    """
    why = rulebook.family(reasons[0].rule_id) if reasons else Text("house rules", "群规")
    return (
        f"A message of yours was removed ({why.en}). "
        "If this is a mistake, appeal and a person will look at it.\n"
        f"您的一条消息已被移除（{why.zh}）。如有误判，请申诉，由人工复核。"
    )


def appeal_button(message_id: str) -> Button:
    return Button("Appeal · 申诉", data=f"{APPEAL_DATA}{message_id}")
