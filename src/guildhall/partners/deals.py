"""What a deal's terms must be before anybody signs them, and how a new version cuts those before it short.

Pure. The reading of terms is the engine's own (`engine.terms`), so that what is approved is what is settled.
Times are aware UTC; a version holds from `valid_from` up to, not including, `valid_to`; None is open.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from guildhall.core.errors import BadInput, Conflict
from guildhall.core.text import Text
from guildhall.partners.engine.terms import deal_to_json, deals_from_json
from guildhall.partners.kinds import DEAL as APPROVAL

__all__ = ["APPROVAL", "Cut", "Span", "checked", "cut", "time_of", "written"]


@dataclass(frozen=True, slots=True)
class Span:
    """When a version holds."""

    version: int
    valid_from: datetime
    valid_to: datetime | None


@dataclass(frozen=True, slots=True)
class Cut:
    """What becomes of a version already in force: `span` is when it holds from now on, None: never."""

    version: int
    span: Span | None


def checked(terms: Mapping[str, Any], partner: str, version: int) -> dict[str, Any]:
    """Terms in the form they are kept: of this partner and version, with a beginning, as the engine reads.

    Raises BadInput naming the term.
    """
    given = {**terms, "partner": partner, "version": version}
    if not given.get("valid_from"):
        raise BadInput(
            Text("A deal needs a time from which it holds.", "合作条款须注明生效时间。"), field="valid_from"
        )
    (deal,) = deals_from_json([given])
    override = given.get("override")
    if override and override.get("parent") == partner:
        raise BadInput(
            Text("Nobody earns an override on themselves.", "不能对自己收取上级分佣。"),
            field="override.parent",
        )
    return dict(deal_to_json(deal))


def time_of(value: str | None) -> datetime | None:
    """A time in terms (RFC 3339) as aware UTC; None stays None."""
    return None if value is None else datetime.fromisoformat(value).astimezone(UTC)


def written(at: datetime | None) -> str | None:
    """A time as terms carry it."""
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def cut(standing: Sequence[Span], new: Span) -> list[Cut]:
    """What a new version changes about those in force: from its beginning on, it alone holds.

    A version that began before it ends there; one that begins while it holds gives way. Raises Conflict when
    one would go on behind its end: two pieces of one version are never kept.
    """
    cuts = []
    for one in standing:
        ends_before = one.valid_to is not None and one.valid_to <= new.valid_from
        starts_after = new.valid_to is not None and one.valid_from >= new.valid_to
        if ends_before or starts_after:
            continue
        goes_on = new.valid_to is not None and (one.valid_to is None or one.valid_to > new.valid_to)
        if one.valid_from < new.valid_from:
            if goes_on:
                raise Conflict(
                    Text(
                        f"Version {one.version} would go on after this one ends. Leave this one without an "
                        "end, and propose the next version for afterwards.",
                        f"版本 {one.version} 将在本版本结束后继续生效。"
                        "请去掉本版本的结束时间，并为其后另提新版本。",
                    ),
                    code="would_go_on",
                )
            cuts.append(Cut(one.version, Span(one.version, one.valid_from, new.valid_from)))
        elif goes_on and new.valid_to is not None:
            cuts.append(Cut(one.version, Span(one.version, new.valid_to, one.valid_to)))
        else:
            cuts.append(Cut(one.version, None))
    return cuts


def parents_lead_to(partner: str, parent: str, parents: Mapping[str, Collection[str]]) -> bool:
    """Whether following overrides upwards from `parent` comes back to `partner`. `parents`: partner → parents
    of all their versions in force, whenever each of them holds.
    """
    seen: set[str] = set()
    open_ones = [parent]
    while open_ones:
        here = open_ones.pop()
        if here == partner:
            return True
        if here not in seen:
            seen.add(here)
            open_ones.extend(parents.get(here, ()))
    return False
