"""How one space's gate is set: whom it asks, what, for how long, what follows, and the trial after it. Pure.

Stored as JSON; what is missing there has the value given here, what is wrong is refused with the name of the
field.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from enum import StrEnum
from typing import Any

from guildhall.core.errors import BadInput
from guildhall.core.text import Text


class Kind(StrEnum):
    """What is asked. `mixed` is one of sum, picture and word, another one each time."""

    BUTTON = "button"
    SUM = "sum"
    PICTURE = "picture"
    WORD = "word"
    MIXED = "mixed"


class Then(StrEnum):
    """What becomes of somebody who did not pass. `mute`: stays silent until a person looks."""

    KICK = "kick"
    BAN = "ban"
    MUTE = "mute"


class Breach(StrEnum):
    """What becomes of a message that somebody on trial may not post yet."""

    REMOVE = "remove"
    REVIEW = "review"


MOST_SPARED = 500
LONGEST_NAME = 190
RANGES: Mapping[str, tuple[int, int]] = {
    "tries": (1, 10),
    "minutes": (1, 1440),
    "ban_hours": (1, 8760),
    "attempts_a_day": (1, 50),
    "person_hours": (1, 168),
    "trial_messages": (0, 1000),
    "trial_hours": (0, 2160),
}
"""Field -> least and most, inclusive. Zero messages or hours: that one does not count for the trial."""


@dataclass(frozen=True, slots=True)
class Settings:
    """A gate as somebody set it.

    asks_joined: who joins is silent until they answer. asks_requests: who asks to join is asked in private.
    asks_first: where messages can be withheld, the first one waits for the answer. minutes: to answer in.
    attempts_a_day: so often one account may stand at this gate within 24 hours. person_hours: how long a
    person has to decide when one was asked for. The trial ends after `trial_messages` clean messages or
    `trial_hours`, whichever is first; both 0: no trial. spare_invites: names of invite links or campaign
    codes; spare_names: @names or ids on the platform.
    """

    asks_joined: bool = True
    asks_requests: bool = True
    asks_first: bool = True
    challenge: Kind = Kind.BUTTON
    rules: bool = False
    tries: int = 3
    minutes: int = 5
    on_failure: Then = Then.KICK
    on_expiry: Then = Then.KICK
    ban_hours: int = 24
    attempts_a_day: int = 3
    person_hours: int = 24
    trial_messages: int = 0
    trial_hours: int = 0
    no_links: bool = True
    no_media: bool = True
    no_forwards: bool = True
    no_mentions: bool = False
    breach: Breach = Breach.REMOVE
    spare_verified: bool = True
    spare_added: bool = True
    spare_invites: tuple[str, ...] = ()
    spare_names: tuple[str, ...] = ()

    @property
    def has_trial(self) -> bool:
        return bool(self.trial_messages or self.trial_hours)


def parse(stored: Mapping[str, Any]) -> Settings:
    """Settings as stored or as a form sent them; unknown names are ignored. Raises BadInput."""
    known: dict[str, Any] = {}
    for one in fields(Settings):
        if one.name in stored:
            known[one.name] = _value(one.name, stored[one.name])
    return Settings(**known)


def to_json(settings: Settings) -> dict[str, Any]:
    """Settings as they are stored; `parse` reads them back."""
    return {
        name: list(value) if isinstance(value, tuple) else str(value) if isinstance(value, StrEnum) else value
        for name, value in asdict(settings).items()
    }


def hardened(settings: Settings) -> Settings:
    """The same gate while a raid is on: other questions each time, fewer tries, no exception for links.

    Whoever is asked and fails is sent away, never left inside muted by the hundred.
    """
    return replace(
        settings,
        asks_joined=True,
        asks_requests=True,
        challenge=Kind.MIXED,
        tries=min(settings.tries, 2),
        minutes=min(settings.minutes, 5),
        on_failure=Then.BAN if settings.on_failure is Then.BAN else Then.KICK,
        on_expiry=Then.BAN if settings.on_expiry is Then.BAN else Then.KICK,
        spare_invites=(),
    )


def _value(name: str, given: Any) -> Any:
    if name in RANGES:
        return _number(name, given)
    if name in _CHOICES:
        return _choice(name, given)
    if name in ("spare_invites", "spare_names"):
        return _names(name, given)
    if not isinstance(given, bool):
        raise BadInput(Text(f"{name} is yes or no.", f"{name} 只能为是或否。"), field=name)
    return given


_CHOICES: Mapping[str, type[StrEnum]] = {
    "challenge": Kind, "on_failure": Then, "on_expiry": Then, "breach": Breach,
}  # fmt: skip


def _number(name: str, given: Any) -> int:
    least, most = RANGES[name]
    if isinstance(given, bool) or not isinstance(given, int) or not least <= given <= most:
        raise BadInput(
            Text(
                f"{name}: a whole number from {least} to {most}.",
                f"{name}：请填写 {least} 至 {most} 的整数。",
            ),
            field=name,
        )
    return given


def _choice(name: str, given: Any) -> StrEnum:
    kind = _CHOICES[name]
    try:
        return kind(given)
    except ValueError:
        known = ", ".join(one.value for one in kind)
        raise BadInput(Text(f"{name}: one of {known}.", f"{name}：可选 {known}。"), field=name) from None


def _names(name: str, given: Any) -> tuple[str, ...]:
    if not isinstance(given, list | tuple) or not all(isinstance(one, str) for one in given):
        raise BadInput(Text(f"{name}: a list of names.", f"{name}：应为名称列表。"), field=name)
    out = tuple(dict.fromkeys(one.strip()[:LONGEST_NAME] for one in given if one.strip()))
    if len(out) > MOST_SPARED:
        raise BadInput(
            Text(f"{name}: at most {MOST_SPARED} names.", f"{name}：最多 {MOST_SPARED} 个。"), field=name
        )
    return out
