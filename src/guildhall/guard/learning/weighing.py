"""What each reviewed row may weigh: all rows of one member, and all near copies of one text, weigh together
no more than one row of each label. Pure.

So a member who posts five hundred reported messages, or a campaign of three hundred, teaches as much as one
message does; the variety of their texts is kept.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

LANGUAGES = frozenset({"en", "zh", "ru"})


@dataclass(frozen=True, slots=True)
class Labelled:
    """A reviewed row. `label` 1 is a scam or spam. Keys as in `learning.keys`; `member_key` may be ''."""

    id: str
    text: str
    label: int
    language: str
    source: str
    member_key: str
    group_key: str


@dataclass(frozen=True, slots=True)
class Weighed:
    """A row with its weight, above 0 and at most 1."""

    row: Labelled
    weight: float


def conflicting(rows: Iterable[tuple[str, int]]) -> frozenset[str]:
    """The group keys under which both labels stand. rows: (group key, label)."""
    labels: dict[str, set[int]] = defaultdict(set)
    for key, label in rows:
        labels[key].add(label)
    return frozenset(key for key, found in labels.items() if len(found) > 1)


def weigh(rows: Sequence[Labelled]) -> list[Weighed]:
    """The rows that may teach or measure, in their order: conflicting groups are left out, the rest
    weighed.
    """
    out = conflicting((row.group_key, row.label) for row in rows)
    agreed = [row for row in rows if row.group_key not in out]
    groups = Counter((row.group_key, row.label) for row in agreed)
    members = Counter((row.member_key, row.label) for row in agreed if row.member_key)
    return [
        Weighed(row, 1 / max(groups[row.group_key, row.label], members.get((row.member_key, row.label), 1)))
        for row in agreed
    ]


def total(rows: Iterable[Weighed], label: int) -> float:
    """What the rows of a label weigh together."""
    return sum(one.weight for one in rows if one.row.label == label)


def rows_hash(rows: Iterable[Weighed], base: str) -> str:
    """The same for the same rows, labels, weights and base; in hex."""
    digest = sha256(base.encode())
    for one in sorted(rows, key=lambda item: item.row.id):
        digest.update(f"{one.row.id}:{one.row.label}:{one.weight:.6f}\n".encode())
    return digest.hexdigest()
