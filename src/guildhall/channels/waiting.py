"""Acts that a person has to finish: what was handed to one, and who wants to hear how it ended.

Where a platform lets no program speak (a personal WeChat group) or lets staff have the last word (a mass
send), carrying an act out ends with `Receipt.is_waiting`. Later somebody says it was done, or never will
be; the rooms that asked are told here, in that transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias


class Ending(StrEnum):
    """How waiting ended."""

    DONE = "done"
    NOT_DONE = "not_done"


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of an act that waited. `effect_id` and `cause` are those of the effect that asked;
    `message_id` ours of the message it became ('' for none); `by` the actor.
    """

    space_id: str
    effect_id: int
    cause: str
    ending: Ending
    message_id: str
    by: str
    reason: str = ""


Listener: TypeAlias = "Callable[[Settled], None]"
Withdraw: TypeAlias = "Callable[[Sequence[int], str, str], int]"
"""Given effect ids, actor and reason: takes back what of them still waits, tells of each; how many."""
_listeners: dict[str, Listener] = {}
_withdrawing: dict[str, Withdraw] = {}


def on_settled(name: str, listener: Listener) -> None:
    """Have `listener` told of every ending; a second one of the same name replaces the first."""
    _listeners[name] = listener


def tell(settled: Settled) -> None:
    """Tell everybody. Inside the transaction that notes the ending."""
    for name in sorted(_listeners):
        _listeners[name](settled)


def withdraws(name: str, withdraw: Withdraw) -> None:
    """Have `withdraw` asked when what waits for a person is no longer wanted; one a name."""
    _withdrawing[name] = withdraw


def call_back(effect_ids: Sequence[int], by: str, reason: str) -> int:
    """Take back what of these acts still waits for a person (a broadcast was stopped); returns how many. The
    rooms that asked are told of each as not done.
    """
    return sum(_withdrawing[name](effect_ids, by, reason) for name in sorted(_withdrawing))
