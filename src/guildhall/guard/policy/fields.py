"""The readers every section of a policy shares: tables, lists, numbers, choices, lengths of time. Pure.

Each refuses what it cannot read with line, field and the nearest known name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from rapidfuzz import process

from guildhall.core.errors import BadInput
from guildhall.core.text import Text
from guildhall.guard.source import Node, at

SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
LONGEST_S = 366 * 86_400
_LISTED = 40
"""Known names an error lists: every key of a policy, not every rule there is."""

_DURATION = re.compile(r"^(\d{1,5}) ?(s|m|h|d|w)$")


def mapping(node: Node, field: str, known: Iterable[str]) -> dict[str, Node]:
    """A table whose keys are all among `known`."""
    if not isinstance(node.value, dict):
        raise at(node.line, field, Text("must be a table of keys and values", "必须是键值表"))
    known = list(known)
    for key, value in node.value.items():
        if key not in known:
            raise unknown(value.line, f"{field}.{key}" if field else key, key, known)
    return node.value


def sequence(node: Node, field: str) -> list[Node]:
    """The entries of a list."""
    if not isinstance(node.value, list):
        raise at(node.line, field, Text("must be a list", "必须是列表"))
    return node.value


def number(part: Mapping[str, Node], field: str, key: str, low: int, high: int, default: int) -> int:
    """The whole number under `key`, or the default where there is none."""
    if key not in part:
        return default
    return as_number(part[key], f"{field}.{key}" if field else key, low, high)


def as_number(node: Node, field: str, low: int, high: int) -> int:
    """A whole number from `low` to `high`."""
    value = node.value
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise at(
            node.line,
            field,
            Text(f"must be a whole number from {low} to {high}", f"必须是 {low} 到 {high} 之间的整数"),
        )
    return value


def choice(node: Node, field: str, known: list[str]) -> str:
    """One of the known words."""
    if node.value not in known:
        raise unknown(node.line, field, str(node.value), known)
    return str(node.value)


def switch(node: Node, field: str) -> bool:
    """True or false."""
    if not isinstance(node.value, bool):
        raise at(node.line, field, Text("must be true or false", "必须是 true 或 false"))
    return node.value


def words_of(node: Node, field: str, known: list[str] | None = None) -> tuple[str, ...]:
    """One word or a list of them, each once; all among `known` if that is given."""
    entries = node.value if isinstance(node.value, list) else [node]
    out: dict[str, None] = {}
    for entry in entries:
        if known is not None:
            out[choice(entry, field, known)] = None
        elif isinstance(entry.value, str) and 0 < len(entry.value.strip()) <= 80:
            out[entry.value.strip()] = None
        else:
            raise at(entry.line, field, Text("must be a short word", "必须是简短的词"))
    if not out:
        raise at(node.line, field, Text("is empty", "为空"))
    return tuple(out)


def duration(node: Node, field: str) -> int:
    """Seconds of a time such as 30m or 7d; 0 for `ever`."""
    match = _DURATION.match(str(node.value))
    if node.value == "ever" or node.value == 0:
        return 0
    seconds = int(match[1]) * SECONDS[match[2]] if match else 0
    if not 1 <= seconds <= LONGEST_S:
        raise at(
            node.line,
            field,
            Text("must be a time such as 30m, 24h, 7d or ever", "必须是时长，如 30m、24h、7d 或 ever"),
        )
    return seconds


def unknown(line: int, field: str, given: str, known: Iterable[str]) -> BadInput:
    """The error for a name nobody knows, with the nearest one."""
    near = process.extractOne(given, list(known), score_cutoff=55)
    listed = ", ".join(list(known)[:_LISTED])
    if near is not None:
        return at(
            line,
            field,
            Text(
                f'does not know "{given}"; did you mean "{near[0]}"?',
                f"无法识别“{given}”，是否指“{near[0]}”？",
            ),
        )
    return at(
        line, field, Text(f'does not know "{given}"; known: {listed}', f"无法识别“{given}”；可用：{listed}")
    )
