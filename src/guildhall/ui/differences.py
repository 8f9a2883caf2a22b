"""The difference of two texts as numbered lines, for policies and message versions. Pure."""

from __future__ import annotations

import difflib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a difference. `kind`: same, add, del or gap (lines left out between two changes)."""

    kind: str
    text: str = ""
    old_number: int | None = None
    new_number: int | None = None

    @property
    def sign(self) -> str:
        return {"add": "+", "del": "-"}.get(self.kind, "")


def lines(old: str, new: str, around: int = 3) -> list[Line]:
    """What turns `old` into `new`, with `around` unchanged lines about each change; empty when they are
    equal.
    """
    before, after = old.splitlines(), new.splitlines()
    found: list[Line] = []
    groups = difflib.SequenceMatcher(None, before, after, autojunk=False).get_grouped_opcodes(around)
    for group in groups:
        if found or group[0][1] > 0:
            found.append(Line("gap"))
        for kind, a1, a2, b1, b2 in group:
            if kind == "equal":
                found += [Line("same", before[a1 + n], a1 + n + 1, b1 + n + 1) for n in range(a2 - a1)]
                continue
            found += [Line("del", before[n], old_number=n + 1) for n in range(a1, a2)]
            found += [Line("add", after[n], new_number=n + 1) for n in range(b1, b2)]
    return found
