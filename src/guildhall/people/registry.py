"""Where rooms above say what they hold about a person, so that this room can erase, export and merge
without knowing them.

Filled in `AppConfig.ready()`. Every function is called inside the transaction of the action and must write
nothing but state: whatever has to happen outside goes through effects.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

Eraser = Callable[[str], Any]
Exporter = Callable[[str], Any]
Merger = Callable[[str, str], Any]


@dataclass(frozen=True, slots=True)
class Renamed:
    """An account's names before and after. Personal data: keep it in state, never in audit or facts."""

    account_id: str
    member_id: str
    old_username: str
    new_username: str
    old_display_name: str
    new_display_name: str


RenameListener = Callable[[Sequence[Renamed]], Any]

erasers: dict[str, Eraser] = {}
exporters: dict[str, Exporter] = {}
mergers: dict[str, Merger] = {}
rename_listeners: dict[str, RenameListener] = {}


def on_erase(fn: Eraser) -> Eraser:
    """`fn(member_id)` wipes what another room holds about a person. It must bear being called twice."""
    erasers[_name(fn)] = fn
    return fn


def on_export(section: str) -> Callable[[Exporter], Exporter]:
    """`fn(member_id)` returns what another room holds about a person, as JSON-ready data under `section`."""

    def register(fn: Exporter) -> Exporter:
        exporters[section] = fn
        return fn

    return register


def on_merge(fn: Merger) -> Merger:
    """`fn(kept_id, gone_id)` moves what belongs to a member who turned out to be another one."""
    mergers[_name(fn)] = fn
    return fn


def on_rename(fn: RenameListener) -> RenameListener:
    """`fn(renames)` hears of changed names, in the transaction that recorded them."""
    rename_listeners[_name(fn)] = fn
    return fn


def _name(fn: Callable[..., Any]) -> str:
    return f"{fn.__module__}.{fn.__qualname__}"
