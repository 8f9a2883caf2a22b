"""What is left of a person's names for those who may not see them: enough to tell two people apart in a
conversation, not enough to look somebody up elsewhere. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass

from guildhall.core.text import Text

HIDDEN = "•••"
ERASED = Text("Erased member", "已删除成员")
NAMELESS = Text("Member", "成员")


@dataclass(frozen=True, slots=True)
class Identity:
    """How one person is shown. `masked`: names are cut; `handle`: the short form of the pseudonymous id."""

    name: str
    handle: str
    usernames: tuple[str, ...]
    external_ids: tuple[str, ...]
    masked: bool


def short_id(member_id: str) -> str:
    """The last six characters of an id: the chance part, so it tells nothing about when somebody came."""
    return member_id[-6:]


def mask_name(name: str) -> str:
    """The first character and nothing of the rest, not even its length."""
    return name.strip()[:1] + HIDDEN if name.strip() else ""


def mask_external_id(external_id: str) -> str:
    """The last two characters, for checking one against another."""
    return HIDDEN + external_id[-2:] if len(external_id) > 4 else HIDDEN
