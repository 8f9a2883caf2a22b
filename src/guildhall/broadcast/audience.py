"""Whom a broadcast is for: spaces chosen by what they are, or members by what is known of them. Pure.

An audience that names nothing reaches nobody: everyone is said on purpose (`everyone`). `places` decides
where in a space words stand: in the topics that announce, each in its language, else where its settings say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from guildhall.core.errors import BadInput
from guildhall.core.text import Text

SPACES, MEMBERS = "spaces", "members"
ANNOUNCE_IN = "announce_in"
"""Key in a space's settings: the platform's id of the topic that is spoken to when none announces."""
_MOST_NAMED = 5_000
_LONGEST = 80


@dataclass(frozen=True, slots=True)
class Audience:
    """Each filter narrows; within one filter any value fits. `include` adds spaces by id, `exclude` takes
    away.

    For members: `within` are spaces they must be in, `seen_days` how long ago they were last seen at most (0:
    whenever).
    """

    to: str = SPACES
    everyone: bool = False
    platforms: tuple[str, ...] = ()
    tiers: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    themes: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    within: tuple[str, ...] = ()
    seen_days: int = 0

    @property
    def has_filters(self) -> bool:
        """Whether anything but single spaces was said of whom it is for."""
        return bool(
            self.everyone or self.platforms or self.tiers or self.regions or self.languages or self.themes
            or (self.to == MEMBERS and (self.within or self.seen_days))
        )  # fmt: skip

    @property
    def names_nobody(self) -> bool:
        return not self.has_filters and not (self.include and self.to == SPACES)

    def to_json(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for one in fields(self):
            value = getattr(self, one.name)
            if value:
                found[one.name] = list(value) if isinstance(value, tuple) else value
        return found


@dataclass(frozen=True, slots=True)
class Target:
    """One place where words will stand, with everything that decides about them. Ids of ours but where they
    are called external; `zone` is an IANA name or '' when nobody knows.
    """

    space_id: str
    platform: str
    name: str
    language: str
    region: str = ""
    kind: str = ""
    receiver: str = ""
    external_id: str = ""
    tier: str = ""
    theme: str = ""
    zone: str = ""
    thread_id: str = ""
    thread_name: str = ""
    account_id: str = ""

    @property
    def lane(self) -> str:
        """Which way out it takes: one platform, one account of ours there, one kind of place."""
        return f"{self.platform}:{self.receiver}:{self.kind}"[:120]


@dataclass(frozen=True, slots=True)
class Announcing:
    """A topic in which things are announced: `language` '' is that of its space."""

    external_id: str
    name: str = ""
    language: str = ""


def parse_audience(data: Mapping[str, Any]) -> Audience:
    """The audience that JSON tells of. Raises BadInput naming the field."""
    to = str(data.get("to", SPACES))
    if to not in (SPACES, MEMBERS):
        raise BadInput(Text("An audience is spaces or members.", "受众须为群组或成员。"), field="to")
    lists = {one.name for one in fields(Audience) if one.name not in ("to", "everyone", "seen_days")}
    unknown = set(data) - lists - {"to", "everyone", "seen_days"}
    if unknown:
        name = min(unknown)
        raise BadInput(Text(f"An audience knows no {name}.", f"受众不支持条件 {name}。"), field=name)
    try:
        days = int(data.get("seen_days") or 0)
    except (TypeError, ValueError):
        days = -1
    if not 0 <= days <= 3650:
        raise BadInput(Text("Days are a number up to 3650.", "天数须为 3650 以内的数字。"), field="seen_days")
    return Audience(
        to=to,
        everyone=bool(data.get("everyone")),
        seen_days=days,
        **{name: _list(data.get(name), name) for name in lists},
    )


def _list(value: object, name: str) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) > _MOST_NAMED:
        raise BadInput(Text(f"{name} is a list.", f"{name} 须为列表。"), field=name)
    found = tuple(dict.fromkeys(str(one) for one in value))
    if any(len(one) > _LONGEST for one in found):
        raise BadInput(Text(f"A value of {name} is too long.", f"{name} 中有过长的值。"), field=name)
    return found


def places(
    target: Target, announcing: Iterable[Announcing], settings: Mapping[str, Any]
) -> tuple[Target, ...]:
    """Where in its space a target stands: once in each topic that announces, in that topic's language."""
    found = tuple(
        replace(
            target,
            thread_id=one.external_id,
            thread_name=one.name,
            language=one.language or target.language,
        )
        for one in announcing
    )
    if found:
        return found
    there = settings.get(ANNOUNCE_IN)
    return (replace(target, thread_id=str(there)),) if there else (target,)


def speaks(audience: Audience, language: str) -> bool:
    """Whether the language of a place is one the audience asks for; `zh` asks for both scripts."""
    if not audience.languages or language in audience.languages:
        return True
    return any(language.startswith(f"{wanted}-") for wanted in audience.languages)
