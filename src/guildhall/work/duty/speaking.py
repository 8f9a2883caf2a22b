"""Which languages a person answers in. A room above that keeps them says so here when Django starts; of
whom it says nothing, the language of their own screens counts.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import TypeAlias

from guildhall.people.models import Staff

Told: TypeAlias = "Callable[[Collection[int]], Mapping[int, Collection[str]]]"
"""(ids of staff) -> languages by id; whoever is unknown is left out."""
_told: list[Told] = []


def told_by(fn: Told) -> None:
    """Let `fn` answer from now on."""
    _told[:] = [fn]


def languages_of(staff_ids: Collection[int]) -> dict[int, tuple[str, ...]]:
    """Languages by staff id, as short codes such as `en`, `zh`."""
    if not staff_ids:
        return {}
    known = dict(_told[0](staff_ids)) if _told else {}
    out = {who: tuple(dict.fromkeys(short(one) for one in spoken)) for who, spoken in known.items() if spoken}
    missing = [who for who in staff_ids if who not in out]
    for who, language in Staff.objects.filter(pk__in=missing).values_list("pk", "language"):
        out[who] = (short(language),)
    return out


def short(language: str) -> str:
    """`zh-hans` and `zh-TW` are `zh`: who writes one reads the other."""
    return language.lower().replace("_", "-").partition("-")[0]
