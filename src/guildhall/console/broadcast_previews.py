"""How a broadcast looks on each platform, as bubbles: the words with what compliance added, the buttons, how
long it is of how much, and why it would not go.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise

from guildhall.broadcast.actions import Written
from guildhall.broadcast.forecast import Forecast
from guildhall.broadcast.rendering import longest
from guildhall.broadcast.ruling import Ruling
from guildhall.channels import registry
from guildhall.channels.models import Enclosure
from guildhall.console import broadcast_words as words
from guildhall.core.errors import NotFound

MOST = 24


@dataclass(frozen=True, slots=True)
class Bubble:
    """What one or several kinds of place get alike. `regions` in words, `sent` and `held` places."""

    platform: str
    language: str
    code: str
    regions: tuple[str, ...]
    text: str
    buttons: tuple[str, ...]
    files: tuple[str, ...]
    left_out: int
    length: int
    most: int
    sent: int
    held: int
    held_by: str | Promise
    why: str
    rules: tuple[str, ...]
    is_added_to: bool

    @property
    def is_long(self) -> bool:
        return self.most > 0 and self.length > self.most


def bubbles(written: Written, told: Forecast) -> list[Bubble]:
    """One bubble for everything that looks alike, what is held first, then the largest."""
    names = dict(Enclosure.objects.filter(pk__in=written.content.files).values_list("id", "name"))
    alike: dict[tuple[str, str, str, str], list[tuple[Ruling, int, int]]] = {}
    for kind in told.kinds:
        one = kind.ruling
        key = one.key[0], one.said_in, one.text, one.why.en if one.why else ""
        alike.setdefault(key, []).append((one, kind.sent, kind.held))
    shown = [_bubble(written, group, names) for group in alike.values()]
    return sorted(shown, key=lambda one: (not one.why, -(one.sent + one.held), one.platform, one.code))[:MOST]


def _bubble(written: Written, group: list[tuple[Ruling, int, int]], names: dict[str, str]) -> Bubble:
    one = group[0][0]
    length, most = 0, 0
    try:
        limits = registry.get(one.key[0]).limits
        length, most = limits.count(one.text), longest(limits, with_files=bool(one.files))
    except NotFound:
        length = len(one.text)
    written_words = written.content.text(one.said_in)
    return Bubble(
        platform=words.platform(one.key[0]),
        language=words.language(one.said_in or one.key[1]),
        code=one.said_in,
        regions=tuple(dict.fromkeys(words.region(ruling.key[2]) for ruling, _, _ in group)),
        text=one.text,
        buttons=tuple(button.text for button in one.buttons),
        files=tuple(names.get(digest, digest[:8]) for digest in one.files),
        left_out=one.left_out,
        length=length,
        most=most,
        sent=sum(sent for _, sent, _ in group),
        held=sum(held for _, _, held in group),
        held_by=words.HELD_BY.get(one.held, ""),
        why=str(one.why) if one.why else "",
        rules=tuple(
            dict.fromkeys(str(reason["rule"]) for ruling, _, _ in group for reason in ruling.reasons)
        ),
        is_added_to=not written.content.together
        and one.said_in != "zh-hant"
        and len(one.text) > len(written_words)
        and not one.why,
    )
